"""Fulfilments as clients see them: what one location does for one order, its queue, and every step of the work."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

import models
from actions.fulfilment import accepting, declining, picking, pickup, releasing
from actions.promising.keeping import DUE, promise_of
from domain.errors import BlockedByHold, Forbidden, IllegalTransition, NotPaid
from domain.permissions import Permission
from domain.pickups import CODE_DIGITS, NOTE_CHARACTERS, WRONG_AT_ONCE
from resolvers import fulfilment
from resolvers.fulfilment import at_own_locations
from resolvers.visible import FULFILMENTS, PARTS_OF_FULFILMENTS
from schema.enums import Action, DeclineReason, FulfilmentMethod, FulfilmentStatus, IdentityCheck
from schema.fields import column, connection, find, graph, many, one, root, sql, via
from schema.filters import among, at_least, below
from schema.inputs import given, ref
from schema.later import ORDER_VERSION, Order
from schema.locations import Location
from schema.mutations import action
from schema.nodes import Node
from schema.order_parts import OrderLine
from schema.values import Connection

READ = Permission.READ_ORDERS
AT_WORK = Permission.READ_FULFILMENTS
PickWave = Annotated["PickWave", strawberry.lazy("schema.picking")]  # type: ignore[misc]  # mypy does not follow lazy types
ParcelLine = Annotated["ParcelLine", strawberry.lazy("schema.parcels")]  # type: ignore[misc]  # mypy does not follow lazy types
VERSION = "The fulfilment's version that you read; another one is refused."


def _units(description: str, *statuses: str) -> Any:
    named = ", ".join(f"'{status}'" for status in statuses)
    return sql(
        description,
        "(SELECT coalesce(sum(s.quantity), 0)::int FROM line_status s WHERE s.fulfilment_id = {row}.fulfilment_id"
        f" AND s.line_id = {{row}}.line_id AND s.status IN ({named}))",
    )


def _until(description: str, moment: str, *, while_it_is: str, needs: Permission = READ) -> Any:
    """A moment that depends on the limits of the location `l`; null while the work is in another status."""
    of_location = f"SELECT {moment} FROM locations l WHERE l.id = {{row}}.location_id"
    return sql(description, f"({of_location} AND {{row}}.status = '{while_it_is}')", needs=needs)


@graph(
    models.FulfilmentLine,
    "Units of one order line that a location was asked for.",
    scope=PARTS_OF_FULFILMENTS,
    needs=READ,
)
class FulfilmentLine(Node):
    order_line: OrderLine = one("What it is about.", "line")
    quantity: int = column("How many units it was asked for.")
    waiting: int = _units("Units that nobody has picked yet.", "released", "acknowledged")
    picked: int = _units("Units off the shelf and not packed yet.", "picked")
    packed: int = _units("Units in parcels that have not left.", "packed")
    ready: int = _units("Units set aside for the customer to collect.", "ready_for_pickup")
    left: int = _units("Units that left the location.", "shipped", "picked_up", "delivered")


@graph(models.Fulfilment, "What one location does for one order.", scope=FULFILMENTS, needs=READ)
class Fulfilment(Node):
    number: str = column("The number the location knows it by.")
    order: Order = one("The order it is part of.")
    location: Location | None = one("Who does it; null where you may not see the place any more.")
    method: FulfilmentMethod = column("How its units reach the customer.")
    status: FulfilmentStatus = column("How far the location is.")
    released_at: datetime = column("When the location was told.")
    accepted_at: datetime | None = column("When the location took it on.", needs=AT_WORK)
    accept_by: datetime | None = _until(
        "Until when the location has to accept it; then it has declined. Null once answered, or without a limit.",
        "{row}.released_at + make_interval(mins => l.accept_within_minutes)",
        while_it_is="open",
        needs=AT_WORK,
    )
    due_by: date | None = sql(
        "The day it has to leave, as it was promised, or else wished for.",
        f"(SELECT {DUE} FROM orders o LEFT JOIN promises p ON p.id = {promise_of('{row}')} WHERE o.id = {{row}}.order_id)",
        needs=AT_WORK,
    )
    pick_wave: PickWave | None = one("The wave it is picked in, if it is in one.", needs=AT_WORK)
    ready_at: datetime | None = column("When units of it were last set aside for the customer.")
    collect_by: datetime | None = _until(
        "Until when the customer has to collect it; then it is cancelled. Null where nothing waits, or without a limit.",
        "{row}.ready_at + make_interval(days => l.collect_within_days)",
        while_it_is="ready_for_pickup",
    )
    arrived_at: datetime | None = column("When the customer said that they are there to collect.")
    arrival_spot: str = column("Where the customer waits.")
    arrival_vehicle: str = column("How to know the customer, such as their car.")
    completed_at: datetime | None = column("When the last of its units left.")
    decline_reason: DeclineReason | None = column("Why the location gave units back, if it did.", needs=AT_WORK)
    lines: list[FulfilmentLine] = many("What the location was asked for.", order_by="id")
    parcel_lines: list[ParcelLine] = many("What of it went into which parcel.", order_by="id")
    pickup_code: str | None = via(
        f"The {CODE_DIGITS} digits the customer shows at the counter; null where nothing waits to be collected, and for "
        "the location itself.",
        fulfilment.code_of,
    )
    packing_slip_url: str = sql(
        "Where this server gives its packing slip as PDF.",
        "('/documents/fulfilments/' || {row}.id || '/packing-slip.pdf')",
    )
    pick_list_url: str = sql(
        "Where this server gives its pick list as PDF.",
        "('/documents/fulfilments/' || {row}.id || '/pick-list.pdf')",
        needs=AT_WORK,
    )
    available_actions: list[Action] = via(
        "What may be done next to some of its units.", fulfilment.actions_of_fulfilment, needs=AT_WORK
    )
    version: int = column("Counts its changes; send it as `expectedVersion`.", needs=AT_WORK)


@strawberry.enum(description="How fulfilments may be listed.")
class FulfilmentSort(Enum):
    OLDEST = "released_at"
    NEWEST = "-released_at"


@strawberry.input(description="Which fulfilments. A location's queue are those there that are not finished.")
class FulfilmentFilter:
    location_ids: list[strawberry.ID] | None = among("location_id", of="Location")
    order_ids: list[strawberry.ID] | None = among("order_id", of="Order")
    status: list[FulfilmentStatus] | None = among("status")
    method: list[FulfilmentMethod] | None = among("method")
    released_from: datetime | None = at_least("released_at")
    released_before: datetime | None = below("released_at")


@strawberry.input(description="An order to hand to its locations.")
class ReleaseOrderInput:
    order_id: strawberry.ID = ref("The order.", "Order")
    expected_version: int | None = given(ORDER_VERSION, default=None)


@strawberry.input(description="Work to take on.")
class AcceptFulfilmentInput:
    fulfilment_id: strawberry.ID = ref("The work.", "Fulfilment")
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(description="Work that the location cannot do.")
class DeclineFulfilmentInput:
    fulfilment_id: strawberry.ID = ref("The work.", "Fulfilment")
    reason: DeclineReason = given(
        "Why. Out of stock says that the shelf is empty: other orders that wait for the same goods here are declined too, "
        "and the count is corrected. Not found and damaged concern the declined units alone."
    )
    line_ids: list[strawberry.ID] | None = ref(
        "Only these order lines; everything not picked yet if left out.", "OrderLine", default=None
    )
    cascade: bool | None = given(
        "Whether every order that counts on the same goods here gives them back too. An empty shelf always cascades.",
        default=None,
    )
    may_split: bool | None = given(
        "Whether the rest of the work may go without what is given back; if not, all of it that is not packed is given "
        "back with it. As the channel says if left out.",
        default=None,
    )
    exclude_until: datetime | None = given(
        "Until when the location is not asked again for these lines; some days, by the reason, if left out.",
        default=None,
    )
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(description="Units taken off the shelf.")
class PickedLineInput:
    line_id: strawberry.ID = ref("The order line.", "OrderLine")
    quantity: int = given("How many units.", at_least=1)


@strawberry.input(description="What was taken off the shelf.")
class PickUnitsInput:
    fulfilment_id: strawberry.ID = ref("The work.", "Fulfilment")
    lines: list[PickedLineInput] | None = given("Only these; everything accepted if left out.", default=None)
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(description="Fewer units than were looked for.")
class FoundLineInput:
    line_id: strawberry.ID = ref("The order line.", "OrderLine")
    found: int = given("How many were found; 0 if nothing was there.", at_least=0)


@strawberry.input(description="What was found, where it is less than was asked for.")
class ShortPickInput:
    fulfilment_id: strawberry.ID = ref("The work.", "Fulfilment")
    lines: list[FoundLineInput] = given("The lines that miss units; the others stay to be picked.", at_least=1)
    reason: DeclineReason = given(
        "Why units are missing; it means the same as in declining.", default=DeclineReason.OUT_OF_STOCK
    )
    cascade: bool | None = given(
        "Whether every order that counts on the same goods here gives them back too. An empty shelf always cascades.",
        default=None,
    )
    may_split: bool | None = given(
        "Whether the rest of the work may go without what is given back; if not, all of it that is not packed is given "
        "back with it. As the channel says if left out.",
        default=None,
    )
    exclude_until: datetime | None = given(
        "Until when the location is not asked again for these lines; some days, by the reason, if left out.",
        default=None,
    )
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(description="Units to set aside for the customer.")
class MakeReadyInput:
    fulfilment_id: strawberry.ID = ref("The work.", "Fulfilment")
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(description="Units that the customer collects.")
class HandOverInput:
    fulfilment_id: strawberry.ID = ref("The work.", "Fulfilment")
    code: str | None = given(
        f"What the customer shows. Who has none is known by `identity`; so are all for a while after {WRONG_AT_ONCE} wrong "
        "ones.",
        default=None,
        at_most=32,
    )
    identity: IdentityCheck | None = given(
        "How you made sure of who collects, without the code; it is recorded.", default=None
    )
    note: str = given(
        "What else there is to say of that, needed for `OTHER`; no numbers of documents.",
        default="",
        at_most=NOTE_CHARACTERS,
    )
    expected_version: int | None = given(VERSION, default=None)


@root
class FulfilmentQueries:
    fulfilment: Fulfilment | None = find("The fulfilment with this id.")
    fulfilment_by_number: Fulfilment | None = find("The fulfilment with this number.", number=str)
    fulfilments: Connection[Fulfilment] = connection(
        "Fulfilments you may see.", sort=FulfilmentSort, where=FulfilmentFilter
    )


def _step(description: str, does: Any, takes: type[Any], *also_refuses: type[Any]) -> Any:
    """A step of the work: whoever fulfils may take it at their own locations."""
    return action(
        description,
        at_own_locations(does),
        takes,
        refuses=(IllegalTransition, BlockedByHold, Forbidden, *also_refuses),
        needs=Permission.FULFIL,
    )


@root
class FulfilmentMutations:
    release_order: Order = action(
        "Hand what is scheduled to its locations, one fulfilment for each location and way. Held lines stay behind. For "
        "confirmed orders this happens by itself.",
        releasing.release,
        ReleaseOrderInput,
        refuses=(IllegalTransition, BlockedByHold, NotPaid),
        needs=Permission.RELEASE_ORDERS,
    )
    accept_fulfilment: Fulfilment = _step("Take the work on.", accepting.accept, AcceptFulfilmentInput)
    decline_fulfilment: Fulfilment = _step(
        "Give back what is not picked yet; it is looked for at other locations.",
        declining.decline,
        DeclineFulfilmentInput,
    )
    pick_units: Fulfilment = _step("Say what was taken off the shelf.", picking.pick, PickUnitsInput)
    short_pick_units: Fulfilment = _step(
        "Say that fewer units were found: those are picked, the missing ones are looked for at other locations.",
        picking.short_pick,
        ShortPickInput,
    )
    make_ready_for_pickup: Fulfilment = _step(
        "Set aside for the customer what is picked or packed.", pickup.make_ready, MakeReadyInput
    )
    hand_over: Fulfilment = _step(
        "Give what was set aside to the customer: to whoever shows the code, or whom you know to be the customer.",
        pickup.hand_over,
        HandOverInput,
        NotPaid,
    )
