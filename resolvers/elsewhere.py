"""What a location has nothing to do with: facts about such orders are dropped without reading the orders.

A location sees an order once units of it stand there, are worked on there, or are brought there, and every move of units
names both ends, as does a transfer. So an order that is not there stays away until a fact names the location, whatever else
is told of it meanwhile.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from domain.facts import FactKind
from domain.viewer import Audience, Viewer
from realtime.facts import RecordedFact

MOST_REMEMBERED: Final = 10_000
"""Orders of one subscription; of others it is read again where they are."""
WHOLE: Final = frozenset({FactKind.ORDER_DRAFTED, FactKind.ORDER_PLACED})
"""Kinds that tell of every unit of the order, so that nothing of it is where they name no place."""


@dataclass(slots=True)
class Elsewhere:
    """One subscription's memory. Facts have to be asked about in their order."""

    _orders: OrderedDict[UUID, None] = field(default_factory=OrderedDict)
    _of: tuple[UUID, ...] = ()

    def has(self, viewer: Viewer, fact: RecordedFact) -> bool:
        """Whether the fact is about an order that the viewer does not see, for certain."""
        if viewer.audience is not Audience.LOCATION or fact.order_id is None:
            return False
        if viewer.location_ids != self._of:
            self._orders.clear()
            self._of = viewer.location_ids
        if not set(viewer.location_ids).isdisjoint(_places(fact)):
            self._orders.pop(fact.order_id, None)
            return False
        if fact.kind in WHOLE:
            self.remember(fact)
        return fact.order_id in self._orders

    def remember(self, fact: RecordedFact) -> None:
        """The order was looked at after the fact, and is not the viewer's to see."""
        if fact.order_id is not None:
            self._orders[fact.order_id] = None
            if len(self._orders) > MOST_REMEMBERED:
                self._orders.popitem(last=False)


def leaves(viewer: Viewer, fact: RecordedFact) -> bool:
    """Whether the fact takes something from where the viewer works."""
    if viewer.audience is not Audience.LOCATION:
        return False
    taken = {str(move["from_location"]) for move in fact.payload.get("moves", ())}
    return not taken.isdisjoint(str(own) for own in viewer.location_ids)


def _places(fact: RecordedFact) -> Iterator[UUID]:
    """Every location that the fact names."""
    if fact.location_id is not None:
        yield fact.location_id
    for move in fact.payload.get("moves", ()):
        for end in ("from_location", "to_location"):
            if move[end] is not None:
                yield UUID(move[end])
    if transfer := fact.payload.get("transfer"):
        yield UUID(transfer["origin"])
        yield UUID(transfer["destination"])
