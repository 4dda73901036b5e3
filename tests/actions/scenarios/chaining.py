"""Vendors ship to customers what nobody has."""

from actions.chaining import answering, ordering, policies, shipping
from actions.chaining.answering import AcceptedUnits, AcknowledgePurchase, DeclinePurchase
from actions.chaining.shipping import SentUnits
from actions.orders.cancelling import CancelOrder, cancel
from actions.orders.recalling import AnswerCancellation, answer_cancellation
from actions.purchasing import offers
from domain.fulfilment import DeclineReason
from models import CancellationRequest
from tests.actions.scenarios import Story, scenario, without_story
from tests.world import World
from tests.world.stock_papers import purchase_lines
from tests.world.vendors import (
    acknowledged,
    by_itself,
    chain,
    chained_order,
    drop_shipper,
    report,
    waiting_order,
)

without_story(offers.upsert_offer, "Offers are master data.")
without_story(offers.withdraw_offer, "Offers are master data.")
without_story(policies.set_policy, "What happens later is told then.")


@scenario(ordering.chain_order)
async def ordering_from_two_vendors(world: World) -> Story:
    await drop_shipper(world, MUG=400)
    await drop_shipper(world, "OTHER", LAMP=900)
    order = await waiting_order(world, MUG=3, LAMP=1, CHAIR=1)
    yield
    await chain(world, order)


@scenario(ordering.chain_order)
async def ordering_more_of_a_vendor_that_has_not_answered(world: World) -> Story:
    vendor_id = await drop_shipper(world, MUG=400)
    order = await waiting_order(world, MUG=3, LAMP=1)
    await chain(world, order)
    await drop_shipper(world, LAMP=900)
    yield
    await chain(world, order, vendor_id=vendor_id)


@scenario(ordering.chain_order)
async def the_job_ordering(world: World) -> Story:
    await drop_shipper(world, MUG=400)
    await by_itself(world)
    for _ in range(2):
        await waiting_order(world, MUG=1)
    yield
    await ordering.chain_due(world.now)


@scenario(answering.acknowledge)
async def a_vendor_taking_on_fewer(world: World) -> Story:
    chained = await chained_order(world, MUG=3, LAMP=1)
    [mugs, _] = await purchase_lines(chained.id)
    yield
    fewer = (AcceptedUnits(line_id=mugs.id, quantity=2),)
    command = AcknowledgePurchase(purchase_order_id=chained.id, lines=fewer, reason=DeclineReason.OUT_OF_STOCK)
    await answering.acknowledge(world.act(), command)


@scenario(answering.decline)
async def a_vendor_declining_what_it_took_on(world: World) -> Story:
    chained = await acknowledged(world, MUG=3, LAMP=1)
    await cancel(world.act(), CancelOrder(order_id=chained.order_id or chained.id))
    yield
    command = DeclinePurchase(purchase_order_id=chained.id, reason=DeclineReason.OUT_OF_STOCK)
    await answering.decline(world.act(), command)


@scenario(shipping.report_shipment)
async def a_vendor_shipping_in_two_parcels(world: World) -> Story:
    chained = await chained_order(world, MUG=3, LAMP=1)
    [mugs, _] = await purchase_lines(chained.id)
    yield
    await report(world, chained, "1Z1", lines=(SentUnits(line_id=mugs.id, quantity=2),))
    await report(world, chained, "1Z2")


@scenario(cancel)
async def cancelling_what_a_vendor_has_not_acknowledged(world: World) -> Story:
    chained = await chained_order(world, MUG=3)
    yield
    await cancel(world.act(), CancelOrder(order_id=chained.order_id or chained.id))


@scenario(answer_cancellation)
async def a_vendor_letting_go(world: World) -> Story:
    chained = await acknowledged(world, MUG=3)
    await cancel(world.act(), CancelOrder(order_id=chained.order_id or chained.id))
    yield
    request = await CancellationRequest.get(order_id=chained.order_id)
    await answer_cancellation(world.act(), AnswerCancellation(request_id=request.id, accept=True))
