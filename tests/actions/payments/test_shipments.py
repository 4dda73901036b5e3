"""Money is collected when goods have left: once, in sequence, with the shipping charge first, and the rest is given back."""

import asyncio
from datetime import timedelta

import pytest

from actions.fulfilment.releasing import ReleaseOrder, release, release_due
from actions.payments.capturing import capture_shipments, capture_shipped
from actions.payments.expiring import expire_authorizations
from actions.payments.voiding import void_unneeded
from domain.errors import AmountExceeded, NotPaid, PaymentUnknown
from domain.orders import ConfirmationPolicy
from models import Order, OrderLine, Payment
from tests.actions.payments.shop import fresh, kinds, money, new_shop, words
from tests.world.fulfilment import packed, picked, released_of, shipped

pytestmark = pytest.mark.usefixtures("database")


async def ready(**quantities):
    shop = await new_shop()
    order, payment = await shop.paid(**quantities)
    await shop.release(order)
    return shop, order, payment


async def test_nothing_is_captured_before_anything_left():
    shop, _, payment = await ready(MUG=2)

    assert await capture_shipments(shop.gateways, shop.world.now) == 0

    assert await money(payment) == {"authorized": 2000}


async def test_each_shipment_is_captured_once():
    shop, order, payment = await ready(MUG=3)

    await shop.ship(order, 1)
    assert await capture_shipments(shop.gateways, shop.world.now) == 1
    assert await capture_shipments(shop.gateways, shop.world.now) == 0
    assert await money(payment) == {"authorized": 2000, "charged": 1000}
    assert await words(order) == ("full", "partial")

    await shop.ship(order)
    assert await capture_shipments(shop.gateways, shop.world.now) == 1
    assert await money(payment) == {"charged": 3000}
    assert await words(order) == ("full", "full")


async def test_shipping_is_captured_with_the_first_shipment():
    shop = await new_shop()
    order = await shop.order(MUG=2)
    await Order.filter(id=order.id).update(shipping_minor=450, total_minor=2450)
    payment = await shop.card(order)
    await shop.authorize(order)
    await shop.release(order)

    await shop.ship(order, 1)
    await capture_shipments(shop.gateways, shop.world.now)

    assert await money(payment) == {"authorized": 1000, "charged": 1450}


async def test_two_captures_of_one_shipment_at_once_collect_once():
    shop, order, payment = await ready(MUG=2)
    await shop.ship(order)

    await asyncio.gather(*(capture_shipped(shop.act(), shop.gateways, order.id) for _ in range(5)))

    assert await money(payment) == {"charged": 2000}
    assert shop.provider.accounts[payment.id].captured_minor == 2000
    assert (await kinds(payment)).count("charge_request") == 1


async def test_a_shipment_is_collected_over_the_tenders_in_sequence():
    shop = await new_shop()
    order = await shop.order(MUG=3)
    card = await shop.card(order, sequence=2)
    gift = await shop.card(order, "gift", sequence=1, limit_minor=1500)
    await shop.authorize(order)
    await shop.release(order)

    await shop.ship(order, 2)
    await capture_shipments(shop.gateways, shop.world.now)

    assert await money(gift) == {"charged": 1500}
    assert await money(card) == {"authorized": 1000, "charged": 500}


async def test_a_capture_without_an_answer_is_not_asked_for_again():
    shop = await new_shop()
    order, payment = await shop.paid(token="capture-lost", MUG=2)
    await shop.release(order)
    await shop.ship(order)

    with pytest.raises(PaymentUnknown):
        await capture_shipped(shop.act(), shop.gateways, order.id)
    await capture_shipped(shop.act(), shop.gateways, order.id)

    assert await money(payment) == {"charge_pending": 2000}
    assert (await kinds(payment)).count("charge_request") == 1


async def test_a_refused_capture_stays_due_and_is_tried_again_an_hour_later():
    shop = await new_shop()
    order, payment = await shop.paid(token="capture-declined", MUG=2)
    await shop.release(order)
    await shop.ship(order)
    now = shop.world.now

    assert await capture_shipments(shop.gateways, now) == 1
    assert await money(payment) == {"authorized": 2000}
    await Payment.filter(id=payment.id).update(token="visa")

    assert await capture_shipments(shop.gateways, now + timedelta(minutes=59)) == 0
    assert await capture_shipments(shop.gateways, now + timedelta(minutes=61)) == 1
    assert await money(payment) == {"charged": 2000}


async def test_a_refund_or_a_charge_back_does_not_make_a_shipment_due_again():
    shop, order, payment = await ready(MUG=2)
    await shop.ship(order, 1)
    await capture_shipments(shop.gateways, shop.world.now)

    await shop.refund(order, 300)

    assert await capture_shipments(shop.gateways, shop.world.now) == 0
    assert await money(payment) == {"authorized": 1000, "charged": 700, "refunded": 300}


