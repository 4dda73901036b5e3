"""Kits of a locked order that stand together: how many whole ones are where, and what keeps them whole.

The units of a kit's lines move as kits: they are scheduled, released, brought, given back and cancelled in the ratio of one
kit, so that in every place (a location's work, the way to another, or no location) they make whole kits. Only within a
location's work may one component be ahead of another. A kit that was parted is not among `OrderChange.kits`; its lines are
like any others.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Final
from uuid import UUID

from actions.changing import OrderChange, Place, StandingKit, Units
from domain.errors import InputProblem, InvalidInput
from domain.kits import whole_kits
from domain.lifecycle import FROM_OF, LEFT, RANK, Action, UnitStatus

BACK_OF: Final = {
    status: action
    for action in (Action.PUT_BACK, Action.DECLINE, Action.UNSCHEDULE, Action.FORWARD_DECLINE)
    for status in FROM_OF[action]
}
"""How units that a location has leave it for somewhere else."""
LEAVING: Final = LEFT | {UnitStatus.READY_FOR_PICKUP}
PREPARED: Final = LEAVING | {UnitStatus.PACKED}


def units_of(change: OrderChange, kit: StandingKit, fulfilment_id: UUID | None = None) -> list[Units]:
    """Everywhere, or in one fulfilment."""
    found = change.units(fulfilment_id=fulfilment_id)
    return [units for units in found if units.place.line_id in kit.in_one]


def surplus(there: Sequence[Units], kit: StandingKit) -> list[Units]:
    """Units in one place that make no whole kit with the others, those least far first. What has left counts, and stays."""
    total = _by_line(there)
    kits = whole_kits(total, kit.in_one)
    found = []
    for place, quantity in sorted(there, key=_rank):
        more = min(quantity, total[place.line_id] - kits * kit.in_one[place.line_id])
        if more > 0 and place.status in BACK_OF:
            total[place.line_id] -= more
            found.append(Units(place, more))
    return found


def move_kits(change: OrderChange, kit: StandingKit, action: Action, most: int) -> int:
    """Up to so many kits, those least far first, whole ones where they stand; how many moved."""
    moved = 0
    places: dict[tuple[UnitStatus, UUID | None], dict[UUID, Units]] = {}
    for units in sorted(units_of(change, kit), key=_rank):
        if units.place.status in FROM_OF[action]:
            place = units.place
            places.setdefault((place.status, place.location_id), {})[place.line_id] = units
    for at in places.values():
        kits = min(most - moved, whole_kits({line_id: units.quantity for line_id, units in at.items()}, kit.in_one))
        for line_id, units in at.items():
            if kits:
                change.move(action, units.place, kits * kit.in_one[line_id])
        moved += kits
    return moved


def stoppable_kits(change: OrderChange, kit: StandingKit) -> dict[UUID, int]:
    """By fulfilment how many kits a location could still stop, the one least far along first.

    Where one component of a kit has left, the others follow: it cannot be stopped any more.
    """
    able = FROM_OF[Action.RECALL]
    at: dict[UUID, list[Units]] = {}
    for units in units_of(change, kit):
        if units.place.fulfilment_id is not None and units.place.status in able | LEFT:
            at.setdefault(units.place.fulfilment_id, []).append(units)
    found = {}
    for key, there in sorted(at.items(), key=lambda item: (max(map(_rank, item[1])), item[0])):
        left = [units for units in there if units.place.status in LEFT]
        kits = whole_kits(_by_line(there), kit.in_one) - _begun(left, kit)
        if kits > 0:
            found[key] = kits
    return found


def check_leaving_whole(change: OrderChange, fulfilment_id: UUID) -> None:
    """Raises InvalidInput where part of a kit has left, or waits to be collected, before the rest of it is packed.

    Boxes of one kit may leave one after the other; what may not happen is that the rest was never there.
    """
    for kit in change.kits:
        there = units_of(change, kit, fulfilment_id)
        begun = _begun(_among(there, LEAVING), kit)
        if begun > whole_kits(_by_line(_among(there, PREPARED)), kit.in_one):
            why = f"Kit {kit.sku} would leave in part: pack the rest of it too, or part the kit."
            raise InvalidInput([InputProblem("", "KIT_INCOMPLETE", why)])


def check_staying_whole(change: OrderChange, fulfilment_id: UUID) -> None:
    """Raises InvalidInput where a vendor would have part of a kit; what it sent already counts."""
    for kit in change.kits:
        there = _by_line(units_of(change, kit, fulfilment_id))
        kits = whole_kits(there, kit.in_one)
        if any(units != kits * kit.in_one[line_id] for line_id, units in there.items()):
            why = f"Kit {kit.sku} comes whole from one vendor: say the same of all its lines, or part the kit."
            raise InvalidInput([InputProblem("lines", "KIT_INCOMPLETE", why)])


def _begun(units: Iterable[Units], kit: StandingKit) -> int:
    """Kits of which at least something is among the units."""
    return max((-(-quantity // kit.in_one[line_id]) for line_id, quantity in _by_line(units).items()), default=0)


def _among(there: Iterable[Units], statuses: Collection[UnitStatus]) -> list[Units]:
    return [units for units in there if units.place.status in statuses]


def _by_line(there: Iterable[Units]) -> Counter[UUID]:
    total: Counter[UUID] = Counter()
    for place, quantity in there:
        total[place.line_id] += quantity
    return total


def _rank(units: Units) -> int:
    place: Place = units.place
    return RANK[place.status]
