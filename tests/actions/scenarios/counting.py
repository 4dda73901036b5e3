"""Stock is counted, and what is missing is taken off the books."""

from actions import counting
from actions.counting import ChangeCount
from tests.actions.scenarios import Story, scenario, without_story
from tests.world import World
from tests.world.stock_papers import counted

without_story(counting.open_count, "A sheet touches no stock.")
without_story(counting.record, "Nothing is posted before the count is complete.")
without_story(counting.recount, "Nothing is posted before the count is complete.")
without_story(counting.cancel, "What is given up is not posted.")


@scenario(counting.submit)
async def posting_what_is_tolerated(world: World) -> Story:
    count_id = await counted(world, tolerance_units=2, MUG=9, LAMP=12)
    yield
    await counting.submit(world.act(), ChangeCount(count_id=count_id))


@scenario(counting.approve)
async def approving_what_is_not(world: World) -> Story:
    count_id = await counted(world, MUG=4)
    await counting.submit(world.act(), ChangeCount(count_id=count_id))
    yield
    await counting.approve(world.act(actor="staff:manager"), ChangeCount(count_id=count_id))