async def test_what_was_paid_beforehand_is_not_collected_again():
    shop = await new_shop()
    order = await shop.order(MUG=2)
    cash = await shop.cash(order, limit_minor=500)
    card = await shop.card(order, sequence=1)
    await shop.authorize(order)
    await shop.capture(order, payment_id=cash.id)
    await shop.release(order)

    await shop.ship(order, 1)
    await capture_shipments(shop.gateways, shop.world.now)

    assert (await money(cash), await money(card)) == ({"charged": 500}, {"authorized": 1000, "charged": 500})


async def test_what_is_set_aside_is_given_back_when_nothing_is_left_to_ship():
    shop = await new_shop()
    order, payment = await shop.paid(MUG=2)
    await shop.cancel(order, 2)

    await void_unneeded(shop.gateways, shop.world.now)

    assert await money(payment) == {"cancelled": 2000}
    assert await words(order) == ("full", "full")
    assert shop.provider.accounts[payment.id].authorized_minor == 0


async def test_the_rest_is_given_back_only_after_what_left_was_collected():
    shop = await new_shop()
    order, payment = await shop.paid(MUG=3)
    await shop.cancel(order, 1)
    await shop.release(order)
    await shop.ship(order)

    await void_unneeded(shop.gateways, shop.world.now)
    assert await money(payment) == {"authorized": 3000}
    await capture_shipments(shop.gateways, shop.world.now)
    await void_unneeded(shop.gateways, shop.world.now)

    assert await money(payment) == {"charged": 2000, "cancelled": 1000}
    assert await words(order) == ("full", "full")


async def test_a_refused_void_is_tried_again_an_hour_later():
    shop = await new_shop()
    order, payment = await shop.paid(token="void-declined", MUG=2)
    await shop.cancel(order, 2)
    now = shop.world.now

    tried = [await void_unneeded(shop.gateways, now + timedelta(minutes=at)) for at in (0, 59, 61)]

    assert tried == [1, 0, 1]
    assert (await kinds(payment)).count("cancel_request") == 2
    assert await money(payment) == {"authorized": 2000}


async def test_what_is_still_to_ship_stays_authorized():
    shop, order, payment = await ready(MUG=2)
    await shop.ship(order, 1)
    await capture_shipments(shop.gateways, shop.world.now)

    await void_unneeded(shop.gateways, shop.world.now)

    assert await money(payment) == {"authorized": 1000, "charged": 1000}


async def test_capturing_by_hand_takes_no_more_than_is_authorized():
    shop, order, payment = await ready(MUG=2)

    with pytest.raises(AmountExceeded) as refused:
        await shop.capture(order, amount_minor=2001)
    await shop.capture(order, amount_minor=800)

    assert refused.value.available_minor == 2000
    assert await money(payment) == {"authorized": 1200, "charged": 800}


async def test_an_expired_authorization_covers_nothing():
    _shop, order, payment = await ready(MUG=2)
    expires_at = (await fresh(payment)).expires_at

    assert await expire_authorizations(expires_at - timedelta(seconds=1)) == 0
    assert await expire_authorizations(expires_at) == 1

    assert await money(payment) == {"cancelled": 2000}
    assert await words(order) == ("none", "none")
    assert await expire_authorizations(expires_at) == 0


async def test_what_expired_can_be_authorized_anew():
    shop, order, payment = await ready(MUG=2)
    await expire_authorizations((await fresh(payment)).expires_at)

    await shop.authorize(order)

    assert await money(payment) == {"authorized": 2000, "cancelled": 2000}
    assert await words(order) == ("full", "none")


async def test_an_order_whose_authorization_is_gone_is_not_released():
    shop = await new_shop(ConfirmationPolicy.ON_AUTHORIZATION)
    order, payment = await shop.paid(MUG=2, is_confirmed=False)
    now = (await fresh(payment)).expires_at
    await expire_authorizations(now)

    assert await release_due(now) == 0
    with pytest.raises(NotPaid):
        await release(shop.act(), ReleaseOrder(order_id=order.id))
    await shop.authorize(order)

    assert await release_due(now) == 1


async def test_a_parcel_of_an_order_whose_authorization_is_gone_does_not_leave():
    shop = await new_shop(ConfirmationPolicy.ON_AUTHORIZATION)
    order, payment = await shop.paid(MUG=2, is_confirmed=False)
    parcel = await packed(shop.world, await picked(shop.world, await released_of(shop.world, order)))
    await expire_authorizations((await fresh(payment)).expires_at)

    with pytest.raises(NotPaid):
        await shipped(shop.world, parcel)
    await shop.authorize(order)

    assert (await shipped(shop.world, parcel)).shipped_at is not None


async def test_remainders_are_captured_to_the_cent_when_units_were_cancelled():
    shop = await new_shop()
    order = await shop.order(MUG=3)
    await OrderLine.filter(order_id=order.id).update(total_minor=2999, discount_minor=1)
    await Order.filter(id=order.id).update(discount_minor=1, total_minor=2999)
    payment = await shop.card(order)
    await shop.authorize(order)
    await shop.cancel(order, 1)
    await shop.release(order)

    await shop.ship(order)
    await capture_shipments(shop.gateways, shop.world.now)
    await void_unneeded(shop.gateways, shop.world.now)

    assert await money(payment) == {"charged": 2000, "cancelled": 999}
    assert await words(order) == ("full", "full")
