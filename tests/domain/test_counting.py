"""What may happen to a count when, and which differences are tolerated."""

import pytest

from domain.counting import ALLOWED_FROM, CountAction, CountStatus, check_count, is_tolerated
from domain.errors import IllegalTransition


@pytest.mark.parametrize("action", CountAction)
@pytest.mark.parametrize("status", CountStatus)
def test_the_table_alone_decides_what_is_allowed(action, status):
    if status in ALLOWED_FROM[action]:
        check_count(action, status)
    else:
        with pytest.raises(IllegalTransition):
            check_count(action, status)


@pytest.mark.parametrize(
    ("counted", "expected", "units", "percent", "tolerated"),
    [
        (10, 10, 0, 0, True),
        (9, 10, 0, 0, False),
        (8, 10, 2, 0, True),
        (13, 10, 2, 0, False),
        (95, 100, 0, 5, True),
        (94, 100, 0, 5, False),
        (94, 100, 6, 5, True),
        (1, 0, 0, 100, False),
    ],
)
def test_a_difference_is_tolerated_by_units_or_by_percent(counted, expected, units, percent, tolerated):
    assert is_tolerated(counted, expected, units=units, percent=percent) is tolerated
