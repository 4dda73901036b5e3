"""When an order that is delivered together is there: the last of it has come to one place, which packs it as one parcel.

What lies at that place waits for what is brought there. The price is that of the one parcel, and what the way to the place
costs is the merchant's, as with a store that goods are brought to.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final
from uuid import UUID

from domain.merging import MOST_WAIT_DAYS
from domain.placing.merging import Bringing, asked_by_rule, bringing
from domain.placing.validation import merge_problems
from domain.promising.forwarding import carried, there_at
from domain.promising.loads import Load, OfferedParcel
from domain.promising.question import Question
from domain.promising.shipping import Service
from domain.routing.rules.choosing import WantedLine
from domain.routing.values import Method

NOWHERE: Final = Bringing((), 0)
SPARE_DAYS: Final = 1
"""What has come waits so much longer than the promise reckons with."""


def asked_for(question: Question, *, is_all_there: bool) -> Bringing | None:
    """What placing the order would ask routing for: what its customer wishes, else what rules want.

    A rule that wants it only where all of it can be brought now wants nothing of an order that waits for goods. A location
    that cannot be had is no place.
    """
    market = question.market
    if question.together is not None:
        wrong = [*merge_problems(question.together.location_id, market.channel, market.network)]
        return NOWHERE if wrong else bringing(question.together, market.network, market.channel)
    if not market.network.is_merging:
        return None
    lines = [
        WantedLine(market.channel.id, variant_id, market.goods_of(variant_id).category, Method.SHIP)
        for variant_id in question.asked_for
    ]
    asked = asked_by_rule(market.network.rules, lines, question.asker, market.network)
    return asked if asked is None or is_all_there or not asked.is_optional else None


def place_for(asked: Bringing, late: Sequence[Load]) -> UUID | None:
    """Where an order comes together of which nothing is there yet: where all of it will be, or as was said; else unknown."""
    if len(asked.sites) == 1:
        return asked.sites[0].id
    places = {load.location_id for load in late}
    return next((site.id for site in asked.sites if places == {site.id}), None)


def parcels_together(question: Question, loads: Sequence[Load], service: Service) -> list[OfferedParcel] | None:
    """What each place gives, all with the days of the one parcel, whose price the first of them bears.

    None where a place or the carrier cannot do it within reach.
    """
    [via] = {load.via for load in loads}
    place = question.places.get(via) if via else None
    if place is None:
        return None
    starts = [there_at(question, load, place) for load in loads]
    known = [start for start in starts if start is not None]
    if len(known) < len(starts):
        return None
    whole = Load(place.site.id, None, tuple(units for load in loads for units in load.units))
    readiness = place.readiness(Method.SHIP, place.calendar.day_of(question.now))
    ready_at = readiness.ready_at(max(known), whole.quantity, whole.lines)
    parcel = None if ready_at is None else carried(question, place, whole, ready_at, service)
    if parcel is None:
        return None
    return [
        replace(parcel, location_id=load.location_id, units=load.units, cost_minor=0 if at else parcel.cost_minor)
        for at, load in enumerate(loads)
    ]


def wait_days(asked_days: int, today: date, ready_on: date) -> int:
    """As long as was asked for, and no shorter than the promise reckons with."""
    return min(MOST_WAIT_DAYS, max(asked_days, (ready_on - today).days + SPARE_DAYS))
