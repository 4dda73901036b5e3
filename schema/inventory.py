"""Stock as clients see it: counters and movements for those who work with them, availability for everybody."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry

import models
from actions import inventory as stock
from domain.errors import CountChanged, Forbidden, InsufficientStock, StockCommitted
from domain.permissions import Permission
from resolvers import inventory as reading
from resolvers.availability import level_sql
from resolvers.context import Info
from resolvers.visible import MOVEMENTS, RESERVATIONS, STOCK
from schema.catalogue import Variant
from schema.channels import Channel
from schema.enums import AdjustmentReason, AvailabilityLevel, MovementKind, ReservationStatus
from schema.fields import column, connection, find, graph, one, root, sql, via
from schema.filters import among, among_computed, at_least, below, equals
from schema.inputs import given, ref
from schema.locations import Location
from schema.mutations import action
from schema.nodes import Node
from schema.order_parts import OrderLine
from schema.values import Connection

AVAILABLE = (
    "greatest(0, {row}.on_hand - {row}.allocated - {row}.reserved - {row}.damaged - {row}.quality_control - {row}.safety"
    " - {row}.set_aside)"
)
LEVEL = level_sql(AVAILABLE)
READ = Permission.READ_STOCK
CHANGE = Permission.CHANGE_STOCK


@graph(models.StockMovement, "One change of a stock level, never edited.", scope=MOVEMENTS, needs=READ)
class StockMovement(Node):
    kind: MovementKind = column("What kind of change it was.")
    quantity: int = column(
        "How many units; below 0 only where a count was corrected downwards, or fewer are kept back."
    )
    reason: AdjustmentReason | None = column("Why, where a count was corrected.")
    reference: str = column("The paper it stands on, such as a delivery note.")
    order_line: OrderLine | None = one("The order line whose units these are; null for goods of no order.", "line")
    actor: str = column("Who did it.")
    moved_at: datetime = column("When.")
    stock_level: "StockLevel" = one("What it changed.")


@strawberry.enum(description="How movements may be listed.")
class MovementSort(Enum):
    NEWEST = "-moved_at"
    OLDEST = "moved_at"


@strawberry.input(description="Which movements.")
class MovementFilter:
    moved_from: datetime | None = at_least("moved_at")
    moved_before: datetime | None = below("moved_at")


@graph(models.StockLevel, "How many units of one variant lie at one location.", scope=STOCK, needs=READ)
class StockLevel(Node):
    variant: Variant = one("Of what.")
    location: Location = one("Where.")
    on_hand: int = column("Units that lie there, in whatever condition.")
    allocated: int = column("Units promised to orders.")
    reserved: int = column("Units kept for carts.")
    damaged: int = column("Units that cannot be sold.")
    quality_control: int = column("Units held back until they are checked.")
    safety: int = column("Units kept back from selling.")
    set_aside: int = column("Units that only some buyers may have; they are not among the available ones.")
    available: int = sql("Units that can still be promised to anybody; never below 0.", AVAILABLE)
    level: AvailabilityLevel = sql("How plentiful that is, by the boundaries that hold here.", LEVEL)
    version: int = column("Counts its changes.")
    movements: Connection[StockMovement] = connection(
        "Every change that made it so.", sort=MovementSort, where=MovementFilter
    )


@strawberry.enum(description="How stock levels may be listed.")
class StockSort(Enum):
    VARIANT = "variant_id, location_id"
    LOCATION = "location_id, variant_id"


@strawberry.input(description="Which stock levels.")
class StockFilter:
    variant_ids: list[strawberry.ID] | None = among("variant_id", of="Variant")
    location_ids: list[strawberry.ID] | None = among("location_id", of="Location")
    level: list[AvailabilityLevel] | None = among_computed("level", LEVEL)


@graph(models.Reservation, "Units kept for a cart for a while.", scope=RESERVATIONS, needs=Permission.RESERVE_STOCK)
class Reservation(Node):
    cart: str = column("The cart, as its channel names it.")
    quantity: int = column("How many units.")
    status: ReservationStatus = column("What became of it.")
    created_at: datetime = column("When it was made.")
    expires_at: datetime = column("Until when the units are kept.")
    ended_at: datetime | None = column("When they were no longer kept.")
    variant: Variant = one("Of what.")
    location: Location | None = one("Where they lie; null where you may not see the place.")
    channel: Channel | None = one("Where the cart is; null where the channel is closed.")


@strawberry.enum(description="How reservations may be listed.")
class ReservationSort(Enum):
    CART = "cart"


@strawberry.input(description="Which reservations.")
class ReservationFilter:
    cart: str | None = equals("cart")


@strawberry.type(description="How much of a variant can be bought in a channel, over all locations that serve it.")
class Availability:
    variant: Variant = strawberry.field(description="Of what.")
    channel: Channel = strawberry.field(description="In which channel.")
    available: int = strawberry.field(description="Units that can be bought now.")
    level: AvailabilityLevel = strawberry.field(description="How plentiful that is.")


@root
class InventoryQueries:
    stock_level: StockLevel | None = find("The stock level with this id.")
    inventory: Connection[StockLevel] = connection("Stock levels you may see.", sort=StockSort, where=StockFilter)
    reservations: Connection[Reservation] = connection(
        "Units kept for carts you may see.", sort=ReservationSort, where=ReservationFilter
    )
    availability: list[Availability] = via(
        "What can be bought in a channel; variants you may not see are left out.",
        reading.availability,
        needs=Permission.READ_AVAILABILITY,
    )


@strawberry.type(description="Stock levels after a change.")
class ChangedStock:
    levels: list[StockLevel] = strawberry.field(description="Each changed level once, in the order of the lines.")


async def changed_stock(info: Info, level_ids: Sequence[UUID]) -> Any:
    levels: Any = await reading.levels_of(info, level_ids)
    return ChangedStock(levels=levels)


@strawberry.input(description="Units of one variant at one location.")
class StockLineInput:
    variant_id: strawberry.ID = ref("Of what.", "Variant")
    location_id: strawberry.ID = ref("Where.", "Location")
    quantity: int = given("How many units.", at_least=1)


@strawberry.input(description="Units that come, go or change their condition.")
class StockLinesInput:
    lines: list[StockLineInput] = given("What, where and how many.", at_least=1, at_most=stock.MAX_LINES)
    reference: str | None = given(
        "The paper it stands on, such as a delivery note.", default=strawberry.UNSET, at_most=128
    )


@strawberry.input(description="A correction of one count.")
class AdjustmentInput:
    variant_id: strawberry.ID = ref("Of what.", "Variant")
    location_id: strawberry.ID = ref("Where.", "Location")
    change: int = given("Units to add to what is on hand, or below 0 to take away.")
    reason: AdjustmentReason = given("Why.")
    expected_on_hand: int | None = given(
        "Refuse unless there are so many on hand before.", default=strawberry.UNSET, at_least=0
    )


@strawberry.input(description="Corrections of counts.")
class AdjustStockInput:
    lines: list[AdjustmentInput] = given("Each count once.", at_least=1, at_most=stock.MAX_LINES)
    reference: str | None = given("The paper it stands on, such as a count.", default=strawberry.UNSET, at_most=128)


@strawberry.input(description="Units of one variant to keep back at one location.")
class SafetyLineInput:
    variant_id: strawberry.ID = ref("Of what.", "Variant")
    location_id: strawberry.ID = ref("Where.", "Location")
    safety: int = given("How many units are kept back from selling.", at_least=0)


@strawberry.input(description="Units to keep back.")
class SetSafetyStockInput:
    lines: list[SafetyLineInput] = given("Each place once.", at_least=1, at_most=stock.MAX_LINES)


def _change(description: str, does: Any, takes: type[Any], *refuses: Any) -> Any:
    return action(
        description,
        does,
        takes,
        refuses=(Forbidden, *refuses),
        needs=CHANGE,
        prepare=reading.at_own_locations,
        answer=changed_stock,
    )


@root
class InventoryMutations:
    receive_stock: ChangedStock = _change(
        "Take in goods that came from outside; orders that wait for them are served next.",
        stock.receive,
        StockLinesInput,
    )
    transfer_stock_in: ChangedStock = _change(
        "Take in goods that came from another location.", stock.transfer_in, StockLinesInput
    )
    adjust_stock: ChangedStock = _change(
        "Correct counts.", stock.adjust, AdjustStockInput, CountChanged, StockCommitted, InsufficientStock
    )
    mark_stock_damaged: ChangedStock = _change(
        "Say that units cannot be sold; they stay on hand.",
        stock.mark_damaged,
        StockLinesInput,
        StockCommitted,
        InsufficientStock,
    )
    mark_stock_repaired: ChangedStock = _change(
        "Say that damaged units can be sold again.", stock.mark_repaired, StockLinesInput, InsufficientStock
    )
    quarantine_stock: ChangedStock = _change(
        "Hold units back until they are checked.",
        stock.quarantine,
        StockLinesInput,
        StockCommitted,
        InsufficientStock,
    )
    clear_stock: ChangedStock = _change(
        "Say that held back units passed their check.", stock.clear, StockLinesInput, InsufficientStock
    )
    condemn_stock: ChangedStock = _change(
        "Say that held back units failed their check: they are damaged.",
        stock.condemn,
        StockLinesInput,
        InsufficientStock,
    )
    discard_stock: ChangedStock = _change(
        "Throw damaged units away: they are not on hand any more.", stock.discard, StockLinesInput, InsufficientStock
    )
    set_safety_stock: ChangedStock = _change(
        "Say how many units are kept back from selling.", stock.set_safety_stock, SetSafetyStockInput
    )
