"""One hash seed for all processes of an installation; docs/adr/0008-hash-seed-from-settings.md says why."""

import hashlib
import os
import sys

from server.settings import Settings

HASH_SEED = "PYTHONHASHSEED"


def ensure_hash_seed(settings: Settings) -> None:
    """Start this process again with a fixed hash seed, unless it has one.

    Tortoise writes columns in the order of a set, so without it every process sends PostgreSQL other statements for
    the same read. The seed comes from the settings: the same everywhere, and unknown to those who would like to make
    keys collide.
    """
    if os.environ.get(HASH_SEED, "random") == "random":
        secret = f"{settings.jwt_secret}|{settings.database_url}|{settings.data_dir}"
        os.environ[HASH_SEED] = str(int.from_bytes(hashlib.sha256(secret.encode()).digest()[:4]))
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves, with our arguments
