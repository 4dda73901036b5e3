"""What locations with a daily capacity take on for which day: read, locked, counted, and given back with the units.

    loads = await lock_loads(connection, networks, now)     before deciding, after the locks of stock levels
    await follow(act, changes)                              units of existing orders got a location, or lost theirs

Units count for the day on which their location works on an order that is decided at that moment. Lock order: orders,
reservations, stock levels, then days by location and day. Without a location that says how much it can do a day, nothing is
read or written here; order lines are counted (`actions/line_work.py`) where one says how many lines it can do.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

from actions import line_work, reference
from actions.acting import Act
from actions.bulk import Columns, arrays, insert_sql
from actions.line_work import DayKey, LineClaimed
from domain.ids import id_maker
from domain.placing.world import Network
from domain.workdays import Load
from models.db import Fetching, execute

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
LESS: Final = """
UPDATE capacity_claims c SET units = c.units - l.units FROM unnest($1::uuid[], $2::int[]) AS l(id, units)
WHERE c.id = l.id AND c.units > l.units"""
GONE: Final = "DELETE FROM capacity_claims WHERE id = ANY($1::uuid[])"

Counts = tuple[int, int, int]
"""Units, orders and lines."""
NOTHING: Final[Counts] = (0, 0, 0)


class Claimed(NamedTuple):
    """Units of an order that a location takes on for a day."""

    order_id: UUID
    location_id: UUID
    day: date
    units: int


class Moved(line_work.Moved, Protocol):
    """An order whose units moved: by location, how many more (or fewer) stand there than before."""

    @property
    def order_id(self) -> UUID: ...

    def moved_units(self) -> Mapping[UUID, int]: ...


async def read_loads(connection: Any, network: Network, now: datetime) -> dict[UUID, Load]:
    """By location what it has to do on its next day, without a lock; empty where days do not count."""
    loads = _next_loads([network], now)
    return _with_counts(loads, await _counted(connection, _limited(loads), DAYS)) if loads else {}


async def lock_loads(connection: Any, networks: Mapping[UUID, Network], now: datetime) -> dict[UUID, Load]:
    """The same for the locations of all these organizations, their counters locked until the transaction ends."""
    loads = _next_loads(networks.values(), now)
    if not loads:
        return {}
    owner = {place: key for key, network in networks.items() for place in network.workplaces}
    counts = await _lock(connection, [(owner[place], place, day) for place, day in _limited(loads)])
    return _with_counts(loads, counts)


async def claim(connection: Any, claims: Sequence[Claimed], lines: Sequence[LineClaimed] = ()) -> None:
    """Count what new orders brought; whoever calls holds the locks of the days."""
    make = id_maker(len(claims))
    await connection.fetch(CLAIM, *arrays([(make(), *each) for each in claims], CLAIMS))
    changed = Changed()
    for _, location_id, day, units in claims:
        changed.count((location_id, day), units, 1)
    if lines:
        await line_work.claim(connection, lines)
        changed.count_lines(line_work.counted(lines))
    await connection.fetch(COUNT, *changed.columns())


async def follow(act: Act, moved: Iterable[Moved]) -> None:
    """Count anew what existing orders have moved. The caller holds their locks, and those of the stock levels."""
    moved = list(moved)
    net = {(each.order_id, place): units for each in moved for place, units in each.moved_units().items() if units}
    if not net and not any(each.moved_lines() for each in moved):
        return
    network = await reference.network(Fetching, act.organization_id)
    if not any(place.is_limited for place in network.workplaces.values()):
        return
    lines = await line_work.changed(moved, network, act.now)
    found = await Fetching.fetch(CLAIMED, sorted({order_id for order_id, _ in net}))
    changed = Changed({Claimed(*list(row.values())[1:]): row["id"] for row in found})
    for (order_id, location_id), units in net.items():
        if units < 0:
            changed.give_back(order_id, location_id, -units)
        elif (place := network.workplaces.get(location_id)) and place.is_limited:
            changed.take(Claimed(order_id, location_id, place.next_load(act.now).day, units))
    changed.count_lines(lines.counts())
    if changed.counts:
        await _lock(Fetching, [(act.organization_id, *key) for key in sorted(changed.counts)])
        await _write(changed)
    await lines.write()


@dataclass(slots=True)
class Changed:
    """How claims and the counters of their days change; `known` are the orders' claims, each with its row's id."""

    known: Mapping[Claimed, UUID] = field(default_factory=dict)
    counts: dict[DayKey, list[int]] = field(default_factory=dict)
    gone: list[UUID] = field(default_factory=list)
    less: list[tuple[UUID, int]] = field(default_factory=list)
    more: list[Claimed] = field(default_factory=list)

    def give_back(self, order_id: UUID, location_id: UUID, units: int) -> None:
        """From the last day on: what is nearest is worked on already. What was never counted is not given back."""
        own = [each for each in self.known if (each.order_id, each.location_id) == (order_id, location_id)]
        for each in sorted(own, key=attrgetter("day"), reverse=True):
            taken = min(units, each.units)
            if not taken:
                break
            units -= taken
            if taken == each.units:
                self.gone.append(self.known[each])
            else:
                self.less.append((self.known[each], taken))
            self.count((location_id, each.day), -taken, -1 if taken == each.units else 0)

    def take(self, claimed: Claimed) -> None:
        is_known = any(each[:3] == claimed[:3] for each in self.known)
        self.more.append(claimed)
        self.count((claimed.location_id, claimed.day), claimed.units, 0 if is_known else 1)

    def count(self, key: DayKey, units: int, orders: int) -> None:
        count = self.counts.setdefault(key, [0, 0, 0])
        count[0] += units
        count[1] += orders

    def count_lines(self, lines: Mapping[DayKey, int]) -> None:
        for key, more in lines.items():
            self.counts.setdefault(key, [0, 0, 0])[2] += more

    def columns(self) -> list[list[Any]]:
        """The parameters of COUNT."""
        table = [(place, day, *counts) for (place, day), counts in self.counts.items()]
        return [list(column) for column in zip(*table, strict=True)]


async def _write(changed: Changed) -> None:
    if changed.gone:
        await execute(GONE, [changed.gone])
    if changed.less:
        await execute(LESS, [list(column) for column in zip(*changed.less, strict=True)])
    if changed.more:
        make = id_maker(len(changed.more))
        await execute(CLAIM, list(arrays([(make(), *each) for each in changed.more], CLAIMS)))
    await execute(COUNT, changed.columns())


def _next_loads(networks: Iterable[Network], now: datetime) -> dict[UUID, Load]:
    return {place: one.next_load(now) for network in networks for place, one in network.workplaces.items()}


def _limited(loads: Mapping[UUID, Load]) -> list[DayKey]:
    return sorted((place, load.day) for place, load in loads.items() if load.is_limited)


def _with_counts(loads: Mapping[UUID, Load], counts: Mapping[DayKey, Counts]) -> dict[UUID, Load]:
    return {place: load.with_order(*counts.get((place, load.day), NOTHING)) for place, load in loads.items()}


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
