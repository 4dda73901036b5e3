"""Give units a location: candidates from stock and channel, the exact plan from `domain/routing`, units moved by it."""

from actions.acting import Act
from actions.changing import OrderChange


async def route(act: Act, change: OrderChange) -> None:
    """Schedule the units that have no location; what nobody can serve now becomes backordered. Records the facts.

    Takes the locks of every stock level of the wanted variants in id order. Locations that gave a line back before are
    not asked again before their exclusion ends.
    """
    raise NotImplementedError
