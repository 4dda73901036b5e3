"""Units that a location cannot serve after all: what that says about its stock, about other orders, and where they go.

    given = GivenBack(location_id, reason, cascades=…, whole=await going_whole(changes, may_split=…))
    given.take(change, Action.DECLINE, units)                        as often as needed
    given.take_companions(change, fulfilment)
    tell(act, change, FactKind.FULFILMENT_DECLINED, fulfilment)
    others = await take_along(act, changes, given, fulfilment.id)       other fulfilments, other orders
    await settle(act, changes, given, exclude_until)                 writes everything, then routes each order anew

Units that their customer wanted to collect there go nowhere by themselves: the customer is asked (`actions/pickups`).
Two things are said beside the reason (HotWax `maySplit`, `cascadeRejectByProduct`). A location that cascades gives back
the same variants of every order that counts on them there, as far as nobody has picked them. Work that may not split goes
whole: with what is missing everything else of that order's work is given back too, what is picked for it returns to the
shelf, and it is served from elsewhere together. What is packed stays, and then the rest of the work does; what customers
collect they may collect in parts.

An empty shelf is empty for everybody, so it always cascades, and carts lose what they kept there.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from actions import levels, workload
from actions.acting import Act
from actions.changing import OrderChange, Units, lock_order, save
from actions.fulfilment.packed import take_out
from actions.fulfilment.progress import Changes, find_fulfilments, tell
from actions.orders.holding import put_on
from actions.orders.recalling import settle_requests
from actions.pickups.asking import Rejected
from actions.routing import route
from actions.whole_kits import BACK_OF, surplus, units_of
from domain.errors import InvalidInput
from domain.facts import FactKind
from domain.fulfilment import CONSEQUENCES, DeclineReason, Variance
from domain.holds import HoldKind
from domain.ids import id_maker
from domain.lifecycle import ALLOCATED, FROM_OF, LEFT, Action, UnitStatus
from domain.orders import FulfilmentMethod
from domain.stock import AdjustmentReason, MovementKind, ReservationStatus
from domain.validation import Checks
from models import Channel, Fulfilment, FulfilmentLine, Reservation
from models.db import execute, rows

MOST_ORDERS_AT_ONCE: Final = 100
"""Orders that one empty shelf takes along at most; the rest are found when the location declines again."""

MOST_RESERVATIONS_AT_ONCE: Final = 500

COUNTING_ON: Final = """
SELECT DISTINCT s.order_id FROM line_status s JOIN order_lines l ON l.id = s.line_id
WHERE s.location_id = $1 AND s.status = ANY($2::text[]) AND l.variant_id = ANY($3::uuid[]) ORDER BY s.order_id LIMIT $4"""

EXCLUDE: Final = """
INSERT INTO excluded_locations (id, line_id, location_id, until, reason)
SELECT u.id, u.line_id, u.location_id, $4, $5 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS u(id, line_id, location_id)
ON CONFLICT (line_id, location_id) DO UPDATE SET until = greatest(excluded_locations.until, excluded.until),
    reason = excluded.reason"""

BY_RESERVATION: Final = """
SELECT id, variant_id, location_id, quantity FROM reservations
WHERE location_id = $1 AND variant_id = ANY($2::uuid[]) AND status = $3 ORDER BY id LIMIT $4 FOR NO KEY UPDATE"""

HOPPED: Final = """
SELECT line_id FROM excluded_locations WHERE line_id = ANY($1::uuid[]) GROUP BY line_id HAVING count(*) >= $2"""

MOST_HOPS: Final = 5
"""After so many locations gave a line back, somebody has to decide."""
MOST_HOPS_SAID: Final = f"{MOST_HOPS} locations gave it back."

UNTOUCHED: Final = (
    UnitStatus.SCHEDULED,
    UnitStatus.AWAITING_TRANSFER,
    UnitStatus.RELEASED,
    UnitStatus.ACKNOWLEDGED,
)
"""Nobody has taken these units off the shelf yet."""

LETS_GO: Final = {
    UnitStatus.SCHEDULED: Action.UNSCHEDULE,
    UnitStatus.AWAITING_TRANSFER: Action.FORWARD_DECLINE,
}
"""How a location lets go of units that are in no fulfilment."""
PUTS_BACK: Final = {
    **LETS_GO,
    UnitStatus.RELEASED: Action.DECLINE,
    UnitStatus.ACKNOWLEDGED: Action.DECLINE,
    UnitStatus.PICKED: Action.PUT_BACK,
}
"""How a location lets go of units that it could serve."""
OUT_OF_REACH: Final = ALLOCATED - PUTS_BACK.keys() | LEFT | {UnitStatus.IN_TRANSFER}
"""Units in a box, or gone: work that has some of these is split already."""


@dataclass(slots=True)
class GivenBack:
    """What one location gives back for one reason, over all orders it concerns.

    `quantities` are the units that the reason is about, by variant; what goes along with them is merely not wanted here,
    and `put_back` of it had been picked and lies on the shelf again. `whole` are the orders whose work may not split.
    """

    location_id: UUID
    reason: DeclineReason
    cascades: bool = False
    whole: frozenset[UUID] = frozenset()
    quantities: Counter[UUID] = field(default_factory=Counter)
    put_back: Counter[UUID] = field(default_factory=Counter)
    lines: set[UUID] = field(default_factory=set)

    @property
    def variance(self) -> Variance:
        return CONSEQUENCES[self.reason].variance

    def take(self, change: OrderChange, action: Action, units: Units, *, is_companion: bool = False) -> None:
        """Move the units out of the location; what its customer wanted to collect there waits for their answer."""
        place, quantity = units
        assert place.location_id == self.location_id, "a location gives back only what it has"
        if change.lines[place.line_id].pickup_location_id == self.location_id:
            action = Action.REJECT_PICKUP
        change.move(action, place, quantity)
        if not is_companion:
            self.quantities[change.lines[place.line_id].variant_id] += quantity
        elif action is Action.PUT_BACK:
            self.put_back[change.lines[place.line_id].variant_id] += quantity
        self.lines.add(place.line_id)

    def take_companions(self, change: OrderChange, fulfilment: Fulfilment) -> None:
        """What else of this fulfilment goes along with what was taken: the same variants, all of it, the rest of kits."""
        if self.cascades:
            for units in self.untouched(change):
                if units.place.fulfilment_id == fulfilment.id:
                    self.take(change, Action.DECLINE, units)
        self.take_rest(change, fulfilment.id)
        self.take_rest_of_kits(change, fulfilment.id)

    def take_rest(self, change: OrderChange, fulfilment_id: UUID | None) -> None:
        """When the order's work may not split: the rest of the fulfilment, or of what is planned here."""
        rest = [
            units
            for units in change.units()
            if (units.place.location_id, units.place.fulfilment_id) == (self.location_id, fulfilment_id)
            and change.lines[units.place.line_id].method is FulfilmentMethod.SHIP
        ]
        if change.order.id not in self.whole or any(units.place.status in OUT_OF_REACH for units in rest):
            return
        for units in rest:
            self.take(change, PUTS_BACK[units.place.status], units, is_companion=True)

    def take_rest_of_kits(self, change: OrderChange, fulfilment_id: UUID | None = None) -> None:
        """What belongs to kits of which something was taken leaves with it: whole kits are there or they are not.

        It goes back on the shelf, and is not counted among what is missing. To be called after everything that is missing
        was taken from the fulfilment, or without one from what is scheduled.
        """
        for kit in change.kits:
            here = (self.location_id, fulfilment_id)
            there = [
                units
                for units in units_of(change, kit, fulfilment_id)
                if (units.place.location_id, units.place.fulfilment_id) == here
            ]
            for units in surplus(there, kit):
                line, action = change.lines[units.place.line_id], BACK_OF[units.place.status]
                if action is Action.PUT_BACK:
                    self.put_back[line.variant_id] += units.quantity
                is_collected_here = line.pickup_location_id == self.location_id
                change.move(Action.REJECT_PICKUP if is_collected_here else action, units.place, units.quantity)
                self.lines.add(units.place.line_id)

    def untouched(self, change: OrderChange) -> list[Units]:
        """Units of the variants given back that still wait on the location's shelf."""
        return [
            units
            for units in change.units(*UNTOUCHED)
            if units.place.location_id == self.location_id
            and change.lines[units.place.line_id].variant_id in self.quantities
        ]


