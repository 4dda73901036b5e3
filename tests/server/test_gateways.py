"""The fake provider does what real ones do, faults included."""

import pytest

from actions.gateways import Approved, Declined, GatewayRequest, NeverReceived
from domain.ids import new_id
from server.gateways import AUTHORIZATION_DAYS, FakeGateway
from tests.world import NOW


def request(reference="r-1", *, payment_id=None, amount_minor=500, token="visa"):
    return GatewayRequest(
        reference=reference,
        payment_id=payment_id or new_id(),
        amount_minor=amount_minor,
        currency="USD",
        token=token,
        now=NOW,
    )


async def test_the_same_reference_has_one_effect_and_one_answer():
    provider, asked = FakeGateway(), request()

    answers = [await provider.authorize(asked, timeout_seconds=1) for _ in range(3)]

    assert answers == [answers[0]] * 3
    assert provider.accounts[asked.payment_id].authorized_minor == 500
    assert len(provider.take_notices()) == 1
    assert provider.take_notices() == []


async def test_an_authorization_expires():
    answer = await FakeGateway().authorize(request(), timeout_seconds=1)

    assert isinstance(answer, Approved)
    assert answer.expires_at is not None
    assert (answer.expires_at - NOW).days == AUTHORIZATION_DAYS


@pytest.mark.parametrize("asked", [request(token="declined"), request(amount_minor=1001)])
async def test_a_bad_card_or_a_large_amount_is_declined(asked):
    provider = FakeGateway(limit_minor=1000)

    assert isinstance(await provider.authorize(asked, timeout_seconds=1), Declined)
    assert isinstance(await provider.lookup(asked.reference, timeout_seconds=1), Declined)


async def test_more_than_is_authorized_cannot_be_captured():
    provider, payment_id = FakeGateway(), new_id()
    await provider.authorize(request(payment_id=payment_id), timeout_seconds=1)

    asked = request("r-2", payment_id=payment_id, amount_minor=501)

    assert isinstance(await provider.capture(asked, timeout_seconds=1), Declined)
    assert provider.accounts[payment_id].captured_minor == 0


@pytest.mark.parametrize(("token", "moved"), [("lost", 0), ("silent", 500), ("late", 500)])
async def test_no_answer_says_nothing_about_what_happened(token, moved):
    provider, asked = FakeGateway(), request(token=token)

    with pytest.raises(TimeoutError):
        await provider.authorize(asked, timeout_seconds=1)

    assert sum(account.authorized_minor for account in provider.accounts.values()) == moved


async def test_a_late_request_is_found_only_after_some_look_ups():
    provider, asked = FakeGateway(), request(token="late")
    with pytest.raises(TimeoutError):
        await provider.authorize(asked, timeout_seconds=1)

    found = [await provider.lookup(asked.reference, timeout_seconds=1) for _ in range(3)]

    assert [type(answer) for answer in found] == [NeverReceived, NeverReceived, Approved]


async def test_payments_of_before_it_started_are_taken_at_their_word():
    assert isinstance(await FakeGateway().capture(request(), timeout_seconds=1), Approved)
