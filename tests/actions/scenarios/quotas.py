"""Units are set aside for groups, taken by them, given back, and lost."""

from actions import inventory, reservations
from actions.desk import Desk
from actions.inventory import Adjustment, AdjustStock
from actions.orders.cancelling import CancelOrder, cancel
from actions.quotas import filling, groups, planning, plans
from actions.quotas.plans import EndQuotaPlan
from domain.stock import AdjustmentReason
from models import Order, QuotaPlan
from tests.actions.scenarios import Story, scenario, without_story
from tests.actions.scenarios.placing import CART, kept, opened_desk, wanted
from tests.world import World, stock
from tests.world.quotas import aside, filled, group, moved, planned, returned

without_story(groups.upsert_group, "A group has no stock.")


@scenario(planning.set_aside, planning.move_quotas, planning.return_quotas)
async def planning_for_groups(world: World) -> Story:
    web, shops = await group(world, "ONLINE", channels=["WEB"]), await group(world, "SHOPS", channels=["SHOP"])
    yield
    await aside(world, web, 5)
    await moved(world, 3, web, shops)
    await returned(world, shops, 1)


@scenario(plans.plan_quota, filling.refill, plans.end_plan)
async def planning_wherever_units_lie(world: World) -> Story:
    web = await group(world, "ONLINE", channels=["WEB"])
    await aside(world, web, 5)
    yield
    await planned(world, web, 40)
    await stock(world, {("MUG", "NYC"): 30})
    await filled(world, await QuotaPlan.get())
    await planned(world, web, 7)
    await plans.end_plan(world.act(), EndQuotaPlan(plan_id=(await QuotaPlan.get()).id))


@scenario(Desk.place, cancel)
async def ordering_what_was_set_aside(world: World) -> Story:
    await aside(world, await group(world, "ONLINE", channels=["WEB"]), 9)
    async with opened_desk() as desk:
        yield
        await desk.place(world.act(), wanted(world, MUG=3))
        await cancel(world.act(), CancelOrder(order_id=(await Order.get()).id))


@scenario(Desk.reserve, reservations.release)
async def keeping_what_was_set_aside(world: World) -> Story:
    await aside(world, await group(world, "ONLINE", channels=["WEB"]), 9)
    async with opened_desk() as desk:
        yield
        await desk.reserve(world.act(), kept(world, 4))
        await desk.reserve(world.act(), kept(world, 2))
        await reservations.release(world.act(), CART)


@scenario(inventory.adjust)
async def losing_what_was_set_aside(world: World) -> Story:
    await aside(world, await group(world, "ONLINE", channels=["WEB"]), 9)
    yield
    place = {"variant_id": world.variants["MUG"].id, "location_id": world.locations["NYC"].id}
    lost = Adjustment(**place, change=-4, reason=AdjustmentReason.LOST)
    await inventory.adjust(world.act(), AdjustStock(lines=(lost,)))
