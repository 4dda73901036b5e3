"""What units are worth to orders that will come, if the next days bring orders like the last ones."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from domain.routing.backlog import Backlog, BacklogOrder, tables_of
from domain.routing.batch import Batch
from domain.routing.prices import shadow_prices
from domain.routing.standing import within_cells
from domain.routing.values import Candidate, Demand, VariantKey

ROUNDS: Final = 200


class PastOrder(NamedTuple):
    """What an order wanted, and the locations that were open to it."""

    demands: Sequence[Demand]
    candidates: Mapping[UUID, Candidate]


def prices_of(
    past: Sequence[PastOrder],
    free: Mapping[UUID, Mapping[UUID, int]],
    everywhere: Mapping[UUID, Candidate],
    *,
    share: float,
) -> dict[tuple[UUID, UUID], int]:
    """Minor units for a unit by (variant, location), those that are not 0.

    `past` is a sample; `share` of all orders are in it, so as much of what is free is theirs. Takes a processor for a
    while: run it in a thread.
    """
    stocked = {location for at in free.values() for location, units in at.items() if units > 0}
    locations = [location for location in everywhere if location in stocked]
    sample = within_cells(past, len(locations))
    if not sample or not locations:
        return {}
    share *= len(sample) / len(past)
    stock: dict[VariantKey, list[int]] = {
        variant: [round(max(0, at.get(location, 0)) * share) for location in locations] for variant, at in free.items()
    }
    orders = [
        BacklogOrder(
            order.demands,
            [order.candidates.get(location, everywhere[location]) for location in locations],
            frozenset(at for at, location in enumerate(locations) if location not in order.candidates),
        )
        for order in sample
    ]
    tables = tables_of(Backlog(orders, stock, [None] * len(locations)))
    prices = shadow_prices(tables, known_total_minor=Batch(tables).total(), rounds=ROUNDS)
    return {
        (variant, location): minor
        for row, variant in enumerate(free)
        for location, minor in zip(locations, prices.unit_costs(row), strict=True)
        if minor > 0
    }
