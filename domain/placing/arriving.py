"""On which of its days a location hands over what is brought to it, as far as an order's decision can know.

What a source works on leaves on that day at the latest, is with a standard parcel service for the most days of its zone,
and is handed over on the first working day after. It is an estimate: what arrives later counts for the day after all.
"""

from bisect import bisect_left
from collections.abc import Collection
from datetime import date, datetime
from functools import lru_cache
from math import inf
from typing import Final, NamedTuple
from uuid import UUID

from domain.placing.world import Network
from domain.promising.calendars import DAY, Calendar
from domain.promising.shipping import STANDARD, Region, arrives_on
from domain.workdays import Loads

MOST_REMEMBERED: Final = 4_096
ZONES_UP_TO: Final = [inf if zone.up_to_km is None else zone.up_to_km for zone in STANDARD.zones]


class Way(NamedTuple):
    """A parcel that leaves on that day, so many days on the way, from a country and region."""

    leaves: date
    days: int
    country: str
    region: str


def handed_over_on(network: Network, source: UUID, place: UUID, now: datetime) -> date:
    """`place` is one of the network's workplaces; goods from a location that is none any more are there at once."""
    there = network.workplaces[place]
    return _handed_over_on(_way(network, source, place, now, there.calendar.day_of(now)), there.calendar)


def look_ahead(network: Network, places: Collection[UUID], now: datetime, loads: Loads) -> None:
    """Into `loads`, for those of the places that count something: the day from each source, with nothing on it yet."""
    for place in network.brought_to.intersection(places):
        there = network.workplaces.get(place)
        if there is None or not there.is_limited:
            continue
        today, known = there.calendar.day_of(now), dict[Way, date]()
        for source in network.sites:
            if source == place:
                continue
            way = _way(network, source, place, now, today)
            day = known.get(way)
            if day is None:
                day = known[way] = _handed_over_on(way, there.calendar)
                if day != loads[place].day:
                    loads.ahead[place, day] = loads[place].with_nothing(day)
            loads.days[source, place] = day


def _way(network: Network, source: UUID, place: UUID, now: datetime, today: date) -> Way:
    """`today` is the place's, for sources whose own days do not count."""
    here = network.workplaces.get(source)
    leaves = here.next_load(now).day if here else today
    calendar = (here or network.workplaces[place]).calendar
    days = 0
    if source in network.sites and place in network.sites:
        position = network.sites[place].position
        far = network.view(position.latitude, position.longitude).kilometres[network.sites[source].rank]
        days = STANDARD.zones[bisect_left(ZONES_UP_TO, far)].days_most
    return Way(leaves, days, calendar.country, calendar.region)


def _handed_over_on(way: Way, there: Calendar) -> date:
    """A place that never opens is taken to do so when the goods are there."""
    arrives = _arrives(way, there.country, there.region)
    return next(there.open_days(arrives + DAY), arrives + DAY)


@lru_cache(MOST_REMEMBERED)
def _arrives(way: Way, country: str, region: str) -> date:
    origin, destination = Region(way.country, way.region), Region(country, region)
    return arrives_on(way.leaves, way.days, STANDARD, origin=origin, destination=destination) or way.leaves
