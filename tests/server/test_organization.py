"""`oms.py organization`: whoever runs the servers founds the business, and its administrator does the rest."""

import asyncio
import sys

import pytest

from domain.permissions import PERMISSIONS_OF, Role
from models import ApiKey, Organization
from server.auth import Authenticator
from server.settings import PROJECT_FOLDER, Settings

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def oms(database_url):
    async def run(*words: str) -> tuple[int | None, str, str]:
        """(exit code, standard output, standard error) of the command."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "oms.py", "organization", *words,
            cwd=PROJECT_FOLDER, env={"DATABASE_URL": database_url, "REDIS_URL": "redis://unused"},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, told = await process.communicate()
        return process.returncode, out.decode().strip(), told.decode()

    return run


async def test_a_new_organization_comes_with_a_key_that_may_do_everything(oms):
    code, key, told = await oms("acme", "--name", "Acme Ltd", "--currency", "EUR")

    assert (code, "shown once" in told) == (0, True)
    viewer = await Authenticator(Settings()).viewer(key)
    acme = await Organization.get()
    assert (acme.code, acme.name, acme.currency) == ("acme", "Acme Ltd", "EUR")
    assert (viewer.organization_id, viewer.role) == (acme.id, Role.ADMIN)
    assert viewer.permissions == PERMISSIONS_OF[Role.ADMIN]


async def test_who_lost_the_key_gets_another(oms):
    _, first, _ = await oms("acme")

    code, second, _ = await oms("acme", "--new-key")

    assert code == 0
    assert second != first
    assert (await Authenticator(Settings()).viewer(second)).role is Role.ADMIN
    assert await Organization.all().count() == 1


async def test_what_cannot_be_is_said_in_one_sentence_and_nothing_is_made(oms):
    await oms("acme")

    twice = await oms("acme")
    nobodys = await oms("other", "--new-key")
    unpayable = await oms("other", "--currency", "euro")

    assert twice[::2] == (1, "oms.py organization: acme is there already; --new-key makes another key for it.\n")
    assert nobodys[::2] == (1, "oms.py organization: There is no organization other; without --new-key it is made.\n")
    assert unpayable[::2] == (
        1,
        "oms.py organization: currency: Must be an ISO 4217 code in upper case, such as USD.\n",
    )
    assert await Organization.all().count() == await ApiKey.all().count() == 1
