"""Release to fulfilment: what may be, what it makes, and the job that does it."""

from datetime import timedelta

import pytest

from actions.fulfilment.releasing import ReleaseOrder, release, release_due
from domain.errors import BlockedByHold, Conflict, IllegalTransition, NotFound
from domain.facts import FactKind
from domain.fulfilment import FulfilmentStatus
from domain.holds import STOPS, HoldKind
from domain.ids import new_id
from domain.lifecycle import Action, OrderStatus, UnitStatus
from domain.orders import FulfilmentMethod
from models import Fulfilment, FulfilmentLine, Hold, LineStatus, Order, OrderLine, OutboxFact
from tests.world import furnish
from tests.world.orders import line, new_order, schedule, units

pytestmark = pytest.mark.usefixtures("database")


async def told(kind: FactKind) -> list[OutboxFact]:
    return await OutboxFact.filter(kind=kind.value).order_by("id")


async def hold(order: Order, kind: HoldKind = HoldKind.PAYMENT, **values) -> Hold:
    return await Hold.create(order=order, kind=kind, applied_by="test", applied_at=order.placed_at, **values)


async def test_releasing_makes_one_fulfilment_per_location():
    world = await furnish()
    order = await new_order(world, MUG=5, LAMP=2, waiting=UnitStatus.BACKORDERED)
    await schedule(world, order, "MUG", 3, "NYC")
    await schedule(world, order, "MUG", 2, "CHI")
    await schedule(world, order, "LAMP", 2, "CHI")

    assert await release(world.act(), ReleaseOrder(order_id=order.id)) == order.id

    asked = {
        fulfilment.location_id: {
            each.line_id: each.quantity for each in await FulfilmentLine.filter(fulfilment=fulfilment)
        }
        for fulfilment in await Fulfilment.filter(order=order)
    }
    mugs, lamps = await line(order, "MUG"), await line(order, "LAMP")
    assert asked == {
        world.locations["NYC"].id: {mugs.id: 3},
        world.locations["CHI"].id: {mugs.id: 2, lamps.id: 2},
    }
    assert await units(order, "MUG") == {UnitStatus.RELEASED: 5}
    assert (await Order.get(id=order.id)).status is OrderStatus.RELEASED


async def test_what_is_shipped_and_what_is_picked_up_are_two_fulfilments():
    world = await furnish()
    order = await new_order(world, MUG=1, LAMP=1)
    await OrderLine.filter(order=order, sku="LAMP").update(
        method=FulfilmentMethod.PICKUP, pickup_location_id=world.locations["NYC"].id
    )

    await release(world.act(), ReleaseOrder(order_id=order.id))

    methods = await Fulfilment.filter(order=order).values_list("method", flat=True)
    assert sorted(methods) == [FulfilmentMethod.PICKUP, FulfilmentMethod.SHIP]


async def test_a_new_fulfilment_is_open_and_numbered():
    world = await furnish()
    order = await new_order(world, MUG=2)

    await release(world.act(), ReleaseOrder(order_id=order.id))

    fulfilment = await Fulfilment.get(order=order)
    assert fulfilment.status is FulfilmentStatus.OPEN
    assert fulfilment.number.startswith("FF-1")
    assert (fulfilment.version, fulfilment.released_at) == (1, world.now)


async def test_each_fulfilment_is_told_to_its_location():
    world = await furnish()
    order = await new_order(world, MUG=5, waiting=UnitStatus.BACKORDERED)
    await schedule(world, order, "MUG", 3, "NYC")
    await schedule(world, order, "MUG", 2, "CHI")

    await release(world.act(), ReleaseOrder(order_id=order.id))

    facts = await told(FactKind.UNITS_RELEASED)
    for fact in facts:
        fulfilment = await Fulfilment.get(id=fact.fulfilment_id)
        assert fact.location_id == fulfilment.location_id
        assert fact.payload["fulfilments"] == {str(fulfilment.id): "open"}
        assert fact.payload["fulfilment"]["version"] == 1
        assert [move["to_fulfilment"] for move in fact.payload["moves"]] == [str(fulfilment.id)]
    assert len(facts) == 2
    assert [fact.payload["version"] for fact in facts] == [order.version + 3, order.version + 4]


async def test_releasing_touches_no_stock():
    world = await furnish()
    order = await new_order(world, MUG=2)

    await release(world.act(), ReleaseOrder(order_id=order.id))

    level = await world.level("MUG", "NYC")
    assert (level.on_hand, level.allocated) == (10, 2)


