"""Route many orders together: ruin and recreate with the exact plan of each order inside.

Start with every order in turn on what the earlier ones left. Then again and again take out a few orders that want the same
goods, put them back in another order, each exactly on what is left, and keep the change if it is cheaper, or at first also
if it is a little dearer (simulated annealing). Deterministic for a seed and a number of rounds: the caller turns the time it
has into rounds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from random import Random
from typing import Final

import numpy as np

from domain.routing.backlog import NOWHERE, Backlog, BacklogPlan, Places, Tables, plan_of, subset_sums, tables_of
from domain.routing.prices import ShadowPrices, shadow_prices
from domain.routing.subsets import NEVER

FEWEST_OUT: Final = 2
MOST_OUT: Final = 12
PRICE_ROUNDS: Final = 100
FIRST_WARMTH: Final = 0.06
"""At the start a change that costs so much of an average order's cost more is kept with probability 1/e."""


@dataclass(slots=True)
class _Choices:
    """One order: for each subset of its lines the locations by rising cost, and what the parcel takes."""

    places: list[list[int]]
    costs: list[list[int]]
    price: list[list[int]]
    needs: list[tuple[tuple[int, int], ...]]
    units: list[int]
    unserved: list[int]


def route_backlog(backlog: Backlog, *, seed: int, rounds: int, start: Places | None = None) -> BacklogPlan:
    """The best plan found, and never a dearer one than `start`. Every other plan of an order looks ahead by shadow prices
    to what the others want.
    """
    if not backlog.capacity:  # no location has anything: there is nothing to compare
        return plan_of(backlog, [[NOWHERE] * len(order.demands) for order in backlog.orders])
    tables = tables_of(backlog)
    known = Batch(tables, start=start).total()
    prices = shadow_prices(tables, known_total_minor=known, rounds=PRICE_ROUNDS)
    return Batch(tables, prices, start).run(seed=seed, rounds=rounds)


class Batch:
    """A plan being made better: where every line is, what is left everywhere.

    It begins with `start`, which stock and capacity must allow, or else with every order in turn.
    """

    def __init__(self, tables: Tables, prices: ShadowPrices | None = None, start: Places | None = None) -> None:
        self.backlog = tables.backlog
        self.width = len(tables.capacity)
        self.stock: list[int] = tables.stock.reshape(-1).tolist()
        self.capacity: list[int] = tables.capacity.tolist()
        self.choices = _choices(tables, None)
        self.parcels: list[list[tuple[int, int]]] = [[] for _ in self.choices]
        self.costs = [0] * len(self.choices)
        self.ahead = self.choices if prices is None else _choices(tables, prices)
        for order in range(len(self.choices)):
            if start is None:
                self._put(order, self.ahead[order])
            else:
                self._take(order, _parcels(start[order]))

    def total(self) -> int:
        return sum(self.costs)

    def plan(self) -> BacklogPlan:
        return plan_of(self.backlog, [self._places(order, self.parcels[order]) for order in range(len(self.choices))])

    def run(self, *, seed: int, rounds: int) -> BacklogPlan:
        random = Random(seed)  # noqa: S311 - a search, not a secret
        wanting = self._orders_by_variant()
        total = best = self.total()
        best_parcels = list(self.parcels)
        warmth = FIRST_WARMTH * total / max(1, len(self.costs))
        for turn in range(rounds):
            out = self._related(random, wanting)
            before = [(order, self.parcels[order], self.costs[order]) for order in out]
            for order in out:
                self._give_back(order)
            random.shuffle(out)
            change = -sum(cost for _, _, cost in before)
            choices = self.ahead if turn % 2 else self.choices
            for order in out:
                self._put(order, choices[order])
                change += self.costs[order]
            cooling = warmth * (1 - turn / rounds) ** 2
            if change <= 0 or random.random() < exp(-change / (cooling + 1e-9)):
                total += change
                if total < best:
                    best, best_parcels = total, list(self.parcels)
                continue
            for order in out:
                self._give_back(order)
            for order, parcels, cost in before:
                self._take(order, parcels)
                self.costs[order] = cost
        return plan_of(self.backlog, [self._places(order, parcels) for order, parcels in enumerate(best_parcels)])

    def _orders_by_variant(self) -> list[list[int]]:
        wanting: dict[int, list[int]] = {}
        for order, choices in enumerate(self.choices):
            for row, _ in choices.needs[-1]:
                wanting.setdefault(row, []).append(order)
        return [orders for _, orders in sorted(wanting.items())]

    def _related(self, random: Random, wanting: Sequence[Sequence[int]]) -> list[int]:
        """A few orders linked by what they want."""
        wanted = wanting[int(random.random() * len(wanting))]
        size = min(FEWEST_OUT + int(random.random() * (MOST_OUT - FEWEST_OUT + 1)), len(self.choices))
        out = dict.fromkeys(random.sample(wanted, min(size, len(wanted))))
        while len(out) < size:
            out[int(random.random() * len(self.choices))] = None
        return list(out)

    def _put(self, order: int, choices: _Choices) -> None:
        """The order's exact cheapest plan on what is left."""
        cost, place = self._parcels_left(choices)
        split = self.backlog.split_minor
        full = len(cost) - 1
        best, first = [0] * (full + 1), [0] * (full + 1)
        for mask in range(1, full + 1):
            low = mask & -mask
            if mask == low:
                single, unserved = cost[mask] + split, choices.unserved[mask.bit_length() - 1]
                if single > unserved:
                    single, place[mask] = unserved, NOWHERE
                cost[mask] = single - split
            others = part = mask ^ low
            least, choice = cost[mask] + split, mask
            while part:
                part = (part - 1) & others
                total = cost[part | low] + split + best[others ^ part]
                if total < least:
                    least, choice = total, part | low
            best[mask], first[mask] = least, choice
        parcels, mask = [], full
        while mask:
            part = first[mask]
            if place[part] != NOWHERE:
                parcels.append((part, place[part]))
            mask ^= part
        self._take(order, parcels)

    def _parcels_left(self, choices: _Choices) -> tuple[list[int], list[int]]:
        """Per subset of lines the cheapest location that still has everything."""
        stock, capacity = self.stock, self.capacity
        cost, place = [NEVER], [NOWHERE]
        for mask in range(1, len(choices.units)):
            needs, units = choices.needs[mask], choices.units[mask]
            for price, at in zip(choices.costs[mask], choices.places[mask], strict=True):
                if capacity[at] < units:
                    continue
                for row, quantity in needs:
                    if stock[row + at] < quantity:
                        break
                else:
                    cost.append(price)
                    place.append(at)
                    break
            else:
                cost.append(NEVER)
                place.append(NOWHERE)
        return cost, place

    def _take(self, order: int, parcels: Sequence[tuple[int, int]]) -> None:
        """Two parcels of one order may meet at one location: what is then no longer there comes from elsewhere, or not."""
        choices, cost = self.choices[order], 0
        taken: list[tuple[int, int]] = []
        unserved = len(choices.units) - 1
        for mask, at in parcels:
            needs, units = choices.needs[mask], choices.units[mask]
            if taken and (self.capacity[at] < units or any(self.stock[row + at] < count for row, count in needs)):
                at = self._parcels_left(choices)[1][mask]  # noqa: PLW2901 - the same parcel from elsewhere
                if at == NOWHERE:
                    continue
            self.capacity[at] -= units
            for row, quantity in needs:
                self.stock[row + at] -= quantity
            cost += choices.price[mask][at]
            unserved ^= mask
            taken.append((mask, at))
        if len(taken) > 1:
            cost += self.backlog.split_minor * (len(taken) - 1)
        self.parcels[order] = taken
        if unserved:
            cost += sum(minor for line, minor in enumerate(choices.unserved) if unserved >> line & 1)
        self.costs[order] = cost

    def _give_back(self, order: int) -> None:
        choices = self.choices[order]
        for mask, at in self.parcels[order]:
            self.capacity[at] += choices.units[mask]
            for row, quantity in choices.needs[mask]:
                self.stock[row + at] += quantity

    def _places(self, order: int, parcels: Sequence[tuple[int, int]]) -> list[int]:
        places = [NOWHERE] * len(self.backlog.orders[order].demands)
        for mask, at in parcels:
            for line in range(len(places)):
                if mask >> line & 1:
                    places[line] = at
        return places