async def going_whole(changes: Changes, *, may_split: bool | None) -> frozenset[UUID]:
    """The orders whose work at a location goes whole or not at all: as told, else as their channels say."""
    if may_split is not None:
        return frozenset() if may_split else frozenset(changes)
    channels = {change.order.channel_id for change in changes.values()}
    whole = set(await Channel.filter(id__in=channels, may_split_declined=False).values_list("id", flat=True))
    return frozenset(key for key, change in changes.items() if change.order.channel_id in whole)


def does_cascade(reason: DeclineReason, *, wanted: bool | None) -> bool:
    """Raises InvalidInput for an empty shelf that is to be empty for one order alone."""
    is_empty = CONSEQUENCES[reason].variance is Variance.EMPTY
    if is_empty and wanted is False:
        checks = Checks()
        checks.note("cascade", "SHELF_IS_EMPTY", "An empty shelf is empty for every order.")
        raise InvalidInput(checks.problems)
    return is_empty or bool(wanted)


async def counting_on(fulfilment: Fulfilment, line_ids: Sequence[UUID]) -> list[UUID]:
    """Orders that count on what is missing at the location, the oldest first.

    `line_ids`: the fulfilment's order lines that miss units, all if none is named.
    """
    asked = FulfilmentLine.filter(fulfilment_id=fulfilment.id)
    if line_ids:
        asked = asked.filter(line_id__in=line_ids)
    return await counting_on_variants(fulfilment.location_id, await asked.values_list("line__variant_id", flat=True))


