"""Units wait for stock, for a while or for a launch."""

from datetime import timedelta

from actions.backordering.deadlines import SetBackorderDeadline, cancel_overdue, set_deadline
from actions.backordering.launching import follow_launches, launch_due
from actions.desk import Desk
from actions.orders.drafting import PlaceDraft, draft, place_draft
from domain.lifecycle import UnitStatus
from tests.actions.scenarios import Story, scenario
from tests.actions.scenarios.placing import opened_desk
from tests.world import World, channel
from tests.world.orders import new_order
from tests.world.waiting import place, terms, wanted

DAY = timedelta(days=1)


@scenario(set_deadline, cancel_overdue)
async def waiting_until_a_day(world: World) -> Story:
    order = await new_order(world, MUG=2, LAMP=1, waiting=UnitStatus.BACKORDERED)
    yield
    until = world.now + DAY
    await set_deadline(world.act(), SetBackorderDeadline(order_id=order.id, cancels_at=until, reason="as agreed"))
    await cancel_overdue(until)


@scenario(Desk.place, launch_due, follow_launches)
async def pre_ordering(world: World) -> Story:
    await channel(world, "WEB", backorder_cancel_days=14)
    await terms(world, launches_at=world.now + DAY)
    async with opened_desk() as desk:
        yield
        await place(desk, world, MUG=2, LAMP=35)
        await terms(world, launches_at=world.now + 2 * DAY, ships_by=(world.now + 9 * DAY).date())
        await follow_launches(world.now)
        await launch_due(world.now + 2 * DAY)


@scenario(place_draft)
async def placing_a_draft_that_waits(world: World) -> Story:
    await channel(world, "WEB", backorder_cancel_days=14)
    yield
    order_id = await draft(world.act(), wanted(world, MUG=35))
    await place_draft(world.act(), PlaceDraft(order_id=order_id))
