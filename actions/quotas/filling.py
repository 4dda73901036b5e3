"""Put aside what plans want, as units come: `domain/quotas/plans.py` says where.

    restocking.listeners → `fill_plans_of` the variants that arrived; `fill_plans` of all, some at a turn, as the net

A plan is realised by ordinary quotas of stock levels, so whoever orders knows nothing of it. It serves at active locations
within its scope that a channel of its group may sell from, and where no other plan has a share of the same quota.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from actions import levels, outbox, reference
from actions.acting import Act, action
from actions.levels import Level
from actions.quotas import shares
from actions.quotas.buyers import common_units
from actions.quotas.planning import open_quotas
from actions.quotas.shares import KEPT, TAKEN, Change
from actions.refusals import passed_over
from actions.restocking import announces_freed, note_freed
from domain.facts import Fact, FactKind
from domain.placing.world import Network
from domain.quotas.plans import Standing, settled
from domain.quotas.pools import QuotaMovementKind
from models.db import Fetching, rows

log = logging.getLogger("oms.quotas")

PLANS_A_TURN: Final = 500
FILL_ACTOR: Final = "job:quotas"

PLANS: Final = """
SELECT p.id, p.organization_id, p.group_id, p.variant_id, p.units, p.reference, p.version, g.code AS group_code, g.channel_ids,
    v.sku, n.members
FROM quota_plans p JOIN quota_groups g ON g.id = p.group_id JOIN variants v ON v.id = p.variant_id
LEFT JOIN location_groups n ON n.id = p.location_group_id WHERE p.ended_at IS NULL AND """
NEXT: Final = f"{PLANS} ($1::uuid IS NULL OR p.id > $1) ORDER BY p.id LIMIT $2"
OF_VARIANTS: Final = f"{PLANS} p.organization_id = $1 AND p.variant_id = ANY($2::uuid[]) ORDER BY p.id LIMIT $3"
LOCK: Final = f"{PLANS} p.organization_id = $1 AND p.id = $2 FOR NO KEY UPDATE OF p"
STANDINGS: Final = f"""
SELECT p.id AS plan_id, l.id AS level_id, l.location_id, {common_units("l")} AS free, s.plan_id AS owner_id,
    coalesce(s.units, 0) AS units, {TAKEN} AS taken, {KEPT} AS kept, coalesce(s.is_open, false) AS is_open