async def counting_on_variants(location_id: UUID, variant_ids: Iterable[Any]) -> list[UUID]:
    wanted = [location_id, [status.value for status in UNTOUCHED], list(variant_ids), MOST_ORDERS_AT_ONCE]
    return [row["order_id"] for row in await rows(COUNTING_ON, wanted)]


def check_until(act: Act, exclude_until: datetime | None) -> None:
    """Raises InvalidInput for a moment that is over."""
    if exclude_until is not None and exclude_until <= act.now:
        checks = Checks()
        checks.note("exclude_until", "OUT_OF_RANGE", "Must be in the future.")
        raise InvalidInput(checks.problems)


async def take_along(act: Act, changes: Changes, given: GivenBack, cause_id: UUID) -> list[Fulfilment]:
    """When the location cascades: all these locked orders give back what nobody has picked; returns fulfilments to store.

    The cause is the fulfilment or transfer where it was noticed, told already; the facts of the others name it.
    """
    if not given.cascades:
        return []
    why: dict[str, Any] = {"reason": given.reason.value, "cause": str(cause_id)}
    told = []
    for change in changes.values():
        waiting = given.untouched(change)
        planned = [units for units in waiting if units.place.status in LETS_GO]
        for units in planned:
            given.take(change, LETS_GO[units.place.status], units)
        if planned:
            given.take_rest(change, None)
            given.take_rest_of_kits(change)
            change.record(FactKind.UNITS_UNSCHEDULED, location_id=given.location_id, **why)
        found = await find_fulfilments(act, {key for units in waiting if (key := units.place.fulfilment_id)})
        for fulfilment in found.values():
            given.take_companions(change, fulfilment)
            fulfilment.decline_reason = given.reason
            tell(act, change, FactKind.FULFILMENT_DECLINED, fulfilment, **why)
            told.append(fulfilment)
    return told


async def settle(act: Act, changes: Changes, given: GivenBack, exclude_until: datetime | None = None) -> None:
    """Save the changes with what the reason does to stock, exclude the location, and route every order anew.

    Each order is routed after the one before is written, so that no two are promised the same unit.
    """
    until = exclude_until or act.now + CONSEQUENCES[given.reason].excluded_for
    touched = [change for change in changes.values() if change.facts]
    if any(change.kits for change in touched):
        await take_out({key: change for change in touched for key in change.fulfilments_moved()})
    lines, make = sorted(given.lines), id_maker()
    locations = [given.location_id] * len(lines)
    await execute(EXCLUDE, [[make() for _ in lines], lines, locations, until, given.reason.value])
    movements = await _end_reservations(act, given)
    await levels.lock_variants(touched_variants(touched, movements) | given.quantities.keys())
    movements += await _variance(touched, given, movements)
    for change in touched:
        await settle_requests(act, change, Rejected(given.location_id, given.reason))
    await workload.lock_days(act, touched)
    await save(act, touched, movements=movements)
    parked = {row["line_id"] for row in await rows(HOPPED, [lines, MOST_HOPS])}
    for change in touched:
        fresh = await lock_order(act, change.order.id)
        await send_on(act, fresh, parked)
        await save(act, [fresh])


