"""Cycle counts: a sheet for a location, counted blind while work goes on, compared, approved and posted.

A difference is posted as one ADJUSTED movement that names the count. What orders and carts count on is never taken away:
such a line waits, and approving it is refused with the units that are committed until those orders are declined there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from actions import levels, outbox, restocking
from actions.acting import Act, action
from actions.inventory import MAX_LINES, MAX_UNITS
from actions.levels import Level, Movement, Place
from actions.upserting import check_known
from domain.counting import PERCENT, UNSETTLED, CountAction, CountLineStatus, CountStatus, check_count, is_tolerated
from domain.errors import Conflict, Forbidden, NotFound
from domain.facts import Fact, FactKind
from domain.ids import id_maker, new_id
from domain.stock import EFFECTS, AdjustmentReason, MovementKind
from domain.validation import Checks
from models import CountLine, StockCount
from models.db import rows

MAX_COUNTED: Final = 5_000
"""Lines of one sheet; a larger location is counted in parts."""

NUMBER: Final = "SELECT 'CC-' || nextval('count_numbers') AS number"
VARIANTS_AT: Final = """
SELECT variant_id FROM stock_levels WHERE organization_id = $1 AND location_id = $2 ORDER BY variant_id LIMIT $3"""
_TIMES: Final = " ".join(f"WHEN '{kind}' THEN {effect.on_hand}" for kind, effect in EFFECTS.items() if effect.on_hand)
MOVED_SINCE: Final = f"""
SELECT w.level, coalesce(sum(m.quantity * CASE m.kind {_TIMES} ELSE 0 END), 0)::int AS units
FROM unnest($1::uuid[], $2::timestamptz[]) AS w(level, since)
LEFT JOIN stock_movements m ON m.stock_level_id = w.level AND m.moved_at > w.since GROUP BY w.level"""
LINES: Final = ("status", "expected", "counted", "counted_at", "counted_by")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCount:
    """Without variants, everything that has a stock level at the location and is on no other open count."""

    location_id: UUID
    variant_ids: tuple[UUID, ...] | None = None
    tolerance_units: int = 0
    tolerance_percent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedUnits:
    """`counted_at`: when, if it is written down later; everything that moved since is taken into account."""

    variant_id: UUID
    counted: int
    counted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCount:
    count_id: UUID
    lines: tuple[CountedUnits, ...]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCount:
    """Of the whole count."""

    count_id: UUID
    expected_version: int | None = None


@dataclass(slots=True)
class Sheet:
    """A locked count with its unsettled lines by variant."""

    count: StockCount
    lines: dict[UUID, CountLine]

    def of(self, *statuses: CountLineStatus) -> list[CountLine]:
        return [line for line in self.lines.values() if line.status in statuses]

    def place(self, line: CountLine) -> Place:
        return line.variant_id, self.count.location_id


@action
async def open_count(act: Act, command: OpenCount) -> UUID:
    """Raises InvalidInput, also when a named variant is on another open count of the location, or everything there is."""
    checks = Checks()
    checks.number("tolerance_units", command.tolerance_units, most=MAX_UNITS)
    checks.number("tolerance_percent", command.tolerance_percent, most=PERCENT)
    await check_known(act, checks, "locations", [("location_id", command.location_id)])
    variants = await _wanted(act, checks, command)
    checks.refuse()
    places = [(variant, command.location_id) for variant in variants]
    await levels.open_levels(act.organization_id, places)
    found = await levels.lock(places)
    places = await _not_counted(checks, command, places, found)
    [numbered] = await rows(NUMBER)
    count = StockCount(
        id=new_id(),
        organization_id=act.organization_id,
        number=numbered["number"],
        location_id=command.location_id,
        tolerance_units=command.tolerance_units,
        tolerance_percent=command.tolerance_percent,
        started_at=act.now,
    )
    await count.save(force_create=True)
    make = id_maker(len(places))
    lines = [_line(make(), count, found[place], at) for at, place in enumerate(places)]
    await CountLine.bulk_create(lines)
    await outbox.record(act.organization_id, act.actor, act.now, [_told(count)])
    return count.id


@action
async def record(act: Act, command: RecordCount) -> UUID:
    """What was found; a second count of a line takes the place of the first. Raises NotFound, Conflict, IllegalTransition."""
    checks = Checks()
    checks.size("lines", command.lines, least=1, most=MAX_LINES)
    checks.once("lines", "variant_id", [line.variant_id for line in command.lines])
    sheet = await _lock(act, CountAction.RECORD, command.count_id, command.expected_version)
    for given, below in checks.below("lines").beside(command.lines):
        below.number("counted", given.counted, most=MAX_UNITS)
        if given.variant_id not in sheet.lines:
            below.note("variant_id", "UNKNOWN", "It is not on this count.")
        if given.counted_at and not sheet.count.started_at <= given.counted_at <= act.now:
            below.note("counted_at", "OUT_OF_RANGE", "Must be after the count began, and not in the future.")
    checks.refuse()
    counted = [(sheet.lines[given.variant_id], given) for given in command.lines]
    found = await levels.lock(sheet.place(line) for line, _ in counted)
    since = await _moved_since({line.stock_level_id: given.counted_at or act.now for line, given in counted})
    for line, given in counted:
        line.status, line.counted = CountLineStatus.COUNTED, given.counted
        line.expected = found[sheet.place(line)]["on_hand"] - (since[line.stock_level_id] if given.counted_at else 0)
        line.counted_at, line.counted_by = given.counted_at or act.now, act.actor
    return await _save(act, sheet)


async def submit(act: Act, command: ChangeCount) -> UUID:
    """Everything is counted: what is tolerated is posted, the rest waits. Raises NotFound, Conflict, IllegalTransition."""
    return await _announced(act, await _submit(act, command))


async def approve(act: Act, command: ChangeCount) -> UUID:
    """Post what waits. Raises Forbidden for whoever counted it, StockCommitted, NotFound, Conflict or IllegalTransition."""
    return await _announced(act, await _approve(act, command))


@action
async def recount(act: Act, command: ChangeCount) -> UUID:
    """What waits is counted again. Raises NotFound, Conflict or IllegalTransition."""
    sheet = await _lock(act, CountAction.RECOUNT, command.count_id, command.expected_version)
    for line in sheet.of(CountLineStatus.WAITING):
        line.status = CountLineStatus.OPEN
        line.expected = line.counted = line.counted_at = line.counted_by = None
    sheet.count.status, sheet.count.submitted_at = CountStatus.COUNTING, None
    return await _save(act, sheet)


@action
async def cancel(act: Act, command: ChangeCount) -> UUID:
    """What is not posted never will be. Raises NotFound, Conflict or IllegalTransition."""
    sheet = await _lock(act, CountAction.CANCEL, command.count_id, command.expected_version)
    for line in sheet.lines.values():
        line.status = CountLineStatus.CANCELLED
    sheet.count.status, sheet.count.closed_at = CountStatus.CANCELLED, act.now
    return await _save(act, sheet)


@action
async def _submit(act: Act, command: ChangeCount) -> UUID:
    sheet = await _lock(act, CountAction.SUBMIT, command.count_id, command.expected_version)
    if left := len(sheet.of(CountLineStatus.OPEN)):
        checks = Checks()
        checks.note("count_id", "INCOMPLETE", f"Lines that are not counted yet: {left}.")
        checks.refuse()
    count = sheet.count
    found = await levels.lock(sheet.place(line) for line in sheet.lines.values())
    posted = []
    for line in sheet.of(CountLineStatus.COUNTED):
        counted, expected = _difference(line)
        is_free = found[sheet.place(line)]["on_hand"] + counted - expected >= levels.committed(found[sheet.place(line)])
        tolerance = {"units": count.tolerance_units, "percent": count.tolerance_percent}
        is_posted = is_tolerated(counted, expected, **tolerance) and (is_free or counted >= expected)
        line.status = CountLineStatus.POSTED if is_posted else CountLineStatus.WAITING
        posted += [line] if is_posted else []
    count.submitted_at = act.now
    return await _post(act, sheet, posted, found)


@action
async def _approve(act: Act, command: ChangeCount) -> UUID:
    sheet = await _lock(act, CountAction.APPROVE, command.count_id, command.expected_version)
    waiting = sheet.of(CountLineStatus.WAITING)
    if any(line.counted_by == act.actor for line in waiting):
        raise Forbidden("You counted this yourself; somebody else has to approve it.")
    found = await levels.lock(sheet.place(line) for line in waiting)
    for line in waiting:
        line.status = CountLineStatus.POSTED
    return await _post(act, sheet, waiting, found)


async def _post(act: Act, sheet: Sheet, lines: Sequence[CountLine], found: dict[Place, Level]) -> UUID:
    is_waiting = bool(sheet.of(CountLineStatus.WAITING))
    sheet.count.status = CountStatus.REVIEW if is_waiting else CountStatus.POSTED
    sheet.count.closed_at = None if is_waiting else act.now
    movements = [
        Movement(
            variant_id=line.variant_id,
            location_id=sheet.count.location_id,
            kind=MovementKind.ADJUSTED,
            quantity=counted - expected,
            reason=AdjustmentReason.COUNTED,
            reference=sheet.count.number,
        )
        for line in lines
        for counted, expected in [_difference(line)]
        if counted != expected
    ]
    return await _save(act, sheet, await levels.move(act, movements, found))


async def _announced(act: Act, count_id: UUID) -> UUID:
    posted = CountLine.filter(count_id=count_id, status=CountLineStatus.POSTED)
    variants = await posted.values_list("variant_id", flat=True)
    restocking.announce(act, frozenset(UUID(str(each)) for each in variants))
    return count_id


async def _lock(act: Act, doing: CountAction, count_id: UUID, expected_version: int | None) -> Sheet:
    found = StockCount.filter(id=count_id, organization_id=act.organization_id)
    count = await found.select_for_update(no_key=True).get_or_none()
    if count is None:
        raise NotFound("stock count", count_id)
    if expected_version not in (None, count.version):
        raise Conflict("stock count", expected_version or 0, count.version)
    check_count(doing, count.status)
    lines = await CountLine.filter(count_id=count_id, status__in=UNSETTLED).order_by("position")
    return Sheet(count, {line.variant_id: line for line in lines})


async def _save(act: Act, sheet: Sheet, facts: Iterable[Fact] = ()) -> UUID:
    sheet.count.version += 1
    await sheet.count.save()
    await CountLine.bulk_update(sheet.lines.values(), fields=LINES)
    await outbox.record(act.organization_id, act.actor, act.now, [*facts, _told(sheet.count)])
    return sheet.count.id


async def _wanted(act: Act, checks: Checks, command: OpenCount) -> list[UUID]:
    if command.variant_ids is None:
        found = await rows(VARIANTS_AT, [act.organization_id, command.location_id, MAX_COUNTED + 1])
        everything = [row["variant_id"] for row in found]
        if not everything:
            checks.note("location_id", "NOTHING_THERE", "Nothing was ever kept there: name the variants to count.")
        if len(everything) > MAX_COUNTED:
            why = f"More than {MAX_COUNTED} variants are kept there: name some of them."
            checks.note("variant_ids", "TOO_MANY", why)
        return everything
    if checks.size("variant_ids", command.variant_ids, least=1, most=MAX_LINES):
        checks.once("variant_ids", "", command.variant_ids)
        named = [(f"variant_ids.{at}", each) for at, each in enumerate(command.variant_ids)]
        await check_known(act, checks, "variants", named)
    return list(command.variant_ids)


async def _not_counted(
    checks: Checks, command: OpenCount, places: Sequence[Place], found: dict[Place, Level]
) -> list[Place]:
    """Everything is everything that nobody is counting; what is named must be free. Raises InvalidInput.

    The levels are locked, so no other count of them begins meanwhile.
    """
    ids = [found[place]["id"] for place in places]
    taken = CountLine.filter(stock_level_id__in=ids, status__in=UNSETTLED).prefetch_related("count")
    numbers = {line.stock_level_id: line.count.number for line in await taken}
    left = [place for place in places if found[place]["id"] not in numbers]
    if command.variant_ids is None and not left:
        checks.note(
            "location_id", "BEING_COUNTED", f"All of it is on {', '.join(sorted(set(numbers.values())))} already."
        )
    elif command.variant_ids is not None:
        for at, level_id in enumerate(ids):
            if level_id in numbers:
                checks.note(f"variant_ids.{at}", "BEING_COUNTED", f"It is on {numbers[level_id]} already.")
    checks.refuse()
    return left


async def _moved_since(moments: dict[UUID, datetime]) -> dict[UUID, int]:
    """Units that came to each level since its moment; below 0 when they went."""
    found = await rows(MOVED_SINCE, [list(moments), list(moments.values())])
    return {row["level"]: row["units"] for row in found}


def _line(line_id: UUID, count: StockCount, level: Level, position: int) -> CountLine:
    return CountLine(
        id=line_id,
        count_id=count.id,
        stock_level_id=level["id"],
        variant_id=level["variant_id"],
        position=position,
        expected_at_start=level["on_hand"],
    )


def _difference(line: CountLine) -> tuple[int, int]:
    assert line.counted is not None, "it was counted"
    assert line.expected is not None, "it was counted"
    return line.counted, line.expected


def _told(count: StockCount) -> Fact:
    """Without numbers: whoever counts hears it too."""
    payload = {
        "id": str(count.id),
        "number": count.number,
        "status": count.status.value,
        "version": count.version,
    }
    return Fact(kind=FactKind.COUNT_CHANGED, location_id=count.location_id, payload=payload)