async def test_an_unconfirmed_order_is_not_released():
    world = await furnish()
    order = await new_order(world, MUG=2, is_confirmed=False)

    with pytest.raises(IllegalTransition) as refusal:
        await release(world.act(), ReleaseOrder(order_id=order.id))

    assert refusal.value.allowed_from == ("confirmed",)
    assert await units(order) == {UnitStatus.SCHEDULED: 2}
    assert await Fulfilment.all().count() == 0


async def test_an_order_with_nothing_scheduled_is_not_released():
    world = await furnish()
    order = await new_order(world, MUG=2, waiting=UnitStatus.BACKORDERED)

    with pytest.raises(IllegalTransition):
        await release(world.act(), ReleaseOrder(order_id=order.id))

    assert await Fulfilment.all().count() == 0


async def test_releasing_twice_is_refused():
    world = await furnish()
    order = await new_order(world, MUG=2)
    await release(world.act(), ReleaseOrder(order_id=order.id))

    with pytest.raises(IllegalTransition):
        await release(world.act(), ReleaseOrder(order_id=order.id))

    assert await Fulfilment.all().count() == 1


async def test_an_unknown_order_or_one_of_another_organization_is_not_found():
    world, other = await furnish(), await furnish()
    order = await new_order(other)

    for order_id in (new_id(), order.id):
        with pytest.raises(NotFound):
            await release(world.act(), ReleaseOrder(order_id=order_id))


async def test_a_stale_version_is_a_conflict():
    world = await furnish()
    order = await new_order(world)

    with pytest.raises(Conflict):
        await release(world.act(), ReleaseOrder(order_id=order.id, expected_version=order.version - 1))

    assert await Fulfilment.all().count() == 0


async def test_a_held_order_is_not_released():
    world = await furnish()
    order = await new_order(world, MUG=2)
    await hold(order)

    with pytest.raises(BlockedByHold) as refusal:
        await release(world.act(), ReleaseOrder(order_id=order.id))

    assert refusal.value.kinds == ("payment",)
    assert await units(order) == {UnitStatus.SCHEDULED: 2}


async def test_a_held_line_stays_behind_and_the_others_are_released():
    world = await furnish()
    order = await new_order(world, MUG=2, LAMP=1)
    await hold(order, line=await line(order, "MUG"))

    await release(world.act(), ReleaseOrder(order_id=order.id))

    assert await units(order, "MUG") == {UnitStatus.SCHEDULED: 2}
    assert await units(order, "LAMP") == {UnitStatus.RELEASED: 1}


async def test_a_hold_that_stops_something_else_does_not_stop_the_release():
    world = await furnish()
    order = await new_order(world, MUG=2)
    kinds = [kind for kind in HoldKind if Action.RELEASE not in STOPS[kind]]
    for kind in kinds:
        await hold(order, kind)

    await release(world.act(), ReleaseOrder(order_id=order.id))

    assert await units(order) == {UnitStatus.RELEASED: 2}


async def test_the_same_key_releases_once():
    world = await furnish()
    order = await new_order(world)

    for _ in range(2):
        await release(world.act(key="release-1"), ReleaseOrder(order_id=order.id))

    assert await Fulfilment.all().count() == 1


async def test_the_job_releases_what_is_due_and_leaves_the_rest():
    world = await furnish()
    free = await new_order(world)
    held = await new_order(world)
    await hold(held)
    unconfirmed = await new_order(world, is_confirmed=False)
    backordered = await new_order(world, waiting=UnitStatus.BACKORDERED)
    half = await new_order(world, MUG=1, LAMP=1)
    await hold(half, line=await line(half, "MUG"))

    assert await release_due(world.now) == 2

    assert await units(free) == {UnitStatus.RELEASED: 1}
    assert await units(half, "LAMP") == {UnitStatus.RELEASED: 1}
    for order in (held, unconfirmed):
        assert await units(order) == {UnitStatus.SCHEDULED: 1}
    assert await units(backordered) == {UnitStatus.BACKORDERED: 1}
    assert await release_due(world.now) == 0


async def test_the_job_releases_at_most_its_limit_the_oldest_first():
    world = await furnish()
    orders = [await new_order(world) for _ in range(3)]

    assert await release_due(world.now, limit=2) == 2

    waiting = await LineStatus.filter(status=UnitStatus.SCHEDULED).values_list("order_id", flat=True)
    assert waiting == [orders[2].id]


async def test_held_orders_do_not_keep_the_job_from_others():
    world = await furnish()
    for _ in range(3):
        await hold(await new_order(world))
    free = await new_order(world)

    assert await release_due(world.now + timedelta(seconds=1), limit=1) == 1

    assert await units(free) == {UnitStatus.RELEASED: 1}
