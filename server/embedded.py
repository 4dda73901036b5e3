"""PostgreSQL and Valkey for a machine that has neither: there with the first process that needs them, then gone.

`server.keeper` runs them; `server.engines` knows how. A connection to the keeper, held open here, is what keeps it.
"""

import hashlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from server.settings import PROJECT_FOLDER, Settings

START_SECONDS = 120  # the first start on a slow disk
GOODBYE_SECONDS = 40
END_SECONDS = 30  # to leave in after the servers have gone
POLL_SECONDS = 0.02
STOPPED = b"stopped\n"  # the keeper's last word to its last user
LONGEST_SOCKET_PATH = 100  # bytes; the kernel allows 107


class EmbeddedServersError(Exception):
    """The embedded servers cannot be used; the message says why and what to do."""


@contextmanager
def servers_for(settings: Settings) -> Generator[Settings, None, None]:
    """The same settings with both URLs filled in, and what they lead to running while the block runs."""
    if settings.database_url and settings.redis_url:
        yield settings
        return
    with (
        _joined(settings.data_dir, fsync=True) as (connection, database_url, redis_url),
        _ending_with(connection, settings.data_dir.resolve()),
    ):
        yield replace(
            settings,
            database_url=settings.database_url or database_url,
            redis_url=settings.redis_url or redis_url,
        )


@contextmanager
def embedded_servers(data_dir: Path, *, fsync: bool = True) -> Generator[tuple[str, str], None, None]:
    """Yield (database URL, Redis URL). The first process on a folder decides about `fsync`; off is for tests only."""
    with _joined(data_dir, fsync=fsync) as (_, database_url, redis_url):
        yield database_url, redis_url


@contextmanager
def _joined(data_dir: Path, *, fsync: bool) -> Generator[tuple[socket.socket, str, str], None, None]:
    """Yield (connection to the keeper, database URL, Redis URL)."""
    folder = data_dir.resolve()
    _check_folder(folder)
    connection, greeting, keeper = _join(folder, fsync=fsync)
    try:
        urls = json.loads(greeting)
        yield connection, urls["database_url"], urls["redis_url"]
    finally:
        if _say_goodbye(connection) == STOPPED and keeper is not None:
            keeper.wait()


@contextmanager
def _ending_with(connection: socket.socket, folder: Path) -> Generator[None, None, None]:
    """The process ends when the keeper does, for its servers go with it: what waits for them would wait for ever.

    It is asked to, as by Ctrl-C; one that has not ended in time is made to. Raises EmbeddedServersError then.
    """
    left, leave = socket.socketpair()
    lost, ended = threading.Event(), threading.Event()

    def watch() -> None:
        # While we stay the keeper has nothing to say: what can be read is its end.
        ready, _, _ = select.select([connection, left], [], [])
        if connection in ready and left not in ready:
            lost.set()
            os.kill(os.getpid(), signal.SIGINT)
            if not ended.wait(END_SECONDS):
                sys.stderr.write(f"{_gone(folder)}\n")
                os._exit(1)

    watcher = threading.Thread(target=watch, name="keeper's end", daemon=True)
    watcher.start()
    try:
        yield
    except BaseException as error:
        if lost.is_set():
            raise EmbeddedServersError(_gone(folder)) from error
        raise
    finally:
        ended.set()
        with left, leave:
            leave.close()
            watcher.join()
    if lost.is_set():
        raise EmbeddedServersError(_gone(folder))


def _gone(folder: Path) -> str:
    told = _last_words(folder)
    return f"The embedded servers are gone, because their keeper ended. {told and f'{told} '}Start it again."


def socket_folder(data_folder: Path) -> Path:
    """Where the sockets are: in the data folder, or in a short place of its own when its path is too long for one."""
    folder = data_folder / "run"
    if len(os.fsencode(folder / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
        return folder
    digest = hashlib.sha256(os.fsencode(data_folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"ordergraph-{digest}"


def keeper_socket(data_folder: Path) -> Path:
    return socket_folder(data_folder) / "keeper.sock"


def _check_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedServersError(
            f"Cannot create {folder} ({error.strerror}). Set OMS_DATA_DIR to a folder you may write."
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK) or folder.stat().st_uid not in (os.geteuid(), 0):
        raise EmbeddedServersError(f"{folder} belongs to another user. Set OMS_DATA_DIR to a folder of your own.")


def _join(folder: Path, *, fsync: bool) -> tuple[socket.socket, bytes, subprocess.Popen[bytes] | None]:
    """Connect to the folder's keeper; start one when there is none or the one there is just going."""
    keeper: subprocess.Popen[bytes] | None = None
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if connected := _connect(keeper_socket(folder)):
            return *connected, keeper
        if keeper is None or keeper.poll() == 0:
            keeper = _start_keeper(folder, fsync=fsync)
        elif keeper.poll() is not None:
            raise EmbeddedServersError(
                f"The embedded servers did not start. {_last_words(folder)}\n"
                "Set DATABASE_URL and REDIS_URL to use servers of your own."
            )
        time.sleep(POLL_SECONDS)
    raise EmbeddedServersError(f"The embedded servers did not start within {START_SECONDS} s. {_last_words(folder)}")


def _connect(path: Path) -> tuple[socket.socket, bytes] | None:
    """None when nobody listens, or the keeper was about to leave and did not greet us."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(path))
        connection.settimeout(GOODBYE_SECONDS)
        greeting = b""
        while not greeting.endswith(b"\n"):
            part = connection.recv(4096)
            if not part:
                raise ConnectionResetError
            greeting += part
    except PermissionError:
        connection.close()
        raise EmbeddedServersError(f"The servers behind {path} belong to another user.") from None
    except OSError:
        connection.close()
        return None
    return connection, greeting


def _start_keeper(folder: Path, *, fsync: bool) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-W", "ignore", "-m", "server.keeper", str(folder), *([] if fsync else ["--no-fsync"])]
    with (folder / "keeper.log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - ourselves
            command,
            cwd=PROJECT_FOLDER,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the terminal is for us; the keeper goes when we have gone
        )


def _last_words(folder: Path) -> str:
    log = folder / "keeper.log"
    return log.read_text(errors="replace")[-3000:].strip() if log.exists() else ""


def _say_goodbye(connection: socket.socket) -> bytes:
    """Wait until the keeper has let go: at once when others stay, after stopping the servers when we are the last."""
    words = b""
    with connection:
        try:
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(64):
                words += part
        except OSError:
            return b""  # the keeper is gone already
    return words
