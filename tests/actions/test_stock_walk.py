"""Random work with stock, alone and eight at once: whatever happens, every unit is accounted for.

A walk is a row of steps chosen by a seed among every action that touches stock (`stock_walk/steps.py`). A refusal is an
answer like any other; anything else, and any sum that does not hold, fails and prints the seed and the steps.

    OMS_WALKS=1000 OMS_STEPS=50 pytest tests/actions/test_stock_walk.py                  the nightly measure
    OMS_FIRST_SEED=314 OMS_WALKS=1 OMS_STEPS=50 pytest …                                 one of them again
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncGenerator, Generator

import pytest

from actions import desk, inventory, reservations
from actions.backordering.deadlines import cancel_overdue
from actions.backordering.launching import follow_launches, launch_due
from actions.backorders import retry_backorders
from actions.desk import Desk
from actions.fulfilment.pickup_codes import show_code
from actions.fulfilment.timers import decline_as_late, decline_transfer_as_late, give_up_pickup
from actions.inventory import ReceiveStock, StockLine
from actions.orders.confirming import confirm
from actions.orders.holding import expire_holds, reject_hold
from actions.orders.noting import add_note
from actions.parcels.tracking import record_tracking_event
from actions.payments.asking import record_answer
from actions.payments.expiring import expire
from actions.payments.recording import record_payment_event
from actions.pickups.answering import decide
from actions.pickups.arriving import announce_arrival
from actions.quotas.filling import refill
from actions.reoptimizing.moving import move_together
from actions.substituting.proposing import end_substitutions
from domain.orders import PickupStock
from domain.substitution import SubstitutePrice
from models.locations import LocationKind
from tests.actions.scenarios import scenarios
from tests.actions.stock_walk import truth
from tests.actions.stock_walk.steps import STEPS, drawn, step
from tests.actions.stock_walk.walk import Walk
from tests.world import channel, found, place, variant
from tests.world.kits import kit
from tests.world.substitutes import instead

pytestmark = pytest.mark.usefixtures("database")

FIRST = int(os.environ.get("OMS_FIRST_SEED", "0"))
WALKS = int(os.environ.get("OMS_WALKS", "6"))
STEPS_EACH = int(os.environ.get("OMS_STEPS", "30"))
LOOK_EVERY = 5
"""Steps between two looks at the sums; the audit's rules are looked at after each walk."""
HANDS = 8
FIRST_UNITS = 5
ENOUGH = 50_000
"""Steps in which each kind succeeds at least once, however many there are."""
ELSEWHERE = {
    "the counters stay, and so do the places of units": (
        confirm,
        add_note,
        announce_arrival,
        show_code,
        reject_hold,
        record_tracking_event,
        record_answer,
        record_payment_event,
        expire,
    ),
    "a step takes it as the job that calls it": (
        decline_as_late,
        decline_transfer_as_late,
        give_up_pickup,
        expire_holds,
        cancel_overdue,
        launch_due,
        follow_launches,
        decide,
        end_substitutions,
        reservations.expire_due,
        retry_backorders,
        refill,
        move_together,
    ),
}
"""Actions with a story that no step names, by their reason."""


@pytest.fixture(scope="module")
async def counter(database_url: str) -> AsyncGenerator[Desk, None]:
    async with desk.opened(database_url) as opened:
        yield opened


@pytest.fixture(scope="module")
def done() -> Generator[Counter[str]]:
    """How often each step succeeded, in all walks that one walks alone."""
    taken = Counter[str]()
    yield taken
    if WALKS * STEPS_EACH >= ENOUGH:
        assert {each.name for each in STEPS} - set(taken) == set(), "no walk ever succeeded with these"


async def started(counter: Desk, seed: int) -> Walk:
    """Two variants and two kits of them at three locations, to one of which is brought what is collected there, and two
    channels, of which one has two of the locations."""
    world = await found()
    await place(world, "NYC")
    await place(world, "CHI", accept_within_minutes=30)
    await place(world, "LAX", collect_within_days=1, pickup_stock=PickupStock.ANY)
    await channel(world, "WEB")
    await channel(
        world, "SHOP", backorder_cancel_days=1, location_ids=(world.locations["NYC"].id, world.locations["CHI"].id)
    )
    for sku in ("MUG", "LAMP"):
        await variant(world, sku)
    await instead(world, "MUG", "LAMP")
    await instead(world, "LAMP", "MUG", is_automatic=True)
    await place(world, "DEPOT", kind=LocationKind.VENDOR)
    # No stock of ours lies at a vendor's.
    del world.locations["DEPOT"]
    kits = (await kit(world, "SET", MUG=1, LAMP=2), await kit(world, "PAIR", MUG=1, LAMP=1))
    await instead(world, "SET", "PAIR", "LAMP")
    await instead(world, "PAIR", "SET", "MUG", price_rule=SubstitutePrice.SUBSTITUTE_PRICE)
    for each in kits:
        del world.variants[each.sku]
    luck = random.Random(seed)
    walk = Walk(world, counter, luck, drawn(luck), name=f"seed {seed}", kits=kits)
    lines = tuple(
        StockLine(variant_id=each.id, location_id=at.id, quantity=FIRST_UNITS)
        for each in world.variants.values()
        for at in world.locations.values()
        if (each.sku, at.code) != ("MUG", "LAX")  # so that they have to be brought
    )
    await inventory.receive(world.act(), ReceiveStock(lines=lines))
    for line in lines:
        walk.came((line.variant_id, line.location_id), line.quantity)
    return walk


@pytest.mark.parametrize("seed", range(FIRST, FIRST + WALKS))
async def test_every_unit_is_accounted_for_when_one_walks_alone(counter, database_url, done, seed) -> None:
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
    done.update(walk.done)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + max(1, WALKS // HANDS)))
async def test_every_unit_is_accounted_for_when_eight_work_at_once(counter, database_url, seed) -> None:
    first = await started(counter, seed)
    first.is_alone = False
    others = [another(first, f"{seed}/{at}") for at in range(1, HANDS)]

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


def test_every_action_with_stock_is_a_step_or_is_taken_elsewhere() -> None:
    told = {action for scenario in scenarios() for action in scenario.actions}
    taken = {action for each in STEPS for action in each.actions}
    elsewhere = {action for actions in ELSEWHERE.values() for action in actions}

    assert sorted(action.__qualname__ for action in told - taken - elsewhere) == []
    assert sorted(action.__qualname__ for action in elsewhere & taken) == []


def another(first: Walk, name: str) -> Walk:
    """A hand in the same world."""
    luck = random.Random(name)
    return Walk(first.world, first.desk, luck, drawn(luck), is_alone=False, name=f"hand {name}", kits=first.kits)
