"""The same step for many orders or fulfilments at once, in one transaction: all of them take it, or none.

For warehouses that work in waves, and for whoever brings in or simulates many orders. Facts, movements and versions are
those of the single actions.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from actions.acting import Act, action
from actions.changing import OrderChange, lock_orders, save
from actions.fulfilment.accepting import accept_all
from actions.fulfilment.picking import pick_all
from actions.fulfilment.pickup import collect_parcels, give, set_ready
from actions.fulfilment.progress import Changes, lock_fulfilments, store, tell
from actions.fulfilment.releasing import check_releasable, open_fulfilments
from actions.orders.confirming import check_paid
from actions.orders.recalling import settle_requests
from domain.facts import FactKind
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
    wave = await _locked(act, fulfilment_ids)
    _take(act, wave, accept_all, FactKind.FULFILMENT_ACCEPTED)
    return await _written(act, wave)


@action
async def pick_wave(act: Act, fulfilment_ids: Sequence[UUID]) -> list[UUID]:
    """Everything that was accepted is picked. Raises what `picking.pick` does."""
    wave = await _locked(act, fulfilment_ids)
    _take(act, wave, pick_all, FactKind.UNITS_PICKED)
    return await _written(act, wave)


@action
async def make_ready_wave(act: Act, fulfilment_ids: Sequence[UUID]) -> list[UUID]:
    """Everything picked or packed waits for its customer. Raises what `pickup.make_ready` does."""
    wave = await _locked(act, fulfilment_ids)
    _take(act, wave, set_ready, FactKind.READY_FOR_PICKUP)
    return await _written(act, wave)


@action
async def hand_over_wave(act: Act, fulfilment_ids: Sequence[UUID]) -> list[UUID]:
    """What is ready is with its customers now, and nobody says who they were: for telling what happened long ago.

    Raises what `pickup.hand_over` does.
    """
    wave = await _locked(act, fulfilment_ids)
    for change in wave.changes.values():
        await check_paid(change.order)
    _take(act, wave, give, FactKind.UNITS_PICKED_UP)
    await collect_parcels(act, fulfilment_ids)
    for change in wave.changes.values():
        await settle_requests(act, change)
    return await _written(act, wave)


def check_wave(name: str, ids: Sequence[UUID]) -> None:
    checks = Checks()
    checks.size(name, ids, least=1, most=MOST_AT_ONCE)
    checks.refuse()


def in_order(fulfilments: Iterable[Fulfilment]) -> list[Fulfilment]:
    return sorted(fulfilments, key=lambda fulfilment: fulfilment.number)


class Wave(NamedTuple):
    """Fulfilments by number, and their orders, locked."""

    changes: Changes
    fulfilments: list[Fulfilment]


async def _locked(act: Act, fulfilment_ids: Sequence[UUID]) -> Wave:
    check_wave("fulfilment_ids", fulfilment_ids)
    changes, found = await lock_fulfilments(act, dict.fromkeys(fulfilment_ids))
    return Wave(changes, in_order(found.values()))


def _take(act: Act, wave: Wave, step: Callable[[Act, OrderChange, Fulfilment], None], kind: FactKind) -> None:
    for fulfilment in wave.fulfilments:
        change = wave.changes[fulfilment.order_id]
        step(act, change, fulfilment)
        tell(act, change, kind, fulfilment)


async def _written(act: Act, wave: Wave) -> list[UUID]:
    await store(wave.fulfilments)
    await save(act, list(wave.changes.values()))
    return [fulfilment.id for fulfilment in wave.fulfilments]