FROM quota_plans p JOIN stock_levels l ON l.variant_id = p.variant_id
LEFT JOIN quotas q ON q.stock_level_id = l.id AND q.group_id = p.group_id
LEFT JOIN quota_shares s ON s.quota_id = q.id AND (s.is_open OR s.plan_id = p.id)
WHERE p.id = ANY($1::uuid[]) ORDER BY p.id, l.id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An open one. `members` are the locations it is confined to, with their priorities; None for all."""

    id: UUID
    organization_id: UUID
    group_id: UUID
    variant_id: UUID
    units: int
    reference: str
    version: int
    group_code: str
    channel_ids: frozenset[UUID]
    sku: str
    members: Mapping[UUID, int] | None

    def ranks(self, network: Network) -> dict[UUID, int]:
        """Of the locations it serves at."""
        channels = [network.channels[each] for each in self.channel_ids or network.channels if each in network.channels]
        is_anywhere = any(not channel.location_ids for channel in channels)
        sold_from = frozenset[UUID]().union(*(channel.location_ids for channel in channels))
        members = self.members
        return {
            site.id: members[site.id] if members else 0
            for site in network.sites.values()
            if site.is_active and (is_anywhere or site.id in sold_from) and (members is None or site.id in members)
        }


@dataclass(frozen=True, slots=True)
class Filled:
    """How a plan stands after it was filled, and the facts of stock that this made."""

    set_aside: int
    taken: int
    is_changed: bool
    facts: Sequence[Fact] = ()


@dataclass(slots=True)
class Turn:
    """The last plan that the job looked at; the next turn goes on behind it, and begins anew after the last."""

    after: UUID | None = None


async def fill_plans(now: datetime, turn: Turn, *, limit: int = PLANS_A_TURN) -> int:
    """For a job: how many plans were filled, of the next few."""
    found = [plan_of(row) for row in await rows(NEXT, [turn.after, limit])]
    turn.after = found[-1].id if len(found) == limit else None
    return await _fill_all(FILL_ACTOR, now, found)


async def fill_plans_of(act: Act, variant_ids: Iterable[UUID]) -> int:
    """Of one organization, those for these variants."""
    found = await rows(OF_VARIANTS, [act.organization_id, sorted(variant_ids), PLANS_A_TURN])
    return await _fill_all(act.actor, act.now, [plan_of(row) for row in found])


async def lock_plan(act: Act, plan_id: UUID) -> Plan | None:
    """Locked until the transaction ends; None where there is no such plan, or where it has ended."""
    found = await rows(LOCK, [act.organization_id, plan_id])
    return plan_of(found[0]) if found else None


async def fill(act: Act, plan: Plan, *, is_ending: bool = False) -> Filled:
    """The plan is locked. One that is ending gives everything back that nobody has taken."""
    ranks = {} if is_ending else plan.ranks(await reference.network(Fetching, act.organization_id))
    found = await levels.lock(
        (plan.variant_id, each.location_id) for each in await _standings(plan, ranks) if each.is_open or _has_room(each)
    )
    is_changed = await shares.write_off(level["id"] for level in found.values())
    everywhere = await _standings(plan, ranks)
    standings = [each for each in everywhere if (plan.variant_id, each.location_id) in found]
    taken = sum(each.taken for each in everywhere)
    kept = settled(max(0, plan.units - taken), standings)
    changed = [
        (found[plan.variant_id, each.location_id], units - each.kept, each.serves)
        for each, units in zip(standings, kept, strict=True)
        if units != each.kept or (each.is_open and not each.serves)
    ]
    facts = await _put(act, plan, changed) if changed else ()
    return Filled(sum(kept), taken, is_changed or bool(changed), facts)


async def tell(act: Act, plan: Plan, filled: Filled, *, is_open: bool = True) -> None:
    """Records what filling it made of the plan and of stock."""
    fact = Fact(
        kind=FactKind.QUOTA_PLAN_CHANGED,
        variant_id=plan.variant_id,
        payload={
            "id": str(plan.id),
            "group": plan.group_code,
            "sku": plan.sku,
            "units": plan.units,
            "set_aside": filled.set_aside,
            "taken": filled.taken,
            "is_open": is_open,
            "version": plan.version,
        },
    )
    await outbox.record(act.organization_id, act.actor, act.now, [*filled.facts, fact])


def plan_of(row: dict[str, Any]) -> Plan:
    members = row["members"] and {UUID(each["location_id"]): each["priority"] for each in orjson.loads(row["members"])}
    return Plan(**row | {"channel_ids": frozenset(row["channel_ids"]), "members": members})


async def _fill_all(actor: str, now: datetime, plans: Sequence[Plan]) -> int:
    """Looks first without locks: most plans have nothing to do."""
    found = await rows(STANDINGS, [[plan.id for plan in plans]]) if plans else []
    by_plan: dict[UUID, list[dict[str, Any]]] = {}
    for row in found:
        by_plan.setdefault(row["plan_id"], []).append(row)
    filled = 0
    for plan in plans:
        network = await reference.network(Fetching, plan.organization_id)
        if _is_due(plan, _stand(plan, by_plan.get(plan.id, ()), plan.ranks(network))):
            act = Act(organization_id=plan.organization_id, actor=actor, now=now)
            with passed_over(log, "plan %s was not filled", plan.id):
                await refill(act, plan.id)
                filled += 1
    return filled


@announces_freed
@action
async def refill(act: Act, plan_id: UUID) -> UUID:
    """Nothing, where it has ended meanwhile."""
    plan = await lock_plan(act, plan_id)
    if plan is not None:
        filled = await fill(act, plan)
        if filled.is_changed:
            await tell(act, plan, filled)
    return plan_id


async def _put(act: Act, plan: Plan, changed: Sequence[tuple[Level, int, bool]]) -> list[Fact]:
    touched = [level for level, units, _ in changed if units]
    await open_quotas(act.organization_id, [(level, plan.group_id) for level, units, _ in changed if units > 0])
    drawing = await levels.drawing_of(touched)
    drawing.reference = plan.reference
    for level, units, _ in changed:
        if units:
            kind = QuotaMovementKind.SET_ASIDE if units > 0 else QuotaMovementKind.RETURNED
            drawing.change(level, kind, abs(units), of=plan.group_id, plan_id=plan.id)
    if any(units < 0 for _, units, _ in changed):
        note_freed([plan.variant_id])
    facts = await levels.write(act, touched, drawing) if touched else []
    await shares.write(plan.id, plan.group_id, [Change(level["id"], units, serves) for level, units, serves in changed])
    return facts


async def _standings(plan: Plan, ranks: Mapping[UUID, int]) -> list[Standing]:
    return _stand(plan, await rows(STANDINGS, [[plan.id]]), ranks)


def _stand(plan: Plan, found: Iterable[dict[str, Any]], ranks: Mapping[UUID, int]) -> list[Standing]:
    """In the order of their rank. A level has a row for the plan's own share, and one for another plan's open one."""
    own: dict[UUID, Standing] = {}
    others: set[UUID] = set()
    for row in found:
        location_id = row["location_id"]
        if row["owner_id"] not in (None, plan.id):
            others.add(location_id)
            own.setdefault(location_id, Standing(location_id=location_id, free=row["free"], serves=False))
            continue
        names = ("location_id", "free", "units", "taken", "kept", "is_open")
        own[location_id] = Standing(**{name: row[name] for name in names}, serves=location_id in ranks)
    return sorted(
        (replace(each, serves=each.serves and each.location_id not in others) for each in own.values()),
        key=lambda each: (ranks.get(each.location_id, 0), each.location_id),
    )


def _is_due(plan: Plan, standings: Sequence[Standing]) -> bool:
    wanted = max(0, plan.units - sum(each.taken for each in standings))
    return settled(wanted, standings) != [each.kept for each in standings] or any(
        each.lost or (each.is_open and not each.serves) for each in standings
    )


def _has_room(standing: Standing) -> bool:
    return standing.serves and standing.free > 0
