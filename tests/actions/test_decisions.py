"""How long decisions are kept."""

from datetime import timedelta

import pytest

from actions import decisions, desk
from models import RoutingDecision
from tests.actions.test_placing import wanted
from tests.world import furnish


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


async def test_only_decisions_older_than_asked_for_are_forgotten_in_as_many_batches_as_it_takes(counter):
    world = await furnish()
    for days in range(5):
        await counter.place(world.act(now=world.now + timedelta(days=days)), wanted(world, ("MUG", 1)))

    forgotten = await decisions.forget_before(world.now + timedelta(days=3), at_once=2)

    assert forgotten == 3
    kept = await RoutingDecision.all().order_by("made_at").values_list("made_at", flat=True)
    assert kept == [world.now + timedelta(days=3), world.now + timedelta(days=4)]
