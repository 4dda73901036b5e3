"""Several orders in one parcel, and out of it again, before it leaves."""

import asyncio

import pytest

from actions.parcels.consolidating import ConsolidateParcels, SplitParcel, consolidate, split_off
from actions.parcels.packing import PackedUnits, PackParcel, pack
from actions.parcels.shipping import ShipParcel, ship
from domain.carriers import LabelStatus
from domain.errors import BlockedByHold, Conflict, IllegalTransition, InvalidInput, NotFound
from domain.facts import FactKind
from domain.holds import HoldKind
from domain.ids import new_id
from domain.lifecycle import UnitStatus
from models import Fulfilment, Hold, Label, Order, Parcel, ParcelLine
from tests.actions.asserting import books_balance, refused, told
from tests.world import World, customer, furnish
from tests.world.fulfilment import open_fulfilment, packed, picked, pickup_fulfilment, shipped, ships_to
from tests.world.orders import line, units

pytestmark = pytest.mark.usefixtures("database")


async def work(world: World, *, address=None, **wanted) -> Fulfilment:
    """Picked at New York, to Ada's address unless told."""
    fulfilment = await picked(world, await open_fulfilment(world, **(wanted or {"MUG": 1})))
    await ships_to(fulfilment.order_id, **(address or {}))
    return await Fulfilment.get(id=fulfilment.id)


async def inside(parcel_id) -> dict:
    """Units by fulfilment."""
    return {line.fulfilment_id: line.quantity for line in await ParcelLine.filter(parcel_id=parcel_id)}


def together(*fulfilments: Fulfilment, parcels: tuple[Parcel, ...] = (), **values) -> ConsolidateParcels:
    return ConsolidateParcels(
        fulfilment_ids=tuple(each.id for each in fulfilments), parcel_ids=tuple(each.id for each in parcels), **values
    )


async def test_picked_work_and_packed_parcels_become_one_parcel():
    world = await furnish()
    first, second, third = await work(world, MUG=1), await work(world, MUG=2), await work(world, MUG=3)
    boxes = await packed(world, first), await packed(world, second)

    parcel_id = await consolidate(world.act(), together(third, parcels=boxes))

    parcel = await Parcel.get()
    assert (parcel.id, parcel.location_id) == (parcel_id, world.locations["NYC"].id)
    assert await inside(parcel_id) == {first.id: 1, second.id: 2, third.id: 3}
    for each in (first, second, third):
        assert set(await units(await Order.get(id=each.order_id))) == {UnitStatus.PACKED}
    assert parcel.weight_grams == sum(box.weight_grams for box in boxes) * 2
    await books_balance()


async def test_each_order_is_told_of_its_own_lines_alone():
    world = await furnish()
    first, second = await work(world, MUG=1), await work(world, LAMP=2)

    await consolidate(world.act(), together(first, second))

    facts = await told(FactKind.UNITS_PACKED)
    assert {fact.order_id: [line["quantity"] for line in fact.payload["parcel"]["lines"]] for fact in facts} == {
        first.order_id: [1],
        second.order_id: [2],
    }


async def test_what_is_opened_for_it_is_told_before_what_is_packed():
    world = await furnish()
    first, second = await work(world), await work(world)
    box = await packed(world, first)

    await consolidate(world.act(), together(second, parcels=(box,)))

    [opened] = await told(FactKind.UNITS_UNPACKED)
    again = (await told(FactKind.UNITS_PACKED))[-2:]
    [repacked] = [fact for fact in again if fact.order_id == first.order_id]
    assert repacked.payload["version"] == opened.payload["version"] + 1
    assert repacked.payload["parcel"]["number"] != opened.payload["parcel"]["number"]


async def test_what_is_picked_beside_a_parcel_does_not_go_with_it():
    world = await furnish()
    split, other = await work(world, MUG=1, LAMP=1), await work(world)
    order = await Order.get(id=split.order_id)
    mug = PackedUnits(fulfilment_id=split.id, line_id=(await line(order, "MUG")).id)
    box = await Parcel.get(id=await pack(world.act(), PackParcel(contents=(mug,))))

    await consolidate(world.act(), together(other, parcels=(box,)))

    assert await inside((await Parcel.get()).id) == {split.id: 1, other.id: 1}
    assert await units(order, "LAMP") == {UnitStatus.PICKED: 1}


async def test_what_is_not_there_or_not_ours_is_not_found():
    world, others = await furnish(), await furnish()
    here, theirs = await work(world), await packed(others, await work(others))

    for parcel_id in (new_id(), theirs.id):
        async with refused(NotFound):
            await consolidate(world.act(), ConsolidateParcels(fulfilment_ids=(here.id,), parcel_ids=(parcel_id,)))


