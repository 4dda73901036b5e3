"""Units that a location cannot serve after all: what that says about its stock, about other orders, and where they go.

    given = GivenBack(location_id, reason)
    given.take(change, Action.DECLINE, units)                        as often as needed
    given.take_alike(change, fulfilment)
    tell(act, change, FactKind.FULFILMENT_DECLINED, fulfilment)
    others = await take_along(act, changes, given, fulfilment)       other fulfilments, other orders
    await settle(act, changes, given, exclude_until)                 writes everything, then routes each order anew

Units that their customer wanted to collect there go nowhere by themselves: the customer is asked (`actions/pickups`).
An empty shelf is empty for everybody: every order that counts on it gives its units back too, as far as nobody has
picked them, and carts lose what they kept there.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from actions import levels
from actions.acting import Act
from actions.changing import OrderChange, Units, lock_order, save
from actions.fulfilment.progress import Changes, find_fulfilments, tell
from actions.orders.recalling import settle_requests
from actions.pickups.asking import Rejected
from actions.routing import route
from domain.errors import InvalidInput
from domain.facts import FactKind
from domain.fulfilment import CONSEQUENCES, DeclineReason, Variance
from domain.ids import id_maker
from domain.lifecycle import FROM_OF, Action, UnitStatus
from domain.orders import FulfilmentMethod
from domain.stock import AdjustmentReason, MovementKind, ReservationStatus
from domain.validation import Checks
from models import Fulfilment, Reservation
from models.db import execute, rows

MOST_ORDERS_AT_ONCE: Final = 100
"""Orders that one empty shelf takes along at most; the rest are found when the location declines again."""

MOST_RESERVATIONS_AT_ONCE: Final = 500

COUNTING_ON: Final = """
SELECT DISTINCT s.order_id FROM line_status s JOIN order_lines l ON l.id = s.line_id
WHERE s.location_id = $1 AND s.status = ANY($2::text[]) AND l.variant_id IN (
    SELECT m.variant_id FROM fulfilment_lines f JOIN order_lines m ON m.id = f.line_id
    WHERE f.fulfilment_id = $3 AND (cardinality($4::uuid[]) = 0 OR f.line_id = ANY($4::uuid[])))
ORDER BY s.order_id LIMIT $5"""

EXCLUDE: Final = """
INSERT INTO excluded_locations (id, line_id, location_id, until, reason)
SELECT u.id, u.line_id, u.location_id, $4, $5 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS u(id, line_id, location_id)
ON CONFLICT (line_id, location_id) DO UPDATE SET until = greatest(excluded_locations.until, excluded.until),
    reason = excluded.reason"""

BY_RESERVATION: Final = """
SELECT id, variant_id, location_id, quantity FROM reservations
WHERE location_id = $1 AND variant_id = ANY($2::uuid[]) AND status = $3 ORDER BY id LIMIT $4 FOR NO KEY UPDATE"""

UNTOUCHED: Final = (UnitStatus.SCHEDULED, UnitStatus.RELEASED, UnitStatus.ACKNOWLEDGED)
"""Nobody has taken these units off the shelf yet."""


@dataclass(slots=True)
class GivenBack:
    """What one location gives back for one reason, over all orders it concerns."""

    location_id: UUID
    reason: DeclineReason
    quantities: Counter[UUID] = field(default_factory=Counter)
    lines: set[UUID] = field(default_factory=set)

    @property
    def variance(self) -> Variance:
        return CONSEQUENCES[self.reason].variance

    def take(self, change: OrderChange, action: Action, units: Units) -> None:
        """Move the units out of the location; what its customer wanted to collect there waits for their answer."""
        place, quantity = units
        assert place.location_id == self.location_id, "a location gives back only what it has"
        if change.lines[place.line_id].method is FulfilmentMethod.PICKUP:
            action = Action.REJECT_PICKUP
        change.move(action, place, quantity)
        self.quantities[change.lines[place.line_id].variant_id] += quantity
        self.lines.add(place.line_id)

    def take_alike(self, change: OrderChange, fulfilment: Fulfilment) -> None:
        """When the shelf is empty: what else of the same variants nobody has picked for this fulfilment."""
        if self.variance is Variance.EMPTY:
            for units in self.untouched(change):
                if units.place.fulfilment_id == fulfilment.id:
                    self.take(change, Action.DECLINE, units)

    def untouched(self, change: OrderChange) -> list[Units]:
        """Units of the variants given back that still wait on the location's shelf."""
        return [
            units
            for units in change.units(*UNTOUCHED)
            if units.place.location_id == self.location_id
            and change.lines[units.place.line_id].variant_id in self.quantities
        ]


