"""Every step there is, and how often it is chosen. A new action of stock is one more line here."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from tests.actions.stock_walk import location_steps as location
from tests.actions.stock_walk import order_steps as order
from tests.actions.stock_walk import paper_steps as paper
from tests.actions.stock_walk import stock_steps as stock
from tests.actions.stock_walk.walk import NothingToDo, Walk


class Step(NamedTuple):
    weight: int
    take: Callable[[Walk], Awaitable[None]]

    @property
    def name(self) -> str:
        return self.take.__name__


STEPS = (
    Step(4, stock.receive),
    Step(3, stock.adjust),
    Step(1, stock.transfer_in),
    Step(1, stock.mark_damaged),
    Step(1, stock.mark_repaired),
    Step(1, stock.quarantine),
    Step(1, stock.clear),
    Step(1, stock.set_safety_stock),
    Step(2, paper.write_transfer),
    Step(2, paper.ship_transfer),
    Step(2, paper.receive_transfer),
    Step(1, paper.cancel_transfer),
    Step(1, paper.buy),
    Step(2, paper.receive_purchase),
    Step(5, order.reserve),
    Step(1, order.extend),
    Step(1, order.release_cart),
    Step(2, order.expire_carts),
    Step(9, order.place),
    Step(3, order.cancel_order),
    Step(2, order.request),
    Step(2, order.answer),
    Step(2, order.retry_waiting),
    Step(9, location.release_order),
    Step(8, location.accept_work),
    Step(2, location.decline_work),
    Step(7, location.pick_units),
    Step(2, location.short_pick_units),
    Step(6, location.pack_units),
    Step(1, location.unpack_parcel),
    Step(4, location.ship_parcel),
    Step(4, location.make_pickup_ready),
    Step(3, location.hand_over_pickup),
)


async def step(walk: Walk) -> None:
    """The first one chosen that makes sense now."""
    while True:
        [chosen] = walk.luck.choices(STEPS, [each.weight for each in STEPS])
        try:
            return await walk.take(chosen.name, chosen.take)
        except NothingToDo:
            continue
