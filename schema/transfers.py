"""Transfers as clients see them: goods on their way between two of our locations, and every step of it."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

import models
from actions.forwarding import accepting, declining
from actions.inventory import MAX_LINES, MAX_UNITS
from actions.transfers import drafting, moving
from domain.errors import BlockedByHold, Forbidden, IllegalTransition, InsufficientStock, StockCommitted
from domain.permissions import Permission
from resolvers import transfers as reading
from resolvers.transfers import End, at_own_end
from resolvers.visible import PARTS_OF_TRANSFERS, TRANSFERS
from schema.catalogue import Variant
from schema.enums import DeclineReason, Discrepancy, Remainder, TransferAction, TransferStatus
from schema.fields import column, connection, find, graph, many, one, root, sql, via
from schema.filters import among, at_least, below
from schema.inputs import given, ref
from schema.later import Order
from schema.locations import Location
from schema.mutations import action
from schema.nodes import Node
from schema.values import Connection

OrderLine = Annotated["OrderLine", strawberry.lazy("schema.order_parts")]  # type: ignore[misc]  # mypy does not follow lazy types
READ = Permission.READ_STOCK
VERSION = "The transfer's version that you read; another one is refused."


@graph(models.TransferLine, "Units of one variant in a transfer.", scope=PARTS_OF_TRANSFERS, needs=READ)
class TransferLine(Node):
    variant: Variant = one("Of what.")
    quantity: int = column("Units asked for.")
    shipped: int = column("Units that left the origin.")
    received: int = column("Units that arrived, whole or damaged.")
    damaged: int = column("Units that arrived and cannot be sold.")
    written_back: int = column("Units that left and are at the origin again.")
    written_off: int = column("Units that left and are gone.")
    awaited: int = column("Units that an order waits for by name; on arrival they are its own.")
    order_line: OrderLine | None = one("The line of the order that they are for.", needs=Permission.READ_ORDERS)
    in_transit: int = sql(
        "Units that left and are nowhere yet.",
        "({row}.shipped - {row}.received - {row}.written_back - {row}.written_off)",
    )
    discrepancy: Discrepancy | None = column("Why fewer arrived whole than were shipped, if so.")


@graph(models.Transfer, "Goods moved from one of our locations to another.", scope=TRANSFERS, needs=READ)
class Transfer(Node):
    number: str = column("The number both ends know it by.")
    origin: Location = one("Where the goods come from.")
    destination: Location = one("Where they go.")
    order: Order | None = one(
        "The order that it brings goods to be handed over at the destination; null for stock.",
        needs=Permission.READ_ORDERS,
    )
    status: TransferStatus = column("How far it is.")
    expected_on: date | None = column("The day it should arrive, by the calendar of its destination.")
    note: str = column("What whoever planned it wants known.")
    created_at: datetime = column("When it was planned.")
    answer_by: datetime | None = column(
        "Until when the origin has to accept or send what an order waits for; then it is looked for elsewhere. Null once "
        "answered, or without a limit."
    )
    accepted_at: datetime | None = column("When the origin said that it will send it.")
    shipped_at: datetime | None = column("When the goods left.")
    closed_at: datetime | None = column("When nothing more was expected of it.")
    lines: list[TransferLine] = many("What is moved.", order_by="position")
    available_actions: list[TransferAction] = via("What may be done next.", reading.actions_of_transfer)
    version: int = column("Counts its changes; send it as `expectedVersion`.")


@strawberry.enum(description="How transfers may be listed.")
class TransferSort(Enum):
    NEWEST = "-created_at"
    OLDEST = "created_at"


@strawberry.input(description="Which transfers.")
class TransferFilter:
    status: list[TransferStatus] | None = among("status")
    origin_ids: list[strawberry.ID] | None = among("origin_id", of="Location")
    destination_ids: list[strawberry.ID] | None = among("destination_id", of="Location")
    order_ids: list[strawberry.ID] | None = among("order_id", of="Order", needs=Permission.READ_ORDERS)
    created_from: datetime | None = at_least("created_at")
    created_before: datetime | None = below("created_at")


@strawberry.input(description="Units to be moved.")
class WantedUnitsInput:
    variant_id: strawberry.ID = ref("Of what.", "Variant")
    quantity: int = given("How many units.", at_least=1, at_most=MAX_UNITS)


@strawberry.input(description="A transfer to plan.")
class CreateTransferInput:
    origin_id: strawberry.ID = ref("Where the goods come from.", "Location")
    destination_id: strawberry.ID = ref("Where they go.", "Location")
    lines: list[WantedUnitsInput] = given("Each variant once.", at_least=1, at_most=MAX_LINES)
    expected_on: date | None = given(
        "The day it should arrive, today there or later; that of a standard parcel once it is shipped, if left out.",
        default=None,
    )
    note: str = given("What both ends should know.", default="", at_most=drafting.MAX_NOTE)


@strawberry.input(description="A draft to change; what is silent stays.")
class ChangeTransferInput:
    transfer_id: strawberry.ID = ref("The transfer.", "Transfer")
    lines: list[WantedUnitsInput] | None = given("In place of all its lines.", default=UNSET, at_most=MAX_LINES)
    expected_on: date | None = given(
        "The day it should arrive, today there or later; null for not known.", default=UNSET
    )
    note: str | None = given("What both ends should know.", default=UNSET, at_most=drafting.MAX_NOTE)
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(description="A draft that is complete.")
class ReadyTransferInput:
    transfer_id: strawberry.ID = ref("The transfer.", "Transfer")
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(description="Units of one line that leave.")
class ShippedUnitsInput:
    line_id: strawberry.ID = ref("The line.", "TransferLine")
    quantity: int = given("How many units.", at_least=0)
    found: int | None = given(
        "How many are there, if more than leave because the rest of their kit is missing; these stay in the books.",
        default=None,
        at_least=0,
    )


@strawberry.input(description="Goods that leave the origin.")
class ShipTransferInput:
    transfer_id: strawberry.ID = ref("The transfer.", "Transfer")
    lines: list[ShippedUnitsInput] | None = given(
        "Only these units, and the rest never; everything asked for if left out.", default=None, at_most=MAX_LINES
    )
    reason: DeclineReason | None = given(
        "Why fewer units leave than an order waits for; they are looked for elsewhere.", default=None
    )
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(description="Goods for an order that a location will send.")
class AcceptTransferInput:
    transfer_id: strawberry.ID = ref("The transfer.", "Transfer")
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(description="Goods for an order that a location cannot send.")
class DeclineTransferInput:
    transfer_id: strawberry.ID = ref("The transfer, of which nothing left yet.", "Transfer")
    reason: DeclineReason = given("Why; it says what is wrong with the books of the place.")
    cascade: bool | None = given(
        "Whether every order that counts on the same goods there gives them back too; always where the shelf is empty.",
        default=None,
    )
    exclude_until: datetime | None = given(
        "Until when the place is not asked again for these lines; as long as the reason suggests if left out.",
        default=None,
    )
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(description="Units of one line that arrive, or never will.")
class ReceivedUnitsInput:
    line_id: strawberry.ID = ref("The line.", "TransferLine")
    received: int = given("How many arrived, damaged ones included.", default=0, at_least=0)
    damaged: int = given("How many of those cannot be sold.", default=0, at_least=0)
    missing: int = given("How many are given up; they are written off.", default=0, at_least=0)
    discrepancy: Discrepancy | None = given("Why units are damaged or missing.", default=None)


@strawberry.input(description="Goods that arrive at the destination.")
class ReceiveTransferInput:
    transfer_id: strawberry.ID = ref("The transfer.", "Transfer")
    lines: list[ReceivedUnitsInput] | None = given(
        "Only these units; everything in transit, all of it whole, if left out.", default=None, at_most=MAX_LINES
    )
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(description="A transfer to end.")
class CancelTransferInput:
    transfer_id: strawberry.ID = ref("The transfer.", "Transfer")
    remainder: Remainder | None = given("What becomes of units in transit; needed where there are some.", default=None)
    discrepancy: Discrepancy | None = given("Why they did not arrive.", default=None)
    expected_version: int | None = given(VERSION, default=None)


@root
class TransferQueries:
    transfer: Transfer | None = find("The transfer with this id.")
    transfer_by_number: Transfer | None = find("The transfer with this number.", number=str)
    transfers: Connection[Transfer] = connection("Transfers you may see.", sort=TransferSort, where=TransferFilter)


def _step(description: str, does: Any, takes: type[Any], *also_refuses: type[Any]) -> Any:
    return action(
        description,
        does,
        takes,
        refuses=(IllegalTransition, Forbidden, *also_refuses),
        needs=Permission.TRANSFER_STOCK,
    )


@root
class TransferMutations:
    create_transfer: Transfer = action(
        "Plan to move goods from one location to another.",
        drafting.create,
        CreateTransferInput,
        refuses=(Forbidden,),
        needs=Permission.TRANSFER_STOCK,
        prepare=reading.from_or_to_own,
    )
    change_transfer: Transfer = _step("Change a draft.", at_own_end(drafting.change, End.EITHER), ChangeTransferInput)
    ready_transfer: Transfer = _step(
        "Let the origin ship it.", at_own_end(drafting.make_ready, End.EITHER), ReadyTransferInput
    )
    accept_transfer: Transfer = _step(
        "Say that goods an order waits for will be sent; the time to answer stops. Sending them says so too.",
        at_own_end(accepting.accept, End.ORIGIN),
        AcceptTransferInput,
    )
    ship_transfer: Transfer = _step(
        "Say that goods left the origin: they are taken off its stock and are in transit.",
        at_own_end(moving.ship, End.ORIGIN),
        ShipTransferInput,
        InsufficientStock,
        StockCommitted,
        BlockedByHold,
    )
    decline_transfer: Transfer = _step(
        "Say that goods an order waits for cannot be sent; they are looked for elsewhere.",
        at_own_end(declining.decline, End.ORIGIN),
        DeclineTransferInput,
        BlockedByHold,
    )
    receive_transfer: Transfer = _step(
        "Say what arrived at the destination, in one or many parts; orders that wait for it are served next.",
        at_own_end(moving.receive, End.DESTINATION),
        ReceiveTransferInput,
    )
    cancel_transfer: Transfer = _step(
        "End a transfer; what already arrived stays. Units in transit are written back at the origin, or written off.",
        at_own_end(moving.cancel, End.ORIGIN, End.EITHER),
        CancelTransferInput,
    )
