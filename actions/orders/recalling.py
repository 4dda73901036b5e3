"""Units a location works on already: ask it to stop, and take its answer.

A request is for so many units of one line in one fulfilment. Accepted, the units are cancelled and their stock is free;
units that have left meanwhile decline it by themselves, and units the location gives back are cancelled, not sent to
the next location.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from actions.acting import Act, action
from actions.changing import OrderChange, StandingKit, Units, lock_order, save
from actions.fulfilment.progress import lock_fulfilment, refresh_fulfilments, words
from actions.payments.books import recount
from actions.pickups.asking import Rejected, follow_questions
from actions.restocking import announces_freed
from actions.whole_kits import stoppable_kits
from domain.errors import IllegalTransition, NotFound
from domain.facts import FactKind
from domain.holds import check_holds
from domain.ids import new_id
from domain.kits import whole_kits
from domain.lifecycle import FROM_OF, RANK, Action, UnitStatus, by_rank
from domain.pricing import PricedLine, units_cost
from domain.validation import Checks
from models import CancellationRequest, Fulfilment, OrderLine
from models.orders import CancellationStatus

MAX_REASON_CHARACTERS: Final = 500
RECALLABLE: Final = FROM_OF[Action.RECALL]
GIVEN_BACK: Final = (UnitStatus.UNSCHEDULED, UnitStatus.BACKORDERED, UnitStatus.PICKUP_REJECTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCancellation:
    """Of one line, of so many units of it, or of the whole fulfilment. `expected_version` is the fulfilment's."""

    fulfilment_id: UUID
    line_id: UUID | None = None
    quantity: int | None = None
    reason: str = ""
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCancellation:
    request_id: UUID
    accept: bool
    reason: str = ""


@action
async def request_cancellation(act: Act, command: RequestCancellation) -> UUID:
    """Ask one location to stop; returns the order's id. Asking again for the same units changes nothing.

    Raises InvalidInput, NotFound, Conflict, BlockedByHold, or IllegalTransition when fewer units can still be stopped.
    """
    change, fulfilment = await lock_fulfilment(act, command.fulfilment_id, command.expected_version)
    _check(change, command)
    ask = await asking(act, change, command.reason)
    for line_id in [command.line_id] if command.line_id else [each for each in change.lines if not change.kit_of(each)]:
        most = change.lines[line_id].quantity if command.quantity is None else command.quantity
        asked = ask.want(change, line_id, most, fulfilment_id=fulfilment.id)
        if command.quantity is not None and asked < command.quantity:
            raise IllegalTransition(f"stop {command.quantity} units of", fulfilment.status, by_rank(RECALLABLE))
    for kit in change.kits if command.line_id is None else ():
        ask.want_kits(change, kit, kit.quantity, fulfilment_id=fulfilment.id)
    if not ask.fresh and not any(key[0] == fulfilment.id for key in ask.open):
        raise IllegalTransition("stop", fulfilment.status, by_rank(RECALLABLE))
    await record_requests(change, ask)
    await save(act, [change])
    return change.order.id


@announces_freed
@action
async def answer_cancellation(act: Act, command: AnswerCancellation) -> UUID:
    """The location's yes or no; returns the order's id. A yes to units that have left is recorded as a no.

    What is answered of one component of a kit is answered of all that were asked for with it. Raises InvalidInput,
    NotFound, or IllegalTransition when the request was answered before.
    """
    checks = Checks()
    checks.text("reason", command.reason, longest=MAX_REASON_CHARACTERS, is_required=False)
    checks.refuse()
    request, change = await _lock_request(act, command.request_id)
    requests = await _answered_together(change, request)
    allowed = _allowed(change, requests) if command.accept else {}
    recalled = {each.line_id: _recall(change, each, allowed.get(each.line_id, 0)) for each in requests}
    recalled = {line_id: units for line_id, units in recalled.items() if units}
    if recalled:
        refreshed = await refresh_fulfilments(act, [change])
        value = await cancelled_value(change, recalled)
        [fulfilment] = refreshed
        change.record(
            FactKind.UNITS_CANCELLED,
            fulfilment_id=fulfilment.id,
            location_id=fulfilment.location_id,
            fulfilments=words(refreshed),
            reason=request.reason,
            **value,
        )
    for each in requests:
        each.quantity = recalled.get(each.line_id, each.quantity)
        await _answer(act, change, each, is_accepted=bool(recalled), reason=command.reason)
    await save(act, [change])
    return change.order.id


