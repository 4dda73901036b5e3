"""When parcels of past orders would have arrived, by calendars and services as they are now, nothing waiting before them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from domain.promising.question import Place
from domain.promising.shipping import Region, Service, journey, later
from domain.routing.values import Method


@dataclass(frozen=True, slots=True)
class Arrivals:
    """`services` are those of each channel."""

    places: Mapping[UUID, Place]
    services: Mapping[UUID, Sequence[Service]]

    def latest_on(
        self, location_id: UUID, method: Method, since: datetime, way: tuple[UUID, float, Region]
    ) -> date | None:
        """The last day on which it may arrive, or be ready for its customer; `way` is channel, kilometres, destination.

        By the service that is there first. None where nobody fetches or brings it.
        """
        place = self.places.get(location_id)
        if place is None:
            return None
        ready_at = place.readiness(method, place.calendar.day_of(since)).ready_at(since, 1)
        if ready_at is None:
            return None
        if method is Method.PICKUP:
            return place.calendar.day_of(ready_at)
        channel_id, kilometres, destination = way
        days = []
        for service in self.services.get(channel_id, ()):
            zone = None if service.is_same_day else service.zone(kilometres)
            found = zone and journey(ready_at, zone, service, calendar=place.calendar, destination=destination)
            day = later(found.latest, place.rule.buffer_days, service, destination) if found else None
            if day is not None:
                days.append(day)
        return min(days, default=None)
