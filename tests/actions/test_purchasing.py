"""Purchase orders: nothing is on hand before it came, and what is on order is what is still to come."""

import asyncio
from datetime import date, timedelta

import pytest

from actions import restocking
from actions.acting import Act
from actions.promising import supplies
from actions.promising.supplies import CancelSupply
from actions.purchasing import ordering, receiving
from actions.purchasing.ordering import (
    BoughtUnits,
    CancelPurchaseOrder,
    ChangePurchaseOrder,
    CreatePurchaseOrder,
    OrderPurchase,
    ReschedulePurchaseOrder,
)
from actions.purchasing.receiving import ClosePurchaseOrder, DeliveredUnits, ReceivePurchase
from actions.purchasing.vendors import UpsertVendor, upsert_vendor
from domain.errors import Conflict, Forbidden, IllegalTransition, InvalidInput, NotFound
from domain.facts import FactKind
from domain.ids import new_id
from domain.promising.supply import SupplyKind, SupplyStatus
from domain.purchasing import PurchaseStatus
from models import ExpectedSupply, StockMovement, Vendor
from tests.actions.asserting import books_balance, refused, told
from tests.world import furnish
from tests.world.stock_papers import draft_purchase, ordered_purchase, purchase, purchase_lines, vendor

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def world():
    return await furnish(units=10)


async def test_what_is_ordered_is_not_on_hand(world):
    purchase_id = await ordered_purchase(world, MUG=20)

    [line] = await purchase_lines(purchase_id)
    supply = await ExpectedSupply.get(id=line.supply_id)
    assert (await world.level("MUG", "NYC")).on_hand == 10
    assert (supply.kind, supply.quantity, supply.reference) == (
        SupplyKind.PURCHASE_ORDER,
        20,
        (await purchase(purchase_id)).number,
    )


async def test_it_is_expected_after_the_lead_time_of_the_vendor_unless_told(world):
    purchase_id = await ordered_purchase(world, MUG=20)
    assert (await purchase(purchase_id)).expected_on == world.now.date() + timedelta(days=7)

    later = date(2026, 12, 24)
    command = ReschedulePurchaseOrder(purchase_order_id=purchase_id, expected_on=later)
    await ordering.reschedule(world.act(), command)

    [line] = await purchase_lines(purchase_id)
    assert (await purchase(purchase_id)).expected_on == later
    assert (await ExpectedSupply.get(id=line.supply_id)).expected_on == later


async def test_goods_come_in_parts_until_all_are_there(world):
    purchase_id = await ordered_purchase(world, MUG=20, LAMP=5)
    [mugs, _] = await purchase_lines(purchase_id)
    some = (DeliveredUnits(line_id=mugs.id, received=12, damaged=2),)

    await receiving.receive(world.act(), ReceivePurchase(purchase_order_id=purchase_id, lines=some))

    level, supply = await world.level("MUG", "NYC"), await ExpectedSupply.get(id=mugs.supply_id)
    assert (await purchase(purchase_id)).status is PurchaseStatus.PARTIALLY_RECEIVED
    assert (level.on_hand, level.damaged, supply.quantity, supply.received) == (22, 2, 8, 12)

    await receiving.receive(world.act(), ReceivePurchase(purchase_order_id=purchase_id))

    ended, supply = await purchase(purchase_id), await ExpectedSupply.get(id=mugs.supply_id)
    assert (ended.status, ended.closed_at) == (PurchaseStatus.RECEIVED, world.now)
    assert (supply.status, supply.quantity) == (SupplyStatus.RECEIVED, 0)
    assert (await world.level("MUG", "NYC")).on_hand == 30
    assert (await world.level("LAMP", "NYC")).on_hand == 15
    await books_balance()


async def test_more_than_the_tolerance_is_refused(world):
    purchase_id = await ordered_purchase(world, MUG=20)
    [line] = await purchase_lines(purchase_id)

    async with refused(InvalidInput) as refusal:
        many = (DeliveredUnits(line_id=line.id, received=23),)
        await receiving.receive(world.act(), ReceivePurchase(purchase_order_id=purchase_id, lines=many))

    assert [(problem.path, problem.code) for problem in refusal.value.problems] == [
        ("lines.0.received", "OUT_OF_RANGE")
    ]


