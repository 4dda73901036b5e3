"""What locations with a daily capacity take on for which day: read, locked, counted, and given back with the units.

    loads = await lock_loads(connection, networks, now)     before deciding, after the locks of stock levels
    await lock_days(act, changes)                           before writing, where orders are decided about afterwards
    await follow(act, changes)                              units of existing orders got a location, or lost theirs

Days are locked once in a transaction: those of all locations that an order may get, and with them those that it has.

Units count for the day on which their location works on an order that is decided at that moment; what is collected at
another location counts there, too, for the day when it hands over what is brought (`domain/placing/arriving.py`). Lock
order: orders, reservations, stock levels, then days by location and day. Without a location that says how much it can do
a day, nothing is read or written here; order lines are counted (`actions/line_work.py`) where one says how many lines it
can do.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from actions import line_work, reference
from actions.acting import Act
from actions.bulk import Columns, arrays, insert_sql
from actions.line_work import DayKey, Ledger, LineClaimed
from actions.shifting import Moved, by_location, shifts
from domain.ids import id_maker
from domain.placing.arriving import handed_over_on, look_ahead
from domain.placing.world import Network
from domain.workdays import Loads
from models.db import Fetching, execute, rows

DAYS: Final = """
SELECT d.id, d.location_id, d.day, d.units, d.orders, d.lines FROM location_days d
JOIN unnest($1::uuid[], $2::date[]) AS wanted(location_id, day) ON d.location_id = wanted.location_id AND d.day = wanted.day
ORDER BY d.location_id, d.day"""
LOCK: Final = f"{DAYS} FOR NO KEY UPDATE OF d"
OPEN: Final = """
INSERT INTO location_days (id, organization_id, location_id, day, units, orders, lines)
SELECT id, organization_id, location_id, day, 0, 0, 0
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::date[]) AS u(id, organization_id, location_id, day)
ORDER BY location_id, day ON CONFLICT (location_id, day) DO NOTHING"""
COUNT: Final = """
UPDATE location_days d SET units = d.units + c.units, orders = d.orders + c.orders, lines = d.lines + c.lines
FROM unnest($1::uuid[], $2::date[], $3::int[], $4::int[], $5::int[]) AS c(location_id, day, units, orders, lines)
WHERE d.location_id = c.location_id AND d.day = c.day"""
CLAIMS: Final[Columns] = {"id": "uuid", "order_id": "uuid", "location_id": "uuid", "day": "date", "units": "int4"}
CLAIM: Final = (
    f"{insert_sql('capacity_claims', CLAIMS, 1)} "
    "ON CONFLICT (order_id, location_id, day) DO UPDATE SET units = capacity_claims.units + excluded.units"
)
CLAIMED: Final = """
SELECT id, order_id, location_id, day, units FROM capacity_claims WHERE order_id = ANY($1::uuid[])
ORDER BY order_id, location_id, day DESC"""
HELD: Final = """
SELECT location_id, day FROM capacity_claims WHERE order_id = ANY($1::uuid[])
UNION SELECT c.location_id, c.day FROM line_claims c JOIN order_lines l ON l.id = c.line_id WHERE l.order_id = ANY($1::uuid[])"""
OWN: Final = """
SELECT c.order_id, c.location_id, c.units, (SELECT count(*)::int FROM line_claims n JOIN order_lines l ON l.id = n.line_id
    WHERE l.order_id = c.order_id AND n.location_id = c.location_id AND n.day = c.day) AS lines
FROM capacity_claims c JOIN unnest($2::uuid[], $3::date[]) AS wanted(location_id, day)
    ON c.location_id = wanted.location_id AND c.day = wanted.day
