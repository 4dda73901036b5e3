"""A past parcel arrives when a promise made then would have said."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.promising.arrivals import Arrivals
from domain.promising.offers import offers
from domain.promising.shipping import STANDARD
from domain.routing.values import Method
from tests.domain.promising.test_offers import BOSTON, CHANNEL, COURIER, MUG, PLACES, question

moments = st.datetimes(datetime(2026, 2, 1), datetime(2027, 1, 31)).map(lambda moment: moment.replace(tzinfo=UTC))
SLOW = replace(
    STANDARD, code="slow", zones=tuple(replace(zone, days_most=zone.days_most + 4) for zone in STANDARD.zones)
)


@given(now=moments, code=st.sampled_from(sorted(PLACES)), method=st.sampled_from([Method.SHIP, Method.PICKUP]))
def test_it_is_the_day_that_would_have_been_promised(now, code, method) -> None:
    place = PLACES[code][0]
    asked = question({MUG: 1}, {(MUG, code): 1}, now=now, methods=(method,), services=(SLOW, STANDARD, COURIER))
    [*promised] = offers(asked)
    arrivals = Arrivals(asked.places, {CHANNEL: asked.services})
    way = (CHANNEL, BOSTON.distance_km(asked.places[place].site), BOSTON.region)

    day = arrivals.latest_on(place, method, asked.now, way)

    assert day is not None
    assert day <= min(option.parcels[0].latest_on for option in promised)


def test_what_nobody_fetches_never_arrives() -> None:
    asked = question({MUG: 1}, {})
    arrivals = Arrivals(asked.places, {})
    way = (CHANNEL, 10.0, BOSTON.region)

    assert arrivals.latest_on(UUID(int=77), Method.SHIP, asked.now, way) is None
    assert arrivals.latest_on(PLACES["NYC"][0], Method.SHIP, asked.now, way) is None
    assert arrivals.latest_on(PLACES["NYC"][0], Method.PICKUP, asked.now, way) is not None
