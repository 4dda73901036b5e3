"""When goods that lie elsewhere can be collected: the way to the store, and the store's own work after it.

A parcel for a store goes by the service that is there first; what carrying it costs is the merchant's. The store begins
on the day after, as with anything that comes to it.
"""

from datetime import date, datetime, time

from domain.geography import distance_km
from domain.promising.calendars import DAY
from domain.promising.loads import Load, OfferedParcel
from domain.promising.question import Place, Question
from domain.promising.shipping import Region, Service, journey, later
from domain.routing.values import Method


def brought(question: Question, load: Load, store: Place) -> OfferedParcel | None:
    """None where a place or every carrier cannot do it within reach."""
    start = there_at(question, load, store)
    if start is None:
        return None
    calendar = store.calendar
    ready_at = store.readiness(Method.PICKUP, calendar.day_of(question.now)).ready_at(start, load.quantity, load.lines)
    if ready_at is None:
        return None
    day = calendar.day_of(ready_at)
    return OfferedParcel(load.location_id, load.units, ready_at, None, day, day, 0)


def there_at(question: Question, load: Load, store: Place) -> datetime | None:
    """From when on the store may work on it: on the day after it came, there or from elsewhere."""
    if load.location_id == store.site.id:
        return starts_at(question, load, store)
    arrives_on = _arrives_on(question, load, store)
    return None if arrives_on is None else store.calendar.moment(arrives_on + DAY, time())


def starts_at(question: Question, load: Load, place: Place) -> datetime:
    """From when on the place that has it may work on it."""
    return question.now if load.after is None else max(question.now, place.calendar.moment(load.after + DAY, time()))


def carried(question: Question, place: Place, load: Load, ready_at: datetime, service: Service) -> OfferedParcel | None:
    """What is ready there goes to the customer by the service."""
    region = question.destination.region
    zone = service.zone(question.destination.distance_km(place.site))
    way = journey(ready_at, zone, service, calendar=place.calendar, destination=region) if zone else None
    latest = later(way.latest, place.rule.buffer_days, service, region) if way else None
    if zone is None or way is None or latest is None:
        return None
    grams = sum(question.grams(units.variant_id, units.quantity) for units in load.units)
    cost = zone.rate.price_minor(grams)
    return OfferedParcel(load.location_id, load.units, ready_at, way.ship_on, way.earliest, latest, cost)


def _arrives_on(question: Question, load: Load, store: Place) -> date | None:
    place = question.places[load.location_id]
    calendar = place.calendar
    readiness = place.readiness(Method.SHIP, calendar.day_of(question.now))
    leaves_at = readiness.ready_at(starts_at(question, load, place), load.quantity, load.lines)
    if leaves_at is None:
        return None
    far, region = (
        distance_km(place.site.position, store.site.position),
        Region(store.calendar.country, store.calendar.region),
    )
    days = []
    for service in question.services:
        zone = None if service.is_same_day else service.zone(far)
        way = zone and journey(leaves_at, zone, service, calendar=calendar, destination=region)
        day = later(way.latest, place.rule.buffer_days, service, region) if way else None
        if day is not None:
            days.append(day)
    return min(days, default=None)
