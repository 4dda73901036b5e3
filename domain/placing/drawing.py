"""What an order or a cart takes of units that were set aside for its buyer, after it was decided where they come from.

The decision counts every unit as taken from what is common; of those the quotas give, as many become common again.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from domain.placing.decision import Decided
from domain.placing.reserving import KeptChange
from domain.placing.world import Kept, Shelf
from domain.quotas.groups import Entitled
from domain.quotas.pools import Claimant, Pool, QuotaMovement


def mark_foreign(kept: Iterable[Kept], groups: Entitled) -> None:
    """Units that a cart keeps of quotas that are not for whoever asks now: a cart does not carry them to others."""
    for each in kept:
        each.foreign = each.shelf.pool.foreign(each.id, groups) if each.shelf.pool else 0


def draw_order(decided: Decided, line_ids: Sequence[UUID], groups: Entitled) -> list[QuotaMovement]:
    """What is written of it."""
    pools: list[Pool] = []
    for line, shelf, quantity, converted in decided.allocations:
        if pool := shelf.pool:
            pools.append(pool)
            for reservation_id, units in converted:
                pool.convert(units, groups, reservation_id=reservation_id, line_id=line_ids[line])
            fresh = quantity - sum(units for _, units in converted)
            _become_common(shelf, pool.take(Claimant(line_id=line_ids[line]), groups, fresh))
    for kept, _ in decided.given_back:
        if pool := kept.shelf.pool:
            pools.append(pool)
            room = max(0, kept.shelf.available)
            _become_common(kept.shelf, -pool.give_back(Claimant(reservation_id=kept.id), room=room))
    return _moves_of(pools)


def draw_cart(change: KeptChange, reservation_id: UUID, groups: Entitled) -> list[QuotaMovement]:
    """The same for what a cart keeps on one shelf; what it keeps of others' units goes back to them."""
    shelf, pool = change.shelf, change.shelf.pool
    if pool is None:
        return []
    cart = Claimant(reservation_id=reservation_id)
    before = change.kept.usable if change.kept else 0
    _become_common(shelf, pool.take(cart, groups, max(0, change.after - before)))
    _become_common(shelf, -pool.give_back_foreign(cart, groups, room=max(0, shelf.available)))
    _become_common(shelf, -pool.give_back(cart, keeping=change.after, room=max(0, shelf.available)))
    return _moves_of([pool])


def _become_common(shelf: Shelf, units: int) -> None:
    shelf.available += units
    shelf.set_aside_delta -= units


def _moves_of(pools: Iterable[Pool]) -> list[QuotaMovement]:
    """In the order in which they were made, each once."""
    moves = []
    for pool in pools:
        moves += pool.moves
        pool.moves.clear()
    return moves
