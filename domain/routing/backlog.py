"""Many orders that compete for the same stock and capacity, and the tables from which they are routed together.

Lines are served whole or not at all here; a line that is not served costs `backorder_minor`. The cost of every parcel that
an order may ever send is worked out once, for all orders with the same number of lines at a time: what changes while
looking for a plan is only what is left at the locations.

A kit is one demand, whose parts say what it takes. Its sort has a row among the stock of its own, with as many as could be
put together if nobody else took anything; what plans take are the components.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from domain.routing.subsets import NEVER
from domain.routing.values import Candidate, Demand, VariantKey

MAX_BACKLOG_LINES: Final = 8
"""An order with more lines is routed alone, before or after the others."""

NOWHERE: Final = -1
"""The place of a line that stays unserved."""

Places = Sequence[Sequence[int]]
"""By order and line, a location's position or NOWHERE."""
Ints = NDArray[np.int64]
Uses = tuple[tuple[VariantKey, int], ...]
"""What one of a demand takes: units by variant."""
Rows = tuple[tuple[int, int], ...]
"""The same, by the variants' rows."""
Number = TypeVar("Number", np.int64, np.float64)


@dataclass(frozen=True, slots=True)
class BacklogOrder:
    """Lines of one method; `candidates` are the backlog's locations, in its order, as seen from the order's address.

    `unserved_minor` is what each line costs while it stays unserved, where that is not the backlog's `backorder_minor`.
    `unit_costs[line][location]`, when given, is added per unit, as in a RoutingRequest; `excluded_pairs` are (line, location).
    `parts` are of the demands that are kits. Who is not bound by capacity neither heeds it nor takes any.
    """

    demands: Sequence[Demand]
    candidates: Sequence[Candidate]
    excluded: frozenset[int] = frozenset()
    unserved_minor: Sequence[int] | None = None
    unit_costs: Sequence[Sequence[int]] | None = None
    excluded_pairs: frozenset[tuple[int, int]] = frozenset()
    parts: Mapping[int, Uses] = field(default_factory=dict)
    is_bound: bool = True

    def uses(self, line: int) -> Uses:
        """What one of the line's demand takes."""
        return self.parts.get(line) or ((self.demands[line].variant, 1),)


@dataclass(frozen=True, slots=True)
class Backlog:
    """`stock[variant][location]` in units; `capacity[location]` in units, None without limit."""

    orders: Sequence[BacklogOrder]
    stock: Mapping[VariantKey, Sequence[int]]
    capacity: Sequence[int | None]
    split_minor: int = 250
    backorder_minor: int = 5000

    def unserved_minor(self, order: BacklogOrder) -> Sequence[int]:
        """By line."""
        if order.unserved_minor is None:
            return [self.backorder_minor] * len(order.demands)
        return order.unserved_minor


@dataclass(frozen=True, slots=True)
class BacklogPlan:
    """`places[order][line]` is a location or NOWHERE; `total_minor` counts parcels, splits and unserved lines."""

    places: tuple[tuple[int, ...], ...]
    total_minor: int


@dataclass(slots=True)
class Alike:
    """The orders with the same number of lines: `cost[order, subset, location]` of one parcel, NEVER if impossible;
    `unserved[order, line]` is what a line costs that stays unserved, `room[order, line]` what it takes of a capacity.
    """

    orders: list[int]
    variant: Ints
    quantity: Ints
    cost: Ints
    unserved: Ints
    room: Ints


@dataclass(slots=True)
class Tables:
    """A backlog in numbers: variants, and then sorts of kits, by position in `stock`; `kits` says of what rows those are."""

    backlog: Backlog
    stock: Ints
    capacity: Ints
    groups: list[Alike] = field(default_factory=list)
    kits: dict[int, Rows] = field(default_factory=dict)

    def needs(self, row: int) -> Rows:
        """What one of the row takes of which rows."""
        return self.kits.get(row) or ((row, 1),)


def tables_of(backlog: Backlog) -> Tables:
    """Raises ValueError for an order with no line or more than MAX_BACKLOG_LINES."""
    position: dict[VariantKey | Uses, int] = {variant: at for at, variant in enumerate(backlog.stock)}
    stock = [backlog.stock[variant] for variant in backlog.stock]
    kits: dict[int, Rows] = {}
    for uses in dict.fromkeys(uses for order in backlog.orders for uses in order.parts.values()):
        needed = tuple((position[variant], units) for variant, units in uses)
        position[uses] = len(stock)
        kits[len(stock)] = needed
        stock.append(kits_at([(stock[row], units) for row, units in needed]))
    capacity = np.array([NEVER if units is None else units for units in backlog.capacity], dtype=np.int64)
    by_lines: dict[int, list[int]] = {}
    for at, order in enumerate(backlog.orders):
        if not 1 <= len(order.demands) <= MAX_BACKLOG_LINES:
            raise ValueError(f"order {at} has {len(order.demands)} lines")
        by_lines.setdefault(len(order.demands), []).append(at)
    tables = Tables(backlog, np.array(stock, dtype=np.int64), capacity, kits=kits)
    tables.groups = [_alike(tables, orders, position) for _, orders in sorted(by_lines.items())]
    return tables


