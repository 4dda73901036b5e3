"""Locations as clients see them: stores, warehouses, vendors and third parties."""

from datetime import date
from enum import Enum

import strawberry
from strawberry import UNSET
from strawberry.scalars import JSON

import models
from actions import locations as places
from domain.permissions import Permission
from resolvers.visible import LOCATIONS, STOCK
from schema.enums import Capability, LocationKind, PickupStock
from schema.fields import column, connection, find, graph, listed, one, root
from schema.filters import among, at_least, below, equals
from schema.inputs import given, ref
from schema.mutations import action
from schema.nodes import Node
from schema.values import Connection

INTERNAL = Permission.READ_ORGANIZATION


@graph(
    models.Location,
    "A place that holds or ships goods. Customers see those where they can collect, or have something to collect.",
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
    calendar: JSON = column(
        "Opening hours in its time zone, by weekday (`weekly`) and date (`exceptions`); empty for all hours."
    )
    is_active: bool = column("Whether it takes part at all.")
    daily_capacity_units: int | None = column("How many units it can handle a day; null for no limit.", needs=INTERNAL)
    daily_capacity_orders: int | None = column(
        "How many orders it can handle a day; null for no limit.", needs=INTERNAL
    )
    daily_capacity_lines: int | None = column(
        "How many order lines it can handle a day; null for no limit.", needs=INTERNAL
    )
    cut_off: str = column(
        'Its time, as "14:00", from which on orders are worked on from the next working day on; empty for none.',
        needs=INTERNAL,
    )
    accept_within_minutes: int | None = column(
        "Work, and goods to be brought for an order, that it does not accept in so many minutes are declined by themselves; "
        "null for no limit.",
        needs=INTERNAL,
    )
    collect_within_days: int | None = column(
        "What nobody collects in so many days is cancelled by itself; null for no limit.", needs=INTERNAL
    )
    pickup_stock: PickupStock = column("What an order that is collected there may be served from.", needs=INTERNAL)
    version: int = column("Counts its changes.", needs=INTERNAL)


@graph(
    models.LocationDay,
    "What a location that says how much it can do a day has taken on for one of its days.",
    scope=STOCK,
    needs=INTERNAL,
)
class LocationDay(Node):
    location: Location = one("Where.")
    day: date = column("Which of its days.")
    units: int = column("Units taken on; more than it can do where a rule let that pass.")
    orders: int = column("Orders that they are of.")
    lines: int = column("Order lines that they are of; counted where the location says how many it can handle.")


@strawberry.enum(description="How days of locations may be listed.")
class LocationDaySort(Enum):
    NEWEST = "-day"
    OLDEST = "day"


@strawberry.input(description="Which days.")
class LocationDayFilter:
    location_ids: list[strawberry.ID] | None = among("location_id", of="Location")
    day_from: date | None = at_least("day")
    day_before: date | None = below("day")


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
    location_day: LocationDay | None = find("The day of a location with this id.")
    location_days: Connection[LocationDay] = connection(
        "What locations have taken on, day by day.", sort=LocationDaySort, where=LocationDayFilter
    )


VERSION = "The version you read; refused if it has changed since."
CALENDAR = (
    'Opening hours: `{"weekly": {"mon": [["09:00", "17:30"]]}, "exceptions": {"2026-12-25": []}}`. Times are local; a '
    "weekday that is not named is closed; an exception replaces its date. An empty object means all hours."
)


@strawberry.input(description="A location, new or known by its short name; what is silent stays.")
class UpsertLocationInput:
    code: str = given("Its short name, unique here.", at_most=32)
    name: str | None = given("What people call it.", default=UNSET)
    kind: LocationKind | None = given("What kind of place it is; a warehouse unless told.", default=UNSET)
    line1: str | None = given("Street and number.", default=UNSET)
    city: str | None = given("City.", default=UNSET, at_most=100)
    region: str | None = given("State, province or region.", default=UNSET, at_most=100)
    postal_code: str | None = given("Postal code; in the US it gives the position.", default=UNSET, at_most=20)
    country: str | None = given("ISO 3166 code of the country.", default=UNSET, at_most=2)
    latitude: float | None = given("Degrees north, if known better than the postal code.", default=UNSET)
    longitude: float | None = given("Degrees east, if known better than the postal code.", default=UNSET)
    time_zone: str | None = given("IANA time zone in which it works.", default=UNSET, at_most=64)
    calendar: JSON | None = given(CALENDAR, default=UNSET)
    capabilities: list[Capability] | None = given("All it can do for an order.", default=UNSET)
    daily_capacity_units: int | None = given("How many units it can handle a day; null for no limit.", default=UNSET)
    daily_capacity_orders: int | None = given("How many orders it can handle a day; null for no limit.", default=UNSET)
    daily_capacity_lines: int | None = given(
        "How many order lines it can handle a day; null for no limit.", default=UNSET
    )
    cut_off: str | None = given(
        "Like 14:00, its own time, from which on orders are worked on from the next working day on; empty for none.",
        default=UNSET,
        at_most=5,
    )
    accept_within_minutes: int | None = given(
        "Decline by itself what is not accepted in so many minutes; null for no limit.", default=UNSET
    )
    collect_within_days: int | None = given(
        "Cancel by itself what nobody collects in so many days; null for no limit.", default=UNSET
    )
    pickup_stock: PickupStock | None = given(
        "What an order that is collected there may be served from; what lies there unless told.", default=UNSET
    )
    is_active: bool | None = given("Whether it takes part at all.", default=UNSET)
    expected_version: int | None = given(VERSION, default=UNSET)


@strawberry.input(description="Which location.")
class OneLocationInput:
    location_id: strawberry.ID = ref("The location.", "Location")
    expected_version: int | None = given(VERSION, default=UNSET)


@root
class LocationMutations:
    upsert_location: Location = action(
        "Keep a location.", places.upsert_location, UpsertLocationInput, needs=Permission.CHANGE_ORGANIZATION
    )
    activate_location: Location = action(
        "Let a location take part.", places.activate, OneLocationInput, needs=Permission.CHANGE_ORGANIZATION
    )
    deactivate_location: Location = action(
        "Let a location take part in nothing new; what was promised from it stays with it.",
        places.deactivate,
        OneLocationInput,
        needs=Permission.CHANGE_ORGANIZATION,
    )
