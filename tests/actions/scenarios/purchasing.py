"""Goods are ordered from a vendor and come in parts."""

from actions.purchasing import ordering, receiving, vendors
from actions.purchasing.receiving import DeliveredUnits, ReceivePurchase
from tests.actions.scenarios import Story, scenario, without_story
from tests.world import World
from tests.world.stock_papers import ordered_purchase, purchase_lines

without_story(vendors.upsert_vendor, "Vendors are master data.")
without_story(ordering.create, "A draft touches no stock.")
without_story(ordering.change, "A draft touches no stock.")
without_story(ordering.order, "What is on order is not on hand.")
without_story(ordering.reschedule, "What is on order is not on hand.")
without_story(ordering.cancel, "Nothing came yet.")
without_story(receiving.close, "What came is in stock already.")


@scenario(receiving.receive)
async def receiving_what_was_ordered(world: World) -> Story:
    purchase_id = await ordered_purchase(world, MUG=5, LAMP=2)
    yield
    [mugs, _] = await purchase_lines(purchase_id)
    some = (DeliveredUnits(line_id=mugs.id, received=3, damaged=1),)
    await receiving.receive(world.act(), ReceivePurchase(purchase_order_id=purchase_id, lines=some))
    await receiving.receive(world.act(), ReceivePurchase(purchase_order_id=purchase_id))