async def counting_on(fulfilment: Fulfilment, reason: DeclineReason, line_ids: Sequence[UUID]) -> list[UUID]:
    """Orders that an empty shelf concerns, the oldest first; none for reasons that concern one order alone.

    `line_ids`: the fulfilment's order lines that miss units, all if none is named.
    """
    if CONSEQUENCES[reason].variance is not Variance.EMPTY:
        return []
    statuses = [status.value for status in UNTOUCHED]
    wanted = [fulfilment.location_id, statuses, fulfilment.id, list(line_ids), MOST_ORDERS_AT_ONCE]
    return [row["order_id"] for row in await rows(COUNTING_ON, wanted)]


def check_until(act: Act, exclude_until: datetime | None) -> None:
    """Raises InvalidInput for a moment that is over."""
    if exclude_until is not None and exclude_until <= act.now:
        checks = Checks()
        checks.note("exclude_until", "OUT_OF_RANGE", "Must be in the future.")
        raise InvalidInput(checks.problems)


async def take_along(act: Act, changes: Changes, given: GivenBack, cause: Fulfilment) -> list[Fulfilment]:
    """When the shelf is empty: all these locked orders give back what nobody has picked; returns fulfilments to store.

    `cause` is where it was noticed, told already; the facts of the others name it.
    """
    if given.variance is not Variance.EMPTY:
        return []
    why: dict[str, Any] = {"reason": given.reason.value, "cause": str(cause.id)}
    told = []
    for change in changes.values():
        waiting = given.untouched(change)
        planned = [units for units in waiting if units.place.status is UnitStatus.SCHEDULED]
        for units in planned:
            given.take(change, Action.UNSCHEDULE, units)
        if planned:
            change.record(FactKind.UNITS_UNSCHEDULED, location_id=given.location_id, **why)
        found = await find_fulfilments(act, {key for units in waiting if (key := units.place.fulfilment_id)})
        for fulfilment in found.values():
            for units in waiting:
                if units.place.fulfilment_id == fulfilment.id:
                    given.take(change, Action.DECLINE, units)
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
    lines, make = sorted(given.lines), id_maker()
    locations = [given.location_id] * len(lines)
    await execute(EXCLUDE, [[make() for _ in lines], lines, locations, until, given.reason.value])
    movements = await _end_reservations(act, given)
    # Routing locks every level of what it places; doing so before any other level keeps the one order of locks.
    await levels.lock_variants(_waiting_variants(touched))
    movements += await _variance(touched, given, movements)
    for change in touched:
        await settle_requests(act, change, Rejected(given.location_id, given.reason))
    await save(act, touched, movements=movements)
    for change in touched:
        fresh = await lock_order(act, change.order.id)
        if not _is_held(fresh):
            await route(act, fresh)
            await save(act, [fresh])


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


def _waiting_variants(changes: Iterable[OrderChange]) -> set[UUID]:
    return {
        change.lines[units.place.line_id].variant_id
        for change in changes
        for units in change.units(*FROM_OF[Action.SCHEDULE])
    }


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
    """Minus what the books still have beyond what somebody picked, keeps or set aside, by variant."""
    places = {(variant, given.location_id) for variant in given.quantities}
    found = await levels.lock(places)
    claimed = {key: levels.committed(level) for key, level in found.items()}
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
