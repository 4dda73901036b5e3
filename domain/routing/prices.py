"""Shadow prices: what the last units of a variant at a location, and of its capacity, are worth to the orders that compete.

Lagrangian relaxation: pay for stock and capacity instead of respecting them, let every order choose its exact cheapest plan
at those prices, raise the price of what is wanted more than there is, lower the others (subgradient steps). Every round
also proves a lower bound of what any plan costs. No solver is needed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isclose
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.routing.backlog import Alike, Ints, Tables, subset_sums
from domain.routing.subsets import NEVER

Floats = NDArray[np.float64]

PATIENCE: Final = 6
"""Rounds without a better bound after which steps get shorter and start again from the best prices."""
SHORTER: Final = 0.7
MEMORY: Final = 0.7
"""How much of the last direction goes into the next: damps the zigzag of plain subgradients (Camerini, Fratta, Maffioli)."""
MOST_SCALED: Final = 4.0
HALVINGS: Final = 8
TRUST: Final = 0.7
"""The part of a forecast's price that one order pays; 1 did worse in bench/routing.py, 0 is not to look ahead."""


@dataclass(frozen=True, slots=True)
class ShadowPrices:
    """Minor units per unit: `stock[variant, location]` (rows as in the tables), `capacity[location]`; and the proved bound."""

    stock: Floats
    capacity: Floats
    bound_minor: float

    def unit_costs(self, variant: int) -> list[int]:
        """A row of a request's `unit_costs`: what taking a unit of the variant from each location costs later orders.

        Less than the full price, because it comes from a forecast: in full it keeps goods for orders that never come.
        """
        whole: list[int] = np.rint(TRUST * (self.stock[variant] + self.capacity)).astype(np.int64).tolist()
        return whole


def shadow_prices(tables: Tables, *, known_total_minor: int, rounds: int) -> ShadowPrices:
    """`known_total_minor` is what some plan costs; it sets the length of the steps (Polyak's rule)."""
    limited = tables.capacity < NEVER
    supply = np.vstack([tables.stock, np.where(limited, tables.capacity, 0)])
    supply[list(tables.kits)] = 0
    scale = 1 / np.sqrt(supply + 1)
    prices, direction = np.zeros(supply.shape), np.zeros(supply.shape)
    best, best_bound = prices, -np.inf
    step, stalled = 1.0, 0
    for _ in range(rounds):
        _price_kits(tables, prices)
        bound, used = _bound(tables, prices, supply)
        if bound > best_bound + 1:
            best, best_bound, stalled = prices, bound, 0
        else:
            stalled += 1
        if stalled > PATIENCE:
            step, stalled, prices, direction = step * SHORTER, 0, best, np.zeros(supply.shape)
            continue
        over = (used - supply).astype(np.float64)
        over[(over < 0) & (prices <= 0)] = 0
        direction = over + MEMORY * direction
        length = float((scale * direction * direction).sum())
        if not length:
            break
        prices = np.maximum(prices + step * max(known_total_minor - bound, 1.0) / length * scale * direction, 0)
    best = _middle(tables, best, supply, best_bound)
    return ShadowPrices(best[:-1], best[-1], best_bound)


def _middle(tables: Tables, prices: Floats, supply: Ints, bound: float) -> Floats:
    """Between the least and the most that prove just as much, all scaled alike.

    Where few compete many prices do: more than what it saves those who could do without, less than what it saves those who
    need it. Who pays a part of the least takes it all the same, and which one the search ends at is chance.
    """

    def proves(scale: float) -> bool:
        return isclose(_bound(tables, prices * scale, supply)[0], bound)

    if not prices.any():
        return prices
    middle: Floats = prices * ((_edge(proves, 0.0) + _edge(proves, MOST_SCALED)) / 2)
    return middle


def _edge(proves: Callable[[float], bool], far: float) -> float:
    """Towards `far` the last scale that proves it, as 1 does."""
    if proves(far):
        return far
    near = 1.0
    for _ in range(HALVINGS):
        between = (near + far) / 2
        near, far = (between, far) if proves(between) else (near, between)
    return near


def _bound(tables: Tables, prices: Floats, supply: Ints) -> tuple[float, Ints]:
    """What no plan can cost less than, and the units that all would take at these prices."""
    cost, used = _relaxed(tables, prices)
    return cost - float((prices * supply).sum()), used


def _price_kits(tables: Tables, prices: Floats) -> None:
    """A kit costs what its components cost; it is not scarce itself, for what plans take are the components."""
    for kit, needed in tables.kits.items():
        prices[kit] = sum(units * prices[row] for row, units in needed)


def _relaxed(tables: Tables, prices: Floats) -> tuple[float, Ints]:
    """(what all orders cost together at these prices, units they would take); the last row of both is capacity's."""
    total = 0.0
    used = np.zeros(prices.shape, dtype=np.int64)
    for group in tables.groups:
        priced = group.quantity[:, :, None] * prices[group.variant] + group.room[:, :, None] * prices[-1]
        total += _choose(tables, group, priced, used)
    for kit, needed in tables.kits.items():
        for row, units in needed:
            used[row] += units * used[kit]
        used[kit] = 0
    return total, used


def _choose(tables: Tables, group: Alike, priced: Floats, used: Ints) -> float:
    """Every order of the group takes its cheapest plan: adds to `used`, returns their cost."""
    backlog = tables.backlog
    lines = group.quantity.shape[1]
    every = np.arange(len(group.orders))
    limited = tables.capacity < NEVER
    has_limits = bool(limited.any())
    cost = group.cost + subset_sums(priced)
    place = cost.argmin(axis=2)
    parcel = np.take_along_axis(cost, place[:, :, None], axis=2)[:, :, 0] + backlog.split_minor
    for line in range(lines):
        unserved = parcel[:, 1 << line] > group.unserved[:, line]
        parcel[unserved, 1 << line] = group.unserved[unserved, line]
        place[unserved, 1 << line] = -1
    best = np.zeros_like(parcel)
    first = np.zeros(parcel.shape, dtype=np.int64)
    for mask in range(1, 1 << lines):
        low = mask & -mask
        parts = np.array([part for part in range(mask + 1) if part & low and not part & ~mask])
        totals = parcel[:, parts] + best[:, mask ^ parts]
        choice = totals.argmin(axis=1)
        best[:, mask], first[:, mask] = totals[every, choice], parts[choice]
    left = np.full(len(every), (1 << lines) - 1)
    while left.any():
        part = first[every, left]
        at = place[every, part]
        for line in range(lines):
            taken = (part >> line & 1).astype(np.bool_) & (at >= 0)
            np.add.at(used, (group.variant[taken, line], at[taken]), group.quantity[taken, line])
            if has_limits:
                np.add.at(used[-1], at[taken], group.room[taken, line])
        left ^= part
    used[-1, ~limited] = 0
    return float(best[:, -1].sum()) - backlog.split_minor * len(every)