async def test_a_little_too_much_is_taken(world):
    purchase_id = await ordered_purchase(world, MUG=20)
    [line] = await purchase_lines(purchase_id)
    many = (DeliveredUnits(line_id=line.id, received=22),)

    await receiving.receive(world.act(), ReceivePurchase(purchase_order_id=purchase_id, lines=many))

    supply = await ExpectedSupply.get(id=line.supply_id)
    assert (await world.level("MUG", "NYC")).on_hand == 32
    assert (supply.quantity, supply.received, supply.status) == (0, 22, SupplyStatus.RECEIVED)


async def test_closing_short_beyond_the_tolerance_needs_a_reason(world):
    kept = await vendor(world, "EXACT", short_percent=10)
    purchase_id = await ordered_purchase(world, vendor_id=kept, MUG=20)
    [line] = await purchase_lines(purchase_id)
    some = (DeliveredUnits(line_id=line.id, received=17),)
    await receiving.receive(world.act(), ReceivePurchase(purchase_order_id=purchase_id, lines=some))

    async with refused(InvalidInput) as refusal:
        await receiving.close(world.act(), ClosePurchaseOrder(purchase_order_id=purchase_id))
    [problem] = refusal.value.problems
    assert (problem.path, problem.code) == ("reason", "REQUIRED")
    assert problem.message == "More is missing than the 10 % that the vendor is forgiven: say why it does not come."

    told_why = ClosePurchaseOrder(purchase_order_id=purchase_id, reason="sold out at the vendor")
    await receiving.close(world.act(), told_why)
    supply = await ExpectedSupply.get(id=line.supply_id)
    assert (await purchase(purchase_id)).closing_reason == "sold out at the vendor"
    assert (supply.quantity, supply.received, supply.status) == (0, 17, SupplyStatus.RECEIVED)


async def test_within_the_tolerance_a_delivery_may_be_the_last_one(world):
    kept = await vendor(world, "EXACT", short_percent=10)
    purchase_id = await ordered_purchase(world, vendor_id=kept, MUG=20)
    [line] = await purchase_lines(purchase_id)
    last = ReceivePurchase(
        purchase_order_id=purchase_id, lines=(DeliveredUnits(line_id=line.id, received=18),), is_complete=True
    )

    await receiving.receive(world.act(), last)

    assert (await purchase(purchase_id)).status is PurchaseStatus.RECEIVED
    assert (await ExpectedSupply.get(id=line.supply_id)).quantity == 0


async def test_an_order_of_which_something_came_is_closed_not_cancelled(world):
    purchase_id = await ordered_purchase(world, MUG=20)
    [line] = await purchase_lines(purchase_id)
    some = (DeliveredUnits(line_id=line.id, received=1),)
    await receiving.receive(world.act(), ReceivePurchase(purchase_order_id=purchase_id, lines=some))

    async with refused(IllegalTransition):
        await ordering.cancel(world.act(), CancelPurchaseOrder(purchase_order_id=purchase_id))


async def test_what_is_cancelled_is_no_longer_expected(world):
    purchase_id = await ordered_purchase(world, MUG=20)
    [line] = await purchase_lines(purchase_id)

    await ordering.cancel(world.act(), CancelPurchaseOrder(purchase_order_id=purchase_id))

    assert (await purchase(purchase_id)).status is PurchaseStatus.CANCELLED
    assert (await ExpectedSupply.get(id=line.supply_id)).status is SupplyStatus.CANCELLED


async def test_a_draft_keeps_what_the_vendor_agreed_to_when_it_was_drafted(world):
    purchase_id = await draft_purchase(world, MUG=20)
    await upsert_vendor(world.act(), UpsertVendor(code="ACME", over_percent=50, currency="EUR"))

    found = await purchase(purchase_id)

    assert (found.over_percent, found.currency) == (10, "USD")


