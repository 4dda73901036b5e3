"""What is wanted, and what there will be when everything comes."""

from datetime import date

from domain.demand import DEMAND_OF, Coming, Demand, DemandKind, projection, together, unserved
from domain.lifecycle import UnitStatus

JUNE_3, JUNE_9 = date(2026, 6, 3), date(2026, 6, 9)


def test_what_comes_sooner_is_counted_first():
    found = projection(-6, [Coming(on=JUNE_9, on_order=20), Coming(on=JUNE_3, in_transit=3, planned=1)])

    assert [(each.coming.on, each.free) for each in found] == [(JUNE_3, -2), (JUNE_9, 18)]


def test_nothing_to_come_is_no_day():
    assert projection(5, []) == []


def test_what_comes_to_several_places_on_a_day_is_one_day():
    found = together(
        [[Coming(on=JUNE_3, in_transit=4)], [Coming(on=JUNE_3, in_transit=1, on_order=7), Coming(on=JUNE_9)]]
    )

    assert found == [Coming(on=JUNE_3, in_transit=5, on_order=7), Coming(on=JUNE_9)]


def test_only_what_no_stock_is_claimed_for_is_unserved():
    assert unserved([Demand(kind, 1) for kind in DemandKind]) == 3


def test_units_that_left_or_were_cancelled_or_never_placed_are_not_wanted():
    left = {UnitStatus.DRAFT, UnitStatus.SHIPPED, UnitStatus.PICKED_UP, UnitStatus.DELIVERED, UnitStatus.CANCELLED}

    assert set(UnitStatus) - set(DEMAND_OF) == left
