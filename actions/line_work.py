"""Which order lines locations take on for which day, where they say how many lines they can do; for `actions/workload.py`.

A line counts once for each day on which a location takes on units of it. Whoever writes here holds the order's lock; the
counters of the days are those of `workload.py`, locked there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import product
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

from actions.bulk import Columns, arrays, insert_sql
from domain.ids import id_maker
from domain.placing.world import Network
from models.db import Fetching, execute

CLAIMS: Final[Columns] = {"id": "uuid", "line_id": "uuid", "location_id": "uuid", "day": "date", "units": "int4"}
CLAIM: Final = insert_sql("line_claims", CLAIMS, 1)
CLAIMED: Final = """
SELECT id, line_id, location_id, day, units FROM line_claims WHERE line_id = ANY($1::uuid[])
ORDER BY line_id, location_id, day"""
CHANGE: Final = """
UPDATE line_claims c SET units = n.units FROM unnest($1::uuid[], $2::int[]) AS n(id, units) WHERE c.id = n.id"""
GONE: Final = "DELETE FROM line_claims WHERE id = ANY($1::uuid[])"

DayKey = tuple[UUID, date]
LinePlace = tuple[UUID, UUID]
"""A line and a location."""


class LineClaimed(NamedTuple):
    """Units of a line that a location takes on for a day."""

    line_id: UUID
    location_id: UUID
    day: date
    units: int


class Moved(Protocol):
    """An order whose units moved: by line and location, how many more (or fewer) stand there than before."""

    def moved_lines(self) -> Mapping[LinePlace, int]: ...


async def claim(connection: Any, claims: Sequence[LineClaimed]) -> None:
    """Lines of new orders."""
    make = id_maker(len(claims))
    await connection.fetch(CLAIM, *arrays([(make(), *each) for each in claims], CLAIMS))


def counted(claims: Iterable[LineClaimed]) -> dict[DayKey, int]:
    counts: dict[DayKey, int] = {}
    for _, location_id, day, _ in claims:
        counts[location_id, day] = counts.get((location_id, day), 0) + 1
    return counts


async def changed(moved: Iterable[Moved], network: Network, now: datetime) -> "Ledger":
    """The claims as they are after the moves; nothing is written yet.

    Units that pass from one line to another at a location keep their days. What else is given back comes off the last day,
    and what was never counted is not given back.
    """
    if not any(place.most_lines is not None for place in network.workplaces.values()):
        return Ledger({})
    orders = [each.moved_lines() for each in moved]
    line_ids = sorted({line_id for each in orders for line_id, _ in each})
    found = await Fetching.fetch(CLAIMED, line_ids) if line_ids else []
    ledger = Ledger({(row["line_id"], row["location_id"], row["day"]): (row["id"], row["units"]) for row in found})
    for each in orders:
        for location_id in sorted({place for _, place in each}):
            lines = {line_id: units for (line_id, place), units in each.items() if place == location_id}
            fewer, more = ({line: abs(units) for line, units in lines.items() if units * sign > 0} for sign in (-1, 1))
            ledger.pass_on(location_id, fewer, more)
            for line_id, units in fewer.items():
                ledger.take_off(line_id, location_id, units)
            place = network.workplaces.get(location_id)
            if place is not None and place.most_lines is not None:
                day = place.next_load(now).day
                for line_id, units in more.items():
                    ledger.add((line_id, location_id, day), units)
    return ledger


@dataclass(slots=True)
class Ledger:
    """Claims by line, location and day: `known` as they are written, each with its row, and `held` as they will be."""

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

    async def write(self) -> None:
        changes = [(row, self.held[key]) for key, (row, units) in self.known.items() if self.held[key] != units]
        gone = [row for row, units in changes if not units]
        if gone:
            await execute(GONE, [gone])
        left = [(row, units) for row, units in changes if units]
        if left:
            await execute(CHANGE, [list(column) for column in zip(*left, strict=True)])
        fresh = [LineClaimed(*key, units) for key, units in self.held.items() if units and key not in self.known]
        if fresh:
            await claim(Fetching, fresh)
