"""How many units are called what."""

import pytest

from domain.availability import STANDARD, AvailabilityLevel, Bounds, bounds_from, level_of


@pytest.mark.parametrize(
    ("units", "level"), [(-3, "none"), (0, "none"), (1, "low"), (4, "low"), (5, "medium"), (9, "medium"), (10, "high")]
)
def test_a_boundary_belongs_to_the_higher_level(units: int, level: str) -> None:
    assert level_of(units, Bounds(medium_from=5, high_from=10)) is AvailabilityLevel(level)


def test_equal_boundaries_leave_no_medium() -> None:
    assert [level_of(units, Bounds(3, 3)).value for units in (2, 3)] == ["low", "high"]


def test_where_nothing_is_set_the_standard_holds() -> None:
    assert (bounds_from(None, None), bounds_from(2, 3)) == (STANDARD, Bounds(2, 3))
