"""On which day what leaves now should arrive."""

from datetime import date

from actions.acting import Act
from actions.days import day_in
from domain.geography import Coordinates, distance_km
from domain.promising.shipping import STANDARD, Region, arrives_on
from models import Location, Transfer


async def arrives(act: Act, transfer: Transfer) -> date:
    """The day that was said, unless it is over where it goes; else that of a standard parcel by its origin's calendar."""
    found = await Location.filter(id__in=[transfer.origin_id, transfer.destination_id])
    ends = {each.id: each for each in found}
    origin, destination = ends[transfer.origin_id], ends[transfer.destination_id]
    today = day_in(destination.time_zone, act.now)
    if transfer.expected_on is not None and transfer.expected_on >= today:
        return transfer.expected_on
    far = distance_km(*(Coordinates(each.latitude, each.longitude) for each in (origin, destination)))
    zone = STANDARD.zone(far)
    regions = [Region(each.country, each.region) for each in (origin, destination)]
    leaves = day_in(origin.time_zone, act.now)
    day = zone and arrives_on(leaves, zone.days_most, STANDARD, origin=regions[0], destination=regions[1])
    return max(day or today, today)
