"""Labels: bought once whatever goes wrong on the way, voided before the parcel leaves, and what parcels leave with."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from actions.carriers import Carriers
from actions.parcels.consigning import rates_of
from actions.parcels.following import POLL_INTERVAL, follow_parcels
from actions.parcels.labels import BuyLabel, VoidLabel, buy_label, settle_labels, void_label
from actions.parcels.manifests import ManifestEntry, ShipManifest, ship_manifest
from actions.parcels.packing import UnpackParcel, unpack
from actions.parcels.shipping import ShipParcel, ship
from domain.carriers import LabelStatus
from domain.errors import (
    AlreadyExists,
    CarrierRefused,
    CarrierUnknown,
    IllegalTransition,
    InvalidInput,
)
from domain.tracking import TrackingCode
from models import Label, Parcel, TrackingEvent
from server.carriers import FakeCarrier
from tests.actions.asserting import books_balance, refused
from tests.world import World, furnish
from tests.world.fulfilment import open_fulfilment, packed, picked, pickup_fulfilment, ships_to

pytestmark = pytest.mark.usefixtures("database")


class Dock:
    """A packed parcel to Boston and a carrier that takes it."""

    def __init__(self, world: World, parcel: Parcel) -> None:
        self.world, self.parcel, self.carrier = world, parcel, FakeCarrier()
        self.carriers = Carriers(by_name={"fake": self.carrier}, timeout_seconds=1)

    async def buy(self, service: str = "ground", key: str | None = None) -> Label:
        command = BuyLabel(parcel_id=self.parcel.id, carrier="fake", service=service)
        return await Label.get(id=await buy_label(self.world.act(key), self.carriers, command))

    async def void(self, label: Label) -> Label:
        await void_label(self.world.act(), self.carriers, VoidLabel(label_id=label.id))
        return await Label.get(id=label.id)

    async def ship(self, **given: str) -> Parcel:
        await ship(self.world.act(), ShipParcel(parcel_id=self.parcel.id, **given))
        return await Parcel.get(id=self.parcel.id)

    async def settle(self, **after: float) -> int:
        return await settle_labels(self.carriers, self.world.now + timedelta(**after))

    async def follow(self, **after: float) -> int:
        return await follow_parcels(self.carriers, self.world.now + timedelta(**after))


async def dock(**wanted: int) -> Dock:
    world = await furnish()
    fulfilment = await picked(world, await open_fulfilment(world, **wanted or {"MUG": 2}))
    await ships_to(fulfilment.order_id)
    return Dock(world, await packed(world, fulfilment))


async def test_a_bought_label_has_its_number_and_its_cost():
    here = await dock()

    label = await here.buy()

    assert label.status is LabelStatus.BOUGHT
    assert label.tracking_number == here.carrier.sold[str(label.id)].label.tracking_number
    assert (label.cost_minor, label.currency, label.weight_grams) == (
        675,
        "USD",
        1000,
    )  # 6.20 for up to 480 km, 0.55 a kilogram


async def test_the_same_key_buys_one_label():
    here = await dock()

    first, second = await here.buy(key="label-0001"), await here.buy(key="label-0001")

    assert first.id == second.id
    assert len(here.carrier.sold) == 1


async def test_a_parcel_has_one_label_at_a_time():
    here = await dock()
    await here.buy()

    async with refused(AlreadyExists):
        await here.buy()


async def test_of_two_who_buy_at_once_one_does():
    here = await dock()

    found = await asyncio.gather(here.buy(), here.buy(), return_exceptions=True)

    assert sorted(type(each).__name__ for each in found) == ["AlreadyExists", "Label"]
    assert len(here.carrier.sold) == 1


async def test_a_refused_label_says_why_and_another_can_be_bought():
    here = await dock()

    with pytest.raises(CarrierRefused, match="address is not served"):
        await here.buy("buy-refused")
    label = await here.buy()

    assert label.status is LabelStatus.BOUGHT
    assert (await Label.get(status=LabelStatus.REFUSED)).reason == "the address is not served"


async def test_a_label_bought_in_silence_is_found_and_not_bought_again():
    here = await dock()

    with pytest.raises(CarrierUnknown):
        await here.buy("buy-silent")
    settled = await here.settle(minutes=2)

    label = await Label.get()
    assert (settled, label.status, len(here.carrier.sold)) == (1, LabelStatus.BOUGHT, 1)


async def test_a_request_that_got_lost_is_asked_again_until_it_is_heard():
    here = await dock()
    here.carrier.is_silent = True
    with pytest.raises(CarrierUnknown):
        await here.buy()
    assert await here.settle(minutes=2) == 0

    here.carrier.is_silent = False
    too_early, in_time = await here.settle(minutes=2, seconds=30), await here.settle(minutes=10)

    assert (too_early, in_time, (await Label.get()).status) == (0, 1, LabelStatus.BOUGHT)


async def test_a_caller_who_asks_again_with_the_key_gets_the_label():
    here = await dock()
    with pytest.raises(CarrierUnknown):
        await here.buy("buy-silent", key="label-0001")

    label = await here.buy("buy-silent", key="label-0001")

    assert label.status is LabelStatus.BOUGHT


async def test_a_carrier_nobody_knows_is_refused():
    here = await dock()

    with pytest.raises(InvalidInput, match="fake"):
        await buy_label(here.world.act(), here.carriers, BuyLabel(parcel_id=here.parcel.id, carrier="dhl", service="x"))


async def test_a_pickup_needs_no_label():
    world = await furnish()
    here = Dock(world, await packed(world, await picked(world, await pickup_fulfilment(world, MUG=1))))

    async with refused(IllegalTransition):
        await here.buy()


async def test_a_parcel_without_an_address_gets_no_label():
    world = await furnish()
    here = Dock(world, await packed(world, await picked(world, await open_fulfilment(world, MUG=1))))

    async with refused(InvalidInput):
        await here.buy()


async def test_a_voided_label_makes_room_for_another():
    here = await dock()

    voided = await here.void(await here.buy())
    again = await here.buy()

    assert (voided.status, again.status) == (LabelStatus.VOIDED, LabelStatus.BOUGHT)
    assert here.carrier.sold[str(voided.id)].is_void


async def test_a_void_without_an_answer_is_asked_again():
    here = await dock()
    label = await here.buy("void-silent")

    with pytest.raises(CarrierUnknown):
        await here.void(label)
    await here.settle(minutes=2)

    assert (await Label.get()).status is LabelStatus.VOIDED


async def test_a_void_that_is_refused_leaves_the_label_as_it_was():
    here = await dock()
    label = await here.buy("void-refused")

    with pytest.raises(CarrierRefused):
        await here.void(label)

    assert (await Label.get()).status is LabelStatus.BOUGHT


async def test_a_label_of_a_parcel_that_left_is_not_voided():
    here = await dock()
    label = await here.buy()
    await here.ship()

    async with refused(IllegalTransition):
        await here.void(label)


async def test_a_label_whose_parcel_was_opened_is_voided():
    here = await dock()
    label = await here.buy()
    await unpack(here.world.act(), UnpackParcel(parcel_id=here.parcel.id))

    await here.settle(seconds=1)
    await here.settle(minutes=1)

    assert (await Label.get(id=label.id)).status is LabelStatus.VOIDED


async def test_a_label_that_the_carrier_will_not_void_is_not_asked_about_for_ever():
    here = await dock()
    label = await here.buy("void-refused")
    await unpack(here.world.act(), UnpackParcel(parcel_id=here.parcel.id))

    settled = [await here.settle(minutes=minutes) for minutes in range(1, 5)]

    label = await Label.get(id=label.id)
    assert (sum(settled), label.status) == (1, LabelStatus.BOUGHT)
    assert label.reason == "there is no such label to void"


async def test_what_was_bought_in_silence_for_an_opened_parcel_is_given_back():
    here = await dock()
    with pytest.raises(CarrierUnknown):
        await here.buy("buy-silent")
    await unpack(here.world.act(), UnpackParcel(parcel_id=here.parcel.id))

    await here.settle(minutes=2)

    label = await Label.get()
    assert label.status is LabelStatus.REFUSED
    assert here.carrier.sold[str(label.id)].is_void


async def test_what_was_bought_in_silence_for_a_parcel_that_left_otherwise_is_given_back():
    here = await dock()
    with pytest.raises(CarrierUnknown):
        await here.buy("buy-silent")
    await here.ship(carrier="ups", tracking_number="1Z")

    await here.settle(minutes=2)
    await here.settle(minutes=3)

    assert (await Label.get()).status is LabelStatus.VOIDED


async def test_a_parcel_leaves_by_its_label():
    here = await dock()
    label = await here.buy("express")

    parcel = await here.ship()

    assert (parcel.carrier, parcel.service, parcel.tracking_number) == ("fake", "express", label.tracking_number)
    await books_balance()


@pytest.mark.parametrize("given", [{"carrier": "ups"}, {"service": "air"}, {"tracking_number": "1Z"}])
async def test_a_parcel_does_not_leave_against_its_label(given):
    here = await dock()
    await here.buy()

    async with refused(InvalidInput) as refusal:
        await here.ship(**given)

    assert [problem.code for problem in refusal.value.problems] == ["LABEL_DIFFERS"]


async def test_a_parcel_without_label_and_carrier_does_not_leave():
    here = await dock()

    async with refused(InvalidInput):
        await here.ship()


async def test_a_manifest_does_not_take_parcels_against_their_labels():
    here = await dock()
    await here.buy()
    entry = ManifestEntry(parcel_id=here.parcel.id, tracking_number="1Z")

    async with refused(InvalidInput) as refusal:
        await ship_manifest(here.world.act(), ShipManifest(carrier="fake", service="ground", entries=(entry,)))

    assert [problem.path for problem in refusal.value.problems] == ["entries.0.tracking_number"]


async def test_rates_come_cheapest_first_and_times_the_factor():
    here = await dock()
    carriers = replace(here.carriers, rate_factor_ppm=1_100_000)

    rates = await rates_of(carriers, here.world.organization_id, here.parcel.id)

    assert [(rate.service, rate.price_minor, rate.is_estimate) for rate in rates] == [
        ("ground", 743, False),
        ("express", 1634, False),
    ]


async def test_a_carrier_without_an_answer_is_estimated_by_weight():
    here = await dock(MUG=10, LAMP=10)  # 10 kg: 8.00 + 0.75 x (10 - 5), the worked example of Dynamics 365 IOM
    here.carrier.is_silent = True

    [rate] = await rates_of(here.carriers, here.world.organization_id, here.parcel.id)

    assert (rate.price_minor, rate.currency, rate.is_estimate) == (1175, "USD", True)


async def test_a_parcel_on_its_way_is_followed_to_its_end():
    here = await dock()
    await here.buy()
    await here.ship()

    halfway, arrived, never_again = await here.follow(hours=13), await here.follow(hours=49), await here.follow(days=9)

    parcel = await Parcel.get(id=here.parcel.id)
    assert (halfway, arrived, never_again) == (3, 2, 0)
    assert (parcel.status, parcel.delivered_at) == (TrackingCode.DELIVERED, here.world.now + timedelta(hours=48))
    assert (await TrackingEvent.get(code=TrackingCode.DELIVERED)).signed_by == "A. Recipient"
    await books_balance()


@pytest.mark.parametrize("service", ["ground-twice", "ground-shuffled"])
async def test_reports_told_twice_or_in_no_order_come_to_the_same(service):
    here = await dock()
    await here.buy(service)
    await here.ship()

    assert await here.follow(hours=49) == 5

    assert (await Parcel.get()).status is TrackingCode.DELIVERED


async def test_a_parcel_that_comes_back_is_not_delivered():
    here = await dock()
    await here.buy("ground-returning")
    await here.ship()

    await here.follow(days=6)

    parcel = await Parcel.get()
    assert (parcel.status, parcel.delivered_at) == (TrackingCode.RETURNED, None)


async def test_a_parcel_is_asked_about_once_in_a_while():
    here = await dock()
    await here.buy()
    await here.ship()
    await here.follow(hours=1)

    assert await here.follow(hours=1, seconds=60) == 0
    assert (await Parcel.get()).next_poll_at == here.world.now + timedelta(hours=1) + POLL_INTERVAL
