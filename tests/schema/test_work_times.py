"""Until when there is time: to accept work, to send it off, to collect it."""

from datetime import date, datetime, timedelta

import pytest

from actions.fulfilment.pickup import MakeReady, make_ready
from models import Fulfilment, Location
from tests.schema.asking import ask
from tests.schema.test_fulfilment import fid, here
from tests.world import furnish
from tests.world.fulfilment import accepted, open_fulfilment, picked, pickup_fulfilment

pytestmark = pytest.mark.usefixtures("database")

TIMES = "query($id: ID!) { fulfilment(id: $id) { releasedAt acceptBy dueBy readyAt collectBy } }"


async def times(fulfilment: Fulfilment, viewer) -> dict:
    return (await ask(TIMES, viewer, {"id": fid(fulfilment)}))["data"]["fulfilment"]


async def test_a_queue_says_until_when_work_has_to_be_accepted():
    world = await furnish()
    fulfilment = await open_fulfilment(world, MUG=1)

    without_limit = await times(fulfilment, here(world))
    await Location.filter(code="NYC").update(accept_within_minutes=30)
    limited = await times(fulfilment, here(world))
    await accepted(world, fulfilment)
    answered = await times(fulfilment, here(world))

    assert without_limit["acceptBy"] is None
    assert moment(limited["acceptBy"]) - moment(limited["releasedAt"]) == timedelta(minutes=30)
    assert answered["acceptBy"] is None


async def test_a_queue_says_by_when_work_has_to_leave():
    world = await furnish()
    wished = await open_fulfilment(world, MUG=1, requested_date=date(2026, 12, 1))
    promised = await open_fulfilment(world, MUG=1, requested_date=date(2026, 12, 1), promised_date=date(2026, 12, 3))
    neither = await open_fulfilment(world, MUG=1)

    said = [(await times(each, here(world)))["dueBy"] for each in (wished, promised, neither)]

    assert said == ["2026-12-01", "2026-12-03", None]


async def test_who_collects_is_told_until_when():
    world = await furnish()
    await Location.filter(code="NYC").update(collect_within_days=3)
    fulfilment = await pickup_fulfilment(world, MUG=1)

    before = await times(fulfilment, here(world))
    await picked(world, fulfilment)
    await make_ready(world.act(), MakeReady(fulfilment_id=fulfilment.id))
    ready = await times(fulfilment, here(world))

    assert before["collectBy"] is None
    assert moment(ready["collectBy"]) - moment(ready["readyAt"]) == timedelta(days=3)


def moment(said: str) -> datetime:
    return datetime.fromisoformat(said)
