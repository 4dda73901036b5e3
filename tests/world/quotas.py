"""Groups of buyers in a world of `furnish`, and units set aside for them."""

from collections.abc import Sequence

from actions.quotas import groups, planning, plans
from actions.quotas.filling import refill
from actions.quotas.planning import MoveQuotas, QuotaLine, QuotaMove, ReturnQuotas, SetAside
from actions.quotas.plans import PlanQuota
from actions.quotas.shares import KEPT, TAKEN
from models import LocationGroup, Quota, QuotaGroup, QuotaPlan
from models.db import rows
from tests.world import World


async def group(
    world: World,
    code: str,
    *,
    channels: Sequence[str] = (),
    segment: str = "",
    parent: QuotaGroup | None = None,
    priority: int = 0,
    is_for_nobody: bool = False,
) -> QuotaGroup:
    command = groups.UpsertQuotaGroup(
        code=code,
        name=f"Group {code}",
        parent_id=parent.id if parent else None,
        channel_ids=tuple(world.channels[each].id for each in channels),
        segment=segment,
        priority=priority,
        is_for_nobody=is_for_nobody,
    )
    return await QuotaGroup.get(id=await groups.upsert_group(world.act(), command))


def line(world: World, of: QuotaGroup, units: int, sku: str = "MUG", location: str = "NYC") -> QuotaLine:
    place = {"variant_id": world.variants[sku].id, "location_id": world.locations[location].id}
    return QuotaLine(**place, group_id=of.id, quantity=units)


async def aside(world: World, of: QuotaGroup, units: int, sku: str = "MUG", location: str = "NYC") -> Quota:
    [key] = await planning.set_aside(world.act(), SetAside(lines=(line(world, of, units, sku, location),)))
    return await Quota.get(id=key)


async def returned(world: World, of: QuotaGroup, units: int) -> None:
    await planning.return_quotas(world.act(), ReturnQuotas(lines=(line(world, of, units),)))


async def moved(world: World, units: int, before: QuotaGroup, after: QuotaGroup) -> None:
    place = {"variant_id": world.variants["MUG"].id, "location_id": world.locations["NYC"].id}
    step = QuotaMove(**place, from_group_id=before.id, to_group_id=after.id, quantity=units)
    await planning.move_quotas(world.act(), MoveQuotas(lines=(step,)))


async def left(of: QuotaGroup) -> int:
    """Units that the group may still take, wherever they are."""
    return sum([quota.quantity for quota in await Quota.filter(group=of)])


async def planned(
    world: World, of: QuotaGroup, units: int, sku: str = "MUG", *, within: LocationGroup | None = None
) -> QuotaPlan:
    command = PlanQuota(
        group_id=of.id,
        variant_id=world.variants[sku].id,
        units=units,
        location_group_id=within.id if within else None,
    )
    return await QuotaPlan.get(id=await plans.plan_quota(world.act(), command))


async def filled(world: World, plan: QuotaPlan) -> dict[str, int]:
    """What it keeps by location, after it was filled once more."""
    await refill(world.act(), plan.id)
    return await kept(plan)


async def kept(plan: QuotaPlan) -> dict[str, int]:
    """What it keeps by location; nothing where that is none."""
    return {code: units for code, (units, _) in (await shares(plan)).items() if units}


async def taken(plan: QuotaPlan) -> int:
    return sum(units for _, units in (await shares(plan)).values())


async def shares(plan: QuotaPlan) -> dict[str, tuple[int, int]]:
    """Kept and taken by location."""
    found = await rows(
        f"SELECT l.code, {KEPT} AS kept, {TAKEN} AS taken FROM quota_shares s JOIN quotas q ON q.id = s.quota_id "
        "JOIN locations l ON l.id = s.location_id WHERE s.plan_id = $1 ORDER BY l.code",
        [plan.id],
    )
    return {row["code"]: (row["kept"], row["taken"]) for row in found}
