"""Where orders are placed and carts reserved: the hot commands, committed in groups on connections of their own."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg

from actions.acting import Act
from actions.geocoding import located
from actions.group_commit import GroupCommit, open_lanes
from actions.orders import placing
from actions.refusals import raise_if_refused
from actions.reservations import AskedToReserve, reserve_batch
from domain.placing.commands import PlaceOrder, ReserveCart
from models.db import close_surely


class Desk:
    """One per process; `opened` makes and closes it."""

    def __init__(self, pool: "asyncpg.Pool[Any]") -> None:
        self._placing = GroupCommit(pool, placing.place_batch, placing.place_ahead, wants=_variants)
        self._reserving = GroupCommit(pool, reserve_batch, wants=_variants)

    async def place(self, act: Act, command: PlaceOrder) -> UUID:
        """The order's id, of the first placing when the key or the external id is known.

        Raises InvalidInput with every problem, InsufficientStock when the order may not wait for stock,
        BackorderLimitExceeded when no more units may, KeyReused and Overloaded.
        """
        outcome = await self._placing.submit(placing.asked(act, command))
        raise_if_refused(outcome)
        return UUID(outcome["id"])

    async def reserve(self, act: Act, command: ReserveCart) -> None:
        """Keep exactly what the command names. Raises InvalidInput and, with nothing changed, InsufficientStock."""
        raise_if_refused(await self._reserving.submit(AskedToReserve(act, located(command))))

    async def close(self) -> None:
        """Decide everything that waits, then stop."""
        await self._placing.close()
        await self._reserving.close()


def _variants(asked: placing.Asked | AskedToReserve) -> set[UUID]:
    return {line.variant_id for line in asked.command.lines}


@asynccontextmanager
async def opened(database_url: str) -> AsyncGenerator[Desk, None]:
    """A desk with three connections: two place in turn, one reserves."""
    pool = await open_lanes(database_url, lanes=3)
    desk = Desk(pool)
    try:
        yield desk
    finally:
        await desk.close()
        await close_surely(pool)