async def test_orders_of_different_customers_share_a_parcel_only_under_one_name():
    world = await furnish()
    bob = await customer(world, name="Bob", email="bob@example.com")
    adas = await work(world, customer=world.customer)
    same_name = await work(world, customer=bob)
    his = await work(world, customer=bob, address={"name": "Bob"})
    her_other = await work(world, customer=world.customer, address={"name": "A. Example"})

    for others in ((his,), (same_name, his), (same_name, her_other)):
        async with refused(InvalidInput) as refusal:
            await consolidate(world.act(), together(adas, *others))
        assert {problem.code for problem in refusal.value.problems} == {"OTHER_ADDRESS"}
    await consolidate(world.act(), together(adas, same_name))
    one_customers = await work(world, customer=world.customer)
    await consolidate(world.act(), together(one_customers, her_other))


async def test_what_cannot_go_together_is_refused_and_nothing_is_opened():
    world = await furnish()
    here = await work(world)
    box = await packed(world, await work(world))
    far = await picked(world, await open_fulfilment(world, at="LAX"))
    await ships_to(far.order_id)
    collected = await picked(world, await pickup_fulfilment(world))
    gone = await shipped(world, await packed(world, await work(world)))
    unpicked = await open_fulfilment(world)
    await ships_to(unpicked.order_id)

    for wrong, error in (
        (together(here), InvalidInput),
        (together(here, here), InvalidInput),
        (together(here, far, parcels=(box,)), InvalidInput),
        (together(here, collected), InvalidInput),
        (together(here, parcels=(gone,)), IllegalTransition),
        (together(unpicked, parcels=(box,)), IllegalTransition),
    ):
        async with refused(error):
            await consolidate(world.act(), wrong)


async def test_a_hold_keeps_its_order_out():
    world = await furnish()
    first, second = await work(world), await work(world)
    await Hold.create(order_id=second.order_id, kind=HoldKind.FRAUD, applied_by="test", applied_at=world.now)

    async with refused(BlockedByHold):
        await consolidate(world.act(), together(first, second))


async def test_of_two_that_put_the_same_work_into_a_parcel_one_wins():
    world = await furnish()
    shared, first, second = await work(world), await work(world), await work(world)

    outcomes = await asyncio.gather(
        consolidate(world.act(), together(shared, first)),
        consolidate(world.act(), together(shared, second)),
        return_exceptions=True,
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["IllegalTransition", "UUID"]
    assert await Parcel.all().count() == 1


async def test_of_shipping_and_consolidating_at_once_one_wins():
    world = await furnish()
    first, second = await work(world), await work(world)
    box = await packed(world, first)

    outcomes = await asyncio.gather(
        ship(world.act(), ShipParcel(parcel_id=box.id, carrier="UPS")),
        consolidate(world.act(), together(second, parcels=(box,))),
        return_exceptions=True,
    )

    assert len([outcome for outcome in outcomes if isinstance(outcome, Exception)]) == 1
    await books_balance()


async def test_work_leaves_a_shared_parcel_for_one_of_its_own():
    world = await furnish()
    first, second = await work(world, MUG=1), await work(world, MUG=2)
    shared = await Parcel.get(id=await consolidate(world.act(), together(first, second)))

    fresh_id = await split_off(world.act(), SplitParcel(parcel_id=shared.id, fulfilment_ids=(second.id,)))

    assert await inside(shared.id) == {first.id: 1}
    assert await inside(fresh_id) == {second.id: 2}
    stayed, fresh = await Parcel.get(id=shared.id), await Parcel.get(id=fresh_id)
    assert stayed.version == shared.version + 1
    assert stayed.weight_grams + fresh.weight_grams == shared.weight_grams
    assert set(await units(await Order.get(id=second.order_id))) == {UnitStatus.PACKED}
    [fact] = await told(FactKind.PARCEL_SPLIT)
    assert (fact.order_id, fact.payload["parcel"]["weight_grams"]) == (first.order_id, stayed.weight_grams)
    await shipped(world, fresh)
    assert set(await units(await Order.get(id=first.order_id))) == {UnitStatus.PACKED}
    await books_balance()


async def test_a_parcel_is_split_into_parts_before_it_leaves():
    world = await furnish()
    first, second, other = await work(world), await work(world), await work(world)
    shared = await Parcel.get(id=await consolidate(world.act(), together(first, second)))

    for wrong in ((), (first.id, second.id), (other.id,), (second.id, second.id)):
        async with refused(InvalidInput):
            await split_off(world.act(), SplitParcel(parcel_id=shared.id, fulfilment_ids=wrong))
    part = SplitParcel(parcel_id=shared.id, fulfilment_ids=(second.id,))
    async with refused(Conflict):
        await split_off(world.act(), SplitParcel(parcel_id=shared.id, fulfilment_ids=(second.id,), expected_version=7))
    label = await Label.create(
        organization_id=world.organization_id, parcel_id=shared.id, carrier="ups", service="ground", weight_grams=1,
        status=LabelStatus.REQUESTED, next_try_at=world.now, currency="USD", requested_at=world.now,
    )  # fmt: skip
    async with refused(IllegalTransition):
        await split_off(world.act(), part)
    await label.delete()
    await shipped(world, shared)
    async with refused(IllegalTransition):
        await split_off(world.act(), part)
