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


@dataclass(frozen=True, slots=True)
class Worth:
    """A document worth pasting, and whose token shows most by it."""

    title: str
    role: Role
    document: str


WORTH_PASTING: Final = (
    Worth(
        "The newest orders, as the call centre sees them",
        Role.AGENT,
        """\
{ orders(first: 5) { nodes { number status total { minor currency } customer { name }
    lines { sku quantity units { status quantity location { name } } } } } }""",
    ),
    Worth(
        "What a store has to do next",
        Role.STORE_ASSOCIATE,
        """\
{ fulfilments(first: 5, filter: { status: [OPEN, ACCEPTED, IN_PROGRESS] }) { nodes {
    number status location { code } lines { quantity orderLine { sku name } } availableActions } } }""",
    ),
    Worth(
        "Where the stock is",
        Role.ADMIN,
        """\
{ inventory(first: 10) { nodes { variant { sku name } location { code } onHand allocated reserved available } } }""",
    ),
    Worth(
        "Everything that happens to orders, as it happens (over WebSocket)",
        Role.AGENT,
        """\
subscription { orders(first: 3) { kind cursor fact { kind at } orders { number status } } }""",
    ),
)
NAME_OF: Final = {
    Role.ADMIN: "admin",
    Role.AGENT: "call-centre agent",
    Role.STORE_ASSOCIATE: "store associate, Boston",
    Role.WAREHOUSE: "warehouse, Chicago",
    Role.PARTNER: "partner, marketplace",
    Role.CUSTOMER: "customer",
}


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
    wanted = {
        Role.ADMIN: api_keys.CreateApiKey(name="", role_id=roles[Role.ADMIN]),
        Role.AGENT: api_keys.CreateApiKey(name="", role_id=roles[Role.AGENT], channel_ids=every_channel),
        Role.STORE_ASSOCIATE: _at(roles[Role.STORE_ASSOCIATE], business, "BOS-1"),
        Role.WAREHOUSE: _at(roles[Role.WAREHOUSE], business, "CHI-W"),
        Role.PARTNER: api_keys.CreateApiKey(
            name="", role_id=roles[Role.PARTNER], channel_ids=(business.channels["market"],)
        ),
        Role.CUSTOMER: api_keys.CreateApiKey(name="", customer_id=business.buyers[0].id),
    }
    tokens = []
    for role, command in wanted.items():
        name = NAME_OF[role]
        made = await api_keys.create_api_key(act, replace(command, name=f"{KEY_PREFIX}{name}"))
        assert made.text is not None, "a fresh key is shown once"
        tokens.append(Token(name, made.text))
    return tokens


def _at(role_id: UUID, business: Business, location: str) -> api_keys.CreateApiKey:
    return api_keys.CreateApiKey(name="", role_id=role_id, location_ids=(business.locations[location],))


def welcome(base_url: str, tokens: Sequence[Token]) -> str:
    width = max(len(token.name) for token in tokens)
    listed = "\n".join(f"  {token.name:{width}}  {token.text}" for token in tokens)
    pasted = "\n\n".join(f"# {each.title}; as {NAME_OF[each.role]}\n{each.document}" for each in WORTH_PASTING)
    return (
        f"\nThe graph      {base_url}/graphql   (HTTP and WebSocket)\n"
        f"The playground {base_url}/graphiql\n\n"
        f'Send a token as {{"Authorization": "Bearer …"}}:\n{listed}\n\n'
        f"Worth pasting:\n\n{pasted}\n\nOrders arrive, move and are delivered while this runs; Ctrl-C ends it.\n"
    )
