"""Goods are expected on days of the place they come to: its own today, and never one that is over."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from actions.chaining import answering
from actions.chaining.answering import AcknowledgePurchase
from actions.promising import supplies
from actions.promising.supplies import AnnouncedLine, AnnounceSupplies, ChangeSupply
from actions.purchasing import ordering
from actions.purchasing.ordering import BoughtUnits, CreatePurchaseOrder, OrderPurchase, ReschedulePurchaseOrder
from actions.reordering import OrderSuggestions, suggestions
from actions.transfers import drafting, moving
from actions.transfers.drafting import ChangeTransfer, CreateTransfer, ReadyTransfer, WantedUnits
from actions.transfers.moving import ShipTransfer
from domain.errors import InvalidInput
from models import ExpectedSupply, PurchaseOrder, Transfer
from tests.actions.asserting import refused
from tests.world import furnish, place
from tests.world.stock_papers import (
    draft_purchase,
    ordered_purchase,
    purchase,
    ready_transfer,
    reorder_rule,
    transfer,
    vendor,
)
from tests.world.vendors import chained_order

pytestmark = pytest.mark.usefixtures("database")

EVENING = datetime(2026, 11, 3, 3, tzinfo=UTC)
"""Still Monday, November 2, all over America; noon of the 3rd in Tokyo."""
SUNDAY, MONDAY, TUESDAY = date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3)
FAR = date(2040, 1, 1)
TOKYO = {"time_zone": "Asia/Tokyo", "country": "JP", "region": "", "latitude": 35.7, "longitude": 139.7}


@pytest.fixture
async def world():
    made = replace(await furnish(units=10), now=EVENING)
    await place(made, "TYO", **TOKYO)
    return made


def codes(caught) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in caught.value.problems]


def announced(world, at: str, day: date) -> AnnounceSupplies:
    line = AnnouncedLine(
        variant_id=world.variants["MUG"].id, location_id=world.locations[at].id, quantity=5, expected_on=day
    )
    return AnnounceSupplies(lines=(line,))


def bought(world, vendor_id, at: str, day: date) -> CreatePurchaseOrder:
    lines = (BoughtUnits(variant_id=world.variants["MUG"].id, quantity=5, unit_cost_minor=400),)
    return CreatePurchaseOrder(vendor_id=vendor_id, destination_id=world.locations[at].id, lines=lines, expected_on=day)


def moved(world, at: str, day: date) -> CreateTransfer:
    lines = (WantedUnits(variant_id=world.variants["MUG"].id, quantity=4),)
    places = {"origin_id": world.locations["NYC"].id, "destination_id": world.locations[at].id}
    return CreateTransfer(**places, lines=lines, expected_on=day)


@pytest.mark.parametrize(("at", "today", "yesterday"), [("LAX", MONDAY, SUNDAY), ("TYO", TUESDAY, MONDAY)])
async def test_what_comes_today_can_be_said_and_what_should_have_come_cannot(world, at, today, yesterday):
    vendor_id = await vendor(world)
    says = (
        (supplies.announce, lambda day: announced(world, at, day), "lines.0.expected_on"),
        (ordering.create, lambda day: bought(world, vendor_id, at, day), "expected_on"),
        (drafting.create, lambda day: moved(world, at, day), "expected_on"),
    )

    for does, command, path in says:
        async with refused(InvalidInput) as caught:
            await does(world.act(), command(yesterday))
        assert codes(caught) == [(path, "IN_THE_PAST")]
        assert str(today) in caught.value.problems[0].message
        async with refused(InvalidInput) as caught:
            await does(world.act(), command(FAR))
        assert codes(caught) == [(path, "OUT_OF_RANGE")]
        await does(world.act(), command(today))

    assert (await ExpectedSupply.get()).expected_on == today
    assert (await PurchaseOrder.get()).expected_on == (await Transfer.get()).expected_on == today


async def test_nothing_is_put_off_to_a_day_that_is_over(world):
    [supply_id] = await supplies.announce(world.act(), announced(world, "LAX", MONDAY))
    purchase_id = await ordered_purchase(world, at="LAX", MUG=5)
    transfer_id = await drafting.create(world.act(), moved(world, "LAX", MONDAY))
    says = (
        (supplies.change, ChangeSupply(supply_id=supply_id, expected_on=SUNDAY)),
        (ordering.reschedule, ReschedulePurchaseOrder(purchase_order_id=purchase_id, expected_on=SUNDAY)),
        (drafting.change, ChangeTransfer(transfer_id=transfer_id, expected_on=SUNDAY)),
    )

    for does, command in says:
        async with refused(InvalidInput) as caught:
            await does(world.act(), command)
        assert codes(caught) == [("expected_on", "IN_THE_PAST")]


async def test_what_is_late_can_be_changed_with_its_day_as_it_is(world):
    [supply_id] = await supplies.announce(world.act(), announced(world, "LAX", MONDAY))
    transfer_id = await drafting.create(world.act(), moved(world, "LAX", MONDAY))
    later = world.act(now=datetime(2026, 11, 9, 15, tzinfo=UTC))

    await supplies.change(later, ChangeSupply(supply_id=supply_id, quantity=3, expected_on=MONDAY))
    await drafting.change(later, ChangeTransfer(transfer_id=transfer_id, note="late", expected_on=MONDAY))

    assert (await ExpectedSupply.get()).quantity == 3
    assert (await transfer(transfer_id)).note == "late"


async def test_the_vendors_lead_time_counts_from_today_at_the_destination(world):
    at_home = await ordered_purchase(world, at="LAX", MUG=5)
    abroad = await ordered_purchase(world, at="TYO", MUG=5)
    for at in ("LAX", "TYO"):
        await reorder_rule(world, "LAMP", at=at, reorder_point=20)

    suggested = await suggestions(world.organization_id, world.now, OrderSuggestions())

    assert [(await purchase(each)).expected_on for each in (at_home, abroad)] == [date(2026, 11, 9), date(2026, 11, 10)]
    days = {each.location_id: each.expected_on for each in suggested}
    assert [days[world.locations[at].id] for at in ("LAX", "TYO")] == [date(2026, 11, 9), date(2026, 11, 10)]


async def test_a_draft_whose_day_is_over_is_rescheduled_before_it_is_ordered(world):
    purchase_id = await ordering.create(world.act(), bought(world, await vendor(world), "LAX", MONDAY))
    later = world.act(now=datetime(2026, 11, 4, 3, tzinfo=UTC))

    async with refused(InvalidInput) as caught:
        await ordering.order(later, OrderPurchase(purchase_order_id=purchase_id))
    await ordering.reschedule(later, ReschedulePurchaseOrder(purchase_order_id=purchase_id, expected_on=TUESDAY))
    await ordering.order(later, OrderPurchase(purchase_order_id=purchase_id))

    assert codes(caught) == [("purchase_order_id", "IN_THE_PAST")]
    assert (await ExpectedSupply.get()).expected_on == TUESDAY
    undated = await draft_purchase(world, MUG=1)
    await ordering.order(later, OrderPurchase(purchase_order_id=undated))


async def test_what_leaves_without_a_day_or_after_it_is_there_with_a_standard_parcel(world):
    """From New York to Chicago at most four days; on Tuesday, Election Day, nothing moves in New York."""
    undated = await ready_transfer(world, MUG=2)
    dated = await drafting.create(world.act(), moved(world, "CHI", MONDAY))
    await drafting.make_ready(world.act(), ReadyTransfer(transfer_id=dated))
    in_time = await drafting.create(world.act(), moved(world, "CHI", date(2026, 11, 20)))
    await drafting.make_ready(world.act(), ReadyTransfer(transfer_id=in_time))

    await moving.ship(world.act(), ShipTransfer(transfer_id=undated))
    await moving.ship(world.act(now=datetime(2026, 11, 4, 3, tzinfo=UTC)), ShipTransfer(transfer_id=dated))
    await moving.ship(world.act(now=datetime(2026, 11, 4, 3, tzinfo=UTC)), ShipTransfer(transfer_id=in_time))

    days = [(await transfer(each)).expected_on for each in (undated, dated, in_time)]
    assert days == [date(2026, 11, 9), date(2026, 11, 9), date(2026, 11, 20)]
    assert sorted([supply.expected_on for supply in await ExpectedSupply.all()]) == days


async def test_a_vendor_that_ships_itself_is_asked_by_its_own_calendar(world):
    await place(world, "ACME", kind="vendor", **TOKYO)

    chained = await chained_order(world, MUG=11)
    async with refused(InvalidInput) as caught:
        late = AcknowledgePurchase(purchase_order_id=chained.id, expected_on=MONDAY)
        await answering.acknowledge(world.act(), late)
    soon = AcknowledgePurchase(purchase_order_id=chained.id, expected_on=TUESDAY)
    await answering.acknowledge(world.act(), soon)

    assert chained.expected_on == date(2026, 11, 10)
    assert codes(caught) == [("expected_on", "IN_THE_PAST")]
    assert (await PurchaseOrder.get(id=chained.id)).expected_on == TUESDAY
