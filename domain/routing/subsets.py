"""The cheapest single parcel for every subset of lines, in plain Python: fastest for few lines and locations.

A subset of lines is a bit mask. `arrays.py` computes the same table with numpy, bit for bit equal, ties included.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from domain.routing.values import Demand, Method, RoutingRequest

NEVER: Final = 1 << 58
"""The cost of what cannot be done; larger than any real cost, and two of them still fit 64 bits."""


class ParcelTable(NamedTuple):
    """For every subset of lines the cost of its cheapest single parcel (NEVER if none) and the candidate it comes from."""

    cost: Sequence[int]
    candidate: Sequence[int]


class Limit(NamedTuple):
    """Of the lines in `mask` together at most so much, by what `measure` has for every subset of lines."""

    measure: Sequence[int]
    mask: int
    most: int

    def breaks(self, part: int) -> bool:
        return self.measure[part & self.mask] > self.most


def able_masks(request: RoutingRequest) -> list[int]:
    """Per candidate the lines that it could serve whole, each taken alone."""
    able = [0] * len(request.candidates)
    bit = 1
    for demand, row in zip(request.demands, request.stock, strict=True):
        wanted = demand.quantity
        for at, units in enumerate(row):
            if units >= wanted:
                able[at] |= bit
        bit <<= 1
    forbid(request, able)
    return able


def forbid(request: RoutingRequest, able: list[int]) -> None:
    """Take away the lines that are excluded at a candidate or whose method it does not offer."""
    for line, at in request.excluded:
        able[at] &= ~(1 << line)
    masks = method_masks(request.demands)
    for at, candidate in enumerate(request.candidates):
        offered = candidate.methods
        if offered is not None:
            for method, mask in masks.items():
                if method not in offered:
                    able[at] &= ~mask


def cheapest_parcels(request: RoutingRequest, able: Sequence[int]) -> ParcelTable:
    """The table, counting only what `able` allows; stock and capacity are respected within each single parcel."""
    demands = request.demands
    grams, units = subset_sums([d.grams_each * d.quantity for d in demands]), subset_sums([d.quantity for d in demands])
    kilograms = [-(-weight // 1000) for weight in grams]
    methods, shared = method_masks(demands), shared_variants(demands)
    least, place = [NEVER] * len(units), [0] * len(units)
    for at, mask in enumerate(able):
        if not mask:
            continue
        candidate = request.candidates[at]
        rate = candidate.rate
        fixed = rate.base_minor + candidate.parcel_handling_minor
        per_kilogram, per_unit = rate.per_kilogram_minor, candidate.unit_handling_minor
        included = rate.included_kilograms
        charged = [max(0, weight - included) for weight in kilograms] if included else kilograms
        extra = _extra_costs(request, at) if request.unit_costs is not None else None
        limits = binding_limits(request, at, mask=mask, shared=shared, units=units)
        for one_method in methods.values():
            whole = part = mask & one_method
            while part:
                cost = fixed + per_kilogram * charged[part] + per_unit * units[part]
                if extra is not None:
                    cost += extra[part]
                if cost < least[part] and not (limits and _breaks(limits, part)):
                    least[part], place[part] = cost, at
                part = (part - 1) & whole
    return ParcelTable(least, place)


def binding_limits(
    request: RoutingRequest, at: int, *, mask: int, shared: Sequence[int], units: Sequence[int]
) -> list[Limit]:
    """What the candidate gives at most of some lines together; only limits that bind."""
    limits = []
    candidate = request.candidates[at]
    capacity = candidate.capacity_units
    if capacity is not None and units[mask] > capacity:
        limits.append(Limit(units, mask, capacity))
    if candidate.capacity_lines is not None:
        lines = _line_sums(tuple([demand.lines for demand in request.demands]))
        if lines[mask] > candidate.capacity_lines:
            limits.append(Limit(lines, mask, candidate.capacity_lines))
    for group in shared:
        stock = request.stock[group.bit_length() - 1][at]
        if units[mask & group] > stock:
            limits.append(Limit(units, group, stock))
    return limits


def shared_variants(demands: Sequence[Demand]) -> list[int]:
    """For each variant that several lines want, those lines."""
    if len({demand.variant for demand in demands}) == len(demands):
        return []
    lines_of: dict[object, int] = {}
    for line, demand in enumerate(demands):
        lines_of[demand.variant] = lines_of.get(demand.variant, 0) | 1 << line
    return [mask for mask in lines_of.values() if mask & (mask - 1)]


def method_masks(demands: Sequence[Demand]) -> dict[Method, int]:
    """The lines of each method: a parcel holds lines of one of these masks only."""
    first = demands[0].method
    if all(demand.method is first for demand in demands):
        return {first: (1 << len(demands)) - 1}
    masks: dict[Method, int] = {}
    for line, demand in enumerate(demands):
        masks[demand.method] = masks.get(demand.method, 0) | 1 << line
    return masks


def subset_sums(values: Sequence[int]) -> list[int]:
    """For every subset the sum of its members' values."""
    sums = [0]
    for value in values:
        sums += [value + rest for rest in sums]
    return sums


def _extra_costs(request: RoutingRequest, at: int) -> list[int]:
    assert request.unit_costs is not None
    return subset_sums(
        [row[at] * demand.quantity for row, demand in zip(request.unit_costs, request.demands, strict=True)]
    )


@lru_cache(maxsize=64)
def _line_sums(lines: tuple[int, ...]) -> Sequence[int]:
    return subset_sums(lines)


def _breaks(limits: Sequence[Limit], part: int) -> bool:
    return any(limit.breaks(part) for limit in limits)
