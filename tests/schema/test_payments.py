"""Paying through the graph: who may move money, what refusals look like, and what is never shown."""

from typing import Any

import pytest

from domain.ids import new_id
from domain.permissions import PERMISSIONS_OF, Permission, Role
from models import Payment, PaymentEvent
from resolvers.ids import global_id
from tests.actions.payments.shop import Shop, money, new_shop
from tests.schema.asking import ask, codes
from tests.world import customer
from tests.world.orders import new_order

pytestmark = pytest.mark.usefixtures("database")

PAYMENT = "... on Payment { id tender sequence limit { minor currency } authorized { minor } version order { number } }"
ORDER = "... on Order { authorizeStatus chargeStatus payments { authorized { minor } charged { minor } refunded { minor } } }"


async def do(shop: Shop, name: str, values: dict[str, Any], *, role: Role = Role.ADMIN, key: str | None = None) -> Any:
    """The answer of one mutation, refusals with what they say; the whole answer where it was not even tried."""
    shown = PAYMENT if name in {"addPayment", "recordPaymentEvent"} else ORDER
    refusals = "... on Problem { code message }"
    if name in {"authorizePayment", "capturePayment", "refundPayment"}:
        refusals += " ... on AmountExceeded { wantedMinor availableMinor currency }"
    problems = "... on InvalidInput { problems { path code } }"
    directive = f'@idempotent(key: "{key or new_id()}")'
    document = f"""mutation($input: {name[0].upper()}{name[1:]}Input!) {{
        {name}(input: $input) {directive} {{ __typename {shown} {refusals} {problems} }} }}"""
    answer = await ask(document, shop.world.viewer(role), {"input": values}, gateways=shop.gateways)
    return answer if "errors" in answer else answer["data"][name]


def oid(order: Any) -> str:
    return global_id("Order", order.id)


def pid(payment: Any) -> str:
    return global_id("Payment", payment.id)


async def own_order(shop: Shop) -> Any:
    """Of the customer who asks, two mugs."""
    return await new_order(shop.world, customer=shop.world.customer, MUG=2)


async def test_a_customer_pays_for_an_own_order_by_card():
    shop = await new_shop()
    order = await own_order(shop)
    card = {"orderId": oid(order), "tender": "CARD", "gateway": "cards", "token": "visa", "limitMinor": 5000}

    added = await do(shop, "addPayment", card, role=Role.CUSTOMER)
    paid = await do(shop, "authorizePayment", {"orderId": oid(order)}, role=Role.CUSTOMER)

    assert added == {
        "__typename": "Payment",
        "id": pid(await Payment.get()),
        "tender": "CARD",
        "sequence": 0,
        "limit": {"minor": 5000, "currency": "USD"},
        "authorized": {"minor": 0},
        "version": 1,
        "order": {"number": order.number},
    }
    assert paid == {
        "__typename": "Order",
        "authorizeStatus": "FULL",
        "chargeStatus": "NONE",
        "payments": [{"authorized": {"minor": 2000}, "charged": {"minor": 0}, "refunded": {"minor": 0}}],
    }


@pytest.mark.parametrize("name", ["capturePayment", "voidPayment", "refundPayment", "recordPaymentEvent"])
@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.STORE_ASSOCIATE, Role.WAREHOUSE])
async def test_moving_money_needs_a_right_of_its_own(name, role):
    shop = await new_shop()
    order = await own_order(shop)
    values: dict[str, Any] = {"orderId": oid(order)}
    if name == "refundPayment":
        values["amountMinor"] = 1
    if name == "recordPaymentEvent":
        values = {"paymentId": pid(order), "kind": "CHARGE_BACK", "amountMinor": 1, "reference": "r"}
        values["occurredAt"] = "2026-11-22T00:00:00Z"

    answer = await do(shop, name, values, role=role)

    assert codes(answer) == ["FORBIDDEN"]
    assert Permission.HANDLE_PAYMENTS not in PERMISSIONS_OF[role]


async def test_a_customer_cannot_promise_cash_nor_vouch_for_it():
    shop = await new_shop()
    order = await own_order(shop)

    promised = await do(shop, "addPayment", {"orderId": oid(order), "tender": "CASH"}, role=Role.CUSTOMER)
    await shop.cash(order)
    vouched = await do(shop, "authorizePayment", {"orderId": oid(order)}, role=Role.CUSTOMER)

    assert promised["__typename"] == "Forbidden"
    assert vouched["__typename"] == "NotPaid"
    assert await Payment.filter(authorized_minor__gt=0).count() == 0


async def test_a_customer_cannot_pay_for_a_stranger():
    shop = await new_shop()
    other = await new_order(shop.world, customer=await customer(shop.world, email="bob@example.com"), MUG=1)

    answer = await do(shop, "authorizePayment", {"orderId": oid(other)}, role=Role.CUSTOMER)

    assert answer["__typename"] == "NotFound"


