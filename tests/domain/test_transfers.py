"""What may happen to a transfer when, and where its units are."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from domain.errors import IllegalTransition
from domain.transfers import (
    ALLOWED_FROM,
    FOR_ORDERS,
    TransferAction,
    TransferStatus,
    after_receipt,
    answer_by,
    check_transfer,
    in_transit,
)

ENDED = {TransferStatus.RECEIVED, TransferStatus.CANCELLED}


def line(**counts):
    return SimpleNamespace(**{"shipped": 0, "received": 0, "damaged": 0, "written_back": 0, "written_off": 0, **counts})


@pytest.mark.parametrize("action", TransferAction)
@pytest.mark.parametrize("status", TransferStatus)
def test_the_table_alone_decides_what_is_allowed(action, status):
    if status in ALLOWED_FROM[action]:
        check_transfer(action, status, is_chained=True)
    else:
        with pytest.raises(IllegalTransition):
            check_transfer(action, status, is_chained=True)


@pytest.mark.parametrize("action", sorted(FOR_ORDERS))
def test_only_what_an_order_waits_for_is_accepted_or_declined(action):
    with pytest.raises(IllegalTransition):
        check_transfer(action, TransferStatus.READY, is_chained=False)
    check_transfer(TransferAction.SHIP, TransferStatus.READY, is_chained=False)


def test_who_said_yes_sends_or_declines_and_does_not_say_it_again():
    with pytest.raises(IllegalTransition):
        check_transfer(TransferAction.ACCEPT, TransferStatus.READY, is_chained=True, is_accepted=True)
    for action in (TransferAction.SHIP, TransferAction.DECLINE, TransferAction.CANCEL):
        check_transfer(action, TransferStatus.READY, is_chained=True, is_accepted=True)


def test_an_origin_answers_within_its_minutes_and_without_them_when_it_likes():
    asked = datetime(2026, 11, 2, 15, tzinfo=UTC)

    assert answer_by(asked, 30) == datetime(2026, 11, 2, 15, 30, tzinfo=UTC)
    assert answer_by(asked, None) is None


def test_nothing_happens_to_an_ended_transfer_and_something_can_to_any_other():
    assert {status for allowed in ALLOWED_FROM.values() for status in allowed} == set(TransferStatus) - ENDED


def test_in_transit_is_what_was_shipped_and_went_nowhere_yet():
    assert in_transit(line(shipped=10, received=4, damaged=2, written_back=1, written_off=3)) == 2


def test_a_transfer_is_received_once_nothing_is_in_transit():
    whole, part = line(shipped=3, received=2, written_off=1), line(shipped=3, received=2)

    assert after_receipt([whole]) is TransferStatus.RECEIVED
    assert after_receipt([whole, part]) is TransferStatus.PARTIALLY_RECEIVED
