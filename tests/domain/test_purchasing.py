"""What may happen to a purchase order when, and how exactly a vendor has to deliver."""

from types import SimpleNamespace

import pytest

from domain.errors import IllegalTransition
from domain.purchasing import (
    ALLOWED_FROM,
    PurchaseAction,
    PurchaseStatus,
    after_purchase_receipt,
    check_purchase,
    is_short,
    most_receivable,
    still_to_come,
)


def line(quantity, received=0):
    return SimpleNamespace(quantity=quantity, received=received)


@pytest.mark.parametrize("action", PurchaseAction)
@pytest.mark.parametrize("status", PurchaseStatus)
def test_the_table_alone_decides_what_is_allowed(action, status):
    if status in ALLOWED_FROM[action]:
        check_purchase(action, status)
    else:
        with pytest.raises(IllegalTransition):
            check_purchase(action, status)


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