async def send_on(act: Act, change: OrderChange, parked: Collection[UUID] = ()) -> None:
    """Route anew, or leave it to somebody when too many locations gave the units back."""
    waiting = {units.place.line_id for units in change.units(*FROM_OF[Action.SCHEDULE])}
    if waiting.intersection(parked):
        await put_on(act, change, HoldKind.UNROUTABLE, MOST_HOPS_SAID)
    elif not _is_held(change):
        await route(act, change)


def _is_held(change: OrderChange) -> bool:
    """Whether a hold keeps waiting units from being scheduled; they wait on, and are routed when it is resolved."""
    waiting = change.units(*FROM_OF[Action.SCHEDULE])
    return any(Action.SCHEDULE in change.stopped(units.place.line_id) for units in waiting)


async def _end_reservations(act: Act, given: GivenBack) -> list[levels.Movement]:
    if given.variance is not Variance.EMPTY:
        return []
    wanted = [given.location_id, sorted(given.quantities), ReservationStatus.ACTIVE.value, MOST_RESERVATIONS_AT_ONCE]
    ended = await rows(BY_RESERVATION, wanted)
    await Reservation.filter(id__in=[row["id"] for row in ended]).update(
        status=ReservationStatus.RELEASED, ended_at=act.now
    )
    return [
        levels.Movement(
            variant_id=row["variant_id"],
            location_id=row["location_id"],
            kind=MovementKind.UNRESERVED,
            quantity=row["quantity"],
            reservation_id=row["id"],
            reference=given.reason.value,
        )
        for row in ended
    ]


def waiting_variants(changes: Iterable[OrderChange]) -> set[UUID]:
    return {
        change.lines[units.place.line_id].variant_id
        for change in changes
        for units in change.units(*FROM_OF[Action.SCHEDULE])
    }


def touched_variants(changes: Collection[OrderChange], movements: Iterable[levels.Movement] = ()) -> set[UUID]:
    """Those that are moved, and those that are routed afterwards.

    Routing locks every level of what it places; doing so before any other level keeps the one order of locks.
    """
    moved = (movement for change in changes for movement in change.movements)
    return waiting_variants(changes) | {movement.variant_id for movement in (*moved, *movements)}


async def _variance(
    changes: Iterable[OrderChange], given: GivenBack, unreserved: Iterable[levels.Movement]
) -> list[levels.Movement]:
    match given.variance:
        case Variance.NONE:
            return []
        case Variance.LOST:
            quantities: Mapping[UUID, int] = {variant: -quantity for variant, quantity in given.quantities.items()}
        case Variance.DAMAGED:
            return [
                _movement(given, variant, quantity, is_damaged=True) for variant, quantity in given.quantities.items()
            ]
        case Variance.EMPTY:
            freed = [movement for change in changes for movement in change.movements]
            quantities = await _left_on_shelf(given, [*freed, *unreserved])
    return [_movement(given, variant, quantity) for variant, quantity in quantities.items() if quantity]


async def _left_on_shelf(given: GivenBack, freed: Iterable[levels.Movement]) -> dict[UUID, int]:
    """Minus what the books still have beyond what somebody picked, keeps, set aside or put back, by variant."""
    places = {(variant, given.location_id) for variant in given.quantities}
    found = await levels.lock(places)
    claimed = {key: levels.committed(level) + given.put_back[key[0]] for key, level in found.items()}
    for movement in freed:
        if movement.place in claimed and movement.kind in {MovementKind.RELEASED, MovementKind.UNRESERVED}:
            claimed[movement.place] -= movement.quantity
    return {variant: claimed[variant, at] - found[variant, at]["on_hand"] for variant, at in sorted(places)}


def _movement(given: GivenBack, variant_id: UUID, quantity: int, *, is_damaged: bool = False) -> levels.Movement:
    return levels.Movement(
        variant_id=variant_id,
        location_id=given.location_id,
        kind=MovementKind.DAMAGED if is_damaged else MovementKind.ADJUSTED,
        quantity=quantity,
        reason=None if is_damaged else AdjustmentReason.SHORT_PICKED,
        reference=given.reason.value,
    )
