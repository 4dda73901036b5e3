"""Which order lines locations take on for which day, where they say how many lines they can do; for `actions/workload.py`.

A line counts once for each day on which a location takes on units of it. Whoever writes here holds the order's lock; the
counters of the days are those of `workload.py`, locked there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import product
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from actions.bulk import Columns, arrays, insert_sql
from actions.shifting import LinePlace, Shift
from domain.ids import id_maker
from domain.placing.world import Network
from models.db import Fetching, execute

CLAIMS: Final[Columns] = {"id": "uuid", "line_id": "uuid", "location_id": "uuid", "day": "date", "units": "int4"}
CLAIM: Final = insert_sql("line_claims", CLAIMS, 1)
CLAIMED: Final = """
SELECT id, line_id, location_id, day, units FROM line_claims WHERE line_id = ANY($1::uuid[])
ORDER BY line_id, location_id, day"""
CHANGE: Final = """
UPDATE {table} c SET units = n.units FROM unnest($1::uuid[], $2::int[]) AS n(id, units) WHERE c.id = n.id"""
GONE: Final = "DELETE FROM {table} WHERE id = ANY($1::uuid[])"

DayKey = tuple[UUID, date]
Arrives = Callable[[UUID, UUID], date]
"""When what comes from a source is handed over at a place."""


class LineClaimed(NamedTuple):
    """Units of a line that a location takes on for a day."""

    line_id: UUID
    location_id: UUID
    day: date
    units: int


async def claim(connection: Any, claims: Sequence[LineClaimed]) -> None:
    """Lines of new orders."""
    make = id_maker(len(claims))
    await connection.fetch(CLAIM, *arrays([(make(), *each) for each in claims], CLAIMS))


def counted(claims: Iterable[LineClaimed]) -> dict[DayKey, int]:
    counts: dict[DayKey, int] = {}
    for _, location_id, day, _ in claims:
        counts[location_id, day] = counts.get((location_id, day), 0) + 1
    return counts


async def changed(
    moved: Iterable[Mapping[LinePlace, Shift]], network: Network, now: datetime, arrives: Arrives
) -> "Ledger":
    """The claims as they are after the moves of each order; nothing is written yet.

    Units that pass from one line to another at a location keep their days. What else is given back comes off the last day,
    and what was never counted is not given back.
    """
    if not any(place.most_lines is not None for place in network.workplaces.values()):
        return Ledger({})
    orders = list(moved)
    line_ids = sorted({line_id for each in orders for line_id, _ in each})
    found = await Fetching.fetch(CLAIMED, line_ids) if line_ids else []
    ledger = Ledger({(row["line_id"], row["location_id"], row["day"]): (row["id"], row["units"]) for row in found})
    for each in orders:
        for location_id in sorted({place for _, place in each}):
            lines = {line_id: shift for (line_id, place), shift in each.items() if place == location_id}
            fewer, more = ({line: getattr(shift, name) for line, shift in lines.items()} for name in ("fewer", "more"))
            ledger.pass_on(location_id, fewer, more)
            for line_id, units in fewer.items():
                ledger.take_off(line_id, location_id, units)
            place = network.workplaces.get(location_id)
            if place is not None and place.most_lines is not None:
                day = place.next_load(now).day
                for line_id, shift in lines.items():
                    ledger.catch_up(line_id, location_id, shift, day)
                    ledger.add((line_id, location_id, day), more[line_id])
                    for source, units in shift.more_to_come.items():
                        ledger.add((line_id, location_id, arrives(source, location_id)), units)
    return ledger


@dataclass(slots=True)
class Ledger:
    """Claims by line (or order), location and day: `known` as they are written, each with its row, and `held` as they will be."""

    known: Mapping[tuple[UUID, UUID, date], tuple[UUID, int]]
    held: dict[tuple[UUID, UUID, date], int] = field(init=False)

    def __post_init__(self) -> None:
        self.held = {key: units for key, (_, units) in self.known.items()}

    def add(self, key: tuple[UUID, UUID, date], units: int) -> None:
        if units:
            self.held[key] = self.held.get(key, 0) + units

    def take_off(self, line_id: UUID, location_id: UUID, units: int) -> list[tuple[date, int]]:
        """By day what came off, from the last day on."""
        own = sorted(
            (key for key, left in self.held.items() if key[:2] == (line_id, location_id) and left), reverse=True
        )
        taken = []
        for key in own:
            part = min(units, self.held[key])
            units -= part
            self.held[key] -= part
            if part:
                taken.append((key[2], part))
        return taken

    def catch_up(self, line_id: UUID, location_id: UUID, shift: Shift, day: date) -> None:
        """What arrived and was expected on days that are over, or by nobody, counts for this one."""
        units = shift.arrived
        for key in sorted(key for key in self.held if key[:2] == (line_id, location_id) and key[2] < day):
            late = min(units, self.held[key])
            units -= late
            self.held[key] -= late
            self.add((line_id, location_id, day), late)
        counted = sum(held for key, held in self.held.items() if key[:2] == (line_id, location_id))
        self.add((line_id, location_id, day), min(shift.arrived, max(0, shift.total - counted)))

    def pass_on(self, location_id: UUID, fewer: dict[UUID, int], more: dict[UUID, int]) -> None:
        """What one line has less and another more; both dictionaries are left with the rest."""
        for giver, taker in product(list(fewer), list(more)):
            units = min(fewer[giver], more[taker])
            fewer[giver] -= units
            more[taker] -= units
            for day, part in self.take_off(giver, location_id, units):
                self.add((taker, location_id, day), part)

    def counts(self) -> dict[DayKey, int]:
        """How many lines more or fewer each day has."""
        counts: dict[DayKey, int] = {}
        for (_, location_id, day), sign in [*((key, 1) for key, units in self.held.items() if units),
                                            *((key, -1) for key in self.known)]:  # fmt: skip
            counts[location_id, day] = counts.get((location_id, day), 0) + sign
        return {key: lines for key, lines in counts.items() if lines}

    def unit_counts(self) -> dict[DayKey, int]:
        """How many units more or fewer each day has of which some came or went."""
        counts: dict[DayKey, int] = {}
        for key, units in self.held.items():
            more = units - (self.known[key][1] if key in self.known else 0)
            if more:
                counts[key[1:]] = counts.get(key[1:], 0) + more
        return counts

    async def write(self) -> None:
        await self.write_known("line_claims")
        fresh = [LineClaimed(*key, units) for key, units in self.fresh().items()]
        if fresh:
            await claim(Fetching, fresh)

    def fresh(self) -> dict[tuple[UUID, UUID, date], int]:
        """What has no row yet."""
        return {key: units for key, units in self.held.items() if units and key not in self.known}

    async def write_known(self, table: Literal["line_claims", "capacity_claims"]) -> None:
        changes = [(row, self.held[key]) for key, (row, units) in self.known.items() if self.held[key] != units]
        gone = [row for row, units in changes if not units]
        if gone:
            await execute(GONE.format(table=table), [gone])
        left = [(row, units) for row, units in changes if units]
        if left:
            await execute(CHANGE.format(table=table), [list(column) for column in zip(*left, strict=True)])
