"""A location's yes and no, and what a no means for stock, for other orders and for where the units go."""

import asyncio
from datetime import timedelta

import pytest

from actions import desk
from actions.fulfilment.accepting import AcceptFulfilment, accept
from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.fulfilment.picking import PickedLine, PickUnits, pick
from actions.orders.recalling import RequestCancellation, request_cancellation
from domain.errors import Conflict, IllegalTransition, InvalidInput, NotFound
from domain.facts import FactKind
from domain.fulfilment import CONSEQUENCES, DeclineReason, FulfilmentStatus
from domain.holds import HoldKind
from domain.ids import new_id
from domain.lifecycle import UnitStatus
from domain.placing.commands import CartLine, ReserveCart
from models import ExcludedLocation, Fulfilment, Hold, LineStatus, Order, Reservation
from tests.actions.asserting import books_balance, refused, told
from tests.world import furnish, stock
from tests.world.fulfilment import accepted, open_fulfilment, picked, released_of
from tests.world.orders import line, new_order, units

pytestmark = pytest.mark.usefixtures("database")


def declining(fulfilment: Fulfilment, reason: DeclineReason = DeclineReason.NO_CAPACITY, **values) -> DeclineFulfilment:
    return DeclineFulfilment(fulfilment_id=fulfilment.id, reason=reason, **values)


async def where(order_id, sku: str = "MUG") -> dict[tuple[str, str | None], int]:
    """Units by status and location code."""
    found = LineStatus.filter(order_id=order_id, line__sku=sku).select_related("location")
    return {(row.status.value, row.location.code if row.location else None): row.quantity for row in await found}


async def test_accepting_takes_on_everything_released():
    world = await furnish()
    fulfilment = await open_fulfilment(world, MUG=3, LAMP=1)

    assert await accept(world.act(), AcceptFulfilment(fulfilment_id=fulfilment.id)) == fulfilment.id

    order = await Order.get(id=fulfilment.order_id)
    assert await units(order, "MUG") == {UnitStatus.ACKNOWLEDGED: 3}
    assert await units(order, "LAMP") == {UnitStatus.ACKNOWLEDGED: 1}
    stored = await Fulfilment.get(id=fulfilment.id)
    assert (stored.status, stored.accepted_at, stored.version) == (FulfilmentStatus.ACCEPTED, world.now, 2)
    [fact] = await told(FactKind.FULFILMENT_ACCEPTED)
    assert (fact.fulfilment_id, fact.location_id) == (fulfilment.id, fulfilment.location_id)
    assert fact.payload["fulfilments"] == {str(fulfilment.id): "accepted"}


async def test_accepting_twice_is_refused():
    world = await furnish()
    fulfilment = await accepted(world, await open_fulfilment(world))

    async with refused(IllegalTransition) as refusal:
        await accept(world.act(), AcceptFulfilment(fulfilment_id=fulfilment.id))

    assert refusal.value.allowed_from == ("released",)


async def test_accepting_a_stale_version_is_a_conflict():
    world = await furnish()
    fulfilment = await open_fulfilment(world)

    async with refused(Conflict) as refusal:
        await accept(world.act(), AcceptFulfilment(fulfilment_id=fulfilment.id, expected_version=7))

    assert (refusal.value.kind, refusal.value.actual_version) == ("fulfilment", 1)


async def test_what_is_not_there_or_not_ours_is_not_found():
    world, other = await furnish(), await furnish()
    theirs = await open_fulfilment(other)

    for key in (new_id(), theirs.id):
        async with refused(NotFound):
            await accept(world.act(), AcceptFulfilment(fulfilment_id=key))
        async with refused(NotFound):
            await decline(world.act(), DeclineFulfilment(fulfilment_id=key, reason=DeclineReason.OTHER))


