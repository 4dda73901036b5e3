"""Cycle counts: compared with what was there when it was counted, posted once, and never against a promise."""

from datetime import timedelta

import pytest

from actions import counting, inventory
from actions.counting import ChangeCount, OpenCount
from domain.counting import CountLineStatus, CountStatus
from domain.errors import Forbidden, IllegalTransition, InvalidInput, StockCommitted
from domain.facts import FactKind
from models import CountLine, StockCount, StockMovement
from tests.actions.asserting import books_balance, refused, told
from tests.world import furnish, place, stock
from tests.world.orders import new_order
from tests.world.stock_papers import count_lines, counted, opened, write_down

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def world():
    return await furnish(units=10)


async def submit(world, count_id, **act):
    await counting.submit(world.act(**act), ChangeCount(count_id=count_id))
    return await StockCount.get(id=count_id)


async def approve(world, count_id, actor="staff:manager"):
    await counting.approve(world.act(actor=actor), ChangeCount(count_id=count_id))
    return await StockCount.get(id=count_id)


async def test_a_sheet_lists_everything_at_the_location_with_what_is_on_hand(world):
    count_id = await opened(world)

    lines = await count_lines(count_id)
    assert len(lines) == 4
    assert {(line.expected_at_start, line.expected, line.counted) for line in lines} == {(10, None, None)}


async def test_what_is_tolerated_is_posted_and_the_rest_waits(world):
    count_id = await counted(world, tolerance_units=2, MUG=9, LAMP=15, SHIRT=10)

    count = await submit(world, count_id)

    assert count.status is CountStatus.REVIEW
    assert [line.status for line in await count_lines(count_id)] == [
        CountLineStatus.POSTED,
        CountLineStatus.WAITING,
        CountLineStatus.POSTED,
    ]
    assert (await world.level("MUG", "NYC")).on_hand == 9
    assert (await world.level("LAMP", "NYC")).on_hand == 10
    [moved] = await StockMovement.filter(kind="adjusted")
    assert (moved.quantity, moved.reason.value, moved.reference) == (-1, "counted", count.number)


async def test_somebody_else_approves_the_rest(world):
    count_id = await counted(world, LAMP=15)
    await submit(world, count_id)

    async with refused(Forbidden):
        await approve(world, count_id, actor="staff:test")
    count = await approve(world, count_id)

    assert (count.status, count.closed_at) == (CountStatus.POSTED, world.now)
    assert (await world.level("LAMP", "NYC")).on_hand == 15
    await books_balance()


async def test_what_moves_before_a_line_is_counted_is_expected(world):
    count_id = await opened(world, "MUG")
    await stock(world, {("MUG", "NYC"): 5})
    await write_down(world, count_id, MUG=15)

    count = await submit(world, count_id)

    [line] = await count_lines(count_id)
    assert (line.expected_at_start, line.expected, count.status) == (10, 15, CountStatus.POSTED)
    assert (await world.level("MUG", "NYC")).on_hand == 15


async def test_what_moves_after_a_line_is_counted_stays_right(world):
    count_id = await opened(world, "MUG", tolerance_units=5)
    await write_down(world, count_id, MUG=8)
    await stock(world, {("MUG", "NYC"): 5})

    await submit(world, count_id)

    assert (await world.level("MUG", "NYC")).on_hand == 13


async def test_a_count_that_is_written_down_later_is_compared_with_what_was_there_then(world):
    """10 at the start; 4 come, then 8 are counted, then 3 break and 6 come: 14 were expected."""
    count_id = await opened(world, "MUG", tolerance_units=9)
    at = {"variant_id": world.variants["MUG"].id, "location_id": world.locations["NYC"].id}
    moments = [world.now + timedelta(minutes=minutes) for minutes in (1, 2, 3, 4)]
    four, six = [inventory.ReceiveStock(lines=(inventory.StockLine(**at, quantity=n),)) for n in (4, 6)]
    broken = inventory.MarkDamaged(lines=(inventory.StockLine(**at, quantity=3),))
    await inventory.receive(world.act(now=moments[0]), four)
    await inventory.mark_damaged(world.act(now=moments[2]), broken)
    await inventory.receive(world.act(now=moments[2]), six)
    world.now = moments[3]

    await write_down(world, count_id, when=moments[1], MUG=8)
    await submit(world, count_id)

    [line] = await count_lines(count_id)
    assert (line.expected, line.counted, line.counted_at) == (14, 8, moments[1])
    assert (await world.level("MUG", "NYC")).on_hand == 14
    await books_balance()


