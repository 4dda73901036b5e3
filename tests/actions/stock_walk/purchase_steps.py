"""Goods bought: suggested by rules, drafted, ordered, received with damage, closed short; and supplies that no paper tells."""

from datetime import timedelta
from uuid import UUID

from actions import reordering
from actions.promising import supplies
from actions.promising.supplies import AnnouncedLine, AnnounceSupplies, CancelSupply, ChangeSupply, ReceiveSupply
from actions.purchasing import ordering, receiving, vendors
from actions.purchasing.ordering import (
    BoughtUnits,
    CancelPurchaseOrder,
    ChangePurchaseOrder,
    CreatePurchaseOrder,
    OrderPurchase,
    ReschedulePurchaseOrder,
)
from actions.purchasing.receiving import ClosePurchaseOrder, DeliveredUnits, ReceivePurchase
from actions.purchasing.vendors import UpsertVendor
from actions.reordering import OrderSuggestions, SetReorderRule
from domain.reordering import ReorderPolicy
from tests.actions.stock_walk.walk import Walk

PURCHASE = "SELECT id FROM purchase_orders WHERE status = ANY($1::text[]) OR $2 ORDER BY number"
TO_COME = "SELECT id, quantity - received AS units FROM purchase_lines WHERE purchase_order_id = $1 ORDER BY position"
SUPPLY = """
SELECT s.id, s.quantity FROM expected_supplies s WHERE s.status = 'expected' AND s.reference = 'plan' OR $1
ORDER BY s.announced_at, s.id"""


async def buy(walk: Walk) -> None:
    draft = CreatePurchaseOrder(vendor_id=await vendor(walk), destination_id=walk.location().id, lines=wanted(walk))
    key = await walk.do(ordering.create, draft)
    if walk.is_lucky(0.7):
        await walk.do(ordering.order, OrderPurchase(purchase_order_id=key))


async def order_draft(walk: Walk) -> None:
    key = await purchase(walk, "draft")
    if walk.is_lucky(0.3):
        await walk.do(ordering.change, ChangePurchaseOrder(purchase_order_id=key, lines=wanted(walk)))
    await walk.do(ordering.order, OrderPurchase(purchase_order_id=key))


async def reschedule_purchase(walk: Walk) -> None:
    key = await purchase(walk, "ordered", "partially_received")
    day = walk.now.date() + timedelta(days=walk.luck.randint(1, 9))
    await walk.do(ordering.reschedule, ReschedulePurchaseOrder(purchase_order_id=key, expected_on=day))


async def receive_purchase(walk: Walk) -> None:
    key = await purchase(walk, "ordered", "partially_received")
    line = await walk.one_of(TO_COME, key)
    received = walk.luck.randint(0, max(0, line["units"]) + 2)
    some = DeliveredUnits(line_id=line["id"], received=received, damaged=walk.luck.randint(0, received))
    command = ReceivePurchase(
        purchase_order_id=key,
        lines=None if walk.is_lucky(0.4) else (some,),
        is_complete=walk.is_lucky(0.2),
        reason=walk.luck.choice(("", "short")),
    )
    await walk.do(receiving.receive, command)


async def close_purchase(walk: Walk) -> None:
    key = await purchase(walk, "partially_received")
    command = ClosePurchaseOrder(purchase_order_id=key, reason=walk.luck.choice(("", "short")))
    await walk.do(receiving.close, command)


async def cancel_purchase(walk: Walk) -> None:
    key = await purchase(walk, "draft", "ordered")
    await walk.do(ordering.cancel, CancelPurchaseOrder(purchase_order_id=key))


async def set_reorder_rule(walk: Walk) -> None:
    point = walk.luck.randint(0, 8)
    command = SetReorderRule(
        variant_id=walk.variant().id,
        location_id=walk.location().id,
        vendor_id=await vendor(walk),
        policy=walk.luck.choice(list(ReorderPolicy)),
        reorder_point=point,
        quantity=point + walk.luck.randint(0, 6),
        unit_cost_minor=100,
        is_active=walk.is_lucky(0.9),
    )
    await walk.do(reordering.set_rule, command)


async def order_suggestions(walk: Walk) -> None:
    """What became drafts is not suggested again."""
    await walk.do(reordering.order_suggestions, OrderSuggestions())
    if walk.is_alone:
        again = await reordering.suggestions(walk.world.organization_id, walk.now, OrderSuggestions())
        assert again == [], "what was drafted is suggested again"


async def announce_supply(walk: Walk) -> None:
    variant, at = walk.place()
    day = walk.now.date() + timedelta(days=walk.luck.randint(0, 9))
    line = AnnouncedLine(variant_id=variant, location_id=at, quantity=walk.luck.randint(1, 6), expected_on=day)
    await walk.do(supplies.announce, AnnounceSupplies(lines=(line,), reference="plan"))


async def change_supply(walk: Walk) -> None:
    command = ChangeSupply(supply_id=(await supply(walk))[0], quantity=walk.luck.randint(1, 6))
    await walk.do(supplies.change, command)


async def receive_supply(walk: Walk) -> None:
    key, units = await supply(walk)
    quantity = walk.luck.choice((None, 1, units + 1))
    await walk.do(supplies.receive, ReceiveSupply(supply_id=key, quantity=quantity, is_complete=walk.is_lucky(0.3)))


async def cancel_supply(walk: Walk) -> None:
    await walk.do(supplies.cancel, CancelSupply(supply_id=(await supply(walk))[0]))


async def vendor(walk: Walk) -> UUID:
    return await vendors.upsert_vendor(
        walk.act(), UpsertVendor(code="ACME", name="Acme", currency="USD", over_percent=50, short_percent=20)
    )


def wanted(walk: Walk) -> tuple[BoughtUnits, ...]:
    variants = walk.luck.sample(list(walk.world.variants.values()), walk.luck.choice((1, 1, 2)))
    return tuple(
        BoughtUnits(variant_id=each.id, quantity=walk.luck.randint(1, 6), unit_cost_minor=100) for each in variants
    )


async def purchase(walk: Walk, *statuses: str) -> UUID:
    key: UUID = (await walk.one_of(PURCHASE, list(statuses), walk.strays()))["id"]
    return key


async def supply(walk: Walk) -> tuple[UUID, int]:
    """One that nobody else tells of, now and then any."""
    found = await walk.one_of(SUPPLY, walk.strays())
    return found["id"], found["quantity"]
