"""When what is delivered together is there: the last of it has come to one place, that packs it, and one parcel leaves."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.placing.commands import Together
from domain.promising.merging import wait_days
from domain.promising.offers import Confidence, offers
from domain.promising.supply import SupplyKind
from domain.routing.rules.values import Constraint, ConstraintKind, RoutingRule
from domain.routing.values import Method
from tests.domain.promising.test_offers import LAMP, MUG, PLACES, codes, question

NYC, CHI, LAX = (PLACES[code][0] for code in ("NYC", "CHI", "LAX"))
SPLIT = {(MUG, "CHI"): 2, (LAMP, "NYC"): 3}


def wish(**values):
    return Together(**values)


def under(asked, *, is_hard):
    constraint = Constraint(ConstraintKind.DELIVER_TOGETHER, is_hard, 3)
    rule = RoutingRule(id=UUID(int=7), name="together", revision=1, constraints=(constraint,))
    network = replace(asked.market.network, rules=[rule])
    return replace(asked, market=replace(asked.market, network=network))


def test_it_is_one_parcel_from_where_it_comes_together_with_one_day_and_its_price():
    [option] = offers(question({MUG: 2, LAMP: 3}, SPLIT, together=wish()))

    assert (option.location_id, option.wait_days is not None) == (NYC, True)
    assert codes(option) == ["CHI", "NYC"]
    days = {(parcel.ship_on, parcel.earliest_on, parcel.latest_on, parcel.ready_at) for parcel in option.parcels}
    assert len(days) == 1
    [alone] = offers(question({MUG: 2, LAMP: 3}, {(MUG, "NYC"): 2, (LAMP, "NYC"): 3}))
    assert option.cost_minor == alone.cost_minor
    assert option.confidence is Confidence.MEDIUM


def test_the_last_leg_begins_when_the_last_of_it_has_come():
    [apart] = offers(question({MUG: 2, LAMP: 3}, SPLIT))
    [together] = offers(question({MUG: 2, LAMP: 3}, SPLIT, together=wish()))
    brought = offers(question({MUG: 2}, {(MUG, "CHI"): 2}, together=wish(location_id=NYC)))[0]

    assert together.latest_on > apart.latest_on
    assert together.ready_at == brought.ready_at
    assert together.latest_on == brought.latest_on


def test_what_one_place_has_leaves_as_it_would_anyway():
    stock = {(MUG, "NYC"): 2, (LAMP, "NYC"): 3}

    [alone], [together] = (
        offers(question({MUG: 2, LAMP: 3}, stock)),
        offers(question({MUG: 2, LAMP: 3}, stock, together=wish())),
    )

    assert together.location_id == NYC
    assert replace(together, location_id=None, wait_days=None, expires_at=alone.expires_at) == alone
    assert together.confidence is Confidence.HIGH


def test_what_is_still_to_come_is_waited_for_and_brought_too():
    coming = [(MUG, "CHI", SupplyKind.IN_TRANSIT, 2, date(2026, 11, 20))]

    [soon] = offers(question({MUG: 2, LAMP: 3}, SPLIT, together=wish()))
    [option] = offers(question({MUG: 2, LAMP: 3}, {(LAMP, "NYC"): 3}, coming=coming, together=wish()))

    assert option.location_id == NYC
    assert option.ready_at.date() > date(2026, 11, 21)
    assert option.latest_on > soon.latest_on
    assert option.wait_days > 14


def test_nothing_is_offered_where_nobody_knows_where_it_will_come_together():
    coming = [
        (MUG, "CHI", SupplyKind.IN_TRANSIT, 2, date(2026, 11, 20)),
        (LAMP, "LAX", SupplyKind.IN_TRANSIT, 2, date(2026, 11, 20)),
    ]

    assert offers(question({MUG: 2, LAMP: 2}, {}, coming=coming, together=wish())) == []
    assert offers(question({MUG: 2, LAMP: 2}, {}, coming=coming, together=wish(location_id=NYC)))
    assert offers(question({MUG: 2}, {}, coming=coming, together=wish()))[0].location_id == CHI


def test_a_place_that_cannot_be_had_is_offered_by_nobody():
    assert offers(question({MUG: 2}, {(MUG, "CHI"): 2}, together=wish(location_id=UUID(int=999)))) == []


def test_what_is_collected_is_offered_as_ever():
    asked = question({MUG: 2}, {(MUG, "CHI"): 2}, methods=(Method.PICKUP,))

    assert offers(replace(asked, together=wish())) == offers(asked)


def test_rules_ask_for_it_as_a_customer_would():
    asked = question({MUG: 2, LAMP: 3}, SPLIT)
    [wished] = offers(replace(asked, together=wish(wait_days=3)))

    assert offers(under(asked, is_hard=True)) == [wished]
    assert offers(under(asked, is_hard=False)) == [wished]


def test_a_soft_rule_is_dropped_for_what_is_still_to_come():
    coming = [(MUG, "CHI", SupplyKind.IN_TRANSIT, 2, date(2026, 11, 20))]
    asked = question({MUG: 2, LAMP: 3}, {(LAMP, "NYC"): 3}, coming=coming)

    assert offers(under(asked, is_hard=False)) == offers(asked)
    assert offers(under(asked, is_hard=True))[0].location_id == NYC


def test_it_is_waited_for_as_long_as_was_promised_and_no_longer_than_anything():
    today = date(2026, 11, 4)

    assert wait_days(7, today, today + timedelta(days=3)) == 7
    assert wait_days(2, today, today + timedelta(days=3)) == 4
    assert wait_days(7, today, today + timedelta(days=80)) == 60


@settings(max_examples=60, deadline=None)
@given(
    mugs=st.lists(st.integers(0, 3), min_size=3, max_size=3), lamps=st.lists(st.integers(0, 3), min_size=3, max_size=3)
)
def test_no_unit_is_promised_that_is_not_there_and_all_is_that_is_wanted(mugs, lamps):
    stock = {(MUG, code): units for code, units in zip(("NYC", "CHI", "LAX"), mugs, strict=True)}
    stock |= {(LAMP, code): units for code, units in zip(("NYC", "CHI", "LAX"), lamps, strict=True)}

    together = offers(question({MUG: 2, LAMP: 2}, stock, together=wish()))

    assert bool(together) == (sum(mugs) >= 2 and sum(lamps) >= 2)
    for option in together:
        given_units = {}
        for parcel in option.parcels:
            [code] = [code for code, (key, *_) in PLACES.items() if key == parcel.location_id]
            for units in parcel.units:
                given_units[units.variant_id, code] = given_units.get((units.variant_id, code), 0) + units.quantity
        assert all(units <= stock[place] for place, units in given_units.items())
        assert sum(given_units.values()) == 4
