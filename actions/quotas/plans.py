"""Plans: so many units of a variant for a group, wherever they lie; they are made, changed and ended. `filling` does the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import orjson

from actions.acting import Act, action
from actions.inventory import MAX_UNITS
from actions.quotas.filling import fill, lock_plan, tell
from actions.restocking import announces_freed
from actions.upserting import check_known
from domain.errors import Conflict, IllegalTransition, NotFound
from domain.validation import KEEP, Checks, Keep
from models import QuotaPlan
from models.db import execute, rows

ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
GROUP: Final = "SELECT is_active FROM quota_groups WHERE organization_id = $1 AND id = $2 FOR SHARE"
VARIANT: Final = "SELECT sku, is_kit FROM variants WHERE organization_id = $1 AND id = $2 FOR KEY SHARE"
OPEN: Final = """
SELECT p.id, p.location_group_id, n.code, n.members FROM quota_plans p
LEFT JOIN location_groups n ON n.id = p.location_group_id
WHERE p.group_id = $1 AND p.variant_id = $2 AND p.ended_at IS NULL ORDER BY p.id FOR NO KEY UPDATE OF p"""
MEMBERS: Final = "SELECT members FROM location_groups WHERE id = $1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanQuota:
    """`units` in all, those counted that the group takes from now on. Said again of the same group, variant and scope, it
    changes the plan there is. Without a location group it is for every location."""

    group_id: UUID
    variant_id: UUID
    units: int
    location_group_id: UUID | None = None
    reference: str | Keep = KEEP
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndQuotaPlan:
    plan_id: UUID
    expected_version: int | None = None


@announces_freed
@action
async def plan_quota(act: Act, command: PlanQuota) -> UUID:
    """Sets aside what is free at once; what is short comes later. Raises InvalidInput or Conflict."""
    await _check(act, command)
    await execute(ONE_AT_A_TIME, [f"quota_plans of {command.group_id} and {command.variant_id}"])
    known = {row["location_group_id"]: row for row in await rows(OPEN, [command.group_id, command.variant_id])}
    before = known.get(command.location_group_id)
    if before is None:
        await _check_scope(command, known)
        plan_id = await _make(act, command)
    else:
        plan_id = before["id"]
        await _change(command, plan_id)
    plan = await lock_plan(act, plan_id)
    assert plan is not None, "it was made or found open under the lock of its kind"
    await tell(act, plan, await fill(act, plan))
    return plan.id


@announces_freed
@action
async def end_plan(act: Act, command: EndQuotaPlan) -> UUID:
    """Everybody can have again what nobody has taken. Raises NotFound, Conflict or IllegalTransition."""
    plan = await lock_plan(act, command.plan_id)
    if plan is None:
        if await QuotaPlan.exists(id=command.plan_id, organization_id=act.organization_id):
            raise IllegalTransition("end", "ended", ["open"])
        raise NotFound("quota plan", command.plan_id)
    _check_version(command.expected_version, plan.version)
    filled = await fill(act, plan, is_ending=True)
    await QuotaPlan.filter(id=plan.id).update(ended_at=act.now, ended_by=act.actor, version=plan.version + 1)
    await tell(act, replace(plan, version=plan.version + 1), filled, is_open=False)
    return plan.id


async def _check(act: Act, command: PlanQuota) -> None:
    """Locks the group, so that it is not closed meanwhile, and the variant, so that it does not become a kit."""
    checks = Checks()
    checks.number("units", command.units, least=1, most=MAX_UNITS)
    checks.text("reference", command.reference, longest=128, is_required=False)
    group = await rows(GROUP, [act.organization_id, command.group_id])
    if not group:
        checks.note("group_id", "UNKNOWN", "There is no such thing, or you may not use it.")
    elif not group[0]["is_active"]:
        checks.note("group_id", "CLOSED", "This group is closed.")
    variant = await rows(VARIANT, [act.organization_id, command.variant_id])
    if not variant:
        checks.note("variant_id", "UNKNOWN", "There is no such thing, or you may not use it.")
    elif variant[0]["is_kit"]:
        why = f"{variant[0]['sku']} is a kit and has no stock of its own: name its components."
        checks.note("variant_id", "KIT", why)
    if command.location_group_id is not None:
        await check_known(act, checks, "location_groups", [("location_group_id", command.location_group_id)])
    checks.refuse()


async def _check_scope(command: PlanQuota, known: Mapping[UUID | None, dict[str, Any]]) -> None:
    """A location is in one plan for the same group and variant: else nobody could say whose units are taken."""
    checks = Checks()
    own = set[str]()
    if command.location_group_id is not None:
        [row] = await rows(MEMBERS, [command.location_group_id])
        own = _members(row)
    for other in known.values():
        name = other["code"] or "all locations"
        if command.location_group_id is None or other["location_group_id"] is None or own & _members(other):
            why = f"The plan for {name} has some of the same locations: change or end that one."
            checks.note("location_group_id", "OVERLAPS", why)
    checks.refuse()


def _members(row: Mapping[str, Any]) -> set[str]:
    return {each["location_id"] for each in orjson.loads(row["members"])}


async def _make(act: Act, command: PlanQuota) -> UUID:
    if command.expected_version is not None:
        raise NotFound("open quota plan", command.variant_id)
    plan = await QuotaPlan.create(
        organization_id=act.organization_id,
        group_id=command.group_id,
        variant_id=command.variant_id,
        location_group_id=command.location_group_id,
        units=command.units,
        reference="" if isinstance(command.reference, Keep) else command.reference,
        planned_at=act.now,
        planned_by=act.actor,
    )
    return plan.id


async def _change(command: PlanQuota, plan_id: UUID) -> None:
    plan = await QuotaPlan.get(id=plan_id)
    _check_version(command.expected_version, plan.version)
    reference = plan.reference if isinstance(command.reference, Keep) else command.reference
    if (plan.units, plan.reference) != (command.units, reference):
        plan.units, plan.reference, plan.version = command.units, reference, plan.version + 1
        await plan.save(update_fields=["units", "reference", "version"])


def _check_version(expected: int | None, actual: int) -> None:
    if expected not in (None, actual):
        raise Conflict("quota plan", expected or 0, actual)
