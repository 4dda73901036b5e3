"""Collecting at a store what is brought there: the way is counted, the store begins the day after, and what lies there wins."""

from dataclasses import replace
from datetime import date

from domain.promising.offers import Confidence, Option, availability, offers
from domain.promising.question import Question
from domain.promising.supply import SupplyKind
from domain.routing.values import Method
from tests.domain.promising.test_offers import LAMP, MUG, PLACES, question

NYC, CHI, LAX = (key for key, *_ in PLACES.values())


def asked(wanted, there, *, to=(NYC,), **values) -> Question:
    found = question(wanted, there, methods=(Method.PICKUP,), **values)
    return replace(found, market=replace(found.market, network=replace(found.market.network, brought_to=frozenset(to))))


def at_store(found: list[Option], key=NYC) -> Option:
    [option] = [each for each in found if each.location_id == key]
    return option


def test_the_day_counts_the_work_at_the_source_the_way_and_the_work_at_the_store():
    # Wednesday 09:00; four hours of work in Chicago, fetched the same day, three to five working days on the way of 1,150
    # kilometres, there by Wednesday the 11th at the latest, which is Veterans Day: the 12th. The store begins on the 13th.
    option = at_store(offers(asked({MUG: 2}, {(MUG, "CHI"): 5})))

    [parcel] = option.parcels
    assert (parcel.location_id, parcel.ship_on, parcel.cost_minor) == (CHI, None, 0)
    assert (option.method, option.location_id, option.service) == (Method.PICKUP, NYC, None)
    assert option.latest_on == date(2026, 11, 13)
    assert option.confidence is Confidence.MEDIUM


def test_what_lies_in_the_store_is_there_sooner_and_surer():
    option = at_store(offers(asked({MUG: 2}, {(MUG, "NYC"): 2, (MUG, "CHI"): 5})))

    assert [parcel.location_id for parcel in option.parcels] == [NYC]
    assert option.latest_on == date(2026, 11, 4)
    assert option.confidence is Confidence.HIGH


def test_the_last_thing_to_come_decides_the_day():
    option = at_store(offers(asked({MUG: 1, LAMP: 1}, {(MUG, "NYC"): 1, (LAMP, "CHI"): 1})))

    assert {parcel.location_id for parcel in option.parcels} == {NYC, CHI}
    assert option.latest_on == date(2026, 11, 13)


def test_what_is_brought_is_promised_before_what_comes_to_the_store_much_later():
    late = [(MUG, "NYC", SupplyKind.PURCHASE_ORDER, 9, date(2026, 12, 20))]

    option = at_store(offers(asked({MUG: 1}, {(MUG, "CHI"): 1}, coming=late)))

    assert [parcel.location_id for parcel in option.parcels] == [CHI]


def test_a_store_that_takes_only_its_own_is_offered_for_its_own():
    found = offers(asked({MUG: 2}, {(MUG, "CHI"): 5}, to=()))

    assert [option.location_id for option in found] == [CHI]


def test_every_store_that_goods_are_brought_to_can_have_them():
    found = offers(asked({MUG: 2}, {(MUG, "CHI"): 5}, to=(NYC, LAX)))

    assert [option.location_id for option in found] == [NYC, CHI, LAX]


def test_what_can_be_brought_is_available_for_collection():
    wanted, there = {MUG: 2}, {(MUG, "CHI"): 2}

    assert availability(asked(wanted, there), MUG).missing == 0


def test_an_offer_stands_only_while_the_day_stays_the_same():
    first = asked({MUG: 2}, {(MUG, "CHI"): 5})
    option = at_store(offers(first))

    then = at_store(offers(replace(first, now=option.expires_at)))
    assert then.latest_on >= option.latest_on
