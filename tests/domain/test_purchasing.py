"""What may happen to a purchase order when, and how exactly a vendor has to deliver."""

from types import SimpleNamespace

import pytest

from domain.errors import IllegalTransition
from domain.purchasing import (
    ALLOWED_FROM,
    PurchaseAction,
    PurchaseKind,
    PurchaseStatus,
    after_purchase_receipt,
    at_vendor,
    chained_status,
    check_purchase,
    is_short,
    most_receivable,
    still_to_come,
)


def line(quantity, received=0):
    return SimpleNamespace(quantity=quantity, received=received)


def chained(quantity, shipped=0, declined=0, cancelled=0):
    return SimpleNamespace(quantity=quantity, shipped=shipped, declined=declined, cancelled=cancelled)


@pytest.mark.parametrize("action", PurchaseAction)
@pytest.mark.parametrize("kind", PurchaseKind)
@pytest.mark.parametrize("status", PurchaseStatus)
def test_the_table_alone_decides_what_is_allowed(action, kind, status):
    if status in ALLOWED_FROM[kind].get(action, ()):
        check_purchase(action, kind, status)
    else:
        with pytest.raises(IllegalTransition):
            check_purchase(action, kind, status)


def test_what_is_never_done_to_one_kind_is_said_to_be_for_the_other():
    with pytest.raises(IllegalTransition) as refusal:
        check_purchase(PurchaseAction.RECEIVE, PurchaseKind.DROP_SHIP, PurchaseStatus.ORDERED)

    assert (refusal.value.was, refusal.value.allowed_from) == ("for drop ship", ("for stock",))


@pytest.mark.parametrize(
    ("lines", "is_acknowledged", "word"),
    [
        ([chained(3)], False, PurchaseStatus.ORDERED),
        ([chained(3)], True, PurchaseStatus.ACKNOWLEDGED),
        ([chained(3, shipped=1), chained(1)], True, PurchaseStatus.PARTIALLY_SHIPPED),
        ([chained(3, shipped=3), chained(1, declined=1)], True, PurchaseStatus.SHIPPED),
        ([chained(3, declined=1, cancelled=2)], True, PurchaseStatus.DECLINED),
        ([chained(3, cancelled=3)], False, PurchaseStatus.CANCELLED),
    ],
)
def test_the_word_of_a_chained_order_follows_from_what_became_of_its_units(lines, is_acknowledged, word):
    assert chained_status(lines, is_acknowledged=is_acknowledged) is word


def test_what_was_not_shipped_declined_or_cancelled_is_at_the_vendor():
    assert at_vendor(chained(7, shipped=1, declined=2, cancelled=3)) == 1


@pytest.mark.parametrize(
    ("quantity", "received", "percent", "most"), [(15, 0, 10, 16), (15, 15, 10, 1), (15, 16, 10, 0), (5, 2, 0, 3)]
)
def test_the_over_tolerance_is_whole_units_of_the_line(quantity, received, percent, most):
    assert most_receivable(line(quantity, received), percent) == most


@pytest.mark.parametrize(
    ("quantity", "received", "percent", "short"),
    [(20, 18, 10, False), (20, 17, 10, True), (3, 2, 0, True), (3, 3, 0, False), (3, 4, 0, False)],
)
def test_a_line_is_short_when_more_is_missing_than_the_tolerance(quantity, received, percent, short):
    assert is_short(line(quantity, received), percent) is short


def test_a_line_with_too_many_makes_up_for_no_other():
    assert still_to_come(line(5, 6)) == 0
    assert after_purchase_receipt([line(5, 6), line(5, 4)]) is PurchaseStatus.PARTIALLY_RECEIVED
    assert after_purchase_receipt([line(5, 6), line(5, 5)]) is PurchaseStatus.RECEIVED