async def test_of_two_that_accept_at_once_one_wins():
    world = await furnish()
    fulfilment = await open_fulfilment(world)
    command = AcceptFulfilment(fulfilment_id=fulfilment.id)

    outcomes = await asyncio.gather(*(accept(world.act(), command) for _ in range(5)), return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["IllegalTransition"] * 4 + ["UUID"]
    assert len(await told(FactKind.FULFILMENT_ACCEPTED)) == 1


async def test_declined_units_are_scheduled_at_another_location():
    world = await furnish()
    fulfilment = await open_fulfilment(world, MUG=3)

    await decline(world.act(), declining(fulfilment))

    assert {key[0]: n for key, n in (await where(fulfilment.order_id)).items()} == {"scheduled": 3}
    assert "NYC" not in {location for _, location in await where(fulfilment.order_id)}
    stored = await Fulfilment.get(id=fulfilment.id)
    assert (stored.status, stored.decline_reason) == (FulfilmentStatus.DECLINED, DeclineReason.NO_CAPACITY)
    level = await world.level("MUG", "NYC")
    assert (level.on_hand, level.allocated, level.damaged) == (10, 0, 0)
    await books_balance()


async def test_declined_units_that_nobody_else_has_are_backordered():
    world = await furnish(units=0)
    await stock(world, {("MUG", "NYC"): 5})
    fulfilment = await open_fulfilment(world, MUG=3)

    await decline(world.act(), declining(fulfilment))

    assert await where(fulfilment.order_id) == {("backordered", None): 3}


async def test_a_decline_tells_the_location_and_then_where_the_units_go():
    world = await furnish()
    fulfilment = await open_fulfilment(world, MUG=3)

    await decline(world.act(), declining(fulfilment))

    [declined] = await told(FactKind.FULFILMENT_DECLINED)
    assert (declined.fulfilment_id, declined.location_id) == (fulfilment.id, fulfilment.location_id)
    assert declined.payload["reason"] == "no_capacity"
    assert declined.payload["fulfilments"] == {str(fulfilment.id): "declined"}
    [scheduled] = (await told(FactKind.UNITS_SCHEDULED))[-1:]
    assert scheduled.payload["version"] == declined.payload["version"] + 1


async def test_only_the_named_lines_are_declined():
    world = await furnish()
    fulfilment = await accepted(world, await open_fulfilment(world, MUG=3, LAMP=1))
    order = await Order.get(id=fulfilment.order_id)

    await decline(world.act(), declining(fulfilment, line_ids=((await line(order, "LAMP")).id,)))

    assert await units(order, "MUG") == {UnitStatus.ACKNOWLEDGED: 3}
    assert await units(order, "LAMP") == {UnitStatus.SCHEDULED: 1}
    assert (await Fulfilment.get(id=fulfilment.id)).status is FulfilmentStatus.ACCEPTED


async def test_picked_units_stay_when_the_rest_is_declined():
    world = await furnish()
    fulfilment = await accepted(world, await open_fulfilment(world, MUG=3, LAMP=1))
    order = await Order.get(id=fulfilment.order_id)
    mugs = PickedLine(line_id=(await line(order, "MUG")).id, quantity=2)
    await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id, lines=(mugs,)))

    await decline(world.act(), declining(fulfilment))

    assert await units(order, "MUG") == {UnitStatus.PICKED: 2, UnitStatus.SCHEDULED: 1}
    assert (await Fulfilment.get(id=fulfilment.id)).status is FulfilmentStatus.IN_PROGRESS
    await books_balance()


async def test_what_is_picked_is_not_declined():
    world = await furnish()
    fulfilment = await picked(world, await open_fulfilment(world))

    async with refused(IllegalTransition):
        await decline(world.act(), declining(fulfilment))


async def test_declining_names_every_wrong_line():
    world = await furnish()
    fulfilment, other = await open_fulfilment(world, MUG=1), await open_fulfilment(world, MUG=1)
    mine = await line(await Order.get(id=fulfilment.order_id))
    theirs = await line(await Order.get(id=other.order_id))

    async with refused(InvalidInput) as refusal:
        await decline(world.act(), declining(fulfilment, line_ids=(mine.id, theirs.id, mine.id)))

    assert {(problem.path, problem.code) for problem in refusal.value.problems} == {
        ("line_ids.2", "DUPLICATE"),
        ("line_ids.1", "NOT_IN_FULFILMENT"),
    }


