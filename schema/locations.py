"""Locations as clients see them: stores, warehouses, vendors and third parties."""

from enum import Enum

import strawberry

import models
from domain.permissions import Permission
from resolvers.visible import LOCATIONS
from schema.enums import Capability, LocationKind
from schema.fields import column, connection, find, graph, listed, root
from schema.filters import among, equals
from schema.nodes import Node
from schema.values import Connection

INTERNAL = Permission.READ_ORGANIZATION


@graph(
    models.Location,
    "A place that holds or ships goods.",
    scope=LOCATIONS,
    needs=Permission.READ_AVAILABILITY,
)
class Location(Node):
    code: str = column("Its short name, unique here.")
    name: str = column("What people call it.")
    kind: LocationKind = column("What kind of place it is.")
    line1: str = column("Street and number.")
    city: str = column("City.")
    region: str = column("State, province or region.")
    postal_code: str = column("Postal code.")
    country: str = column("ISO 3166 code of the country.")
    latitude: float = column("Degrees north.")
    longitude: float = column("Degrees east.")
    time_zone: str = column("IANA time zone in which it works.")
    capabilities: list[Capability] = listed("What it can do for an order.")
    is_active: bool = column("Whether it takes part at all.")
    daily_capacity_units: int | None = column("How many units it can handle a day; null for no limit.", needs=INTERNAL)
    version: int = column("Counts its changes.", needs=INTERNAL)


@strawberry.enum(description="How locations may be listed.")
class LocationSort(Enum):
    CODE = "code"


@strawberry.input(description="Which locations.")
class LocationFilter:
    code: str | None = equals("code")
    kind: list[LocationKind] | None = among("kind")


@root
class LocationQueries:
    location: Location | None = find("The location with this id.")
    location_by_code: Location | None = find("The location with this short name.", code=str)
    locations: Connection[Location] = connection("Locations you may see.", sort=LocationSort, where=LocationFilter)