def plan_of(backlog: Backlog, places: Places) -> BacklogPlan:
    total = sum(order_cost(backlog, order, chosen) for order, chosen in zip(backlog.orders, places, strict=True))
    return BacklogPlan(tuple(tuple(chosen) for chosen in places), total)


def order_cost(backlog: Backlog, order: BacklogOrder, places: Sequence[int]) -> int:
    """Cost of one order with its lines so placed: parcels, splits, unit costs, unserved lines."""
    unserved = zip(backlog.unserved_minor(order), places, strict=True)
    cost = parcels_cost(backlog, order, places) + sum(minor for minor, at in unserved if at == NOWHERE)
    if order.unit_costs is not None:
        priced = zip(order.demands, order.unit_costs, places, strict=True)
        cost += sum(row[at] * demand.quantity for demand, row, at in priced if at != NOWHERE)
    return cost


def parcels_cost(backlog: Backlog, order: BacklogOrder, places: Sequence[int]) -> int:
    """Of the parcels and splits alone."""
    grams: dict[int, int] = {}
    cost = 0
    for demand, at in zip(order.demands, places, strict=True):
        if at != NOWHERE:
            grams[at] = grams.get(at, 0) + demand.grams_each * demand.quantity
            cost += order.candidates[at].unit_handling_minor * demand.quantity
    for at, weight in grams.items():
        candidate = order.candidates[at]
        cost += candidate.rate.price_minor(weight) + candidate.parcel_handling_minor
    return cost + backlog.split_minor * max(0, len(grams) - 1)


def kits_at(parts: Sequence[tuple[Sequence[int], int]]) -> list[int]:
    """By location how many kits can be put together of so much of each component, of which one kit has so many units."""
    free, in_one = [there for there, _ in parts], [units for _, units in parts]
    return [min(units // each for units, each in zip(at, in_one, strict=True)) for at in zip(*free, strict=True)]


def subset_sums(values: NDArray[Number]) -> NDArray[Number]:
    """orders x lines x ... -> orders x subsets x ...: the sum over each subset of lines."""
    sums: NDArray[Number] = np.zeros((values.shape[0], 1 << values.shape[1], *values.shape[2:]), dtype=values.dtype)
    for line in range(values.shape[1]):
        bit = 1 << line
        sums[:, bit : 2 * bit] = sums[:, :bit] + values[:, line, None]
    return sums


def _alike(tables: Tables, numbers: list[int], position: Mapping[VariantKey | Uses, int]) -> Alike:
    orders = [tables.backlog.orders[at] for at in numbers]
    variant = np.array(
        [
            [position[order.parts.get(line, demand.variant)] for line, demand in enumerate(order.demands)]
            for order in orders
        ]
    )
    quantity = np.array([[demand.quantity for demand in order.demands] for order in orders])
    weight = quantity * np.array([[demand.grams_each for demand in order.demands] for order in orders])
    seen = [order.candidates for order in orders]
    base = np.array([[one.rate.base_minor + one.parcel_handling_minor for one in row] for row in seen])
    per_kilogram = np.array([[one.rate.per_kilogram_minor for one in row] for row in seen])
    included = np.array([[one.rate.included_kilograms for one in row] for row in seen])
    per_unit = np.array([[one.unit_handling_minor for one in row] for row in seen])
    taking = [[sum(units for _, units in order.uses(line)) for line in range(len(order.demands))] for order in orders]
    room: Ints = quantity * np.array(taking) * np.array([[order.is_bound] for order in orders])
    units = subset_sums(quantity)[:, :, None]
    kilograms = np.maximum(-(-subset_sums(weight) // 1000)[:, :, None] - included[:, None, :], 0)
    cost: Ints = base[:, None, :] + kilograms * per_kilogram[:, None, :] + units * per_unit[:, None, :]
    for row, order in enumerate(orders):
        if order.unit_costs is not None:
            cost[row] += subset_sums((np.array(order.unit_costs, dtype=np.int64) * quantity[row, :, None])[None])[0]
    lacking = tables.stock[variant] < quantity[:, :, None]
    for row, order in enumerate(orders):
        lacking[row, :, list(order.excluded)] = True
        for line, at in order.excluded_pairs:
            lacking[row, line, at] = True
    cost[(subset_sums(lacking.astype(np.int64)) > 0) | (subset_sums(room)[:, :, None] > tables.capacity)] = NEVER
    cost[:, 0] = NEVER
    unserved = np.array([tables.backlog.unserved_minor(order) for order in orders], dtype=np.int64)
    return Alike(numbers, variant, quantity, cost, unserved, room)
