"""Move the units of orders from where they stand to where they should be, if everything is still as it was read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from actions import decisions, levels, reference, safety
from actions.acting import Act, action
from actions.changing import OrderChange, Units, lock_orders, save
from actions.quotas.buyers import groups_of
from actions.reoptimizing.reading import MOVABLE
from actions.reoptimizing.rooms import lock_rooms
from domain.facts import FactKind
from domain.lifecycle import Action, UnitStatus
from domain.orders import FulfilmentMethod
from domain.placing.considering import Considered
from domain.routing.rules.values import DecisionKind
from domain.routing.values import Method
from models.db import Fetching, rows

Trade = dict[UUID, tuple[Sequence[Units], Sequence[UUID | None]]]
"""Orders that move together: by id their units as they were read, and where each of those should be."""


@dataclass(slots=True)
class Spot:
    """Units of a variant at a location that a trade takes and gives back."""

    taken: int = 0
    given: int = 0

    @property
    def net(self) -> int:
        return self.taken - self.given


Taken = tuple[Trade, dict[levels.Place, Spot]]

DRAWN: Final = "SELECT DISTINCT line_id FROM quota_movements WHERE line_id = ANY($1::uuid[])"


@action
async def move_together(
    act: Act, trades: Sequence[Trade], considered: Mapping[UUID, Considered], *, run_id: UUID
) -> list[UUID]:
    """The ids of the orders that moved; a trade of which anything has changed meanwhile is left out as a whole.

    Locks the orders, then the stock levels that they give and take, then days, if anybody's rule limits those. For each that
    moves a decision is stored.
    """
    changes = {change.order.id: change for change in await lock_orders(act, [key for each in trades for key in each])}
    known = [trade for trade in trades if all(_is_as_read(changes[key], units) for key, (units, _) in trade.items())]
    taken = [(trade, _spots(changes, trade)) for trade in known]
    locked = await levels.lock(place for _, spots in taken for place in spots)
    if any(level["has_quotas"] for level in locked.values()):
        taken = await _without_quotas(act, changes, taken)
    free = await _free(act, locked)
    rooms = await lock_rooms(act, changes, frozenset(key for key in changes if considered[key].is_bound))
    moved = []
    for trade, spots in taken:
        is_free = all(spot.net <= free.get(place, 0) for place, spot in spots.items() if spot.taken)
        if is_free and await rooms.took(trade):
            for place, spot in spots.items():
                free[place] -= spot.net
            for key, (units_before, wanted) in trade.items():
                _move(changes[key], units_before, wanted, run_id)
                moved.append(changes[key])
    if moved:
        await save(act, moved)
        places = {key: trade[key][1] for trade in trades for key in trade}
        ids = [change.order.id for change in moved]
        await decisions.store([_decision(act, key, considered[key], places[key]) for key in ids])
    return [change.order.id for change in moved]


async def _free(act: Act, locked: Mapping[levels.Place, levels.Level]) -> dict[levels.Place, int]:
    free = {place: levels.available(level) for place, level in locked.items()}
    rules = (await reference.network(Fetching, act.organization_id)).safety_rules
    if not rules:
        return free
    return {
        place: safety.free_of(rules, level, free[place] + level["safety"], (Method.SHIP,))
        for place, level in locked.items()
    }


def _decision(act: Act, order_id: UUID, considered: Considered, wanted: Sequence[UUID | None]) -> decisions.Made:
    places = considered.by_demand(wanted)
    routed, positions = considered.routed(places), considered.positions(places)
    return decisions.Made(order_id, DecisionKind.REOPTIMIZED, act.now, routed, positions)


async def _without_quotas(act: Act, changes: dict[UUID, OrderChange], taken: Sequence[Taken]) -> list[Taken]:
    """Only trades of orders that took nothing set aside: what they give would go back to the others of their group."""
    for change in changes.values():
        change.groups = await groups_of(act.organization_id, change.order.channel_id, change.order.customer_id)
    lines = [line_id for change in changes.values() for line_id in change.lines]
    drawn = {row["line_id"] for row in await rows(DRAWN, [lines])}
    return [each for each in taken if not any(drawn & changes[key].lines.keys() for key in each[0])]


def _is_as_read(change: OrderChange, read: Sequence[Units]) -> bool:
    """Nothing is at work, nothing stops scheduling, and what ships stands where it stood."""
    open_units = [units for units in change.units() if units.place.status is not UnitStatus.CANCELLED]
    shipping = {units for units in open_units if change.lines[units.place.line_id].method is FulfilmentMethod.SHIP}
    return (
        all(units.place.status in MOVABLE for units in open_units)
        and not any(Action.SCHEDULE in change.stopped(line_id) for line_id in change.lines)
        and change.order.promise_id is None
        and shipping == set(read)
    )


def _spots(changes: dict[UUID, OrderChange], trade: Trade) -> dict[levels.Place, Spot]:
    spots: dict[levels.Place, Spot] = {}
    for key, (units, wanted) in trade.items():
        for (place, quantity), location_id in zip(units, wanted, strict=True):
            if place.location_id != location_id:
                variant_id = changes[key].lines[place.line_id].variant_id
                if place.location_id is not None:
                    spots.setdefault((variant_id, place.location_id), Spot()).given += quantity
                if location_id is not None:
                    spots.setdefault((variant_id, location_id), Spot()).taken += quantity
    return spots


def _move(change: OrderChange, units: Sequence[Units], wanted: Sequence[UUID | None], run_id: UUID) -> None:
    """Everything that leaves its location first, so that what it leaves can be taken by the same order."""
    leaving = []
    for (place, quantity), location_id in zip(units, wanted, strict=True):
        if location_id is not None and location_id != place.location_id:
            left = place
            if place.location_id is not None:
                left = change.move(Action.UNSCHEDULE, place, quantity)
            leaving.append((place, left, quantity, location_id))
    if any(place.location_id for place, *_ in leaving):
        change.record(FactKind.UNITS_UNSCHEDULED, run=str(run_id))
    for _, left, quantity, location_id in leaving:
        change.move(Action.SCHEDULE, left, quantity, location_id=location_id)
    change.record(FactKind.UNITS_SCHEDULED, run=str(run_id))
