"""Into a box and out of it again: what may travel together, what it weighs, what a recall takes out."""

import asyncio

import pytest

from actions.orders.recalling import (
    AnswerCancellation,
    RequestCancellation,
    answer_cancellation,
    request_cancellation,
)
from actions.parcels.packing import PackedUnits, PackParcel, UnpackParcel, pack, unpack
from domain.errors import BlockedByHold, Conflict, IllegalTransition, InvalidInput, NotFound
from domain.facts import FactKind
from domain.fulfilment import FulfilmentStatus
from domain.holds import HoldKind
from domain.ids import new_id
from domain.lifecycle import UnitStatus
from models import CancellationRequest, Fulfilment, Hold, Order, Parcel, ParcelLine
from tests.actions.asserting import books_balance, refused, told
from tests.world import furnish
from tests.world.fulfilment import (
    accepted,
    open_fulfilment,
    packed,
    picked,
    pickup_fulfilment,
    shipped,
    ships_to,
)
from tests.world.orders import line, units

pytestmark = pytest.mark.usefixtures("database")


async def contents(parcel: Parcel) -> dict[str, int]:
    """Units by SKU."""
    found: dict[str, int] = {}
    for each in await ParcelLine.filter(parcel=parcel).select_related("line"):
        found[each.line.sku] = found.get(each.line.sku, 0) + each.quantity
    return found


async def test_a_parcel_holds_what_was_picked_and_weighs_what_its_variants_do():
    world = await furnish()
    fulfilment = await picked(world, await open_fulfilment(world, MUG=3, LAMP=1))

    parcel = await packed(world, fulfilment)

    assert await contents(parcel) == {"MUG": 3, "LAMP": 1}
    assert parcel.weight_grams == 4 * 500
    assert parcel.number.startswith("PC-1")
    assert (parcel.location_id, parcel.packed_at, parcel.version) == (fulfilment.location_id, world.now, 1)
    assert (parcel.status, parcel.shipped_at, parcel.delivered_at) == (None, None, None)
    assert await units(await Order.get(id=fulfilment.order_id)) == {UnitStatus.PACKED: 3}


async def test_a_weighed_parcel_weighs_what_the_scale_says():
    world = await furnish()
    fulfilment = await picked(world, await open_fulfilment(world, MUG=3))
    content = PackedUnits(fulfilment_id=fulfilment.id)

    key = await pack(world.act(), PackParcel(contents=(content,), weight_grams=1_234))

    assert (await Parcel.get(id=key)).weight_grams == 1_234


async def test_a_line_can_be_packed_into_several_parcels():
    world = await furnish()
    fulfilment = await picked(world, await open_fulfilment(world, MUG=5))
    order = await Order.get(id=fulfilment.order_id)
    two = PackedUnits(fulfilment_id=fulfilment.id, line_id=(await line(order)).id, quantity=2)

    first = await pack(world.act(), PackParcel(contents=(two,)))
    second = await packed(world, fulfilment)

    assert await contents(await Parcel.get(id=first)) == {"MUG": 2}
    assert await contents(second) == {"MUG": 3}
    assert await units(order) == {UnitStatus.PACKED: 5}


async def test_a_line_named_twice_adds_up():
    world = await furnish()
    fulfilment = await picked(world, await open_fulfilment(world, MUG=5))
    key = (await line(await Order.get(id=fulfilment.order_id))).id
    one = PackedUnits(fulfilment_id=fulfilment.id, line_id=key, quantity=1)

    parcel = await pack(world.act(), PackParcel(contents=(one, one)))

    assert await contents(await Parcel.get(id=parcel)) == {"MUG": 2}


async def test_orders_to_the_same_address_share_a_parcel():
    world = await furnish()
    first = await picked(world, await open_fulfilment(world, MUG=1))
    second = await picked(world, await open_fulfilment(world, MUG=2))
    await ships_to(first.order_id)
    await ships_to(second.order_id, line1="1  BEACON street")

    parcel = await packed(world, first, second)

    assert await contents(parcel) == {"MUG": 3}
    facts = await told(FactKind.UNITS_PACKED)
    assert {fact.order_id for fact in facts} == {first.order_id, second.order_id}
    for fact in facts:
        [inside] = fact.payload["parcel"]["lines"]
        assert inside["fulfilment"] == str(fact.fulfilment_id), "an order's fact tells nothing of the other order"


@pytest.mark.parametrize(
    ("address", "why"), [({"line1": "2 Beacon Street"}, "street"), ({"name": "Bob"}, "person"), (None, "no address")]
)
async def test_orders_to_other_addresses_do_not_share_a_parcel(address, why):
    world = await furnish()
    first = await picked(world, await open_fulfilment(world))
    second = await picked(world, await open_fulfilment(world))
    await ships_to(first.order_id)
    if address is not None:
        await ships_to(second.order_id, **address)

    async with refused(InvalidInput) as refusal:
        await packed(world, first, second)

    [problem] = refusal.value.problems
    assert (problem.path, problem.code) == ("contents.1.fulfilment_id", "OTHER_ADDRESS"), why


async def test_orders_without_addresses_do_not_share_a_parcel():
    world = await furnish()
    first, second = [await picked(world, await open_fulfilment(world)) for _ in range(2)]

    async with refused(InvalidInput):
        await packed(world, first, second)


async def test_a_parcel_is_packed_at_one_location_and_goes_one_way():
    world = await furnish()
    here = await picked(world, await open_fulfilment(world))
    there = await picked(world, await open_fulfilment(world, at="CHI"))
    counter = await picked(world, await pickup_fulfilment(world))

    async with refused(InvalidInput) as refusal:
        await packed(world, here, there, counter)

    assert [problem.code for problem in refusal.value.problems] == ["OTHER_LOCATION", "OTHER_METHOD"]