async def test_tokens_references_and_providers_are_not_shown_to_customers():
    shop = await new_shop()
    order = await own_order(shop)
    payment = await shop.card(order)
    await shop.authorize(order)
    shown = "query($id: ID!) { payment(id: $id) { tender events(sort: OLDEST) { nodes { kind amountMinor } } } }"

    answer = await ask(shown, shop.world.viewer(Role.CUSTOMER), {"id": pid(payment)})

    assert answer["data"]["payment"] == {
        "tender": "CARD",
        "events": {
            "nodes": [
                {"kind": "AUTHORIZATION_REQUEST", "amountMinor": 2000},
                {"kind": "AUTHORIZATION_SUCCESS", "amountMinor": 2000},
            ]
        },
    }
    for hidden in ("token", "gateway", "events { nodes { reference } }", "events { nodes { message } }"):
        asked = f"query($id: ID!) {{ payment(id: $id) {{ {hidden} }} }}"
        assert codes(await ask(asked, shop.world.viewer(Role.CUSTOMER), {"id": pid(payment)})) == ["FORBIDDEN"]
        assert "errors" not in await ask(asked, shop.world.viewer(Role.ADMIN), {"id": pid(payment)})


async def test_staff_capture_refund_and_let_go():
    shop = await new_shop()
    order, _ = await shop.paid(MUG=2)

    await do(shop, "capturePayment", {"orderId": oid(order), "amountMinor": 1500})
    await do(shop, "refundPayment", {"orderId": oid(order), "amountMinor": 200, "reason": "late"})
    last = await do(shop, "voidPayment", {"orderId": oid(order)})

    assert last["payments"] == [{"authorized": {"minor": 0}, "charged": {"minor": 1300}, "refunded": {"minor": 200}}]


async def test_refusals_carry_their_data():
    shop = await new_shop()
    order, _ = await shop.paid(MUG=2)
    declined = await shop.order(MUG=1)
    await shop.card(declined, "declined")
    silent = await shop.order(MUG=1)
    await shop.card(silent, "silent")

    too_much = await do(shop, "refundPayment", {"orderId": oid(order), "amountMinor": 1})
    refused = await do(shop, "authorizePayment", {"orderId": oid(declined)})
    unknown = await do(shop, "authorizePayment", {"orderId": oid(silent)})

    assert {name: too_much[name] for name in ("__typename", "wantedMinor", "availableMinor", "currency")} == {
        "__typename": "AmountExceeded",
        "wantedMinor": 1,
        "availableMinor": 0,
        "currency": "USD",
    }
    assert (refused["__typename"], refused["code"]) == ("PaymentRefused", "PAYMENT_REFUSED")
    assert (unknown["__typename"], unknown["code"]) == ("PaymentUnknown", "PAYMENT_UNKNOWN")


async def test_money_is_not_moved_without_a_key():
    shop = await new_shop()
    order, payment = await shop.paid(MUG=2)
    document = "mutation($input: CapturePaymentInput!) { capturePayment(input: $input) { __typename } }"

    answer = await ask(document, shop.world.viewer(), {"input": {"orderId": oid(order)}}, gateways=shop.gateways)

    assert codes(answer) == ["IDEMPOTENCY_KEY_REQUIRED"]
    assert await money(payment) == {"authorized": 2000}


async def test_the_same_key_moves_money_once():
    shop = await new_shop()
    order, payment = await shop.paid(MUG=2)
    values = {"orderId": oid(order), "amountMinor": 700}

    answers = [await do(shop, "capturePayment", values, key="once-only") for _ in range(3)]

    assert answers == [answers[0]] * 3
    assert await money(payment) == {"authorized": 1300, "charged": 700}


async def test_what_a_provider_tells_is_recorded_once():
    shop = await new_shop()
    _, payment = await shop.paid(MUG=2)
    news = {"paymentId": pid(payment), "kind": "AUTHORIZATION_ADJUSTMENT", "amountMinor": 900, "reference": "theirs-1"}
    news["occurredAt"] = shop.world.now.isoformat()

    told = [await do(shop, "recordPaymentEvent", news) for _ in range(2)]

    assert [each["authorized"]["minor"] for each in told] == [900, 900]
    assert await PaymentEvent.filter(payment_id=payment.id).count() == 3


async def test_every_problem_of_an_input_is_named():
    shop = await new_shop()
    order = await shop.order()

    answer = await do(shop, "addPayment", {"orderId": oid(order), "tender": "CARD", "gateway": "nobody"})

    assert answer["problems"] == [
        {"path": ["gateway"], "code": "UNKNOWN_GATEWAY"},
        {"path": ["token"], "code": "MISSING"},
    ]
