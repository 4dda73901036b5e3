"""Cycle counts: looked at while others work, written down at once or later, compared, approved, counted again.

A walk remembers what lay there when it looked. `truth.counts_expect_what_lay_there` holds what the count expected
against it, and the difference that is posted is what the shelf gains or loses.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from actions import counting
from actions.counting import ChangeCount, CountedUnits, OpenCount, RecordCount
from tests.actions.stock_walk.walk import Walk

COUNT = "SELECT id FROM stock_counts WHERE status = ANY($1::text[]) OR $2 ORDER BY number"
UNCOUNTED = """
SELECT i.id, i.count_id, i.variant_id, l.on_hand FROM count_lines i
JOIN stock_counts c ON c.id = i.count_id JOIN stock_levels l ON l.id = i.stock_level_id
WHERE c.status = 'counting' AND i.status = ANY($1::text[]) AND ($2::uuid IS NULL OR c.id = $2)
ORDER BY c.number, i.position"""
MANAGER = "staff:manager"
ERRORS = (-9, -2, -1, 0, 0, 0, 0, 1, 3)


async def open_count(walk: Walk) -> None:
    named = tuple(each.id for each in walk.luck.sample(list(walk.world.variants.values()), 1))
    command = OpenCount(
        location_id=walk.location().id,
        variant_ids=named if walk.is_lucky(0.5) else None,
        tolerance_units=walk.luck.choice((0, 1, 2, 9)),
        tolerance_percent=walk.luck.choice((0, 0, 50)),
    )
    await walk.do(counting.open_count, command)


async def look_at_shelf(walk: Walk) -> None:
    """Count one line now; somebody writes it down later."""
    line = await walk.one_of(UNCOUNTED, ["open", "counted"], None)
    walk.noted[line["id"]] = (line["count_id"], found(walk, line, walk.now))
    walk.steps[-1] += f" {walk.noted[line['id']]}"


async def write_down(walk: Walk) -> None:
    """What was noted last or long ago; meanwhile the count may be closed, or goods may have moved."""
    if not walk.noted:
        walk.nothing_to_do()
    line_id = walk.luck.choice(list(walk.noted))
    count_id, counted = walk.noted.pop(line_id)
    await record(walk, count_id, {line_id: counted})


async def count_sheet(walk: Walk) -> None:
    """Count what is open of a sheet and write it down on the spot."""
    count_id = await count(walk, "counting")
    lines = await walk.all_of(UNCOUNTED, ["open"], count_id)
    await record(walk, count_id, {line["id"]: found(walk, line, None) for line in lines})


async def submit_count(walk: Walk) -> None:
    await walk.do(counting.submit, ChangeCount(count_id=await count(walk, "counting")))


async def approve_count(walk: Walk) -> None:
    command = ChangeCount(count_id=await count(walk, "review"))
    await walk.do(counting.approve, command, actor=None if walk.is_lucky(0.2) else MANAGER)


async def recount(walk: Walk) -> None:
    await walk.do(counting.recount, ChangeCount(count_id=await count(walk, "review")))


async def cancel_count(walk: Walk) -> None:
    await walk.do(counting.cancel, ChangeCount(count_id=await count(walk, "counting", "review")))


async def record(walk: Walk, count_id: UUID, found: dict[UUID, tuple[CountedUnits, int]]) -> None:
    await walk.do(counting.record, RecordCount(count_id=count_id, lines=tuple(each for each, _ in found.values())))
    walk.looked_at |= {line_id: lay_there for line_id, (_, lay_there) in found.items()}


def found(walk: Walk, line: dict[str, Any], counted_at: datetime | None) -> tuple[CountedUnits, int]:
    """What somebody counts, mostly rightly, and what lay there."""
    counted = max(0, line["on_hand"] + walk.luck.choice(ERRORS))
    return CountedUnits(variant_id=line["variant_id"], counted=counted, counted_at=counted_at), line["on_hand"]


async def count(walk: Walk, *statuses: str) -> UUID:
    key: UUID = (await walk.one_of(COUNT, list(statuses), walk.strays()))["id"]
    return key
