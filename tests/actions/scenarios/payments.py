"""Money is added, set aside, collected, given back, lapses, and is heard of from the provider."""

from dataclasses import replace
from datetime import timedelta

from actions.payments.asking import record_answer
from actions.payments.expiring import expire
from actions.payments.recording import RecordPaymentEvent, record_payment_event
from actions.payments.voiding import VoidPayment, void
from domain.orders import ConfirmationPolicy
from domain.payments import PaymentEventKind
from tests.actions.payments.shop import Shop
from tests.actions.scenarios import Story, scenario
from tests.world import World, channel


@scenario(record_answer)
async def authorizing_confirms_the_order(world: World) -> Story:
    shop = Shop(world, channel=await channel(world, "CARD", confirmation=ConfirmationPolicy.ON_AUTHORIZATION))
    order = await shop.order(MUG=2, is_confirmed=False)
    yield
    await shop.card(order)
    await shop.authorize(order)


@scenario(record_answer)
async def capturing_part_and_refunding_some_of_it(world: World) -> Story:
    shop = Shop(world)
    order, _ = await shop.paid(MUG=2)
    yield
    await shop.capture(order, amount_minor=1500)
    await shop.refund(order, 300)


@scenario(record_answer)
async def voiding(world: World) -> Story:
    shop = Shop(world)
    order, _ = await shop.paid(MUG=2)
    yield
    await void(shop.act(), shop.gateways, VoidPayment(order_id=order.id))


@scenario(record_payment_event)
async def hearing_of_a_charge_back(world: World) -> Story:
    shop = Shop(world)
    order, payment = await shop.paid(MUG=2)
    await shop.capture(order)
    yield
    command = RecordPaymentEvent(
        payment_id=payment.id,
        kind=PaymentEventKind.CHARGE_BACK,
        amount_minor=700,
        reference="bank-1",
        occurred_at=world.now,
    )
    await record_payment_event(shop.act(), command)


@scenario(expire)
async def an_authorization_expires(world: World) -> Story:
    shop = Shop(world)
    _, payment = await shop.paid(MUG=2)
    yield
    assert payment.expires_at is not None
    await expire(replace(shop.act(), now=payment.expires_at + timedelta(seconds=1)), payment.id)


@scenario()
async def cancelling_part_of_a_paid_order(world: World) -> Story:
    shop = Shop(world)
    order, _ = await shop.paid(MUG=2)
    await shop.capture(order, amount_minor=1000)
    yield
    await shop.cancel(order, 1)