def _choices(tables: Tables, prices: ShadowPrices | None) -> list[_Choices]:
    """For every order; sorted by cost, with `prices` by what the goods are worth to others too."""
    found: list[tuple[int, _Choices]] = []
    for group in tables.groups:
        lines = group.quantity.shape[1]
        ranked = group.cost
        if prices is not None:
            on_units = (
                group.quantity[:, :, None] * prices.stock[group.variant] + group.room[:, :, None] * prices.capacity
            )
            ranked = np.minimum(group.cost + np.rint(subset_sums(on_units)).astype(np.int64), NEVER)
        order_of = ranked.argsort(axis=2, kind="stable")
        costs = np.take_along_axis(ranked, order_of, axis=2)
        counts = (costs < NEVER).sum(axis=2).tolist()
        listed = zip(
            group.orders,
            order_of.tolist(),
            costs.tolist(),
            counts,
            group.cost.tolist(),
            group.variant.tolist(),
            group.quantity.tolist(),
            group.unserved.tolist(),
            group.room.tolist(),
            strict=True,
        )
        for order, places, cost, count, price, variants, quantities, unserved, room in listed:
            needs = [
                [(row, units * quantity) for row, units in tables.needs(variant)]
                for variant, quantity in zip(variants, quantities, strict=True)
            ]
            found.append(
                (
                    order,
                    _Choices(
                        [row[:end] for row, end in zip(places, count, strict=True)],
                        [row[:end] for row, end in zip(cost, count, strict=True)],
                        price,
                        [_needs(mask, needs, len(tables.capacity)) for mask in range(1 << lines)],
                        [
                            sum(units for line, units in enumerate(room) if mask >> line & 1)
                            for mask in range(1 << lines)
                        ],
                        unserved,
                    ),
                )
            )
    return [choices for _, choices in sorted(found, key=lambda pair: pair[0])]


def _parcels(places: Sequence[int]) -> list[tuple[int, int]]:
    """(subset of lines, location), one parcel for each location."""
    masks: dict[int, int] = {}
    for line, at in enumerate(places):
        if at != NOWHERE:
            masks[at] = masks.get(at, 0) | 1 << line
    return [(mask, at) for at, mask in masks.items()]


def _needs(mask: int, by_line: Sequence[Sequence[tuple[int, int]]], width: int) -> tuple[tuple[int, int], ...]:
    """(start of a variant's row in the flat stock, units), several lines that take one variant summed."""
    needs: dict[int, int] = {}
    for line, wanted in enumerate(by_line):
        if mask >> line & 1:
            for row, units in wanted:
                needs[row * width] = needs.get(row * width, 0) + units
    return tuple(needs.items())
