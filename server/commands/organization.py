"""`oms.py organization CODE`: make an organization, and a key for whoever shall administer it."""

import argparse
import asyncio
import sys
from typing import Final

from actions.acting import Act
from actions.api_keys import CreateApiKey, create_api_key
from actions.organizations import CreateOrganization, create
from domain.errors import AlreadyExists, InvalidInput
from domain.ids import new_id
from domain.permissions import Role
from models import Organization
from models import Role as RoleRow
from server.commands.serve import tables_are_ready
from server.embedded import servers_for
from server.offline import tables
from server.settings import Settings

ACTOR: Final = "operator"
KEY_NAME: Final = "Made by oms.py organization"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", help="its short name, as tokens and OMS_ORGANIZATION say it")
    parser.add_argument("--name", help="what people call it (default: its code)")
    parser.add_argument("--currency", default="USD", help="in what it counts, an ISO 4217 code (default USD)")
    parser.add_argument("--new-key", action="store_true", help="it is there already: only make another key")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    with servers_for(settings) as running:
        if not asyncio.run(tables_are_ready(running)):
            return 1
        try:
            key = asyncio.run(_key_of(arguments, running))
        except InvalidInput as refusal:
            told = "; ".join(f"{problem.path}: {problem.message}" for problem in refusal.problems)
        except AlreadyExists:
            told = f"{arguments.code} is there already; --new-key makes another key for it."
        except LookupError:
            told = f"There is no organization {arguments.code}; without --new-key it is made."
        else:
            sys.stdout.write(f"{key}\n")
            sys.stderr.write("This key may do everything. It is shown once; send it as `Authorization: Bearer ...`.\n")
            return 0
    sys.stderr.write(f"oms.py organization: {told}\n")
    return 1


async def _key_of(arguments: argparse.Namespace, settings: Settings) -> str:
    """Raises InvalidInput, AlreadyExists, or LookupError for one that should be there."""
    now = settings.clock.now()
    async with tables(settings):
        if arguments.new_key:
            known = await Organization.get_or_none(code=arguments.code)
            if known is None:
                raise LookupError(arguments.code)
            act = Act(organization_id=known.id, actor=ACTOR, now=now)
        else:
            act = Act(organization_id=new_id(), actor=ACTOR, now=now)
            name = arguments.name or arguments.code
            await create(act, CreateOrganization(code=arguments.code, name=name, currency=arguments.currency))
        role = await RoleRow.get(organization_id=act.organization_id, code=Role.ADMIN.value)
        made = await create_api_key(act, CreateApiKey(name=KEY_NAME, role_id=role.id))
        assert made.text is not None, "a fresh key is shown once"
        return made.text
