"""Groups of buyers in a world of `furnish`, and units set aside for them."""

from collections.abc import Sequence

from actions.quotas import groups, planning
from actions.quotas.planning import MoveQuotas, QuotaLine, QuotaMove, ReturnQuotas, SetAside
from models import Quota, QuotaGroup
from tests.world import World


async def group(
    world: World,
    code: str,
    *,
    channels: Sequence[str] = (),
    segment: str = "",
    parent: QuotaGroup | None = None,
    priority: int = 0,
) -> QuotaGroup:
    command = groups.UpsertQuotaGroup(
        code=code,
        name=f"Group {code}",
        parent_id=parent.id if parent else None,
        channel_ids=tuple(world.channels[each].id for each in channels),
        segment=segment,
        priority=priority,
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
