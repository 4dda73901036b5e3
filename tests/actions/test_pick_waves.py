"""Waves gather what is due at one location, each piece of work once."""

import asyncio
from datetime import date, timedelta

import pytest

from actions.fulfilment.pick_waves import CreatePickWave, DissolvePickWave, create_pick_wave, dissolve_pick_wave
from actions.fulfilment.picking import PickUnits, pick
from domain.errors import InvalidInput, NotFound
from domain.facts import FactKind
from domain.fulfilment import FulfilmentStatus
from domain.ids import new_id
from models import Fulfilment, PickWave
from tests.actions.asserting import refused, told
from tests.world import World, furnish
from tests.world.fulfilment import accepted, open_fulfilment

pytestmark = pytest.mark.usefixtures("database")


async def gather(world: World, at: str = "NYC", **by) -> PickWave:
    command = CreatePickWave(location_id=world.locations[at].id, **by)
    return await PickWave.get(id=await create_pick_wave(world.act(), command))


async def work(world: World, **wanted) -> Fulfilment:
    return await accepted(world, await open_fulfilment(world, **wanted))


async def inside(wave: PickWave) -> set:
    return {fulfilment.id for fulfilment in await Fulfilment.filter(pick_wave_id=wave.id)}


async def test_a_wave_has_the_accepted_work_of_its_location():
    world = await furnish()
    mine = await work(world, MUG=1)
    await open_fulfilment(world, MUG=1)
    await work(world, at="CHI", MUG=1)

    wave = await gather(world)

    assert await inside(wave) == {mine.id}
    [fact] = await told(FactKind.PICK_WAVE_CREATED)
    assert (fact.location_id, fact.payload["wave"]["number"]) == (wave.location_id, wave.number)


async def test_what_leaves_first_is_gathered_first():
    world = await furnish()
    days = [date(2026, 11, 5), date(2026, 11, 3), None, date(2026, 11, 4)]
    found = [await work(world, MUG=1, promised_date=day) for day in days]

    wave = await gather(world, most_fulfilments=2)

    assert await inside(wave) == {found[1].id, found[3].id}


async def test_only_what_is_due_is_gathered():
    world = await furnish()
    due = await work(world, MUG=1, promised_date=date(2026, 11, 3))
    await work(world, MUG=1, promised_date=date(2026, 11, 4))
    await work(world, MUG=1)

    wave = await gather(world, due_by=date(2026, 11, 3))

    assert await inside(wave) == {due.id}


async def test_work_is_in_one_wave():
    world = await furnish()
    await work(world, MUG=1)
    await gather(world)

    async with refused(InvalidInput) as refusal:
        await gather(world)

    assert [problem.code for problem in refusal.value.problems] == ["NOTHING_DUE"]


async def test_of_two_who_gather_at_once_each_gets_other_work_or_none():
    world = await furnish()
    all_of_it = {(await work(world, MUG=1)).id for _ in range(4)}

    found = await asyncio.gather(*(gather(world, most_fulfilments=3) for _ in range(2)), return_exceptions=True)

    waves = [wave for wave in found if isinstance(wave, PickWave)]
    contents = [await inside(wave) for wave in waves]
    assert sum(map(len, contents)) == len(set().union(*contents))
    assert set().union(*contents) <= all_of_it


async def test_a_location_of_others_has_no_waves():
    world = await furnish()

    async with refused(NotFound):
        await create_pick_wave(world.act(), CreatePickWave(location_id=new_id()))


@pytest.mark.parametrize("most", [0, 201])
async def test_a_wave_has_bounds(most):
    world = await furnish()
    await work(world, MUG=1)

    async with refused(InvalidInput):
        await gather(world, most_fulfilments=most)


async def test_a_wave_for_a_carrier_has_only_what_was_promised_with_it():
    world = await furnish()
    await work(world, MUG=1, promised_date=world.now.date() + timedelta(days=1))

    async with refused(InvalidInput):
        await gather(world, carrier="ups")


async def test_work_of_a_wave_that_is_dissolved_may_be_gathered_anew():
    world = await furnish()
    begun, waiting = await work(world, MUG=1), await work(world, MUG=1)
    wave = await gather(world)
    await pick(world.act(), PickUnits(fulfilment_id=begun.id))

    await dissolve_pick_wave(world.act(), DissolvePickWave(pick_wave_id=wave.id))
    again = await gather(world)

    assert (await inside(wave), await inside(again)) == ({begun.id}, {waiting.id})
    [fact] = await told(FactKind.PICK_WAVE_DISSOLVED)
    assert (fact.location_id, fact.payload["wave"]["fulfilments"]) == (wave.location_id, [str(waiting.id)])


async def test_a_wave_of_which_all_is_begun_is_not_dissolved():
    world = await furnish()
    begun = await work(world, MUG=1)
    wave = await gather(world)
    await pick(world.act(), PickUnits(fulfilment_id=begun.id))

    async with refused(InvalidInput) as refusal:
        await dissolve_pick_wave(world.act(), DissolvePickWave(pick_wave_id=wave.id))
    assert [(problem.path, problem.code) for problem in refusal.value.problems] == [("pick_wave_id", "NOTHING_LEFT")]

    async with refused(NotFound):
        await dissolve_pick_wave(world.act(), DissolvePickWave(pick_wave_id=new_id()))


async def test_of_two_who_dissolve_a_wave_at_once_one_does():
    world = await furnish()
    await work(world, MUG=1)
    wave = await gather(world)

    both = await asyncio.gather(
        *[dissolve_pick_wave(world.act(), DissolvePickWave(pick_wave_id=wave.id)) for _ in range(2)],
        return_exceptions=True,
    )

    assert [type(each) for each in both if isinstance(each, BaseException)] == [InvalidInput]
    assert len(await told(FactKind.PICK_WAVE_DISSOLVED)) == 1


async def test_work_that_is_picked_while_its_wave_is_dissolved_is_picked_whichever_was_first():
    world = await furnish()
    one = await work(world, MUG=1)
    await work(world, MUG=1)
    wave = await gather(world)

    await asyncio.gather(
        pick(world.act(), PickUnits(fulfilment_id=one.id)),
        dissolve_pick_wave(world.act(), DissolvePickWave(pick_wave_id=wave.id)),
    )

    assert (await Fulfilment.get(id=one.id)).status is FulfilmentStatus.IN_PROGRESS
    assert await inside(wave) <= {one.id}