async def settle_requests(act: Act, change: OrderChange, rejected: Rejected | None = None) -> None:
    """Bring open requests in line with where units stand now, and then questions to the customer about what was
    `rejected` and nobody wants cancelled. The caller has recorded its own moves, and saves.

    To be called whenever units left a fulfilment: what the location gave back is cancelled, a request for units that
    have left is declined, and what is then left of a request stays open.
    """
    for request in await _open_requests(change.order.id):
        standing = sum(units.quantity for units in _recallable(change, request.fulfilment_id, request.line_id))
        if standing >= request.quantity:
            continue
        given_back = await _cancel_given_back(change, request, request.quantity - standing)
        if standing:
            request.quantity = standing
            await request.save(update_fields=["quantity"])
            await _tell(change, FactKind.CANCELLATION_REQUESTED, request, reason=request.reason)
        else:
            request.quantity = given_back or request.quantity
            await _answer(act, change, request, is_accepted=given_back > 0, reason="")
    await follow_questions(act, change, rejected)


async def cancelled_value(change: OrderChange, cancelled: Mapping[UUID, int]) -> dict[str, Any]:
    """What these units, cancelled just now, cost, and how far the order is paid without them: part of a fact."""
    parts = []
    for line_id, units in cancelled.items():
        gone = sum(standing.quantity for standing in change.units(UnitStatus.CANCELLED, line_id=line_id))
        cost = units_cost(priced(change.lines[line_id]), already=gone - units, units=units)
        parts.append(
            {"line": str(line_id), "quantity": units, "amount_minor": cost.total_minor, "tax_minor": cost.tax_minor}
        )
    return {
        "currency": change.order.currency,
        "amount_minor": sum(part["amount_minor"] for part in parts),
        "tax_minor": sum(part["tax_minor"] for part in parts),
        "cancelled": parts,
        **await recount(change),
    }


def priced(line: OrderLine) -> PricedLine:
    """The line as it was billed, its share of the order's discount among its own."""
    return PricedLine(
        line.quantity,
        line.unit_price_minor,
        line.discount_minor,
        0,
        line.tax_rate_ppm,
        line.total_minor - line.tax_minor,
        line.tax_minor,
        line.total_minor,
    )


@dataclass(slots=True)
class Asking:
    """Requests of one order: those open, by fulfilment and line, and among them those made or enlarged just now."""

    act: Act
    reason: str
    open: dict[tuple[UUID, UUID], CancellationRequest]
    fresh: list[CancellationRequest] = field(default_factory=list)

    def want(self, change: OrderChange, line_id: UUID, quantity: int, *, fulfilment_id: UUID | None = None) -> int:
        """Ask for up to so many units of the line that were not asked for yet; how many. Raises BlockedByHold."""
        asked = 0
        for at, standing in _by_fulfilment(change, line_id).items():
            request = self.open.get((at, line_id))
            more = min(quantity - asked, standing - (request.quantity if request else 0))
            if more > 0 and fulfilment_id in (None, at):
                check_holds(Action.CANCEL, change.holding(line_id))
                self._enlarge(change, (at, line_id), more)
                asked += more
        return asked

    def want_kits(self, change: OrderChange, kit: StandingKit, kits: int, *, fulfilment_id: UUID | None = None) -> int:
        """Ask for up to so many whole kits that were not asked for yet; how many. Raises BlockedByHold."""
        asked = 0
        for at, standing in stoppable_kits(change, kit).items():
            before = min(
                request.quantity // units if (request := self.open.get((at, line_id))) else 0
                for line_id, units in kit.in_one.items()
            )
            more = min(kits - asked, standing - before)
            if more > 0 and fulfilment_id in (None, at):
                for line_id, units in kit.in_one.items():
                    check_holds(Action.CANCEL, change.holding(line_id))
                    self._enlarge(change, (at, line_id), more * units)
                asked += more
        return asked

    def _enlarge(self, change: OrderChange, key: tuple[UUID, UUID], units: int) -> None:
        request = self.open.get(key)
        if request is None:
            request = self.open[key] = CancellationRequest(
                id=new_id(),
                order_id=change.order.id,
                fulfilment_id=key[0],
                line_id=key[1],
                quantity=0,
                reason=self.reason,
                requested_by=self.act.actor,
                requested_at=self.act.now,
            )
        request.quantity += units
        if request not in self.fresh:
            self.fresh.append(request)


async def asking(act: Act, change: OrderChange, reason: str) -> Asking:
    found = await _open_requests(change.order.id)
    return Asking(act, reason, {(request.fulfilment_id, request.line_id): request for request in found})


async def record_requests(change: OrderChange, ask: Asking) -> None:
    """Write what was asked, with one fact each for the location that has to answer."""
    for request in ask.fresh:
        await request.save()
        await _tell(change, FactKind.CANCELLATION_REQUESTED, request, reason=ask.reason)


def _check(change: OrderChange, command: RequestCancellation) -> None:
    checks = Checks()
    checks.text("reason", command.reason, longest=MAX_REASON_CHARACTERS, is_required=False)
    if command.line_id is None and command.quantity is not None:
        checks.note("quantity", "LINE_NEEDED", "Only units of one line can be counted: name it.")
    elif command.line_id is not None and command.line_id not in change.lines:
        checks.note("line_id", "UNKNOWN_LINE", "Is not a line of this order.")
    elif command.line_id is not None and (kit := change.kit_of(command.line_id)):
        checks.note("line_id", "KIT", cancelled_whole(kit))
    checks.number("quantity", command.quantity, least=1)
    checks.refuse()


