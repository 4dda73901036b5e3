"""Vendors that ship to customers: offers, orders chained to them, what they answer, and what they sent."""

from actions.chaining import answering, ordering, shipping
from actions.chaining.answering import AcceptedUnits, AcknowledgePurchase, DeclinePurchase
from actions.chaining.ordering import ChainOrder
from actions.chaining.shipping import ReportShipment, SentUnits
from actions.purchasing.offers import UpsertOffer, upsert_offer
from actions.purchasing.vendors import UpsertVendor, upsert_vendor
from domain.fulfilment import DeclineReason
from domain.placing.commands import OrderedLine, PlaceOrder
from models import Variant
from tests.actions.stock_walk.order_steps import ADDRESS
from tests.actions.stock_walk.walk import Walk

DEPOT = "SELECT id FROM locations WHERE organization_id = $1 AND kind = 'vendor'"
WAITING = """
SELECT DISTINCT o.number, o.id FROM orders o JOIN line_status s ON s.order_id = o.id
WHERE s.status = 'backordered' OR $1 ORDER BY o.number"""
CHAINED = """
SELECT id FROM purchase_orders WHERE kind = 'drop_ship' AND (status = ANY($1::text[]) OR $2) ORDER BY number"""
LINES = """
SELECT id, quantity - shipped - declined - cancelled AS units FROM purchase_lines
WHERE purchase_order_id = $1 ORDER BY position"""


async def offer(walk: Walk, variant: Variant | None = None) -> None:
    depot = await walk.one_of(DEPOT, walk.world.organization_id)
    named = UpsertVendor(code="DEPOT", name="Depot", currency="USD", location_id=depot["id"])
    command = UpsertOffer(
        vendor_id=await upsert_vendor(walk.act(), named),
        variant_id=(variant or walk.variant()).id,
        unit_cost_minor=100,
        drop_ships=True,
        minimum_quantity=walk.luck.choice((1, 1, 2)),
        maximum_quantity=walk.luck.choice((None, None, 3)),
    )
    await walk.do(upsert_offer, command)


async def want_more(walk: Walk) -> None:
    """Than lies anywhere."""
    line = OrderedLine(variant_id=walk.variant().id, quantity=walk.luck.randint(20, 40))
    command = PlaceOrder(channel_id=walk.world.web.id, lines=(line,), shipping_address=ADDRESS, allow_backorder=True)
    await walk.do(walk.desk.place, command)


async def chain(walk: Walk) -> None:
    order = await walk.one_of(WAITING, walk.strays())
    # Of everything now and then, so that it may ship kits.
    for variant in walk.world.variants.values() if walk.is_lucky(0.4) else ():
        await offer(walk, variant)
    if walk.is_lucky(0.6):
        await offer(walk)
    await walk.do(ordering.chain_order, ChainOrder(order_id=order["id"]))


async def acknowledge(walk: Walk) -> None:
    key = (await walk.one_of(CHAINED, ["ordered"], walk.strays()))["id"]
    line = await walk.one_of(LINES, key)
    fewer = (AcceptedUnits(line_id=line["id"], quantity=walk.luck.randint(0, max(0, line["units"]))),)
    if walk.is_lucky(0.5):
        fewer = tuple(
            AcceptedUnits(line_id=each["id"], quantity=each["units"] // 2) for each in await walk.all_of(LINES, key)
        )
    command = AcknowledgePurchase(
        purchase_order_id=key, lines=fewer if walk.is_lucky(0.3) else (), reason=DeclineReason.OUT_OF_STOCK
    )
    await walk.do(answering.acknowledge, command)


async def decline(walk: Walk) -> None:
    key = (await walk.one_of(CHAINED, ["ordered", "acknowledged", "partially_shipped"], walk.strays()))["id"]
    await walk.do(answering.decline, DeclinePurchase(purchase_order_id=key, reason=DeclineReason.OTHER))


async def report(walk: Walk) -> None:
    key = (await walk.one_of(CHAINED, ["ordered", "acknowledged", "partially_shipped"], walk.strays()))["id"]
    line = await walk.one_of(LINES, key)
    some = (SentUnits(line_id=line["id"], quantity=walk.luck.randint(1, max(1, line["units"]))),)
    command = ReportShipment(purchase_order_id=key, carrier="UPS", lines=some if walk.is_lucky(0.5) else ())
    await walk.do(shipping.report_shipment, command)
