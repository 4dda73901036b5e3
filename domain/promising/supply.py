"""What there is and what will come: dated supply, what of it may be counted on, and which of it serves a demand.

Sources: IBM Sterling Order Management, "ATP rules" and "safety factor"; IBM Sterling Intelligent Promising, "dated supply"
and "safety stock by delivery method".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, Generic, NamedTuple, TypeVar
from uuid import UUID

from domain.routing.values import Method

PERCENT: Final = 100
UNLIMITED: Final = 1_000_000
"""Units of a supply that has no end."""

S = TypeVar("S")


class SupplyKind(StrEnum):
    """The later in this list, the less certain."""

    ON_HAND = "on_hand"
    IN_TRANSIT = "in_transit"
    PURCHASE_ORDER = "purchase_order"
    PLANNED = "planned"
    LEAD_TIME = "lead_time"
    """Not even planned: a vendor sells it, and that is how long it takes."""


class SupplyStatus(StrEnum):
    EXPECTED = "expected"
    RECEIVED = "received"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyRule:
    """Units not to be counted on: `quantity` of them or `percent` of the supply. What is None holds for all."""

    code: str
    kind: SupplyKind | None = None
    variant_id: UUID | None = None
    location_id: UUID | None = None
    method: Method | None = None
    quantity: int = 0
    percent: int = 0

    def kept_back(self, quantity: int) -> int:
        """What is left is truncated down: 25 % of 10 leaves 7."""
        return min(quantity, max(self.quantity, quantity - quantity * (PERCENT - self.percent) // PERCENT))


class OnShelf(NamedTuple):
    """Units at one location that nobody has claimed but, as far as they are its `own`, the cart that asks; of them the
    level itself keeps `safety` back."""

    unclaimed: int
    safety: int
    own: int = 0


def kept_back(
    rules: Iterable[SafetyRule],
    *,
    kind: SupplyKind,
    variant_id: UUID,
    location_id: UUID,
    methods: Sequence[Method],
    quantity: int,
) -> int:
    """How many units of one supply are not to be counted on, for the most careful of the methods.

    Of the rules that fit a method one decides: item beats location beats method beats kind of supply; a method without
    a rule of its own has the item's. Of two alike, the first by code.
    """
    fitting = [
        rule
        for rule in sorted(rules, key=lambda rule: rule.code)
        if rule.kind in (None, kind)
        and rule.variant_id in (None, variant_id)
        and rule.location_id in (None, location_id)
    ]
    most = 0
    for method in methods:
        own = [rule for rule in fitting if rule.method in (None, method)]
        if own:
            most = max(most, max(own, key=_specificity).kept_back(quantity))
    return most


def may_be_given(
    rules: Sequence[SafetyRule], shelf: "OnShelf", methods: Sequence[Method], *, variant_id: UUID, location_id: UUID
) -> int:
    """Units on hand that may be promised and ordered: what the level keeps back stays, or what the rules do if that is more.

    What a cart keeps already it may have whatever the rules say.
    """
    unclaimed = shelf.unclaimed
    ruled = rules and kept_back(
        rules,
        kind=SupplyKind.ON_HAND,
        variant_id=variant_id,
        location_id=location_id,
        methods=methods,
        quantity=unclaimed,
    )
    return max(shelf.own, unclaimed - max(shelf.safety, ruled or 0), 0)


def _specificity(rule: SafetyRule) -> tuple[bool, ...]:
    given = (rule.variant_id, rule.location_id, rule.method, rule.kind)
    return tuple(each is not None for each in given)


def counts_on(expected_on: date, today: date, past_due_days: int) -> date | None:
    """The day a supply is taken to come: a late one today, until it is too late to be believed (None)."""
    if expected_on >= today:
        return expected_on
    return today if today <= expected_on + timedelta(days=past_due_days) else None


def is_within(day: date, since: date, forward_days: int | None) -> bool:
    """Whether a supply of that day may serve a demand of `since`, so many days ahead."""
    return forward_days is None or day <= since + timedelta(days=forward_days)


class Dated(NamedTuple, Generic[S]):
    """So many units that are there from `day` on; None for what is there already. `source` is the caller's."""

    day: date | None
    quantity: int
    source: S


class Part(NamedTuple, Generic[S]):
    supply: Dated[S]
    quantity: int


class Matched(NamedTuple, Generic[S]):
    """`parts` in the order they were taken; `missing` units come from nowhere known."""

    parts: tuple[Part[S], ...]
    missing: int

    @property
    def day(self) -> date | None:
        """The day of the last supply needed, not of the last one known; None when all is there already."""
        return max((part.supply.day for part in self.parts if part.supply.day), default=None)


def match(quantity: int, supplies: Iterable[Dated[S]], wanted_on: date | None = None) -> Matched[S]:
    """Serve a demand as soon as possible from the first supplies; with a day, from those closest before it.

    Closest keeps what is there already for those who cannot wait: wanted on June 1, a supply of May 30 is taken and the
    units on hand stay. What the supplies before that day cannot give comes from the first ones after it.
    """

    def rank(supply: Dated[S]) -> tuple[int, int]:
        day = (supply.day or date.min).toordinal()
        if wanted_on is None:
            return 0, day
        return (0, -day) if day <= wanted_on.toordinal() else (1, day)

    parts = []
    for supply in sorted(supplies, key=rank):
        units = min(quantity, supply.quantity)
        if units > 0:
            parts.append(Part(supply, units))
            quantity -= units
    return Matched(tuple(parts), quantity)


def without_demand(supplies: Iterable[Dated[S]], demand: int) -> list[Dated[S]]:
    """What is left after those who wait already have had theirs, from the first supplies."""
    left = []
    for supply in sorted(supplies, key=lambda each: (each.day or date.min).toordinal()):
        taken = min(demand, supply.quantity)
        demand -= taken
        if supply.quantity > taken:
            left.append(supply._replace(quantity=supply.quantity - taken))
    return left
