"""How long decisions are kept."""

from datetime import UTC, datetime, timedelta

import pytest

from actions import decisions, desk
from domain.ids import first_id, new_id
from models import RoutingDecision
from tests.actions.test_placing import wanted
from tests.world import furnish


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


async def test_only_decisions_older_than_asked_for_are_forgotten_in_as_many_batches_as_it_takes(counter):
    world = await furnish()
    written_down = datetime.now(UTC)
    for days in range(5):
        await counter.place(world.act(now=written_down + timedelta(days=days)), wanted(world, ("MUG", 1)))

    forgotten = await decisions.forget_before(written_down + timedelta(days=3), at_once=2)

    assert forgotten == 3
    kept = await RoutingDecision.all().order_by("made_at").values_list("made_at", flat=True)
    assert kept == [written_down + timedelta(days=3), written_down + timedelta(days=4)]


async def test_what_was_brought_in_about_long_ago_is_kept_as_long_as_what_was_decided_when_it_came(counter):
    world = await furnish()
    await counter.place(world.act(now=world.now - timedelta(days=3_000)), wanted(world, ("MUG", 1)))
    [brought_in] = await RoutingDecision.all()
    came = datetime.fromtimestamp((brought_in.id.int >> 80) / 1000, UTC)

    assert await decisions.forget_before(came - timedelta(days=1)) == 0
    assert await decisions.forget_before(came + timedelta(days=1)) == 1


def test_ids_sort_by_the_moment_they_were_made_in():
    before = datetime.now(UTC) - timedelta(milliseconds=2)

    assert first_id(before) < new_id() < first_id(before + timedelta(seconds=30))
