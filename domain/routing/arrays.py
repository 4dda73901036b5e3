"""The same table as `subsets.py` with numpy: all subsets and candidates at once, for many lines or locations."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from domain.routing.subsets import NEVER, ParcelTable, forbid, method_masks, shared_variants
from domain.routing.values import RoutingRequest

Ints = NDArray[np.int64]


def able_masks(request: RoutingRequest) -> list[int]:
    """As `subsets.able_masks`."""
    quantities = np.array([demand.quantity for demand in request.demands])
    enough = np.asarray(request.stock) >= quantities[:, None]
    able: list[int] = ((1 << np.arange(len(quantities))) @ enough).tolist()
    forbid(request, able)
    return able


def cheapest_parcels(request: RoutingRequest, able: Sequence[int]) -> ParcelTable:
    """As `subsets.cheapest_parcels`."""
    masks = np.asarray(able, dtype=np.int64)
    used = np.flatnonzero(masks)
    subsets = np.arange(1 << len(request.demands), dtype=np.int64)
    if not len(used):
        return ParcelTable([NEVER] * len(subsets), [0] * len(subsets))
    units = _subset_sums([demand.quantity for demand in request.demands])
    costs = _costs(request, used, units)
    costs[(subsets[:, None] & ~masks[used][None, :]) != 0] = NEVER
    costs[0] = NEVER
    _forbid_shared(request, used, units, costs)
    methods = method_masks(request.demands)
    if len(methods) > 1:
        costs[np.all([(subsets & ~mask) != 0 for mask in methods.values()], axis=0)] = NEVER
    place = costs.argmin(axis=1)
    cost = costs[subsets, place]
    return ParcelTable(cost.tolist(), used[place].tolist())


def _costs(request: RoutingRequest, used: Ints, units: Ints) -> Ints:
    """subsets x used candidates: shipping, handling, labour and extra costs; NEVER above a candidate's capacity."""
    candidates = [request.candidates[at] for at in used.tolist()]
    fixed = np.array([one.rate.base_minor + one.parcel_handling_minor for one in candidates])
    per_kilogram = np.array([one.rate.per_kilogram_minor for one in candidates])
    per_unit = np.array([one.unit_handling_minor for one in candidates])
    included = np.array([one.rate.included_kilograms for one in candidates])
    grams = _subset_sums([demand.grams_each * demand.quantity for demand in request.demands])
    charged = (-(-grams // 1000))[:, None]
    if included.any():
        charged = np.maximum(charged - included[None, :], 0)
    costs: Ints = charged * per_kilogram[None, :] + units[:, None] * per_unit[None, :] + fixed[None, :]
    if request.unit_costs is not None:
        quantities = np.array([demand.quantity for demand in request.demands])
        extra = np.asarray(request.unit_costs)[:, used] * quantities[:, None]
        costs += np.array([_subset_sums(column) for column in extra.T.tolist()]).T
    capacity = [NEVER if one.capacity_units is None else one.capacity_units for one in candidates]
    if min(capacity) < int(units[-1]):
        costs[units[:, None] > np.array(capacity)[None, :]] = NEVER
    return costs


def _forbid_shared(request: RoutingRequest, used: Ints, units: Ints, costs: Ints) -> None:
    """Several lines of one variant in one parcel may not want more than there is."""
    subsets = np.arange(len(units))
    for group in shared_variants(request.demands):
        stock = np.asarray(request.stock[group.bit_length() - 1])[used]
        costs[units[subsets & group][:, None] > stock[None, :]] = NEVER


def _subset_sums(values: Sequence[int]) -> Ints:
    sums = np.zeros(1 << len(values), dtype=np.int64)
    for line, value in enumerate(values):
        bit = 1 << line
        sums[bit : 2 * bit] = sums[:bit] + value
    return sums
