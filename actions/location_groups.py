"""Groups of locations that routing rules name as one: each location with its priority in the group."""

from dataclasses import asdict, dataclass
from typing import Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.upserting import Entry, Table, check_known, fresh_network, given, upsert
from domain.facts import Fact, FactKind
from domain.validation import KEEP, Checks, Keep

MAX_MEMBERS: Final = 500
MAX_RANK: Final = 1_000
GROUPS: Final = Table(
    name="location_groups",
    kind="location group",
    code="code",
    defaults={"name": None, "members": []},
    required=("name",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMember:
    """The smaller the priority, the earlier it comes where a rule weighs that."""

    location_id: UUID
    priority: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertLocationGroup:
    """`members`, when given, are all of them; a location may be in many groups."""

    code: str
    name: str | Keep = KEEP
    members: tuple[GroupMember, ...] | Keep = KEEP
    expected_version: int | None = None


@fresh_network
@action
async def upsert_location_group(act: Act, command: UpsertLocationGroup) -> UUID:
    """Rules that name it decide by its new members from now on. Raises InvalidInput, NotFound and Conflict."""
    checks = Checks()
    checks.code("code", command.code)
    checks.text("name", command.name, longest=200)
    members = command.members
    if not isinstance(members, Keep) and checks.size("members", members, most=MAX_MEMBERS):
        checks.once("members", "location_id", [each.location_id for each in members])
        for each, below in checks.below("members").beside(members):
            below.number("priority", each.priority, most=MAX_RANK)
        named = [(f"members.{at}.location_id", each.location_id) for at, each in enumerate(members)]
        await check_known(act, checks, "locations", named)
    values = given(name=command.name, members=members if isinstance(members, Keep) else [asdict(m) for m in members])
    entry = Entry(code=command.code, given=values, checks=checks, expected_version=command.expected_version)
    [row] = await upsert(act, GROUPS, [entry])
    if row.is_changed:
        fact = Fact(kind=FactKind.ROUTING_CHANGED, payload={"location_group": row.values})
        await outbox.record(act.organization_id, act.actor, act.now, [fact])
    return row.id
