"""Goods that will come, as clients see them: promised from before they are there, received when they are."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry

import models
from actions.inventory import MAX_LINES
from actions.promising import supplies
from domain.errors import Forbidden, IllegalTransition
from domain.permissions import Permission
from resolvers.context import Info
from resolvers.inventory import at_own_locations
from resolvers.promising import supplies as coming
from resolvers.visible import SUPPLIES
from schema.catalogue import Variant
from schema.enums import SupplyKind, SupplyStatus
from schema.fields import column, connection, find, graph, one, root
from schema.filters import among, at_least, below
from schema.inputs import given, ref
from schema.locations import Location
from schema.mutations import action
from schema.nodes import Node
from schema.values import Connection

READ = Permission.READ_STOCK
CHANGE = Permission.CHANGE_STOCK
VERSION = "The supply's version that you read; another one is refused."


@graph(models.ExpectedSupply, "Units of a variant that will come to a location.", scope=SUPPLIES, needs=READ)
class ExpectedSupply(Node):
    variant: Variant = one("Of what.")
    location: Location = one("Where they come to.")
    kind: SupplyKind = column("How far they are.")
    status: SupplyStatus = column("What became of them.")
    quantity: int = column("Units still to come; of a cancelled supply, those that never came.")
    received: int = column("Units that came already.")
    expected_on: date = column("When they should come, by the calendar of the location.")
    reference: str = column("The paper it stands on, such as a purchase order.")
    announced_at: datetime = column("When they were announced.")
    closed_at: datetime | None = column("When nothing more was to come.")
    version: int = column("Counts its changes; send it as `expectedVersion`.")


@strawberry.enum(description="How supplies may be listed.")
class SupplySort(Enum):
    SOONEST = "expected_on"
    LATEST = "-expected_on"


@strawberry.input(description="Which supplies.")
class SupplyFilter:
    status: list[SupplyStatus] | None = among("status")
    variant_ids: list[strawberry.ID] | None = among("variant_id", of="Variant")
    location_ids: list[strawberry.ID] | None = among("location_id", of="Location")
    expected_from: date | None = at_least("expected_on")
    expected_before: date | None = below("expected_on")


@root
class SupplyQueries:
    expected_supply: ExpectedSupply | None = find("The supply with this id.")
    expected_supplies: Connection[ExpectedSupply] = connection(
        "Supplies you may see.", sort=SupplySort, where=SupplyFilter
    )


@strawberry.type(description="Supplies that were announced.")
class AnnouncedSupplies:
    supplies: list[ExpectedSupply] = strawberry.field(description="One for each line, in the order of the lines.")


async def announced(info: Info, supply_ids: Sequence[UUID]) -> Any:
    found: Any = await coming.supplies_of(info, supply_ids)
    return AnnouncedSupplies(supplies=found)


@strawberry.input(description="Units that will come.")
class AnnouncedLineInput:
    variant_id: strawberry.ID = ref("Of what.", "Variant")
    location_id: strawberry.ID = ref("Where they come to.", "Location")
    quantity: int = given("How many units.", at_least=1)
    expected_on: date = given("When they should come; today, where they come to, or later.")
    kind: SupplyKind = given("How far they are.", default=SupplyKind.PURCHASE_ORDER)


@strawberry.input(description="Goods that will come.")
class AnnounceSuppliesInput:
    lines: list[AnnouncedLineInput] = given("What, where, how many and when.", at_least=1, at_most=MAX_LINES)
    reference: str | None = given(
        "The paper it stands on, such as a purchase order.", default=strawberry.UNSET, at_most=supplies.MAX_REFERENCE
    )


@strawberry.input(description="News of a supply; what is silent stays.")
class ChangeSupplyInput:
    supply_id: strawberry.ID = ref("The supply.", "ExpectedSupply")
    quantity: int | None = given("Units still to come.", default=None, at_least=1)
    expected_on: date | None = given("When they should come; today, where they come to, or later.", default=None)
    kind: SupplyKind | None = given("How far they are.", default=None)
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(description="Units of a supply that came.")
class ReceiveSupplyInput:
    supply_id: strawberry.ID = ref("The supply.", "ExpectedSupply")
    quantity: int | None = given("How many came; all that were to come unless told.", default=None, at_least=1)
    is_complete: bool = given("Whether no more will come.", default=False)
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(description="A supply that will not come.")
class CancelSupplyInput:
    supply_id: strawberry.ID = ref("The supply.", "ExpectedSupply")
    expected_version: int | None = given(VERSION, default=None)


@root
class SupplyMutations:
    announce_supplies: AnnouncedSupplies = action(
        "Say what will come, so that it can be promised from before it is there.",
        supplies.announce,
        AnnounceSuppliesInput,
        refuses=(Forbidden,),
        needs=CHANGE,
        prepare=at_own_locations,
        answer=announced,
    )
    change_supply: ExpectedSupply = action(
        "Say that a supply will come on another day, or in another quantity.",
        coming.change,
        ChangeSupplyInput,
        refuses=(Forbidden, IllegalTransition),
        needs=CHANGE,
    )
    receive_supply: ExpectedSupply = action(
        "Take in what came of a supply; orders that wait for it are served next.",
        coming.receive,
        ReceiveSupplyInput,
        refuses=(Forbidden, IllegalTransition),
        needs=CHANGE,
    )
    cancel_supply: ExpectedSupply = action(
        "Say that what is still to come will not.",
        coming.cancel,
        CancelSupplyInput,
        refuses=(Forbidden, IllegalTransition),
        needs=CHANGE,
    )
