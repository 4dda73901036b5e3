"""What vendors sell, from where they ship it, and when they are asked by themselves."""

import asyncio

import pytest

from actions.chaining.policies import SetChainingPolicy, set_policy
from actions.purchasing.offers import UpsertOffer, WithdrawOffer, upsert_offer, withdraw_offer
from actions.purchasing.vendors import UpsertVendor, upsert_vendor
from actions.reordering import OrderSuggestions, suggestions
from domain.errors import Conflict, InvalidInput, NotFound
from domain.facts import FactKind
from domain.ids import new_id
from models import ChainingPolicy, Vendor, VendorOffer
from models.locations import LocationKind
from tests.actions.asserting import refused, told
from tests.world import furnish, place
from tests.world.stock_papers import reorder_rule, vendor
from tests.world.vendors import drop_shipper, offer

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def world():
    return await furnish(units=0)


async def problems(world, **values):
    async with refused(InvalidInput) as refusal:
        await upsert_offer(world.act(), UpsertOffer(**values))
    return [(problem.path, problem.code) for problem in refusal.value.problems]


async def test_what_is_silent_stays(world):
    vendor_id = await drop_shipper(world)
    offer_id = await offer(world, vendor_id, "MUG", lead_time_days=3, rank=2)

    named = {"vendor_id": vendor_id, "variant_id": world.variants["MUG"].id}
    assert await upsert_offer(world.act(), UpsertOffer(**named, unit_cost_minor=350)) == offer_id

    kept = await VendorOffer.get(id=offer_id)
    assert (kept.unit_cost_minor, kept.lead_time_days, kept.rank, kept.drop_ships, kept.version) == (350, 3, 2, True, 2)
    await upsert_offer(world.act(), UpsertOffer(**named, unit_cost_minor=350))
    assert len(await told(FactKind.VENDOR_OFFER_CHANGED)) == 2


async def test_costs_are_not_told(world):
    vendor_id = await drop_shipper(world)

    await offer(world, vendor_id, "MUG")

    [fact] = await told(FactKind.VENDOR_OFFER_CHANGED)
    assert "unit_cost_minor" not in fact.payload


async def test_what_cannot_be_is_refused(world):
    vendor_id = await drop_shipper(world)
    without_place = await vendor(world, "PLAIN")
    mug = world.variants["MUG"].id

    assert await problems(world, vendor_id=vendor_id, variant_id=mug) == [("unit_cost_minor", "REQUIRED")]
    assert await problems(world, vendor_id=new_id(), variant_id=new_id()) == [
        ("vendor_id", "UNKNOWN"),
        ("variant_id", "UNKNOWN"),
    ]
    assert await problems(
        world, vendor_id=vendor_id, variant_id=mug, unit_cost_minor=1, minimum_quantity=3, maximum_quantity=2
    ) == [("maximum_quantity", "OUT_OF_RANGE")]
    assert await problems(world, vendor_id=without_place, variant_id=mug, unit_cost_minor=1, drop_ships=True) == [
        ("drop_ships", "NO_LOCATION")
    ]


async def test_another_version_is_refused(world):
    vendor_id = await drop_shipper(world)
    mug = world.variants["MUG"].id
    async with refused(NotFound):
        command = UpsertOffer(vendor_id=vendor_id, variant_id=mug, unit_cost_minor=1, expected_version=1)
        await upsert_offer(world.act(), command)
    offer_id = await offer(world, vendor_id, "MUG")

    async with refused(Conflict):
        await upsert_offer(world.act(), UpsertOffer(vendor_id=vendor_id, variant_id=mug, rank=1, expected_version=2))
    async with refused(Conflict):
        await withdraw_offer(world.act(), WithdrawOffer(offer_id=offer_id, expected_version=2))
    async with refused(NotFound):
        await withdraw_offer(world.act(), WithdrawOffer(offer_id=vendor_id))


async def test_withdrawing_twice_is_told_once(world):
    offer_id = await offer(world, await drop_shipper(world), "MUG")

    for _ in range(2):
        await withdraw_offer(world.act(), WithdrawOffer(offer_id=offer_id))

    assert (await VendorOffer.get(id=offer_id)).version == 2


async def test_the_same_offer_made_by_two_at_once_is_one(world):
    vendor_id = await drop_shipper(world)

    made = await asyncio.gather(*(offer(world, vendor_id, "MUG", rank=at) for at in range(4)))

    assert len(set(made)) == 1
    assert (await VendorOffer.get(id=made[0])).version == 4


async def test_a_vendor_ships_from_a_vendors_location_that_no_other_has(world):
    await drop_shipper(world)
    await place(world, "DOCK", kind=LocationKind.WAREHOUSE)
    for code in ("ACME", "DOCK"):
        async with refused(InvalidInput) as refusal:
            at = world.locations[code].id
            await upsert_vendor(world.act(), UpsertVendor(code="OTHER", name="O", currency="USD", location_id=at))
        [problem] = refusal.value.problems
        assert (problem.path, problem.code) == ("location_id", "IN_USE" if code == "ACME" else "NOT_A_VENDORS")


async def test_a_vendor_keeps_its_location_while_it_ships_from_there(world):
    vendor_id = await drop_shipper(world)
    offer_id = await offer(world, vendor_id, "MUG")

    async with refused(InvalidInput):
        await upsert_vendor(world.act(), UpsertVendor(code="ACME", location_id=None))

    await withdraw_offer(world.act(), WithdrawOffer(offer_id=offer_id))
    await upsert_vendor(world.act(), UpsertVendor(code="ACME", location_id=None))
    assert (await Vendor.get(id=vendor_id)).location_id is None


async def test_reordering_counts_on_the_lead_time_of_the_offer(world):
    vendor_id = await drop_shipper(world)
    await reorder_rule(world, "MUG", vendor_id=vendor_id)
    await offer(world, vendor_id, "MUG", lead_time_days=2)

    [suggested] = await suggestions(world.organization_id, world.now, OrderSuggestions())

    assert (suggested.expected_on - world.now.date()).days == 2


async def test_a_policy_is_kept_for_all_channels_and_for_one(world):
    for_all = await set_policy(world.act(), SetChainingPolicy(is_automatic=True, wait_minutes=5))
    own = await set_policy(world.act(), SetChainingPolicy(channel_id=world.web.id))

    assert await set_policy(world.act(), SetChainingPolicy(wait_minutes=9, expected_version=1)) == for_all
    kept = await ChainingPolicy.get(id=for_all)
    assert (kept.is_automatic, kept.wait_minutes, kept.version) == (True, 9, 2)
    assert (await ChainingPolicy.get(id=own)).is_automatic is False
    async with refused(Conflict):
        await set_policy(world.act(), SetChainingPolicy(is_automatic=False, expected_version=1))
    async with refused(InvalidInput):
        await set_policy(world.act(), SetChainingPolicy(channel_id=new_id(), wait_minutes=-1))