async def test_pickups_of_two_orders_are_packed_one_by_one():
    world = await furnish()
    first, second = [await picked(world, await pickup_fulfilment(world)) for _ in range(2)]

    async with refused(InvalidInput) as refusal:
        await packed(world, first, second)

    assert refusal.value.problems[0].code == "OTHER_CUSTOMER"


async def test_packing_more_than_was_picked_is_refused():
    world = await furnish()
    fulfilment = await picked(world, await open_fulfilment(world, MUG=2))
    key = (await line(await Order.get(id=fulfilment.order_id))).id

    for quantities in ((3,), (2, 1), (0,)):
        wanted = tuple(PackedUnits(fulfilment_id=fulfilment.id, line_id=key, quantity=each) for each in quantities)
        async with refused(InvalidInput) as refusal:
            await pack(world.act(), PackParcel(contents=wanted))

        assert refusal.value.problems[0].path == f"contents.{len(quantities) - 1}.quantity"


async def test_an_empty_parcel_or_an_impossible_weight_is_refused():
    world = await furnish()
    content = PackedUnits(fulfilment_id=(await picked(world, await open_fulfilment(world))).id)

    for command in (PackParcel(contents=()), PackParcel(contents=(content,), weight_grams=-1)):
        async with refused(InvalidInput):
            await pack(world.act(), command)


async def test_only_what_is_picked_can_be_packed():
    world = await furnish()
    fulfilment = await accepted(world, await open_fulfilment(world))

    async with refused(IllegalTransition) as refusal:
        await packed(world, fulfilment)

    assert refusal.value.allowed_from == ("picked",)


async def test_a_held_order_is_not_packed():
    world = await furnish()
    fulfilment = await picked(world, await open_fulfilment(world))
    await Hold.create(order_id=fulfilment.order_id, kind=HoldKind.ADDRESS, applied_by="test", applied_at=world.now)

    async with refused(BlockedByHold):
        await packed(world, fulfilment)


async def test_packing_a_stale_or_unknown_fulfilment_is_refused():
    world = await furnish()
    fulfilment = await picked(world, await open_fulfilment(world))
    stale = PackedUnits(fulfilment_id=fulfilment.id, expected_version=1)

    async with refused(Conflict):
        await pack(world.act(), PackParcel(contents=(stale,)))
    async with refused(NotFound):
        await pack(world.act(), PackParcel(contents=(PackedUnits(fulfilment_id=new_id()),)))


async def test_of_two_that_pack_the_same_units_one_wins():
    world = await furnish()
    fulfilment = await picked(world, await open_fulfilment(world, MUG=3))

    outcomes = await asyncio.gather(*(packed(world, fulfilment) for _ in range(4)), return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["IllegalTransition"] * 3 + ["Parcel"]
    assert await ParcelLine.all().count() == 1


async def test_an_unpacked_parcel_is_gone_and_its_units_are_picked_again():
    world = await furnish()
    fulfilment = await picked(world, await open_fulfilment(world, MUG=3))
    parcel = await packed(world, fulfilment)

    assert await unpack(world.act(), UnpackParcel(parcel_id=parcel.id)) == [fulfilment.id]

    assert await Parcel.all().count() == 0
    assert await units(await Order.get(id=fulfilment.order_id)) == {UnitStatus.PICKED: 3}
    [fact] = await told(FactKind.UNITS_UNPACKED)
    assert fact.payload["parcel"]["number"] == parcel.number
    assert (await Fulfilment.get(id=fulfilment.id)).status is FulfilmentStatus.IN_PROGRESS
    await books_balance()


async def test_a_parcel_that_left_or_was_changed_is_not_unpacked():
    world = await furnish()
    parcel = await packed(world, await picked(world, await open_fulfilment(world)))

    async with refused(Conflict):
        await unpack(world.act(), UnpackParcel(parcel_id=parcel.id, expected_version=9))
    await shipped(world, parcel)
    async with refused(IllegalTransition):
        await unpack(world.act(), UnpackParcel(parcel_id=parcel.id))
    async with refused(NotFound):
        await unpack(world.act(), UnpackParcel(parcel_id=new_id()))


async def test_recalled_units_are_taken_out_of_their_parcel():
    world = await furnish()
    fulfilment = await picked(world, await open_fulfilment(world, MUG=5, LAMP=1))
    parcel = await packed(world, fulfilment)
    mugs = await line(await Order.get(id=fulfilment.order_id))
    await request_cancellation(
        world.act(), RequestCancellation(fulfilment_id=fulfilment.id, line_id=mugs.id, quantity=2)
    )
    request = await CancellationRequest.get()

    await answer_cancellation(world.act(), AnswerCancellation(request_id=request.id, accept=True))

    assert await contents(parcel) == {"MUG": 3, "LAMP": 1}
    assert (await Parcel.get(id=parcel.id)).version == 2
    await shipped(world, parcel)
    assert await units(await Order.get(id=fulfilment.order_id)) == {UnitStatus.SHIPPED: 3, UnitStatus.CANCELLED: 2}


async def test_a_parcel_of_nothing_but_recalled_units_is_gone():
    world = await furnish()
    fulfilment = await picked(world, await open_fulfilment(world, MUG=5))
    await packed(world, fulfilment)
    await request_cancellation(world.act(), RequestCancellation(fulfilment_id=fulfilment.id))
    request = await CancellationRequest.get()

    await answer_cancellation(world.act(), AnswerCancellation(request_id=request.id, accept=True))

    assert await Parcel.all().count() == 0
    assert (await Fulfilment.get(id=fulfilment.id)).status is FulfilmentStatus.CANCELLED
    await books_balance()