async def test_only_a_draft_is_changed_or_ordered(world):
    purchase_id = await draft_purchase(world, MUG=20)
    lamps = (BoughtUnits(variant_id=world.variants["LAMP"].id, quantity=3, unit_cost_minor=100),)
    await ordering.change(world.act(), ChangePurchaseOrder(purchase_order_id=purchase_id, lines=lamps, note="soon"))
    assert [line.quantity for line in await purchase_lines(purchase_id)] == [3]
    await ordering.order(world.act(), OrderPurchase(purchase_order_id=purchase_id))

    async with refused(IllegalTransition):
        await ordering.change(world.act(), ChangePurchaseOrder(purchase_order_id=purchase_id, note="too late"))
    async with refused(IllegalTransition):
        await ordering.order(world.act(), OrderPurchase(purchase_order_id=purchase_id))


async def test_nothing_is_bought_from_a_vendor_that_is_gone(world):
    gone = await vendor(world, "GONE", is_active=False)

    async with refused(InvalidInput) as refusal:
        await draft_purchase(world, vendor_id=gone, MUG=1)
    assert [problem.code for problem in refusal.value.problems] == ["INACTIVE"]

    async with refused(NotFound):
        await draft_purchase(world, vendor_id=new_id(), MUG=1)


async def test_every_wrong_line_is_named(world):
    at = {"vendor_id": await vendor(world), "destination_id": world.locations["NYC"].id}
    mug = BoughtUnits(variant_id=world.variants["MUG"].id, quantity=0, unit_cost_minor=-1)
    strange = BoughtUnits(variant_id=new_id(), quantity=1, unit_cost_minor=1)

    async with refused(InvalidInput) as refusal:
        await ordering.create(world.act(), CreatePurchaseOrder(**at, lines=(mug, strange)))

    assert [(problem.path, problem.code) for problem in refusal.value.problems] == [
        ("lines.0.quantity", "OUT_OF_RANGE"),
        ("lines.0.unit_cost_minor", "OUT_OF_RANGE"),
        ("lines.1.variant_id", "UNKNOWN"),
    ]


async def test_movements_name_the_purchase_order_and_the_fact_tells_no_costs(world):
    purchase_id = await ordered_purchase(world, MUG=20)
    await receiving.receive(world.act(), ReceivePurchase(purchase_order_id=purchase_id))

    number = (await purchase(purchase_id)).number
    [moved] = await StockMovement.filter(reference=number)
    facts = await told(FactKind.PURCHASE_CHANGED)
    assert (moved.kind.value, moved.quantity) == ("received", 20)
    assert [fact.payload["status"] for fact in facts] == ["draft", "ordered", "received"]
    assert "400" not in str(facts[-1].payload["lines"])


async def test_a_receipt_is_offered_to_orders_that_wait(world):
    heard: list[frozenset] = []
    purchase_id = await ordered_purchase(world, MUG=4)

    def listen(_: Act, variants: frozenset) -> None:
        heard.append(variants)

    restocking.listeners.append(listen)
    try:
        await receiving.receive(world.act(), ReceivePurchase(purchase_order_id=purchase_id))
    finally:
        restocking.listeners.remove(listen)

    assert heard == [frozenset({world.variants["MUG"].id})]


async def test_a_supply_of_a_purchase_order_is_changed_by_the_order_alone(world):
    purchase_id = await ordered_purchase(world, MUG=4)
    [line] = await purchase_lines(purchase_id)

    async with refused(Forbidden):
        await supplies.cancel(world.act(), CancelSupply(supply_id=line.supply_id))


async def test_of_two_deliveries_written_down_at_once_one_is_the_last(world):
    purchase_id = await ordered_purchase(world, MUG=4)
    command = ReceivePurchase(purchase_order_id=purchase_id)

    answers = await asyncio.gather(*(receiving.receive(world.act(), command) for _ in range(4)), return_exceptions=True)

    assert sorted(type(answer).__name__ for answer in answers) == ["IllegalTransition"] * 3 + ["UUID"]
    assert (await world.level("MUG", "NYC")).on_hand == 14


async def test_a_vendor_that_ends_up_as_it_was_records_nothing(world):
    await vendor(world)
    [version] = await Vendor.all().values_list("version", flat=True)
    await vendor(world)

    assert [each.version for each in await Vendor.all()] == [version]
    assert len(await told(FactKind.VENDOR_CHANGED)) == 1
    async with refused(Conflict):
        await vendor(world, name="Other", expected_version=7)