async def _lock_request(act: Act, request_id: UUID) -> tuple[CancellationRequest, OrderChange]:
    found = await CancellationRequest.get_or_none(id=request_id, order__organization_id=act.organization_id)
    if found is None:
        raise NotFound("cancellation request", request_id)
    change = await lock_order(act, found.order_id)
    request = await CancellationRequest.get(id=request_id)
    if request.status is not CancellationStatus.REQUESTED:
        raise IllegalTransition("answer", request.status, [CancellationStatus.REQUESTED])
    return request, change


async def _open_requests(order_id: UUID) -> list[CancellationRequest]:
    return await CancellationRequest.filter(order_id=order_id, status=CancellationStatus.REQUESTED).order_by("id")


def cancelled_whole(kit: StandingKit) -> str:
    return f"Is a component of kit {kit.sku}, which is cancelled whole: cancel kits of the order instead of lines."


async def _answered_together(change: OrderChange, request: CancellationRequest) -> list[CancellationRequest]:
    """The request; for a component of a kit with those for the others, which the same location was asked for."""
    kit = change.kit_of(request.line_id)
    if kit is None:
        return [request]
    found = await _open_requests(change.order.id)
    return [each for each in found if each.fulfilment_id == request.fulfilment_id and each.line_id in kit.in_one]


def _allowed(change: OrderChange, requests: Sequence[CancellationRequest]) -> dict[UUID, int]:
    """Units by line that a yes may stop: all that were asked for, of kits whole ones of which nothing has left."""
    asked = {each.line_id: each.quantity for each in requests}
    kit = change.kit_of(requests[0].line_id)
    if kit is None:
        return asked
    most = stoppable_kits(change, kit).get(requests[0].fulfilment_id, 0)
    kits = min(most, whole_kits(asked, kit.in_one))
    return {line_id: kits * kit.in_one[line_id] for line_id in asked}


def _recallable(change: OrderChange, fulfilment_id: UUID, line_id: UUID) -> list[Units]:
    """Least far along first."""
    found = change.units(*RECALLABLE, fulfilment_id=fulfilment_id, line_id=line_id)
    return sorted(found, key=lambda units: RANK[units.place.status])


def _by_fulfilment(change: OrderChange, line_id: UUID) -> Counter[UUID]:
    """How many units each could still stop, the one least far along first."""
    standing: Counter[UUID] = Counter()
    for units in sorted(change.units(*RECALLABLE, line_id=line_id), key=lambda u: RANK[u.place.status]):
        assert units.place.fulfilment_id is not None, "units after release are in a fulfilment"
        standing[units.place.fulfilment_id] += units.quantity
    return standing


def _recall(change: OrderChange, request: CancellationRequest, most: int) -> int:
    left = most
    for units in _recallable(change, request.fulfilment_id, request.line_id):
        quantity = min(left, units.quantity)
        if quantity:
            change.move(Action.RECALL, units.place, quantity)
            left -= quantity
    return most - left


async def _cancel_given_back(change: OrderChange, request: CancellationRequest, most: int) -> int:
    left = most
    is_stopped = Action.CANCEL in change.stopped(request.line_id)
    for units in [] if is_stopped else change.units(*GIVEN_BACK, line_id=request.line_id):
        quantity = min(left, units.quantity)
        if quantity:
            change.move(Action.CANCEL, units.place, quantity)
            left -= quantity
    if cancelled := most - left:
        value = await cancelled_value(change, {request.line_id: cancelled})
        change.record(FactKind.UNITS_CANCELLED, reason=request.reason, **value)
    return most - left


async def _answer(
    act: Act, change: OrderChange, request: CancellationRequest, *, is_accepted: bool, reason: str
) -> None:
    request.status = CancellationStatus.ACCEPTED if is_accepted else CancellationStatus.DECLINED
    request.answered_by, request.answered_at = act.actor, act.now
    await request.save(update_fields=["status", "quantity", "answered_by", "answered_at"])
    await _tell(change, FactKind.CANCELLATION_ANSWERED, request, reason=reason)


async def _tell(change: OrderChange, kind: FactKind, request: CancellationRequest, *, reason: str) -> None:
    fulfilment = await Fulfilment.get(id=request.fulfilment_id)
    told = {
        "line": str(request.line_id),
        "fulfilment": str(request.fulfilment_id),
        "quantity": request.quantity,
        "status": request.status.value,
    }
    change.record(
        kind,
        fulfilment_id=fulfilment.id,
        location_id=fulfilment.location_id,
        requests={str(request.id): told},
        reason=reason,
    )