WHERE c.order_id = ANY($1::uuid[])"""
Counts = tuple[int, int, int]
"""Units, orders and lines."""


class Claimed(NamedTuple):
    """Units of an order that a location takes on for a day."""

    order_id: UUID
    location_id: UUID
    day: date
    units: int


async def read_loads(connection: Any, network: Network, now: datetime, brought_to: Collection[UUID] = ()) -> Loads:
    """By location what it has to do on its next day, without a lock; empty where days do not count.

    With the days on which those of `brought_to` would hand over what is brought there.
    """
    loads = _next_loads([network], now)
    if loads and brought_to:
        look_ahead(network, brought_to, now, loads)
    return _with_counts(loads, await _counted(connection, _limited(loads), DAYS)) if loads else loads


class Own(NamedTuple):
    """What of a location's next day is one order's."""

    units: int
    lines: int


async def read_claims(loads: Loads, orders: Collection[UUID]) -> dict[UUID, dict[UUID, Own]]:
    """By order and location what they have of the days in `loads`, without a lock; nothing where no day is limited."""
    keys = _limited(loads)
    found: dict[UUID, dict[UUID, Own]] = {}
    for row in await rows(OWN, [sorted(orders), *map(list, zip(*keys, strict=True))]) if keys else ():
        found.setdefault(row["order_id"], {})[row["location_id"]] = Own(row["units"], row["lines"])
    return found


async def lock_loads(
    connection: Any,
    networks: Mapping[UUID, Network],
    now: datetime,
    brought_to: Collection[UUID] = (),
    *,
    orders: Collection[UUID] = (),
) -> Loads:
    """The same for the locations of all these organizations, their counters locked until the transaction ends.

    With the days on which those of `brought_to` would hand over what is brought there. Days that existing `orders` have are
    locked with them: what they give back is written under these locks.
    """
    loads = _next_loads(networks.values(), now)
    if not loads:
        return loads
    owner = {place: key for key, network in networks.items() for place in network.workplaces}
    for network in networks.values():
        if brought_to and network.brought_to:
            look_ahead(network, brought_to, now, loads)
    asked = _limited(loads)
    held = await _held(connection, orders) if asked and orders else set()
    keys = sorted(held.union(asked))
    counts = await _lock(connection, [(owner[place], place, day) for place, day in keys if place in owner])
    return _with_counts(loads, {key: counts[key] for key in asked})


async def lock_days(act: Act, changes: Collection[Moved]) -> Loads:
    """All days that deciding about these locked orders may touch, and those that they have; after the stock levels."""
    network = await reference.network(Fetching, act.organization_id)
    lines = [line for change in changes for line in change.lines.values()]
    to = {line.pickup_location_id for line in lines if line.pickup_location_id}
    return await lock_loads(
        Fetching, {act.organization_id: network}, act.now, to, orders=[change.order_id for change in changes]
    )


async def claim(connection: Any, claims: Sequence[Claimed], lines: Sequence[LineClaimed] = ()) -> None:
    """Count what new orders brought; whoever calls holds the locks of the days."""
    make = id_maker(len(claims))
    await connection.fetch(CLAIM, *arrays([(make(), *each) for each in claims], CLAIMS))
    units: dict[DayKey, int] = {}
    orders: dict[DayKey, int] = {}
    for _, location_id, day, more in claims:
        units[location_id, day] = units.get((location_id, day), 0) + more
        orders[location_id, day] = orders.get((location_id, day), 0) + 1
    if lines:
        await line_work.claim(connection, lines)
    await connection.fetch(COUNT, *Changed(units, orders, line_work.counted(lines)).columns())


async def follow(act: Act, moved: Iterable[Moved]) -> None:
    """Count anew what existing orders have moved. The caller holds their locks, and those of the stock levels."""
    ledgers = await _ledgers(act, moved)
    if ledgers is None:
        return
    ledger, lines = ledgers
    changed = Changed(ledger.unit_counts(), ledger.counts(), lines.counts())
    if days := changed.days:
        await _lock(Fetching, [(act.organization_id, *key) for key in days])
        await _write(ledger)
        await execute(COUNT, changed.columns())
    await lines.write()


async def foreseen(act: Act, moved: Iterable[Moved]) -> "Changed":
    """What `follow` would count if they moved like this."""
    ledgers = await _ledgers(act, moved)
    if ledgers is None:
        return Changed({}, {}, {})
    ledger, lines = ledgers
    return Changed(ledger.unit_counts(), ledger.counts(), lines.counts())


async def _ledgers(act: Act, moved: Iterable[Moved]) -> tuple[Ledger, Ledger] | None:
    """Claims of the orders, and of their lines, after the moves; None where nothing is counted."""
    shifted = [(each, of_lines) for each in moved if (of_lines := shifts(each))]
    if not shifted:
        return None
    network = await reference.network(Fetching, act.organization_id)
    if not any(place.is_limited for place in network.workplaces.values()):
        return None

    def arrives(source: UUID, place: UUID) -> date:
        return handed_over_on(network, source, place, act.now)

    lines = await line_work.changed([of_lines for _, of_lines in shifted], network, act.now, arrives)
    found = await Fetching.fetch(CLAIMED, sorted(change.order_id for change, _ in shifted))
    ledger = Ledger({(row["order_id"], row["location_id"], row["day"]): (row["id"], row["units"]) for row in found})
    for change, of_lines in shifted:
        order_id = change.order_id
        for location_id, shift in by_location(change, of_lines).items():
            ledger.take_off(order_id, location_id, shift.fewer)
            if (place := network.workplaces.get(location_id)) and place.is_limited:
                day = place.next_load(act.now).day
                ledger.catch_up(order_id, location_id, shift, day)
                ledger.add((order_id, location_id, day), shift.more)
                for source, units in shift.more_to_come.items():
                    ledger.add((order_id, location_id, arrives(source, location_id)), units)
    return ledger, lines


@dataclass(frozen=True, slots=True)
class Changed:
    """How many units, orders and lines more or fewer each day has."""

    units: Mapping[DayKey, int]
    orders: Mapping[DayKey, int]
    lines: Mapping[DayKey, int]

    @property
    def days(self) -> list[DayKey]:
        return sorted({*self.units, *self.orders, *self.lines})

    def columns(self) -> list[list[Any]]:
        """The parameters of COUNT."""
        table = [(*key, *(counts.get(key, 0) for counts in (self.units, self.orders, self.lines))) for key in self.days]
        return [list(column) for column in zip(*table, strict=True)]


async def _write(ledger: Ledger) -> None:
    await ledger.write_known("capacity_claims")
    fresh = [Claimed(*key, units) for key, units in ledger.fresh().items()]
    if fresh:
        make = id_maker(len(fresh))
        await execute(CLAIM, list(arrays([(make(), *each) for each in fresh], CLAIMS)))


async def _held(connection: Any, orders: Collection[UUID]) -> set[DayKey]:
    return {(row["location_id"], row["day"]) for row in await connection.fetch(HELD, sorted(orders))}


def _next_loads(networks: Iterable[Network], now: datetime) -> Loads:
    return Loads({place: one.next_load(now) for network in networks for place, one in network.workplaces.items()})


def _limited(loads: Loads) -> list[DayKey]:
    return sorted([*loads.ahead, *((place, load.day) for place, load in loads.items() if load.is_limited)])


def _with_counts(loads: Loads, counts: Mapping[DayKey, Counts]) -> Loads:
    for (place, day), counted in counts.items():
        loads.take(place, day, *counted)
    return loads


async def _lock(connection: Any, days: Sequence[tuple[UUID, UUID, date]]) -> dict[DayKey, Counts]:
    """The counters of the days (organization, location, day), sorted by location and day; made where they are missing."""
    keys = [(place, day) for _, place, day in days]
    known = await _counted(connection, keys, LOCK)
    missing = [each for each in days if each[1:] not in known]
    if missing:
        make = id_maker(len(missing))
        await connection.fetch(OPEN, [make() for _ in missing], *map(list, zip(*missing, strict=True)))
        known = await _counted(connection, keys, LOCK)
    return known


async def _counted(connection: Any, keys: Sequence[DayKey], sql: str) -> dict[DayKey, Counts]:
    if not keys:
        return {}
    found = await connection.fetch(sql, *map(list, zip(*keys, strict=True)))
    return {(row["location_id"], row["day"]): (row["units"], row["orders"], row["lines"]) for row in found}
