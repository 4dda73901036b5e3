"""Parcels as clients see them: what is in them, where they are, and how they are packed, shipped and followed."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import strawberry

import models
from actions.parcels import packing, shipping, tracking
from domain.errors import AlreadyExists, BlockedByHold, Forbidden, IllegalTransition, NotPaid
from domain.permissions import Permission
from domain.viewer import Audience
from resolvers import parcels
from resolvers.context import Info
from resolvers.fulfilment import at_own_locations
from resolvers.visible import OF_OUR_CHANNELS, OWN, PARCEL_LINES, PARCELS, PARTS_OF_PARCELS
from schema.cartons import CartonType
from schema.enums import TrackingCode
from schema.fields import column, connection, find, graph, many, one, root, sql
from schema.filters import among, is_set
from schema.fulfilment import VERSION as FULFILMENT_VERSION
from schema.fulfilment import Fulfilment
from schema.inputs import given, ref
from schema.locations import Location
from schema.mutations import action
from schema.nodes import Node
from schema.order_parts import OrderLine
from schema.values import Connection

READ = Permission.READ_ORDERS
AT_WORK = Permission.READ_FULFILMENTS
Label = Annotated["Label", strawberry.lazy("schema.carriers")]  # type: ignore[misc]  # mypy does not follow lazy types
VERSION = "The parcel's version that you read; another one is refused."


@graph(models.TrackingEvent, "Something a carrier reported about a parcel.", scope=PARTS_OF_PARCELS, needs=READ)
class TrackingEvent(Node):
    code: TrackingCode = column("What happened.")
    occurred_at: datetime = column("When it happened, by the carrier's word.")
    received_at: datetime = column("When it was heard of here.", needs=AT_WORK)
    place: str = column("Where it happened, as the carrier says it.")
    message: str = column("What the carrier adds.")
    signed_by: str = column("Who took the parcel, as the carrier proves it; empty for reports that prove nothing.")


def _printed(what: str, suffix: str) -> Any:
    return sql(
        f"Where this server gives {what}, to those who may read it; null before there is a carrier's number.",
        "(CASE WHEN {row}.tracking_number IS NOT NULL OR EXISTS (SELECT FROM labels b WHERE b.parcel_id = {row}.id"
        f" AND b.status = 'bought') THEN '/documents/parcels/' || {{row}}.id || '/label.{suffix}' END)",
        needs=AT_WORK,
    )


_CONTENT = (
    "FROM parcel_lines c JOIN order_lines l ON l.id = c.line_id JOIN orders o ON o.id = l.order_id"
    " JOIN variants v ON v.id = l.variant_id WHERE c.parcel_id = {row}.id AND"
)
_MINE = (
    f"(CASE {{viewer.audience}} WHEN '{Audience.CUSTOMER}' THEN coalesce({OWN}, false)"
    f" WHEN '{Audience.AGENT}' THEN {OF_OUR_CHANNELS} WHEN '{Audience.PARTNER}' THEN {OF_OUR_CHANNELS} ELSE true END)"
).replace("{row}", "o")
# What others have in it is none of the business of who sees it for one order of several, and its weight would tell.
_WEIGHT = (
    f"(CASE WHEN EXISTS (SELECT {_CONTENT} NOT {_MINE})"
    f" THEN (SELECT coalesce(sum(c.quantity * v.weight_grams), 0) {_CONTENT} {_MINE}) ELSE {{row}}.weight_grams END)"
)


@strawberry.enum(description="How a parcel's reports may be listed.")
class TrackingEventSort(Enum):
    NEWEST = "-occurred_at"
    OLDEST = "occurred_at"


@graph(models.ParcelLine, "Units of one order line in a parcel.", scope=PARCEL_LINES, needs=READ)
class ParcelLine(Node):
    quantity: int = column("How many units.")
    order_line: OrderLine = one("What they are.", "line")
    fulfilment: Fulfilment = one("The work they were packed for.")
    parcel: "Parcel" = one("The parcel they are in.")


@graph(
    models.Parcel,
    "A box. It may carry lines of several orders; you see those that are yours to see.",
    scope=PARCELS,
    needs=READ,
)
class Parcel(Node):
    number: str = column("The number on the box.")
    location: Location | None = one("Where it was packed; null where you may not see the place any more.")
    carrier: str | None = column("Who carries it; null before it is shipped.")
    service: str | None = column("Which of the carrier's services carries it.")
    tracking_number: str | None = column("What the carrier knows it by.")
    weight_grams: int = sql(
        "Its weight in grams; where it carries orders that you may not see, the weight of what you see of it.", _WEIGHT
    )
    carton_type: CartonType | None = one("The kind of box; null where nobody said.", needs=AT_WORK)
    container_code: str | None = column("Its serial shipping container code (GS1 SSCC), 18 digits.")
    status: TrackingCode | None = column("What the carrier's reports come to; null before the first.")
    packed_at: datetime = column("When it was packed.")
    shipped_at: datetime | None = column("When it left.")
    delivered_at: datetime | None = column("When it reached the customer.")
    lines: list[ParcelLine] = many("What is in it.", order_by="id")
    label_url: str | None = _printed("its shipping label as PDF, 4 by 6 inches", "pdf")
    label_zpl_url: str | None = _printed("its shipping label in ZPL", "zpl")
    labels: list[Label] = many(
        "Labels bought for it, void ones too; none where you see only a part of it.", order_by="id", needs=AT_WORK
    )
    events: Connection[TrackingEvent] = connection("What the carrier reported.", sort=TrackingEventSort)
    version: int = column("Counts its changes; send it as `expectedVersion`.", needs=AT_WORK)


@strawberry.enum(description="How parcels may be listed.")
class ParcelSort(Enum):
    NEWEST = "-packed_at"
    OLDEST = "packed_at"


@strawberry.input(description="Which parcels.")
class ParcelFilter:
    location_ids: list[strawberry.ID] | None = among("location_id", of="Location")
    status: list[TrackingCode] | None = among("status")
    is_shipped: bool | None = is_set("shipped_at")


@strawberry.type(description="What was in a parcel that is no more.")
class Unpacked:
    fulfilments: list[Fulfilment] = strawberry.field(description="The work whose units are picked again.")


async def unpacked(info: Info, fulfilment_ids: Sequence[UUID]) -> Any:
    found: Any = await parcels.fulfilments_of(info, fulfilment_ids)
    return Unpacked(fulfilments=found)


@strawberry.input(description="Picked units to put into a parcel.")
class PackedUnitsInput:
    fulfilment_id: strawberry.ID = ref("The work they were picked for.", "Fulfilment")
    line_id: strawberry.ID | None = ref(
        "Only this order line; everything picked if left out.", "OrderLine", default=None
    )
    quantity: int | None = given("Only so many units; all picked ones if left out.", default=None, at_least=1)
    expected_version: int | None = given(FULFILMENT_VERSION, default=None)


@strawberry.input(description="What goes into one parcel.")
class PackParcelInput:
    contents: list[PackedUnitsInput] = given(
        "What goes in. Several orders may share a parcel that is shipped to one person at one address.",
        at_least=1,
        at_most=packing.MOST_CONTENTS,
    )
    carton_type_id: strawberry.ID | None = ref("The kind of box.", "CartonType", default=None)
    weight_grams: int | None = given(
        "What the scale says; the sum of what is in it and the box if left out.",
        default=None,
        at_least=0,
        at_most=packing.MOST_GRAMS,
    )


@strawberry.input(description="A parcel to open again.")
class UnpackParcelInput:
    parcel_id: strawberry.ID = ref("The parcel.", "Parcel")
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(description="A parcel that leaves with a carrier.")
class ShipParcelInput:
    parcel_id: strawberry.ID = ref("The parcel.", "Parcel")
    carrier: str | None = given(
        "Who carries it. A parcel with a label goes by that: leave out the carrier, the service and the number.",
        default=None,
        at_most=shipping.CARRIER_CHARACTERS,
    )
    service: str | None = given("Which of the carrier's services.", default=None, at_most=shipping.CARRIER_CHARACTERS)
    tracking_number: str | None = given(
        "What the carrier knows it by; without one nobody will report on it.",
        default=None,
        at_most=shipping.TRACKING_CHARACTERS,
    )
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(description="A parcel that arrived without a carrier saying so.")
class DeliverParcelInput:
    parcel_id: strawberry.ID = ref("The parcel.", "Parcel")
    delivered_at: datetime | None = given("When; now if left out.", default=None)
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(
    description="Something a carrier reported. Name the parcel by its id, or by carrier and tracking number."
)
class RecordTrackingInput:
    code: TrackingCode = given("What happened.")
    occurred_at: datetime = given("When it happened.")
    event_key: str = given("The carrier's id of the report: the same one again changes nothing.", at_most=128)
    parcel_id: strawberry.ID | None = ref("The parcel.", "Parcel", default=None)
    carrier: str | None = given("Who carries it.", default=None, at_most=shipping.CARRIER_CHARACTERS)
    tracking_number: str | None = given(
        "What the carrier knows it by.", default=None, at_most=shipping.TRACKING_CHARACTERS
    )
    message: str = given("What the carrier adds.", default="", at_most=500)
    place: str = given("Where it happened.", default="", at_most=200)
    signed_by: str = given("Who took the parcel, for a proof of delivery.", default="", at_most=200)


@root
class ParcelQueries:
    parcel: Parcel | None = find("The parcel with this id.")
    parcel_by_number: Parcel | None = find("The parcel with this number on the box.", number=str)
    parcel_by_tracking: Parcel | None = find(
        "The parcel that a carrier knows by this number.", carrier=str, tracking_number=str
    )
    parcels: Connection[Parcel] = connection("Parcels you may see.", sort=ParcelSort, where=ParcelFilter)


@root
class ParcelMutations:
    pack_parcel: Parcel = action(
        "Put picked units into a new parcel.",
        at_own_locations(packing.pack, parcels.fulfilments_packed),
        PackParcelInput,
        refuses=(IllegalTransition, BlockedByHold, Forbidden),
        needs=Permission.FULFIL,
    )
    unpack_parcel: Unpacked = action(
        "Open a parcel that has not left: its units are picked again and the parcel is gone.",
        parcels.whole(packing.unpack),
        UnpackParcelInput,
        refuses=(IllegalTransition, BlockedByHold, Forbidden),
        needs=Permission.FULFIL,
        answer=unpacked,
    )
    ship_parcel: Parcel = action(
        "Hand a parcel to its carrier: its units leave the location for every order in it.",
        parcels.whole(shipping.ship),
        ShipParcelInput,
        refuses=(IllegalTransition, BlockedByHold, NotPaid, AlreadyExists, Forbidden),
        needs=Permission.FULFIL,
    )
    deliver_parcel: Parcel = action(
        "Say that a parcel arrived where no carrier reports it.",
        parcels.whole(tracking.deliver),
        DeliverParcelInput,
        refuses=(IllegalTransition, Forbidden),
        needs=Permission.RECORD_TRACKING,
    )
    record_tracking_event: Parcel = action(
        "Record what a carrier reported. Late, repeated and out-of-order reports do no harm; the first that says delivered "
        "delivers the units.",
        parcels.record_tracking_event,
        RecordTrackingInput,
        refuses=(IllegalTransition, Forbidden),
        needs=Permission.RECORD_TRACKING,
    )