async def test_an_exclusion_that_is_over_already_is_refused():
    world = await furnish()
    fulfilment = await open_fulfilment(world)

    async with refused(InvalidInput) as refusal:
        await decline(world.act(), declining(fulfilment, exclude_until=world.now))

    assert refusal.value.problems[0].path == "exclude_until"


@pytest.mark.parametrize("reason", list(DeclineReason))
async def test_the_location_is_left_out_for_as_long_as_the_reason_suggests(reason):
    world = await furnish()
    fulfilment = await open_fulfilment(world)

    await decline(world.act(), declining(fulfilment, reason))

    excluded = await ExcludedLocation.get()
    assert excluded.location_id == fulfilment.location_id
    assert (excluded.until, excluded.reason) == (world.now + CONSEQUENCES[reason].excluded_for, reason.value)


async def test_a_later_exclusion_is_never_shortened():
    world = await furnish()
    order = await new_order(world, MUG=2)
    fulfilment = await released_of(world, order)
    mugs = await line(order)
    far = world.now + timedelta(days=30)
    await ExcludedLocation.create(line=mugs, location_id=fulfilment.location_id, until=far, reason="other")

    await decline(world.act(), declining(fulfilment, exclude_until=world.now + timedelta(days=1)))

    assert (await ExcludedLocation.get()).until == far


async def test_lost_units_leave_the_books():
    world = await furnish()
    fulfilment = await open_fulfilment(world, MUG=3)

    await decline(world.act(), declining(fulfilment, DeclineReason.NOT_FOUND))

    level = await world.level("MUG", "NYC")
    assert (level.on_hand, level.allocated) == (7, 0)
    await books_balance()


async def test_damaged_units_stay_on_hand_and_cannot_be_sold():
    world = await furnish()
    fulfilment = await open_fulfilment(world, MUG=3)

    await decline(world.act(), declining(fulfilment, DeclineReason.DAMAGED))

    level = await world.level("MUG", "NYC")
    assert (level.on_hand, level.allocated, level.damaged) == (10, 0, 3)


async def test_an_empty_shelf_takes_every_order_along_that_counts_on_it():
    world = await furnish()
    cause = await open_fulfilment(world, MUG=1)
    also = await accepted(world, await open_fulfilment(world, MUG=2, LAMP=1))
    planned = await new_order(world, MUG=1)
    in_hand = await picked(world, await open_fulfilment(world, MUG=1))
    elsewhere = await new_order(world, at="CHI", MUG=1)

    await decline(world.act(), declining(cause, DeclineReason.OUT_OF_STOCK))

    for order_id in (cause.order_id, also.order_id, planned.id):
        assert "NYC" not in {location for _, location in await where(order_id)}
    assert await where(also.order_id, "LAMP") == {("acknowledged", "NYC"): 1}
    assert await where(in_hand.order_id) == {("picked", "NYC"): 1}
    assert await where(elsewhere.id) == {("scheduled", "CHI"): 1}
    level = await world.level("MUG", "NYC")
    assert (level.on_hand, level.allocated) == (1, 1)
    assert (await world.level("LAMP", "NYC")).on_hand == 10
    assert (await Fulfilment.get(id=also.id)).decline_reason is DeclineReason.OUT_OF_STOCK
    await books_balance()


async def test_an_empty_shelf_is_told_once_per_fulfilment_with_its_cause():
    world = await furnish()
    cause, also = await open_fulfilment(world, MUG=1), await open_fulfilment(world, MUG=2)
    planned = await new_order(world, MUG=1)

    await decline(world.act(), declining(cause, DeclineReason.OUT_OF_STOCK))

    facts = await told(FactKind.FULFILMENT_DECLINED)
    assert {fact.fulfilment_id: fact.payload.get("cause") for fact in facts} == {cause.id: None, also.id: str(cause.id)}
    [taken_back] = await told(FactKind.UNITS_UNSCHEDULED)
    assert (taken_back.order_id, taken_back.payload["cause"]) == (planned.id, str(cause.id))