async def test_a_moment_outside_the_count_is_refused(world):
    count_id = await opened(world, "MUG")

    for moment in (world.now - timedelta(seconds=1), world.now + timedelta(seconds=1)):
        async with refused(InvalidInput) as refusal:
            await write_down(world, count_id, when=moment, MUG=1)
        assert [problem.path for problem in refusal.value.problems] == ["lines.0.counted_at"]


async def test_a_second_count_of_a_line_takes_the_place_of_the_first(world):
    count_id = await counted(world, MUG=3)
    await write_down(world, count_id, MUG=10)

    count = await submit(world, count_id)

    assert count.status is CountStatus.POSTED
    assert await StockMovement.filter(kind="adjusted").count() == 0


async def test_an_incomplete_count_is_not_submitted(world):
    count_id = await opened(world, "MUG", "LAMP")
    await write_down(world, count_id, MUG=10)

    async with refused(InvalidInput) as refusal:
        await submit(world, count_id)

    assert [problem.code for problem in refusal.value.problems] == ["INCOMPLETE"]


async def test_units_that_orders_count_on_are_not_counted_away(world):
    await new_order(world, at="NYC", MUG=7)
    count_id = await counted(world, tolerance_units=9, MUG=6, LAMP=9)

    count = await submit(world, count_id)

    assert count.status is CountStatus.REVIEW
    assert (await world.level("MUG", "NYC")).on_hand == 10
    async with refused(StockCommitted) as refusal:
        await approve(world, count_id)
    assert (refusal.value.sku, refusal.value.committed, refusal.value.on_hand) == ("MUG", 7, 6)


async def test_what_waits_can_be_counted_again(world):
    count_id = await counted(world, tolerance_units=1, MUG=9, LAMP=4)
    await submit(world, count_id)

    await counting.recount(world.act(), ChangeCount(count_id=count_id))
    await write_down(world, count_id, LAMP=10)
    count = await submit(world, count_id)

    assert count.status is CountStatus.POSTED
    assert [moved.quantity for moved in await StockMovement.filter(kind="adjusted")] == [-1]


async def test_a_variant_is_on_one_open_count_of_a_location_at_a_time(world):
    first = await opened(world, "MUG")

    async with refused(InvalidInput) as refusal:
        await opened(world, "LAMP", "MUG")
    assert [(problem.path, problem.code) for problem in refusal.value.problems] == [("variant_ids.1", "BEING_COUNTED")]

    await opened(world, "MUG", at="CHI")
    await counting.cancel(world.act(), ChangeCount(count_id=first))
    await opened(world, "MUG")


async def test_everything_is_everything_that_nobody_counts(world):
    first = await opened(world, "MUG")
    second = await opened(world)

    on_second = {line.variant_id for line in await CountLine.filter(count_id=second)}
    numbers = [(await StockCount.get(id=key)).number for key in (first, second)]
    async with refused(InvalidInput) as refusal:
        await opened(world)

    assert on_second == {variant.id for sku, variant in world.variants.items() if sku != "MUG"}
    [problem] = refusal.value.problems
    assert (problem.path, problem.code) == ("location_id", "BEING_COUNTED")
    assert problem.message == f"All of it is on {', '.join(sorted(numbers))} already."


async def test_where_nothing_was_ever_kept_there_is_nothing_to_count(world):
    empty = await place(world, "NEW")

    async with refused(InvalidInput) as refusal:
        await counting.open_count(world.act(), OpenCount(location_id=empty.id))

    assert [(problem.path, problem.code) for problem in refusal.value.problems] == [("location_id", "NOTHING_THERE")]


async def test_what_is_given_up_is_not_posted(world):
    count_id = await counted(world, MUG=3)

    await counting.cancel(world.act(), ChangeCount(count_id=count_id))

    assert (await world.level("MUG", "NYC")).on_hand == 10
    async with refused(IllegalTransition):
        await submit(world, count_id)


async def test_facts_of_a_count_tell_no_numbers_to_whoever_counts(world):
    await submit(world, await counted(world, MUG=3))

    facts = await told(FactKind.COUNT_CHANGED)
    assert [fact.payload["status"] for fact in facts] == ["counting", "counting", "review"]
    assert {name for fact in facts for name in fact.payload} == {"id", "number", "status", "version"}
