"""When a location hands over what is brought to it, and how much it can take on for that day."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from domain.placing.arriving import handed_over_on, look_ahead
from domain.promising.calendars import Calendar
from domain.routing.rules.values import Constraint, ConstraintKind, RoutingRule
from domain.workdays import Load, Loads, Workplace
from tests.domain.test_forwarding import FAR, NEAR, STORE, network, route, taken

MONDAY = datetime(2026, 11, 2, 15, tzinfo=UTC)
WEEK = {"weekly": {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}
DAY = date(2026, 11, 5)
STRICT = RoutingRule(
    id=UUID(int=7),
    name="Busy",
    revision=1,
    constraints=(Constraint(ConstraintKind.DAILY_CAPACITY, is_hard=True, value=0),),
)


def workplace(**terms) -> Workplace:
    return Workplace(Calendar(time_zone="America/New_York", hours=WEEK, country="US"), **terms)


@pytest.mark.parametrize(
    ("source", "now", "day"),
    [
        (NEAR, MONDAY, date(2026, 11, 4)),  # a day on the way, handed over on the next
        (NEAR, datetime(2026, 11, 5, 15, tzinfo=UTC), date(2026, 11, 9)),  # there on Friday, open on Monday
        (NEAR, datetime(2026, 11, 2, 22, tzinfo=UTC), date(2026, 11, 4)),  # the source has no hours
        (FAR, MONDAY, date(2026, 11, 10)),  # five days at most, with a weekend among them
    ],
)
def test_what_is_brought_is_handed_over_on_the_working_day_after_it_is_there(source, now, day):
    net = network(workplaces={STORE: workplace(most_units=5)})

    assert handed_over_on(net, source, STORE, now) == day


def test_a_source_sends_on_its_own_next_working_day():
    net = network(workplaces={STORE: workplace(most_units=5), NEAR: workplace()})

    assert handed_over_on(net, NEAR, STORE, datetime(2026, 11, 2, 23, 30, tzinfo=UTC)) == date(2026, 11, 5)


def test_one_looks_ahead_only_for_places_that_count():
    net = network(workplaces={STORE: workplace(most_units=5), NEAR: workplace()})
    loads = Loads({place: work.next_load(MONDAY) for place, work in net.workplaces.items()})

    look_ahead(net, {STORE, NEAR, FAR}, MONDAY, loads)

    assert set(loads.days) == {(NEAR, STORE), (FAR, STORE)}
    found = loads.at_hand_over(NEAR, STORE)
    assert found is not None
    assert (found.day, found.later, found.most_units) == (date(2026, 11, 4), 2, 5)
    assert loads.at_hand_over(NEAR, FAR) is None


def test_what_is_taken_counts_for_its_day_alone():
    loads = Loads({STORE: Load(DAY, most_units=5)})
    loads.ahead[STORE, date(2026, 11, 6)] = Load(date(2026, 11, 6), 1, most_units=5)

    loads.take(STORE, DAY, 2)
    loads.take(STORE, date(2026, 11, 6), 3)

    assert (loads[STORE].units, loads.on(STORE, date(2026, 11, 6)).units) == (2, 3)


def room(units: int | None = None, lines: int | None = None, **days: date) -> Loads:
    """At the store, on the days on which it hands over what comes from near and from far."""
    loads = Loads()
    for name, source in (("near", NEAR), ("far", FAR)):
        day = days.get(name, DAY)
        loads.days[source, STORE] = day
        loads.ahead[STORE, day] = Load(day, most_units=units, most_lines=lines)
    return loads


def test_no_more_is_brought_than_is_handed_over_on_the_day():
    routed = route([0, 9, 0], 5, net=network(rules=[STRICT]), loads=room(units=3))

    assert taken(routed) == {(0, NEAR): 3}
    assert sum(short.quantity for short in routed.plan.unserved) == 2


def test_what_two_places_bring_for_one_day_has_room_together():
    routed = route([0, 4, 9], 10, net=network(rules=[STRICT]), loads=room(units=6))

    assert taken(routed) == {(0, NEAR): 4, (0, FAR): 2}


def test_what_comes_on_another_day_has_room_of_its_own():
    routed = route([0, 9, 9], 6, net=network(rules=[STRICT]), loads=room(units=3, far=date(2026, 11, 9)))

    assert taken(routed) == {(0, NEAR): 3, (0, FAR): 3}


def test_a_day_that_is_full_of_lines_takes_no_more():
    routed = route([0, 9, 0], 1, 1, net=network(rules=[STRICT]), loads=room(lines=1))

    assert sum(taken(routed).values()) == 1


def test_without_a_rule_that_asks_nobody_is_limited():
    assert taken(route([0, 9, 0], 5, loads=room(units=3))) == {(0, NEAR): 5}
