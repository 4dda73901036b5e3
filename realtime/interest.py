"""What a subscriber wants to hear of, and who is interested in a given fact without asking everybody."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar
from uuid import UUID

from realtime.facts import RecordedFact

# From the column that few facts share to the one that all share: a subscriber is filed under the first it names.
_SHARPEST_FIRST: Final = (
    ("order_ids", "order_id"),
    ("variant_ids", "variant_id"),
    ("customer_ids", "customer_id"),
    ("location_ids", "location_id"),
    ("channel_ids", "channel_id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """Facts of one organization for which every named column is in its set; None leaves a column open."""

    organization_id: UUID
    is_of_order: bool = False  # only facts about some order
    kinds: frozenset[str] | None = None
    order_ids: frozenset[UUID] | None = None
    variant_ids: frozenset[UUID] | None = None
    customer_ids: frozenset[UUID] | None = None
    location_ids: frozenset[UUID] | None = None
    channel_ids: frozenset[UUID] | None = None

    def includes(self, fact: RecordedFact) -> bool:
        return (
            fact.organization_id == self.organization_id
            and (fact.order_id is not None or not self.is_of_order)
            and (self.kinds is None or fact.kind in self.kinds)
            and (self.order_ids is None or fact.order_id in self.order_ids)
            and (self.variant_ids is None or fact.variant_id in self.variant_ids)
            and (self.customer_ids is None or fact.customer_id in self.customer_ids)
            and (self.location_ids is None or fact.location_id in self.location_ids)
            and (self.channel_ids is None or fact.channel_id in self.channel_ids)
        )

    def restrictions(self) -> Iterator[tuple[str, list[Any]]]:
        """The named columns with their wanted values: the same rule, for a query."""
        yield "organization_id", [self.organization_id]
        if self.kinds is not None:
            yield "kind", sorted(self.kinds)
        for name, column in _SHARPEST_FIRST:
            wanted = getattr(self, name)
            if wanted is not None:
                yield column, sorted(wanted)

    def filed_under(self) -> list[tuple[str, UUID]]:
        """The places a directory keeps this under. A fact is looked up under each of its columns and meets it once."""
        for name, column in _SHARPEST_FIRST:
            wanted = getattr(self, name)
            if wanted is not None:
                return [(column, value) for value in wanted]
        return [("organization_id", self.organization_id)]


class Interested(Protocol):
    @property
    def interest(self) -> Interest: ...


Subscriber = TypeVar("Subscriber", bound=Interested)


class Directory(Generic[Subscriber]):
    """Subscribers by what they want, so that a fact costs what its own audience costs."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, UUID], dict[Subscriber, None]] = {}
        self._all: dict[Subscriber, None] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Subscriber]:
        return iter(tuple(self._all))

    def add(self, subscriber: Subscriber) -> None:
        self._all[subscriber] = None
        for place in subscriber.interest.filed_under():
            self._places.setdefault(place, {})[subscriber] = None

    def remove(self, subscriber: Subscriber) -> None:
        self._all.pop(subscriber, None)
        for place in subscriber.interest.filed_under():
            there = self._places.get(place)
            if there is not None:
                there.pop(subscriber, None)
                if not there:
                    del self._places[place]

    def interested_in(self, fact: RecordedFact) -> Iterator[Subscriber]:
        for place in _places_of(fact):
            for subscriber in self._places.get(place, ()):
                if subscriber.interest.includes(fact):
                    yield subscriber


def _places_of(fact: RecordedFact) -> Iterator[tuple[str, UUID]]:
    yield "organization_id", fact.organization_id
    for _, column in _SHARPEST_FIRST:
        value = getattr(fact, column)
        if value is not None:
            yield column, value