async def test_an_empty_shelf_ends_what_carts_keep_there(database_url):
    world = await furnish()
    mugs = CartLine(variant_id=world.variants["MUG"].id, quantity=4)
    near = {"latitude": 40.7, "longitude": -74.0}
    async with desk.opened(database_url) as counter:
        await counter.reserve(world.act(), ReserveCart(channel_id=world.web.id, cart="cart-1", lines=(mugs,), **near))
    kept = await Reservation.get()
    assert kept.location_id == world.locations["NYC"].id
    cause = await open_fulfilment(world, MUG=1)

    await decline(world.act(), declining(cause, DeclineReason.OUT_OF_STOCK))

    ended = await Reservation.get(id=kept.id)
    assert (ended.status.value, ended.ended_at) == ("released", world.now)
    level = await world.level("MUG", "NYC")
    assert (level.on_hand, level.reserved) == (0, 0)
    await books_balance()


async def test_an_empty_shelf_keeps_damaged_units_on_hand():
    world = await furnish()
    damaged = await open_fulfilment(world, MUG=2)
    await decline(world.act(), declining(damaged, DeclineReason.DAMAGED))
    cause = await open_fulfilment(world, MUG=1)

    await decline(world.act(), declining(cause, DeclineReason.OUT_OF_STOCK))

    level = await world.level("MUG", "NYC")
    assert (level.on_hand, level.damaged) == (2, 2)


async def test_rerouted_orders_never_get_the_same_unit():
    world = await furnish(units=0)
    await stock(world, {("MUG", "NYC"): 6, ("MUG", "CHI"): 3})
    cause, also = await open_fulfilment(world, MUG=2), await open_fulfilment(world, MUG=2)

    await decline(world.act(), declining(cause, DeclineReason.OUT_OF_STOCK))

    assert await where(cause.order_id) == {("scheduled", "CHI"): 2}
    assert await where(also.order_id) == {("scheduled", "CHI"): 1, ("backordered", None): 1}
    await books_balance()


async def test_units_of_a_held_order_wait_to_be_routed():
    world = await furnish()
    fulfilment = await open_fulfilment(world, MUG=1)
    await Hold.create(order_id=fulfilment.order_id, kind=HoldKind.FRAUD, applied_by="test", applied_at=world.now)

    await decline(world.act(), declining(fulfilment))

    assert await where(fulfilment.order_id) == {("unscheduled", None): 1}


async def test_units_asked_back_are_cancelled_when_the_location_declines():
    world = await furnish()
    fulfilment = await open_fulfilment(world, MUG=3)
    await request_cancellation(world.act(), RequestCancellation(fulfilment_id=fulfilment.id))

    await decline(world.act(), declining(fulfilment))

    assert await where(fulfilment.order_id) == {("cancelled", None): 3}


async def test_of_decline_and_pick_at_once_exactly_one_wins():
    world = await furnish()
    for _ in range(5):
        fulfilment = await accepted(world, await open_fulfilment(world, MUG=1))

        outcomes = await asyncio.gather(
            decline(world.act(), declining(fulfilment)),
            pick(world.act(), PickUnits(fulfilment_id=fulfilment.id)),
            return_exceptions=True,
        )

        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["IllegalTransition", "UUID"]
        assert sum((await where(fulfilment.order_id)).values()) == 1
    await books_balance()


async def test_empty_shelves_found_at_once_leave_the_books_balanced():
    world = await furnish()
    fulfilments = [await open_fulfilment(world, MUG=1, LAMP=1) for _ in range(6)]

    outcomes = await asyncio.gather(
        *(decline(world.act(), declining(each, DeclineReason.OUT_OF_STOCK)) for each in fulfilments),
        return_exceptions=True,
    )

    assert {type(outcome).__name__ for outcome in outcomes} <= {"UUID", "IllegalTransition"}
    assert (await world.level("MUG", "NYC")).on_hand == 0
    await books_balance()
