"""Random work with stock, alone and eight at once: whatever happens, every unit is accounted for.

A walk is a row of steps chosen by a seed among every action that touches stock (`stock_walk/steps.py`). A refusal is an
answer like any other; anything else, and any sum that does not hold, fails and prints the seed and the steps.

    OMS_WALKS=1000 OMS_STEPS=50 pytest tests/actions/test_stock_walk.py -k alone        the nightly measure
    OMS_FIRST_SEED=314 OMS_WALKS=1 OMS_STEPS=50 pytest …                                 one of them again
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import pytest

from actions import desk, inventory
from actions.desk import Desk
from actions.inventory import ReceiveStock, StockLine
from tests.actions.stock_walk import truth
from tests.actions.stock_walk.steps import step
from tests.actions.stock_walk.walk import Place, Walk
from tests.world import channel, found, place, variant

pytestmark = pytest.mark.usefixtures("database")

FIRST = int(os.environ.get("OMS_FIRST_SEED", "0"))
WALKS = int(os.environ.get("OMS_WALKS", "6"))
STEPS_EACH = int(os.environ.get("OMS_STEPS", "30"))
LOOK_EVERY = 5
"""Steps between two looks at the sums; the audit's rules are looked at after each walk."""
HANDS = 8
FIRST_UNITS = 5


@pytest.fixture(scope="module")
async def counter(database_url: str) -> AsyncGenerator[Desk, None]:
    async with desk.opened(database_url) as opened:
        yield opened


async def started(counter: Desk, seed: int) -> Walk:
    """Two variants at three locations, two channels, of which one has two of the locations."""
    world = await found()
    for code in ("NYC", "CHI", "LAX"):
        await place(world, code)
    await channel(world, "WEB")
    await channel(world, "SHOP", location_ids=(world.locations["NYC"].id, world.locations["CHI"].id))
    for sku in ("MUG", "LAMP"):
        await variant(world, sku)
    walk = Walk(world, counter, random.Random(seed), name=f"seed {seed}")
    lines = tuple(
        StockLine(variant_id=each.id, location_id=at.id, quantity=FIRST_UNITS)
        for each in world.variants.values()
        for at in world.locations.values()
    )
    await inventory.receive(world.act(), ReceiveStock(lines=lines))
    for line in lines:
        walk.came((line.variant_id, line.location_id), line.quantity)
    return walk


@pytest.mark.parametrize("seed", range(FIRST, FIRST + WALKS))
async def test_every_unit_is_accounted_for_when_one_walks_alone(counter, database_url, seed) -> None:
    walk = await started(counter, seed)

    try:
        for at in range(1, STEPS_EACH + 1):
            await step(walk)
            if at % LOOK_EVERY == 0 or at == STEPS_EACH:
                await truth.holds(walk)
        await truth.audited(database_url)
    except BaseException as broken:
        broken.add_note(walk.story())
        raise


@pytest.mark.parametrize("seed", range(FIRST, FIRST + max(1, WALKS // HANDS)))
async def test_every_unit_is_accounted_for_when_eight_work_at_once(counter, database_url, seed) -> None:
    first = await started(counter, seed)
    first.is_alone = False
    others = [replace(first, luck=random.Random(f"{seed}/{at}"), **fresh(f"hand {at}")) for at in range(1, HANDS)]

    async def work(walk: Walk) -> None:
        for _ in range(STEPS_EACH):
            await step(walk)

    try:
        await asyncio.gather(*(work(walk) for walk in (first, *others)))
        await truth.holds(first, *others)
        await truth.audited(database_url)
    except BaseException as broken:
        for walk in (first, *others):
            broken.add_note(walk.story())
        raise


def fresh(name: str) -> dict[str, Any]:
    """Nothing done yet: `replace` would share what the first hand wrote down."""
    sums = {each: Counter[Place]() for each in ("on_hand", "damaged", "quality_control")}
    return {"name": name, "steps": [], "refusals": Counter(), "done": Counter(), "safety": {}, **sums}
