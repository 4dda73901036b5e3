"""More buyers than goods, all at once, and a server that dies among them: nothing is sold twice, no promise is lost."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from domain.ids import new_id
from models import IdempotencyKey, Order, OrderLine, StockLevel
from resolvers.ids import global_id
from server import audit
from tests.end_to_end.callers import BOSTON, Caller, customer_of
from tests.patience import PATIENCE_SECONDS
from tests.server.test_serve import fetch, process
from tests.world import World, furnish, stock

BUYERS = 200
UNITS = 50
TRY_AGAIN_SECONDS = 0.05
PLACE = """mutation($input: PlaceOrderInput!, $key: String!) { placeOrder(input: $input) @idempotent(key: $key) {
    __typename ... on Order { id } ... on Problem { code } } }"""


@pytest.fixture
async def world(database) -> World:
    """50 mugs in three places, and nothing else."""
    world = await furnish(units=0)
    await stock(world, {("MUG", "NYC"): 20, ("MUG", "CHI"): 20, ("MUG", "LAX"): 10})
    return world


@dataclass
class Crowd:
    """Buyers of one unit each, who ask with the same key until they are answered."""

    world: World
    shop: Caller
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    is_half_answered: asyncio.Event = field(default_factory=asyncio.Event)

    async def buy(self, key: str) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                try:
                    answer = await self.shop.ask(PLACE, input=self.order(), key=key)
                except OSError:
                    await asyncio.sleep(TRY_AGAIN_SECONDS)
                    continue
                if answer.status != 503:
                    break
        found: dict[str, Any] = answer.data["placeOrder"]
        self.answers[key] = found
        if len(self.answers) >= BUYERS / 2:
            self.is_half_answered.set()
        return found

    def order(self) -> dict[str, Any]:
        mug = global_id("Variant", self.world.variants["MUG"].id)
        return {
            "channelId": global_id("Channel", self.world.web.id),
            "lines": [{"variantId": mug, "quantity": 1}],
            "shippingAddress": BOSTON,
            "allowBackorder": False,
        }

    def outcomes(self) -> dict[str, int]:
        return dict(Counter(answer["__typename"] for answer in self.answers.values()))


async def check_books(crowd: Crowd, database_url: str) -> None:
    """All 50 are sold, to those who were told so and to nobody else."""
    sold = {answer["id"] for answer in crowd.answers.values() if answer["__typename"] == "Order"}
    assert crowd.outcomes() == {"Order": UNITS, "InsufficientStock": BUYERS - UNITS}
    assert sold == {global_id("Order", order.id) for order in await Order.all()}
    assert await OrderLine.all().count() == UNITS
    assert sum([level.allocated for level in await StockLevel.all()]) == UNITS
    assert await audit.audit(database_url) == 0


async def test_two_hundred_buyers_of_fifty_units_buy_exactly_fifty(world, address, database_url):
    crowd = Crowd(world, await customer_of(world, address))

    await asyncio.gather(*(crowd.buy(str(new_id())) for _ in range(BUYERS)))

    await check_books(crowd, database_url)


async def test_a_server_killed_among_its_buyers_keeps_every_promise_and_makes_none_twice(
    world, database, database_url, redis, redis_url
):
    environ = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    keys = [str(new_id()) for _ in range(BUYERS)]

    async with process(**environ) as (first, address):
        crowd = Crowd(world, await customer_of(world, address))
        buying = asyncio.gather(*(crowd.buy(key) for key in keys))
        await crowd.is_half_answered.wait()
        first.kill()
        await first.wait()
        promised = dict(crowd.answers)
    async with process(port=address.port, **environ) as (_, again):
        await buying
        first_answers = dict(crowd.answers)
        await asyncio.gather(*(crowd.buy(key) for key in keys))
        status, _ = await asyncio.to_thread(fetch, again, "/readyz")

    assert status == 200
    assert len(promised) >= BUYERS / 2
    assert promised.items() <= first_answers.items()
    assert crowd.answers == first_answers
    assert await IdempotencyKey.all().count() == BUYERS
    await check_books(crowd, database_url)
