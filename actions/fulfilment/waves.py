"""The same step for many orders or fulfilments at once, in one transaction: all of them take it, or none.

For warehouses that work in waves, and for whoever brings in or simulates many orders. Facts, movements and versions are
those of the single actions.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final
from uuid import UUID

from actions.acting import Act, action
from actions.changing import OrderChange, lock_orders, save
from actions.fulfilment.pickup import collect_parcels
from actions.fulfilment.progress import lock_fulfilments, store, tell, workable
from actions.fulfilment.releasing import check_releasable, open_fulfilments
from actions.orders.confirming import check_paid
from actions.whole_kits import check_leaving_whole
from domain.facts import FactKind
from domain.fulfilment import check_way
from domain.lifecycle import Action
from domain.validation import Checks
from models import Fulfilment

MOST_AT_ONCE: Final = 500


@action
async def release_wave(act: Act, order_ids: Sequence[UUID]) -> list[UUID]:
    """Release every order; returns the new fulfilments. Raises what `releasing.release` does, for the first that cannot."""
    check_wave("order_ids", order_ids)
    changes = await lock_orders(act, order_ids)
    for change in changes:
        await check_releasable(change)
    opened = await open_fulfilments(act, changes)
    await save(act, changes)
    return [fulfilment.id for fulfilment in opened]


@action
async def accept_wave(act: Act, fulfilment_ids: Sequence[UUID]) -> list[UUID]:
    """Take on all released units of every fulfilment. Raises what `accepting.accept` does."""
    return await _step(act, fulfilment_ids, Action.ACCEPT, FactKind.FULFILMENT_ACCEPTED, _accepted_at(act))


@action
async def pick_wave(act: Act, fulfilment_ids: Sequence[UUID]) -> list[UUID]:
    """Everything that was accepted is picked. Raises what `picking.pick` does."""
    return await _step(act, fulfilment_ids, Action.PICK, FactKind.UNITS_PICKED, lambda _: None)


@action
async def make_ready_wave(act: Act, fulfilment_ids: Sequence[UUID]) -> list[UUID]:
    """Everything picked or packed waits for its customer. Raises what `pickup.make_ready` does."""
    return await _step(act, fulfilment_ids, Action.MAKE_READY, FactKind.READY_FOR_PICKUP, _ready_at(act))


@action
async def hand_over_wave(act: Act, fulfilment_ids: Sequence[UUID]) -> list[UUID]:
    """What is ready is with its customers now, and nobody says who they were: for telling what happened long ago.

    Raises what `pickup.hand_over` does.
    """
    done = await _step(act, fulfilment_ids, Action.HAND_OVER, FactKind.UNITS_PICKED_UP, _for_pickup(Action.HAND_OVER))
    await collect_parcels(act, done)
    return done


def check_wave(name: str, ids: Sequence[UUID]) -> None:
    checks = Checks()
    checks.size(name, ids, least=1, most=MOST_AT_ONCE)
    checks.refuse()


def move_all(change: OrderChange, fulfilment: Fulfilment, step: Action) -> None:
    for place, quantity in workable(change, fulfilment, step):
        change.move(step, place, quantity)
    if step in {Action.MAKE_READY, Action.HAND_OVER}:
        check_leaving_whole(change, fulfilment.id)


def in_order(fulfilments: Iterable[Fulfilment]) -> list[Fulfilment]:
    return sorted(fulfilments, key=lambda fulfilment: fulfilment.number)


async def _step(
    act: Act, fulfilment_ids: Sequence[UUID], step: Action, kind: FactKind, mark: Callable[[Fulfilment], None]
) -> list[UUID]:
    check_wave("fulfilment_ids", fulfilment_ids)
    changes, found = await lock_fulfilments(act, dict.fromkeys(fulfilment_ids))
    fulfilments = in_order(found.values())
    if step is Action.HAND_OVER:
        for change in changes.values():
            await check_paid(change.order)
    for fulfilment in fulfilments:
        change = changes[fulfilment.order_id]
        mark(fulfilment)
        move_all(change, fulfilment, step)
        tell(act, change, kind, fulfilment)
    await store(fulfilments)
    await save(act, list(changes.values()))
    return [fulfilment.id for fulfilment in fulfilments]


def _accepted_at(act: Act) -> Callable[[Fulfilment], None]:
    def mark(fulfilment: Fulfilment) -> None:
        fulfilment.accepted_at = fulfilment.accepted_at or act.now

    return mark


def _ready_at(act: Act) -> Callable[[Fulfilment], None]:
    def mark(fulfilment: Fulfilment) -> None:
        check_way(Action.MAKE_READY, fulfilment.method)
        fulfilment.ready_at = act.now

    return mark


def _for_pickup(step: Action) -> Callable[[Fulfilment], None]:
    def mark(fulfilment: Fulfilment) -> None:
        check_way(step, fulfilment.method)

    return mark
