"""Options: complete, no sooner than possible, and true for as long as they stand."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.geography import Coordinates
from domain.orders import ConfirmationPolicy
from domain.placing.decision import Market
from domain.placing.world import ChannelTerms, Goods, Network, Shelf, Site
from domain.promising.calendars import Calendar
from domain.promising.offers import CHOOSING, Confidence, Option, offers
from domain.promising.promise import Promised
from domain.promising.question import Coming, Destination, OnHand, Place, PromiseRule, Question, rule_for
from domain.promising.shipping import STANDARD, Region, Zone
from domain.promising.supply import Dated, SupplyKind
from domain.routing.values import Method
from domain.shipping_rates import Rate
from tests.domain.promising.test_calendars import NEW_YORK, SHOP, at

US, CHANNEL, MUG, LAMP = (UUID(int=number) for number in range(1, 5))
PLACES = {"NYC": (UUID(int=11), 40.7, -74.0), "CHI": (UUID(int=12), 41.9, -87.6), "LAX": (UUID(int=13), 34.0, -118.2)}
BOSTON = Destination(latitude=42.36, longitude=-71.06, region=Region("US", "MA"), postal_code="02108")
EVERYTHING = frozenset({Method.SHIP, Method.PICKUP})
NOW = at("2026-11-04T09:00")
COURIER = replace(STANDARD, code="courier", is_same_day=True, zones=(Zone(500, 0, 0, Rate(900, 0)),), price_minor=1500)


def question(
    wanted: Mapping[UUID, int], there: Mapping[tuple[UUID, str], int], *, coming=(), places=None, **values
) -> Question:
    """`coming` are (variant, place, kind, units, day)."""
    sites = {
        key: Site(key, rank, Coordinates(north, east), EVERYTHING, is_active=True)
        for rank, (key, north, east) in enumerate(PLACES.values())
    }
    terms = ChannelTerms(CHANNEL, US, "USD", False, ConfirmationPolicy.AUTOMATIC, 600, frozenset(), is_active=True)
    goods = {(key, CHANNEL): Goods(key, US, str(key), "", 500, "", True, 1000) for key in (MUG, LAMP)}
    on_hand: dict[UUID, dict[UUID, OnHand]] = {}
    for (variant_id, code), units in there.items():
        key = PLACES[code][0]
        shelf = Shelf(UUID(int=key.int * 100 + variant_id.int), variant_id, key, units)
        on_hand.setdefault(variant_id, {})[key] = OnHand(shelf, units, 0)
    supplies: dict[UUID, list[Dated[Coming]]] = {}
    for variant_id, code, kind, units, day in coming:
        source = Coming(UUID(int=99), PLACES[code][0], kind)
        supplies.setdefault(variant_id, []).append(Dated(day, units, source))
    shop = Calendar(time_zone=NEW_YORK, hours=SHOP, country="US")
    given = {"calendar": shop} | (places or {})
    return Question(
        now=values.pop("now", NOW),
        market=Market(terms, Network({CHANNEL: terms}, sites, {}), goods, {}),
        wanted=wanted,
        destination=values.pop("destination", BOSTON),
        methods=values.pop("methods", (Method.SHIP,)),
        places={key: Place(site=site, **given) for key, site in sites.items()},
        services=values.pop("services", (STANDARD,)),
        on_hand=on_hand,
        coming=supplies,
        **values,
    )


def codes(option: Option) -> list[str]:
    named = {key: code for code, (key, *_) in PLACES.items()}
    return sorted(named[parcel.location_id] for parcel in option.parcels)


def test_goods_that_are_there_are_shared_among_places_as_routing_would():
    [option] = offers(question({MUG: 2, LAMP: 1}, {(MUG, "NYC"): 2, (LAMP, "CHI"): 5}))

    assert codes(option) == ["CHI", "NYC"]
    assert option.latest_on == max(parcel.latest_on for parcel in option.parcels)
    assert option.earliest_on == max(parcel.earliest_on for parcel in option.parcels)
    assert option.cost_minor == sum(parcel.cost_minor for parcel in option.parcels) == option.price_minor


def test_a_part_that_comes_later_has_a_parcel_of_its_own():
    late = (MUG, "CHI", SupplyKind.IN_TRANSIT, 9, date(2026, 11, 13))

    [option] = offers(question({MUG: 3}, {(MUG, "NYC"): 2}, coming=[late]))

    first, second = sorted(option.parcels, key=lambda parcel: parcel.latest_on)
    assert [(units.quantity, units.coming_on) for units in first.units] == [(2, None)]
    assert [(units.quantity, units.coming_on) for units in second.units] == [(1, date(2026, 11, 13))]
    # It comes on Friday; four hours of work on Monday end at 14:00 sharp, and that is late.
    assert second.ship_on == date(2026, 11, 17)
    assert option.confidence is Confidence.MEDIUM


def test_after_the_places_own_cut_off_work_begins_the_next_working_day():
    there = {(MUG, "NYC"): 2}
    ten = {"cut_off": time(10)}

    [early] = offers(question({MUG: 1}, there, now=at("2026-11-04T09:57"), places=ten, methods=(Method.PICKUP,)))
    [late] = offers(question({MUG: 1}, there, now=at("2026-11-04T09:59"), places=ten, methods=(Method.PICKUP,)))
    [friday] = offers(question({MUG: 1}, there, now=at("2026-11-06T11:00"), places=ten, methods=(Method.PICKUP,)))

    assert [option.latest_on for option in (early, late, friday)] == [
        date(2026, 11, 4),
        date(2026, 11, 5),
        date(2026, 11, 9),
    ]


def test_without_everything_there_is_no_option():
    assert offers(question({MUG: 3}, {(MUG, "NYC"): 2}, methods=tuple(Method), services=(STANDARD, COURIER))) == []


def test_a_store_needs_all_of_it_and_the_nearest_is_first():
    there = {(MUG, "NYC"): 2, (MUG, "CHI"): 3, (MUG, "LAX"): 1}

    options = offers(question({MUG: 2}, there, methods=(Method.PICKUP,)))

    assert [codes(option) for option in options] == [["NYC"], ["CHI"]]
    assert options[0].ready_at == at("2026-11-04T11:01")
    assert options[0].latest_on == date(2026, 11, 4)
    assert options[0].location_id == PLACES["NYC"][0]
    assert options[0].cost_minor == 0


def test_a_courier_comes_today_or_not_at_all():
    quick = {"rule": PromiseRule(code="quick", lead_time_minutes=60)}
    there = {(MUG, "NYC"): 1, (MUG, "LAX"): 9}
    asked = question({MUG: 1}, there, methods=(Method.SAME_DAY,), services=(COURIER,), places=quick)

    [option] = offers(asked)

    assert (codes(option), option.latest_on, option.price_minor) == (["NYC"], date(2026, 11, 4), 1500)
    assert offers(replace(asked, now=at("2026-11-04T13:05"))) == []
    assert offers(replace(asked, now=at("2026-11-07T09:00"))) == []


def test_what_comes_on_the_wanted_day_can_be_collected_the_day_after_and_is_too_late_for_it():
    thursday = (MUG, "NYC", SupplyKind.IN_TRANSIT, 9, date(2026, 11, 5))
    asked = question({MUG: 1}, {(MUG, "NYC"): 1}, coming=[thursday], methods=(Method.PICKUP,))

    [in_time] = offers(replace(asked, wanted_on=date(2026, 11, 6)))
    [late] = offers(replace(asked, wanted_on=date(2026, 11, 5)))

    assert ([units.coming_on for units in in_time.parcels[0].units], in_time.latest_on) == (
        [date(2026, 11, 5)],
        date(2026, 11, 6),
    )
    assert ([units.coming_on for units in late.parcels[0].units], late.latest_on) == ([None], date(2026, 11, 4))


def test_a_courier_brings_what_is_there_whatever_would_come_in_time():
    quick = {"rule": PromiseRule(code="quick", lead_time_minutes=60)}
    today = (MUG, "NYC", SupplyKind.IN_TRANSIT, 9, date(2026, 11, 4))
    asked = question({MUG: 1}, {(MUG, "NYC"): 1}, coming=[today], places=quick, services=(COURIER,))

    [option] = offers(replace(asked, methods=(Method.SAME_DAY,), wanted_on=date(2026, 11, 30)))

    assert option.latest_on == date(2026, 11, 4)


def test_what_comes_is_as_soon_as_what_is_needed_of_it_however_much_it_is():
    """All of the supply would keep the place busy for ninety days; the one unit leaves with the first of them."""
    slow = {"capacity_units": 10}
    many = (MUG, "NYC", SupplyKind.IN_TRANSIT, 900, date(2026, 11, 5))
    asked = question({MUG: 1}, {(MUG, "NYC"): 1}, coming=[many], places=slow, wanted_on=date(2026, 11, 20))

    [option] = offers(asked)

    assert [units.coming_on for parcel in option.parcels for units in parcel.units] == [date(2026, 11, 5)]


def test_an_offer_ends_with_the_last_minute_in_which_its_days_hold():
    """Two hours of work, and a break of one, before 14:00 is 11:00; at 11:00 sharp it is late."""
    quick = {"rule": PromiseRule(code="quick", lead_time_minutes=120)}
    asked = question({MUG: 1}, {(MUG, "NYC"): 1}, now=at("2026-11-04T10:50"), places=quick)

    [hurried] = offers(asked)
    [calm] = offers(replace(asked, now=at("2026-11-04T10:30")))
    [late] = offers(replace(asked, now=at("2026-11-04T10:59")))

    assert (hurried.ship_on, hurried.expires_at) == (date(2026, 11, 4), at("2026-11-04T10:59"))
    assert (calm.ship_on, calm.expires_at) == (date(2026, 11, 4), at("2026-11-04T10:45"))
    assert late.ship_on == date(2026, 11, 5)


def test_a_place_that_is_behind_is_less_sure():
    busy = {"capacity_units": 10, "backlog_units": 11}

    [option] = offers(question({MUG: 1}, {(MUG, "NYC"): 1}, places=busy))

    assert option.confidence is Confidence.MEDIUM
    assert option.ship_on == date(2026, 11, 5)


def test_a_day_needs_room_for_the_lines_as_well_as_for_the_units():
    there = {(MUG, "NYC"): 1, (LAMP, "NYC"): 1}
    busy = {"capacity_units": 10, "backlog_units": 2, "capacity_lines": 4, "backlog_lines": 3}
    busy["rule"] = PromiseRule(code="quick", lead_time_minutes=60)

    [one] = offers(question({MUG: 1}, there, places=busy))
    [two] = offers(question({MUG: 1, LAMP: 1}, there, places=busy))

    assert (one.ship_on, two.ship_on) == (date(2026, 11, 4), date(2026, 11, 5))
    [behind] = offers(question({MUG: 1}, there, places={"capacity_lines": 4, "backlog_lines": 5}))
    assert behind.confidence is Confidence.MEDIUM


def test_the_rule_of_the_place_beats_the_one_for_all():
    key, other = PLACES["NYC"][0], PLACES["LAX"][0]
    rules = [
        PromiseRule(code="all"),
        PromiseRule(code="york", location_id=key),
        PromiseRule(code="a", location_id=other),
    ]

    assert rule_for(rules, key).code == "york"
    assert rule_for(rules, PLACES["CHI"][0]).code == "all"
    assert rule_for([], key).code == "standard"


def test_days_of_grace_move_the_promised_day_only():
    careful = {"rule": PromiseRule(code="careful", buffer_days=2)}
    plain, late = (offers(question({MUG: 1}, {(MUG, "NYC"): 1}, places=places))[0] for places in ({}, careful))

    assert (late.ship_on, late.earliest_on, late.rule) == (plain.ship_on, plain.earliest_on, "careful")
    assert late.latest_on > plain.latest_on


def test_what_is_kept_of_an_option_can_be_read_again():
    late = (MUG, "CHI", SupplyKind.PLANNED, 9, date(2026, 11, 13))
    asked = question({MUG: 3}, {(MUG, "NYC"): 2}, coming=[late], methods=tuple(Method))

    for option in offers(asked):
        promised = Promised.of(UUID(int=7), asked, option)
        assert Promised.read(promised.told()) == promised


units = st.integers(0, 6)
stocks = st.fixed_dictionaries({(variant, code): units for variant in (MUG, LAMP) for code in PLACES})
arrivals = st.lists(
    st.tuples(
        st.sampled_from([MUG, LAMP]),
        st.sampled_from(list(PLACES)),
        st.sampled_from(list(SupplyKind)[1:]),
        st.integers(1, 9),
        st.integers(0, 40).map(lambda ahead: date(2026, 11, 4) + timedelta(days=ahead)),
    ),
    max_size=4,
)
moments = st.integers(0, 60 * 24 * 30).map(lambda late: datetime(2026, 10, 25, tzinfo=UTC) + timedelta(minutes=late))
questions = st.builds(
    lambda mugs, lamps, there, coming, now, wished: question(
        {MUG: mugs, LAMP: lamps},
        there,
        coming=[each for each in coming if each[4] >= now.date()],
        now=now,
        methods=tuple(Method),
        services=(STANDARD, COURIER),
        wanted_on=wished,
    ),
    st.integers(1, 8),
    st.integers(1, 3),
    stocks,
    arrivals,
    moments,
    st.none() | st.just(date(2026, 12, 10)),
)


@given(questions)
def test_an_option_has_everything_and_takes_no_more_than_there_is(asked):
    for option in offers(asked):
        taken: dict[UUID, int] = {}
        for parcel in option.parcels:
            for each in parcel.units:
                taken[each.variant_id] = taken.get(each.variant_id, 0) + each.quantity
        assert taken == asked.wanted
        for (variant_id, location_id), quantity in Promised.of(UUID(int=7), asked, option).there().items():
            assert quantity <= asked.free(variant_id, location_id, (option.method,))


@given(questions)
def test_nothing_leaves_before_it_is_there_and_ready(asked):
    for option in offers(asked):
        for parcel in option.parcels:
            calendar = asked.places[parcel.location_id].calendar
            comes = max((each.coming_on for each in parcel.units if each.coming_on), default=date.min)
            ready_on = calendar.day_of(parcel.ready_at)
            assert asked.now < parcel.ready_at
            assert comes < ready_on <= (parcel.ship_on or ready_on) <= parcel.earliest_on <= parcel.latest_on


@given(questions)
def test_until_it_expires_an_offer_holds(asked):
    for option in offers(asked):
        last = replace(asked, now=option.expires_at - CHOOSING)
        again = next(each for each in offers(last) if key(each) == key(option))
        assert asked.now + CHOOSING <= option.expires_at
        assert (again.ship_on, again.earliest_on, again.latest_on) == (
            option.ship_on,
            option.earliest_on,
            option.latest_on,
        )


@given(questions, st.integers(0, 5_000))
def test_who_asks_later_is_never_promised_a_sooner_day(asked, delay):
    """For goods that are there: what comes meanwhile may come from elsewhere."""
    there = replace(asked, coming={}, wanted_on=None, methods=(Method.SHIP, Method.PICKUP))
    later = {key(each): each for each in offers(replace(there, now=asked.now + timedelta(minutes=delay)))}

    for option in offers(there):
        assert option.latest_on <= later[key(option)].latest_on


def key(option: Option) -> tuple:
    return option.method, option.service and option.service.code, option.location_id
