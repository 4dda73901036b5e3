"""Cartons as clients see them, and which of them a fulfilment is best packed into."""

from enum import Enum
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

import models
from actions import cartons as boxes
from domain.permissions import Permission
from resolvers import cartons
from resolvers.context import Info
from resolvers.visible import CARTON_TYPES
from schema.fields import column, connection, find, graph, root, via
from schema.inputs import given
from schema.mutations import action
from schema.nodes import Node
from schema.order_parts import OrderLine
from schema.values import Connection
from schema.viewer import Organization

INTERNAL = Permission.READ_ORGANIZATION
VERSION = "The version you read; refused if it has changed since."


@graph(models.CartonType, "A kind of box to pack into.", scope=CARTON_TYPES, needs=INTERNAL)
class CartonType(Node):
    code: str = column("Its short name, unique here.")
    name: str = column("What people call it.")
    length_mm: int = column("Its inner length in millimetres.")
    width_mm: int = column("Its inner width in millimetres.")
    height_mm: int = column("Its inner height in millimetres.")
    tare_grams: int = column("What it weighs itself, in grams.")
    max_weight_grams: int = column("What may go into it, in grams.")
    is_active: bool = column("Whether it is used.")
    version: int = column("Counts its changes; send it as `expectedVersion`.")


@strawberry.enum(description="How cartons may be listed.")
class CartonTypeSort(Enum):
    CODE = "code"


@strawberry.type(description="So many units of an order line in a suggested parcel.")
class SuggestedUnits:
    order_line: OrderLine = strawberry.field(description="What they are.")
    quantity: int = strawberry.field(description="How many units.")


@strawberry.type(description="A parcel that units would go well into.")
class CartonSuggestion:
    carton_code: str | None = strawberry.field(
        description="The short name of the kind of box; null for what fits none and goes as it is."
    )
    units: list[SuggestedUnits] = strawberry.field(description="What goes in.")
    weight_grams: int = strawberry.field(description="What it weighs with the box, in grams.")


async def carton_suggestion(
    info: Info, fulfilment_id: Annotated[strawberry.ID, strawberry.argument(description="The work to pack.")]
) -> list[CartonSuggestion]:
    parcels, found = await cartons.suggested(info, fulfilment_id)
    lines: Any = found
    return [
        CartonSuggestion(
            carton_code=parcel.carton.code if parcel.carton else None,
            units=[SuggestedUnits(order_line=lines[line], quantity=count) for line, count in parcel.units.items()],
            weight_grams=parcel.weight_grams,
        )
        for parcel in parcels
    ]


@strawberry.input(description="A kind of box, new or known by its short name; what is silent stays.")
class UpsertCartonTypeInput:
    code: str = given("Its short name, unique here.", at_most=32)
    name: str | None = given("What people call it.", default=UNSET)
    length_mm: int | None = given("Its inner length in millimetres.", default=UNSET)
    width_mm: int | None = given("Its inner width in millimetres.", default=UNSET)
    height_mm: int | None = given("Its inner height in millimetres.", default=UNSET)
    tare_grams: int | None = given("What it weighs itself, in grams; nothing unless told.", default=UNSET)
    max_weight_grams: int | None = given("What may go into it, in grams.", default=UNSET)
    is_active: bool | None = given("Whether it is used.", default=UNSET)
    expected_version: int | None = given(VERSION, default=UNSET)


@strawberry.input(description="What GS1 knows the business by.")
class SetCompanyPrefixInput:
    gs1_company_prefix: str | None = given(
        "Four to twelve digits; null to put no container codes on parcels any more.", default=UNSET, at_most=12
    )


@root
class CartonQueries:
    carton_type: CartonType | None = find("The kind of box with this id.")
    carton_types: Connection[CartonType] = connection("Kinds of boxes.", sort=CartonTypeSort)
    carton_suggestion: list[CartonSuggestion] = via(
        "The parcels that what is still to be packed of this work would go well into, by weight and volume.",
        carton_suggestion,
        needs=Permission.READ_FULFILMENTS,
    )


@root
class CartonMutations:
    upsert_carton_type: CartonType = action(
        "Keep a kind of box.", boxes.upsert_carton_type, UpsertCartonTypeInput, needs=Permission.CHANGE_ORGANIZATION
    )
    set_company_prefix: Organization = action(
        "Say what GS1 knows the business by: from then on every parcel gets a serial shipping container code.",
        boxes.set_company_prefix,
        SetCompanyPrefixInput,
        needs=Permission.CHANGE_ORGANIZATION,
    )
