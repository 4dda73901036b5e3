"""What routing takes and gives: demands, candidates, options; assignments, parcels, what stays unserved.

Lines and candidates are meant by their position in the request. All costs are minor units of one currency, all integer,
so that two processes find the same plan; ties go to the candidate listed first, so list them in a stable order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from domain.errors import DomainError
from domain.shipping_rates import Rate

VariantKey = UUID | int | str
"""Anything that tells variants apart."""


class Method(StrEnum):
    """How units reach the customer; units of different methods never share a parcel."""

    __hash__ = str.__hash__  # Enum's own is Python code, and routing asks for every candidate

    SHIP = "ship"
    PICKUP = "pickup"
    SAME_DAY = "same_day"


class Exclusion(StrEnum):
    """Why a candidate may not serve a line, or does not."""

    METHOD = "method"
    NO_STOCK = "no_stock"
    NOT_ENOUGH_STOCK = "not_enough_stock"
    KEPT_BACK = "kept_back"
    CAPACITY = "capacity"
    TRIED_BEFORE = "tried_before"
    NOT_LAUNCHED = "not_launched"
    TOO_FAR = "too_far"
    CAPABILITY = "capability"
    TOO_LATE = "too_late"
    CLOSED = "closed"
    NOT_IN_RULE = "not_in_rule"
    NOT_CHOSEN = "not_chosen"
    LEFT_TO_OTHERS = "left_to_others"
    LATER_IN_RULE = "later_in_rule"
    WORTH_MORE = "worth_more"
    SAME_COST = "same_cost"
    LEFT_WAITING = "left_waiting"
    DEARER = "dearer"


class Shortage(StrEnum):
    """Why units stay unserved. Plans call it `NO_STOCK` whatever keeps stock from them; planners are told the last two."""

    NO_STOCK = "no_stock"
    CAPACITY = "capacity"
    MAX_PARCELS = "max_parcels"
    MAX_SOURCES = "max_sources"
    NOT_OPEN = "not_open"
    NOT_COMPLETE = "not_complete"


@dataclass(frozen=True, slots=True)
class Demand:
    """One line's units (at least 1) still to be served. Lines that want the same variant share its stock.

    A kit is so many order `lines`, one for each component.
    """

    variant: VariantKey
    quantity: int
    grams_each: int
    method: Method = Method.SHIP
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Candidate:
    """One location as seen from the address: made once per location and zone, then kept.

    `capacity_units` and `capacity_lines` are what it can still take on (None = no limit), `methods` what it offers (None =
    all). Of what a parcel costs there whatever is in it, `backlog_minor` is for the work that waits there and `delay_minor`
    for leaving later. `via` is where the goods are handed over, if not where a parcel from there goes: they are brought
    there at this rate.
    """

    location: UUID
    rate: Rate
    parcel_handling_minor: int = 0
    unit_handling_minor: int = 0
    capacity_units: int | None = None
    methods: frozenset[Method] | None = None
    backlog_minor: int = 0
    delay_minor: int = 0
    capacity_lines: int | None = None
    via: UUID | None = None

    def has_room_for(self, lines: int) -> bool:
        """Whether so many order lines are not too many."""
        return self.capacity_lines is None or lines <= self.capacity_lines


@dataclass(frozen=True, slots=True)
class RoutingOptions:
    """`split_minor` is added for every parcel after the first; `max_parcels` limits them; `ship_complete` is all or nothing.

    `complete_lines`, all or nothing line by line, is kept by `domain/routing/rules/completing.py`.
    """

    split_minor: int = 250
    max_parcels: int | None = None
    ship_complete: bool = False
    complete_lines: bool = False


DEFAULT_OPTIONS: Final = RoutingOptions()


@dataclass(frozen=True, slots=True)
class RoutingRequest:
    """Everything a decision depends on, so that keeping it is enough to replay the decision.

    `stock[line][candidate]` is what the candidate can give of the line's variant, safety stock and others' claims already
    taken off; lines of one variant have equal rows. `unit_costs[line][candidate]`, when given, is added per unit: stock-out
    risk, delay, shadow price, less a markdown credit. `excluded[line, candidate]` says why a pair is out of the question.
    `most_sources`, by line: such a line comes complete from at most so many candidates, or not at all for now.
    """

    demands: Sequence[Demand]
    candidates: Sequence[Candidate]
    stock: Sequence[Sequence[int]]
    options: RoutingOptions = DEFAULT_OPTIONS
    unit_costs: Sequence[Sequence[int]] | None = None
    excluded: Mapping[tuple[int, int], Exclusion] = field(default_factory=dict)
    most_sources: Mapping[int, int] | None = None


class Worth(NamedTuple):
    """What is lost with a unit of each line at each candidate, before any rule: `scarcity_minor` to later orders (their shadow
    price), `markdown_minor` in credit that is given up elsewhere. Empty where there is none of it.
    """

    scarcity_minor: Sequence[Sequence[int]] = ()
    markdown_minor: Sequence[Sequence[int]] = ()

    def among(self, locations: Sequence[UUID], others: Sequence[UUID]) -> "Worth":
        """The same at `others` instead of `locations`; nothing at those that are none of them."""

        def moved(rows: Sequence[Sequence[int]]) -> list[list[int]]:
            return [[dict(zip(locations, row, strict=True)).get(key, 0) for key in others] for row in rows]

        return Worth(*map(moved, self))

    @property
    def unit_costs(self) -> Sequence[Sequence[int]]:
        if not (self.scarcity_minor and self.markdown_minor):
            return self.scarcity_minor or self.markdown_minor
        both = zip(self.scarcity_minor, self.markdown_minor, strict=True)
        return [[sum(pair) for pair in zip(*rows, strict=True)] for rows in both]


class Assignment(NamedTuple):
    """`quantity` units of a line come from a candidate (its position and its location)."""

    line: int
    candidate: int
    location: UUID
    quantity: int


class Parcel(NamedTuple):
    """What one parcel of the plan costs, part by part; `extra_minor` sums the request's `unit_costs`."""

    candidate: int
    location: UUID
    lines: tuple[int, ...]
    grams: int
    shipping_minor: int
    handling_minor: int
    labour_minor: int
    extra_minor: int
    backlog_minor: int = 0
    delay_minor: int = 0

    @property
    def total_minor(self) -> int:
        return sum(self[4:])


class Unserved(NamedTuple):
    """`quantity` units of a line that nobody serves now."""

    line: int
    quantity: int
    reason: Shortage


class LastLeg(NamedTuple):
    """What was brought together at a location leaves it as one parcel; what these grams add to its price."""

    location: UUID
    grams: int
    shipping_minor: int


class RoutingPlan(NamedTuple):
    """`total_minor` is the sum of the parcels' parts, of `split_minor` and of the last leg; assignments are in line order."""

    assignments: tuple[Assignment, ...]
    parcels: tuple[Parcel, ...]
    unserved: tuple[Unserved, ...]
    split_minor: int
    total_minor: int
    last_leg: LastLeg | None = None


def real_cost_minor(plan: RoutingPlan) -> int:
    """What is paid for: the rule's preference for earlier steps is none of it."""
    return plan.total_minor - sum(parcel.extra_minor for parcel in plan.parcels)


class CannotShipComplete(DomainError):
    """The order is to ship complete and cannot; `unserved` says what is missing and why."""

    code = "CANNOT_SHIP_COMPLETE"

    def __init__(self, unserved: tuple[Unserved, ...]) -> None:
        units = sum(one.quantity for one in unserved)
        super().__init__(f"The order must ship complete, but {units} of its units cannot be served now.")
        self.unserved = unserved
