"""Several orders in one parcel, as whoever packs sees it: what could go together, and making it so."""

from datetime import date
from typing import Annotated, Any

import strawberry

from actions.parcels import consolidating as making
from actions.parcels import packing
from domain.errors import BlockedByHold, Forbidden, IllegalTransition
from domain.permissions import Permission
from models import Fulfilment as FulfilmentRow
from models import Parcel as ParcelRow
from resolvers import consolidating, parcels
from resolvers.context import Info
from resolvers.ids import uuid_of
from schema.fields import root, via
from schema.fulfilment import Fulfilment
from schema.inputs import given, ref
from schema.mutations import action
from schema.parcels import VERSION, Parcel
from schema.values import Minor, Money

WEIGHT = "What the scale says; the sum of what is in it and the box if left out."


@strawberry.type(
    description="What could be one parcel: from one place, the same way and day, to one person and address."
)
class ParcelConsolidation:
    fulfilments: list[Fulfilment] = strawberry.field(description="Work with picked units that are not packed yet.")
    parcels: list[Parcel] = strawberry.field(description="Parcels that have not left and have no label.")
    carrier: str | None = strawberry.field(description="The carrier that was promised, if one was.")
    service: str | None = strawberry.field(description="The carrier's service that was promised, if one was.")
    ship_on: date | None = strawberry.field(description="The day it has to leave, promised or wished for.")
    weight_grams: int = strawberry.field(description="What all of it weighs, in grams.")
    separately: Money = strawberry.field(description="What the parcels cost one by one, by the rate card.")
    together: Money = strawberry.field(description="What one parcel costs.")
    saving: Money = strawberry.field(description="What one parcel saves.")


async def parcel_consolidations(
    info: Info, location_id: Annotated[strawberry.ID, strawberry.argument(description="Where the goods are.")]
) -> list[ParcelConsolidation]:
    found, currency = await consolidating.suggested(info, uuid_of("Location", location_id))
    shown = []
    for each in found:
        way, things = each.pieces[0].way, [piece.thing for piece in each.pieces]
        work: Any = [thing for thing in things if isinstance(thing, FulfilmentRow)]
        boxes: Any = [thing for thing in things if isinstance(thing, ParcelRow)]
        shown.append(
            ParcelConsolidation(
                fulfilments=work,
                parcels=boxes,
                carrier=way.carrier,
                service=way.service,
                ship_on=way.ship_on,
                weight_grams=each.weight_grams,
                separately=Money(minor=Minor(each.separately_minor), currency=currency),
                together=Money(minor=Minor(each.together_minor), currency=currency),
                saving=Money(minor=Minor(each.saving_minor), currency=currency),
            )
        )
    return shown


@strawberry.input(description="What is to be one parcel: at least two pieces of work or parcels.")
class ConsolidateParcelsInput:
    fulfilment_ids: list[strawberry.ID] | None = ref(
        "Work of which everything picked goes in.", "Fulfilment", default=None
    )
    parcel_ids: list[strawberry.ID] | None = ref(
        "Parcels that have not left; they are opened, and their labels given back.", "Parcel", default=None
    )
    carton_type_id: strawberry.ID | None = ref("The kind of box.", "CartonType", default=None)
    weight_grams: int | None = given(WEIGHT, default=None, at_least=0, at_most=packing.MOST_GRAMS)


@strawberry.input(description="What is to be taken out of a parcel again, into one of its own.")
class SplitParcelInput:
    parcel_id: strawberry.ID = ref("The parcel, which has not left and has no label.", "Parcel")
    fulfilment_ids: list[strawberry.ID] = ref("The work whose units leave it.", "Fulfilment")
    carton_type_id: strawberry.ID | None = ref("The kind of box for them.", "CartonType", default=None)
    weight_grams: int | None = given(WEIGHT, default=None, at_least=0, at_most=packing.MOST_GRAMS)
    expected_version: int | None = given(VERSION, default=None)


@root
class ConsolidatingQueries:
    parcel_consolidations: list[ParcelConsolidation] = via(
        "What at a location is picked or packed and could go in one parcel with other orders of the same person and "
        "address, the largest saving first.",
        parcel_consolidations,
        needs=Permission.FULFIL,
    )


@root
class ConsolidatingMutations:
    consolidate_parcels: Parcel = action(
        "Put picked work and parcels that have not left into one parcel. Each customer sees only their own lines in it.",
        consolidating.consolidate,
        ConsolidateParcelsInput,
        refuses=(IllegalTransition, BlockedByHold, Forbidden),
        needs=Permission.FULFIL,
    )
    split_parcel: Parcel = action(
        "Take some of the work out of a parcel that has not left, into a new one, which is answered.",
        parcels.whole(making.split_off),
        SplitParcelInput,
        refuses=(IllegalTransition, BlockedByHold, Forbidden),
        needs=Permission.FULFIL,
    )
