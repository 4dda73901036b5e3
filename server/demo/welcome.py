"""What the demo tells whoever started it: where to go, with which key, and what to paste there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from actions import api_keys
from domain.permissions import Role
from models import ApiKey
from models import Role as RoleRow
from server.demo.business import Business

KEY_PREFIX: Final = "demo: "

QUERIES: Final = """\
# The newest orders, as the call centre sees them
{ orders(first: 5) { nodes { number status total { minor currency } customer { name }
    lines { sku quantity units { status quantity location { name } } } } } }

# What a store has to do next
{ fulfilments(first: 5) { nodes { number status location { code } lines { quantity line { sku } } availableActions } } }

# Where the stock is
{ inventory(first: 10) { nodes { variant { sku name } location { code } onHand allocated reserved available } } }

# Everything that happens to orders, as it happens (over WebSocket)
subscription { orders { kind cursor fact { kind at } order { number status } } }
"""


@dataclass(frozen=True, slots=True)
class Token:
    name: str
    text: str


async def new_tokens(business: Business, now: datetime) -> list[Token]:
    """A key for each kind of caller; those of earlier runs stop working."""
    act = business.act(now)
    for old in await ApiKey.filter(
        organization_id=business.organization_id, name__startswith=KEY_PREFIX, revoked_at=None
    ):
        await api_keys.revoke_api_key(act, api_keys.RevokeApiKey(api_key_id=old.id))
    roles = {role.kind: role.id for role in await RoleRow.filter(organization_id=business.organization_id)}
    every_channel = tuple(business.channels.values())
    wanted = (
        ("admin", api_keys.CreateApiKey(name="", role_id=roles[Role.ADMIN])),
        ("call-centre agent", api_keys.CreateApiKey(name="", role_id=roles[Role.AGENT], channel_ids=every_channel)),
        ("store associate, Boston", _at(roles[Role.STORE_ASSOCIATE], business, "BOS-1")),
        ("warehouse, Chicago", _at(roles[Role.WAREHOUSE], business, "CHI-W")),
        (
            "partner, marketplace",
            api_keys.CreateApiKey(name="", role_id=roles[Role.PARTNER], channel_ids=(business.channels["market"],)),
        ),
        (
            "customer",
            api_keys.CreateApiKey(name="", customer_id=business.buyers[0].id),
        ),
    )
    tokens = []
    for name, command in wanted:
        made = await api_keys.create_api_key(act, replace(command, name=f"{KEY_PREFIX}{name}"))
        assert made.text is not None, "a fresh key is shown once"
        tokens.append(Token(name, made.text))
    return tokens


def _at(role_id: UUID, business: Business, location: str) -> api_keys.CreateApiKey:
    return api_keys.CreateApiKey(name="", role_id=role_id, location_ids=(business.locations[location],))


def welcome(base_url: str, tokens: Sequence[Token]) -> str:
    width = max(len(token.name) for token in tokens)
    listed = "\n".join(f"  {token.name:{width}}  {token.text}" for token in tokens)
    return (
        f"\nThe graph      {base_url}/graphql   (HTTP and WebSocket)\n"
        f"The playground {base_url}/graphiql\n\n"
        f'Send a token as {{"Authorization": "Bearer …"}}:\n{listed}\n\n'
        f"Worth pasting:\n\n{QUERIES}\nOrders arrive, move and are delivered while this runs; Ctrl-C ends it.\n"
    )
