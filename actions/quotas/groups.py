"""The groups that stock is set aside for: made, renamed, widened, narrowed and closed, one at a time."""

from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.reference import group_of
from actions.upserting import Entry, Row, Table, check_known, fresh_network, given, upsert
from domain.facts import Fact, FactKind
from domain.quotas.groups import MAX_GROUPS, QuotaGroup, problems
from domain.validation import KEEP, Checks, Keep
from models.db import execute, rows

GROUPS: Final = Table(
    name="quota_groups",
    kind="quota group",
    code="code",
    defaults={
        "name": None,
        "parent_id": None,
        "depth": 0,
        "channel_ids": [],
        "segment": "",
        "priority": 0,
        "is_active": True,
        "is_for_nobody": False,
    },
    required=("name",),
)
MAX_PRIORITY: Final = 1_000
ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
ALL: Final = """
SELECT id, code, parent_id, depth, channel_ids, segment, priority, is_active, is_for_nobody FROM quota_groups
WHERE organization_id = $1 ORDER BY id FOR NO KEY UPDATE"""
UNITS: Final = """
SELECT coalesce((SELECT sum(quantity) FROM quotas WHERE group_id = g.id), 0)::int AS units,
    EXISTS (SELECT FROM quota_plans WHERE group_id = g.id AND ended_at IS NULL) AS has_plans
FROM quota_groups g WHERE organization_id = $1 AND code = $2"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertQuotaGroup:
    """Whom it is for: buyers of these channels (none named: of any), of this segment (empty: of any), or nobody. The parent,
    and whether it is for nobody, stay what they were when the group was made."""

    code: str
    name: str | Keep = KEEP
    parent_id: UUID | None = None
    channel_ids: tuple[UUID, ...] | Keep = KEEP
    segment: str | Keep = KEEP
    priority: int | Keep = KEEP
    is_active: bool | Keep = KEEP
    is_for_nobody: bool | Keep = KEEP
    expected_version: int | None = None


@fresh_network
@action
async def upsert_group(act: Act, command: UpsertQuotaGroup) -> UUID:
    """Raises InvalidInput, NotFound or Conflict; a group is closed only when nothing is set aside for it, nor planned."""
    checks = Checks()
    await _check(act, command, checks)
    await execute(ONE_AT_A_TIME, [f"quota_groups of {act.organization_id}"])
    known = {row["code"]: group_of(row) for row in await rows(ALL, [act.organization_id])}
    parent = await _parent(act, command, known, checks)
    becoming = _becoming(command, known.get(command.code), parent)
    checks.problems += problems(becoming, [each for each in known.values() if each.id != becoming.id])
    values = given(
        name=command.name,
        channel_ids=command.channel_ids if isinstance(command.channel_ids, Keep) else sorted(set(command.channel_ids)),
        segment=command.segment,
        priority=command.priority,
        is_active=command.is_active,
        is_for_nobody=command.is_for_nobody,
    )
    if command.code not in known:
        values |= {"parent_id": becoming.parent_id, "depth": becoming.depth}
    entry = Entry(code=command.code, given=values, checks=checks, expected_version=command.expected_version)
    [row] = await upsert(act, GROUPS, [entry])
    if row.is_changed:
        await _record(act, row)
    return row.id


async def _check(act: Act, command: UpsertQuotaGroup, checks: Checks) -> None:
    checks.code("code", command.code, longest=32)
    checks.text("name", command.name, longest=200)
    checks.text("segment", command.segment, longest=64, is_required=False)
    checks.number("priority", command.priority, most=MAX_PRIORITY)
    if not isinstance(command.channel_ids, Keep) and checks.size("channel_ids", command.channel_ids, most=MAX_GROUPS):
        named = [(f"channel_ids.{at}", each) for at, each in enumerate(command.channel_ids)]
        await check_known(act, checks, "channels", named)
    checks.refuse()


async def _parent(
    act: Act, command: UpsertQuotaGroup, known: dict[str, QuotaGroup], checks: Checks
) -> QuotaGroup | None:
    """Notes what is wrong with it, with the number of groups, and with closing one that has units or plans."""
    if command.code not in known and len(known) >= MAX_GROUPS:
        checks.note("code", "TOO_MANY", f"There are at most {MAX_GROUPS} groups.")
    parent = next((group for group in known.values() if group.id == command.parent_id), None)
    if command.parent_id is not None and parent is None:
        checks.note("parent_id", "UNKNOWN", "There is no such thing, or you may not use it.")
    before = known.get(command.code)
    if before is not None and command.parent_id not in (None, before.parent_id):
        checks.note("parent_id", "FIXED", "A group keeps its parent; make another group.")
    if before is not None and command.is_for_nobody not in (KEEP, before.is_for_nobody):
        checks.note("is_for_nobody", "FIXED", "A group stays for somebody or for nobody; make another group.")
    if command.is_active is False and before is not None:
        await _check_closing(act, command, checks)
    return parent


async def _check_closing(act: Act, command: UpsertQuotaGroup, checks: Checks) -> None:
    [found] = await rows(UNITS, [act.organization_id, command.code])
    if found["has_plans"]:
        checks.note("is_active", "HAS_PLANS", "Plans want units for it: end them first.")
    elif found["units"]:
        checks.note(
            "is_active", "HAS_UNITS", f"{found['units']} units are set aside for it: return or move them first."
        )


def _becoming(command: UpsertQuotaGroup, before: QuotaGroup | None, parent: QuotaGroup | None) -> QuotaGroup:
    """The group as the command leaves it; the id of a new one is not yet its own."""
    if before is None:
        below: dict[str, Any] = {"parent_id": parent.id, "depth": parent.depth + 1} if parent else {}
        before = QuotaGroup(id=UUID(int=0), code=command.code, **below)
    told = given(
        segment=command.segment,
        priority=command.priority,
        is_active=command.is_active,
        is_for_nobody=command.is_for_nobody,
    )
    if not isinstance(command.channel_ids, Keep):
        told["channel_ids"] = frozenset(command.channel_ids)
    return replace(before, **told)


async def _record(act: Act, row: Row) -> None:
    await outbox.record(
        act.organization_id, act.actor, act.now, [Fact(kind=FactKind.QUOTA_GROUP_CHANGED, payload=row.values)]
    )
