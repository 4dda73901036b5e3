"""The same table as `subsets.py` with numpy: all subsets and candidates at once, for many lines or locations."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.routing.subsets import NEVER, ParcelTable, forbid, method_masks, shared_variants
from domain.routing.values import RoutingRequest

Ints = NDArray[np.int64]


class Load(NamedTuple):
    """Parcels that are there already, per candidate: what comes along in one costs neither base, handling nor split.

    The partition counts a split for every parcel, so an open one is that much cheaper here.
    """

    grams: Ints
    is_open: NDArray[np.bool_]


def able_masks(request: RoutingRequest) -> list[int]:
    """As `subsets.able_masks`."""
    quantities = np.array([demand.quantity for demand in request.demands])
    enough = np.asarray(request.stock) >= quantities[:, None]
    able: list[int] = ((1 << np.arange(len(quantities))) @ enough).tolist()
    forbid(request, able)
    return able


def cheapest_parcels(request: RoutingRequest, able: Sequence[int], load: Load | None = None) -> ParcelTable:
    """As `subsets.cheapest_parcels`; with `load` what each parcel adds to those that are there, see Load."""
    masks = np.asarray(able, dtype=np.int64)
    used = np.flatnonzero(masks)
    subsets = np.arange(1 << len(request.demands), dtype=np.int64)
    if not len(used):
        return ParcelTable([NEVER] * len(subsets), [0] * len(subsets))
    units = _subset_sums([demand.quantity for demand in request.demands])
    costs = _costs(request, used, units, load)
    costs[(subsets[:, None] & ~masks[used][None, :]) != 0] = NEVER
    costs[0] = NEVER
    _forbid_shared(request, used, units, costs)
    methods = method_masks(request.demands)
    if len(methods) > 1:
        costs[np.all([(subsets & ~mask) != 0 for mask in methods.values()], axis=0)] = NEVER
    place = costs.argmin(axis=1)
    cost = costs[subsets, place]
    return ParcelTable(cost.tolist(), used[place].tolist())


def _costs(request: RoutingRequest, used: Ints, units: Ints, load: Load | None) -> Ints:
    """subsets x used candidates: shipping, handling, labour and extra costs; NEVER above a candidate's capacity."""
    candidates = [request.candidates[at] for at in used.tolist()]
    fixed = np.array([one.rate.base_minor + one.parcel_handling_minor for one in candidates])
    per_kilogram = np.array([one.rate.per_kilogram_minor for one in candidates])
    per_unit = np.array([one.unit_handling_minor for one in candidates])
    included = np.array([one.rate.included_kilograms for one in candidates])
    grams = _subset_sums([demand.grams_each * demand.quantity for demand in request.demands])[:, None]
    if load is not None:
        grams = grams + load.grams[used][None, :]
        fixed = np.where(load.is_open[used], -request.options.split_minor, fixed)
    charged = -(-grams // 1000)
    if included.any():
        charged = np.maximum(charged - included[None, :], 0)
    if load is not None:
        charged = charged - np.where(load.is_open[used], charged[0], 0)
    costs: Ints = charged * per_kilogram[None, :] + units[:, None] * per_unit[None, :] + fixed[None, :]
    if request.unit_costs is not None:
        quantities = np.array([demand.quantity for demand in request.demands])
        costs += _subset_sums(np.asarray(request.unit_costs)[:, used] * quantities[:, None])
    capacity = [NEVER if one.capacity_units is None else one.capacity_units for one in candidates]
    if min(capacity) < int(units[-1]):
        costs[units[:, None] > np.array(capacity)[None, :]] = NEVER
    if any(one.capacity_lines is not None for one in candidates):
        lines = _subset_sums([demand.lines for demand in request.demands])
        most = [NEVER if one.capacity_lines is None else one.capacity_lines for one in candidates]
        costs[lines[:, None] > np.array(most)[None, :]] = NEVER
    return costs


def _forbid_shared(request: RoutingRequest, used: Ints, units: Ints, costs: Ints) -> None:
    """Several lines of one variant in one parcel may not want more than there is."""
    subsets = np.arange(len(units))
    for group in shared_variants(request.demands):
        stock = np.asarray(request.stock[group.bit_length() - 1])[used]
        costs[units[subsets & group][:, None] > stock[None, :]] = NEVER


def _subset_sums(values: Sequence[int] | Ints) -> Ints:
    """For every subset of lines the sum of its rows of `values` (one value, or one per candidate)."""
    rows = np.asarray(values, dtype=np.int64)
    sums = np.zeros((1 << len(rows), *rows.shape[1:]), dtype=np.int64)
    for line, row in enumerate(rows):
        bit = 1 << line
        sums[bit : 2 * bit] = sums[:bit] + row
    return sums
