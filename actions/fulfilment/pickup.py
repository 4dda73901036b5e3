"""At the counter: set aside for the customer, then handed over."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from actions.acting import Act, action
from actions.changing import OrderChange, save
from actions.fulfilment.packed import open_parcels
from actions.fulfilment.pickup_codes import after_showing, right_code
from actions.fulfilment.progress import lock_fulfilment, store, tell, workable
from actions.orders.confirming import check_paid
from actions.orders.recalling import settle_requests
from actions.whole_kits import check_leaving_whole
from domain.errors import IllegalTransition
from domain.facts import FactKind
from domain.fulfilment import check_way
from domain.lifecycle import Action, UnitStatus
from domain.pickups import IdentityCheck, check_collector
from domain.validation import Checks
from models import Fulfilment
from models.db import execute


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeReady:
    fulfilment_id: UUID
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """`code` is what the customer shows; who has none is known by `identity`, and `note` may say more of it."""

    fulfilment_id: UUID
    code: str | None = None
    identity: IdentityCheck | None = None
    note: str = ""
    expected_version: int | None = None


@action
async def make_ready(act: Act, command: MakeReady) -> UUID:
    """Everything picked or packed waits for the customer; one fact, so that they are told once.

    Raises NotFound, Conflict, IllegalTransition, and InvalidInput while part of a kit is not picked.
    """
    change, fulfilment = await lock_fulfilment(act, command.fulfilment_id, command.expected_version)
    set_ready(act, change, fulfilment)
    tell(act, change, FactKind.READY_FOR_PICKUP, fulfilment)
    await store([fulfilment])
    await save(act, [change])
    return fulfilment.id


@after_showing
@action
async def hand_over(act: Act, command: HandOver) -> UUID:
    """What is ready is with the customer now.

    Raises NotFound, Conflict, InvalidInput on a wrong code, after too many of them, or where nothing says who collects,
    IllegalTransition, also while packed units were not made ready, BlockedByHold, and NotPaid where the channel wants the
    money first.
    """
    change, fulfilment = await lock_fulfilment(act, command.fulfilment_id, command.expected_version)
    check_way(Action.HAND_OVER, fulfilment.method)
    await check_paid(change.order)
    checks = Checks()
    check_collector(
        checks,
        code=command.code,
        right_code=await right_code(fulfilment.id) if command.code is not None else None,
        identity=command.identity,
        note=command.note,
    )
    checks.refuse()
    give(act, change, fulfilment)
    tell(act, change, FactKind.UNITS_PICKED_UP, fulfilment, collected=_collected(command))
    await store([fulfilment])
    await collect_parcels(act, [fulfilment.id])
    await settle_requests(act, change)
    await save(act, [change])
    return fulfilment.id


def set_ready(act: Act, change: OrderChange, fulfilment: Fulfilment) -> None:
    """The caller tells and saves. Raises IllegalTransition, InvalidInput."""
    check_way(Action.MAKE_READY, fulfilment.method)
    _move_all(change, fulfilment, Action.MAKE_READY)
    fulfilment.ready_at = act.now


def give(_: Act, change: OrderChange, fulfilment: Fulfilment) -> None:
    """The caller tells, collects the parcels, settles what was to be cancelled, and saves.

    Raises IllegalTransition, InvalidInput, BlockedByHold.
    """
    check_way(Action.HAND_OVER, fulfilment.method)
    # Its parcels leave with the customer, so none may stay behind unnoticed.
    if change.units(UnitStatus.PACKED, fulfilment_id=fulfilment.id):
        raise IllegalTransition("hand over", UnitStatus.PACKED, [UnitStatus.READY_FOR_PICKUP])
    _move_all(change, fulfilment, Action.HAND_OVER)


async def collect_parcels(act: Act, fulfilment_ids: Sequence[UUID]) -> None:
    """The parcels of these fulfilments left with their customers."""
    collected = await open_parcels(fulfilment_ids)
    await execute(
        "UPDATE parcels SET delivered_at = $1, version = version + 1 WHERE id = ANY($2::uuid[])", [act.now, collected]
    )


def _move_all(change: OrderChange, fulfilment: Fulfilment, action: Action) -> None:
    for place, quantity in workable(change, fulfilment, action):
        change.move(action, place, quantity)
    check_leaving_whole(change, fulfilment.id)


def _collected(command: HandOver) -> dict[str, Any]:
    """How it was known who collects, as part of the fact; the code itself is nobody's business any more."""
    return {
        "with_code": command.code is not None,
        "identity": command.identity.value if command.identity else None,
        "note": command.note,
    }
