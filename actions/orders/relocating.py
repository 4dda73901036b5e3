"""Serve units from a location that a person chooses, or let the customer collect them at another one, whatever rules say.

IBM Sterling and Microsoft Dynamics 365 call it a manual override, and ask for a reason. It is for units that nobody has
begun to work on: what was released and not accepted is taken back from the location. What has no location yet may be placed so
too, an order that nobody could serve included.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from actions import levels, reference, workload
from actions.acting import Act, action
from actions.changing import OrderChange, StandingKit, lock_order, save
from actions.fulfilment.progress import refresh_fulfilments, words
from actions.orders.holding import take_off
from actions.orders.recalling import settle_requests
from actions.restocking import announces_freed
from actions.routing import Chosen, route
from domain.errors import IllegalTransition, InsufficientStock
from domain.facts import FactKind
from domain.holds import HoldKind
from domain.kits import whole_kits
from domain.lifecycle import FROM_OF, RANK, Action, UnitStatus, by_rank
from domain.orders import FulfilmentMethod
from domain.routing.rules.values import DecisionKind
from domain.validation import Checks
from models import ExcludedLocation, OrderMerge
from models.db import Fetching

MAX_REASON_CHARACTERS: Final = 500
MAX_LINES: Final = 200
WITHOUT_WORK: Final = {UnitStatus.SCHEDULED: Action.UNSCHEDULE, UnitStatus.RELEASED: Action.DECLINE}
"""How units leave a location that has not accepted them."""
MOVABLE: Final = FROM_OF[Action.SCHEDULE] | WITHOUT_WORK.keys()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseLocation:
    """Without lines all that the location could serve and that nobody works on; kits go whole, so only with all lines.

    What ships is sent from `location_id`, what is collected is handed over there.
    """

    order_id: UUID
    location_id: UUID
    reason: str
    line_ids: tuple[UUID, ...] = ()
    expected_version: int | None = None


@announces_freed
@action
async def choose_location(act: Act, command: ChooseLocation) -> UUID:
    """All of it or nothing. Raises InvalidInput, NotFound, Conflict, BlockedByHold, InsufficientStock when the location has not
    enough, and IllegalTransition when somebody works on a named line already.
    """
    change = await lock_order(act, command.order_id, command.expected_version)
    wanted = await _wanted(act, change, command)
    await take_off(act, change, HoldKind.UNROUTABLE, command.reason)
    # Routing locks every level of what it places; doing so before any other level keeps the one order of locks.
    await levels.lock_variants({change.lines[line_id].variant_id for line_id in wanted})
    await _take_back(act, change, wanted, command)
    await workload.lock_days(act, [change])
    await save(act, [change])
    fresh = await lock_order(act, command.order_id)
    chosen = Chosen(command.location_id, command.reason)
    await route(act, fresh, DecisionKind.CHOSEN, line_ids=wanted, chosen=chosen)
    _check_served(fresh, wanted)
    await save(act, [fresh])
    return command.order_id


async def _wanted(act: Act, change: OrderChange, command: ChooseLocation) -> set[UUID]:
    """The lines that move. Raises InvalidInput and IllegalTransition."""
    checks = Checks()
    checks.text("reason", command.reason, longest=MAX_REASON_CHARACTERS)
    if checks.size("line_ids", command.line_ids, most=MAX_LINES):
        checks.once("line_ids", "", command.line_ids)
    for at, line_id in enumerate(command.line_ids[:MAX_LINES]):
        if line_id not in change.lines:
            checks.note(f"line_ids.{at}", "UNKNOWN_LINE", "Is not a line of this order.")
        elif change.kit_of(line_id) is not None:
            checks.note(f"line_ids.{at}", "KIT", "Is a component of a kit, which moves whole: name no lines.")
    checks.refuse()
    movable = {line_id for line_id in change.lines if _is_movable(change, line_id)}
    for kit in change.kits:
        if not _is_whole(change, kit):
            movable -= kit.in_one.keys()
    named = set(command.line_ids) or movable
    for line_id in named - movable if named else change.lines:
        furthest = max((units.place.status for units in change.units(line_id=line_id)), key=RANK.__getitem__)
        raise IllegalTransition("choose the location of", furthest, by_rank(MOVABLE))
    await _check_location(act, change, named, command)
    return named


def _is_movable(change: OrderChange, line_id: UUID) -> bool:
    """What is cancelled stays so; of what is collected all other units have to go together, as the line names the place."""
    open_ones = [each for each in change.units(line_id=line_id) if each.place.status is not UnitStatus.CANCELLED]
    movable = [each for each in open_ones if each.place.status in MOVABLE]
    return bool(movable) and (
        change.lines[line_id].method is not FulfilmentMethod.PICKUP or len(movable) == len(open_ones)
    )


def _is_whole(change: OrderChange, kit: StandingKit) -> bool:
    """Whether what may move of the kits are whole ones."""
    movable = {line_id: sum(u.quantity for u in change.units(*MOVABLE, line_id=line_id)) for line_id in kit.in_one}
    kits = whole_kits(movable, kit.in_one)
    return all(units == kits * kit.in_one[line_id] for line_id, units in movable.items())


async def _check_location(act: Act, change: OrderChange, named: Collection[UUID], command: ChooseLocation) -> None:
    checks, path = Checks(), "location_id"
    network = await reference.network(Fetching, act.organization_id)
    site = network.sites.get(command.location_id)
    ships = any(change.lines[line_id].method is FulfilmentMethod.SHIP for line_id in named)
    excluded = ExcludedLocation.filter(line_id__in=named, location_id=command.location_id, until__gt=act.now)
    if site is None or not site.is_active or not network.channels[change.order.channel_id].allows(site.id):
        checks.note(path, "UNKNOWN_LOCATION", "Name a location of this channel.")
    elif not all(site.offers(change.lines[line_id].method) for line_id in named):
        checks.note(path, "OTHER_WAY", "This location does not serve orders in the way that the customer chose.")
    elif ships and await OrderMerge.exists(order_id=change.order.id):
        checks.note(
            path, "DELIVERED_TOGETHER", "What ships of this order is brought to one place, and leaves from there."
        )
    elif await excluded.exists():
        checks.note(path, "GAVE_IT_BACK", "This location gave the units back: name another one.")
    checks.refuse()


async def _take_back(act: Act, change: OrderChange, wanted: Collection[UUID], command: ChooseLocation) -> None:
    is_taken_back = False
    for line_id in wanted:
        line = change.lines[line_id]
        if line.method is FulfilmentMethod.PICKUP:
            line.pickup_location_id = command.location_id
            await line.save(update_fields=["pickup_location_id"])
        for place, quantity in change.units(*WITHOUT_WORK, line_id=line_id):
            change.move(WITHOUT_WORK[place.status], place, quantity)
            is_taken_back = True
    if is_taken_back:
        refreshed = await refresh_fulfilments(act, [change])
        change.record(FactKind.UNITS_UNSCHEDULED, fulfilments=words(refreshed), reason=command.reason)
        await settle_requests(act, change)


def _check_served(change: OrderChange, wanted: Collection[UUID]) -> None:
    missing: Counter[str] = Counter()
    for place, quantity in change.units(*FROM_OF[Action.SCHEDULE]):
        if place.line_id in wanted:
            missing[change.lines[place.line_id].sku] += quantity
    if missing:
        raise InsufficientStock(missing)
