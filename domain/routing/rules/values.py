"""A routing rule: what it is for, from where it takes goods in what sequence, and what it must or should keep to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple
from uuid import UUID

from domain.routing.values import Method

DEFAULT_STEP_MINOR: Final = 100_000
"""More than a unit's parcel costs, so that a later step is taken only for what the earlier ones cannot give.

As the weight of priorities in IBM Sterling's distribution groups: so large that cost is a mere tie-break.
"""


class RuleStatus(StrEnum):
    """Only drafts can be edited: what decided an order stays as it was."""

    DRAFT = "draft"
    ACTIVE = "active"
    ARCHIVED = "archived"


class DecisionKind(StrEnum):
    """On what occasion units were given a location."""

    PLACED = "placed"
    REROUTED = "rerouted"
    BACKORDER_RETRY = "backorder_retry"
    REOPTIMIZED = "reoptimized"
    SUBSTITUTED = "substituted"
    CHOSEN = "chosen"


class ConstraintKind(StrEnum):
    """What a rule may ask for; what `value` means is said in brackets."""

    MAX_DISTANCE = "max_distance"  # kilometres from the address
    MAX_PARCELS = "max_parcels"  # of one order
    SHIP_COMPLETE = "ship_complete"  # the order at once or not at all; no value
    WHOLE_LINES = "whole_lines"  # every line from one location: at most one source a line; no value
    MAX_SOURCES_PER_LINE = "max_sources_per_line"  # every line complete from at most so many locations, or it waits
    COMPLETE_LINES = "complete_lines"  # every line at once or not at all, from however many locations; no value
    MIN_VALUE_TO_SPLIT = "min_value_to_split"  # minor units: an order worth less goes in one parcel
    KEEP_UNITS = "keep_units"  # units of a variant that stay at a location
    KEEP_PERCENT = "keep_percent"  # of the free units of a variant, what stays at a location
    DAILY_CAPACITY = "daily_capacity"  # no more a day than the location said it can do; no value
    SHIP_WITHIN_DAYS = "ship_within_days"  # days from today, by the location's cut-off and calendar; 0 is today
    DELIVER_TOGETHER = "deliver_together"  # days that what has come together waits for the rest of its order
    HAZMAT = "hazmat"  # only where dangerous goods may be handled; no value


WITHOUT_VALUE: Final = frozenset(
    {
        ConstraintKind.SHIP_COMPLETE,
        ConstraintKind.WHOLE_LINES,
        ConstraintKind.COMPLETE_LINES,
        ConstraintKind.DAILY_CAPACITY,
        ConstraintKind.HAZMAT,
    }
)
BY_METHOD: Final = frozenset({ConstraintKind.KEEP_UNITS, ConstraintKind.KEEP_PERCENT})
"""May be asked for lines of one fulfilment method only."""
LARGER_IS_TIGHTER: Final = frozenset(
    {ConstraintKind.MIN_VALUE_TO_SPLIT, ConstraintKind.KEEP_UNITS, ConstraintKind.KEEP_PERCENT}
)


class Constraint(NamedTuple):
    """A soft one is dropped for what could not be served while it was kept. Without a `method` it is for all.

    `location_id` is where orders come together; without it they do where that costs least.
    """

    kind: ConstraintKind
    is_hard: bool
    value: int = 0
    method: Method | None = None
    location_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Locations by id, by kind, or by group; naming none means all. Steps of one `priority` compete by cost alone.

    It takes part for orders worth at least `min_value_minor`, and with its locations within `max_distance_km`. `ranks` are
    the priorities of the groups' locations. Within the step a location is put off by `distance_weight` for each kilometre
    and `rank_weight` for each unit of its rank, in minor units for each unit of goods: IBM Sterling's weights of a
    distribution group; one so large that cost is a mere tie-break makes it a strict order.
    """

    name: str
    priority: int
    location_ids: frozenset[UUID] = frozenset()
    location_kinds: frozenset[str] = frozenset()
    max_distance_km: int | None = None
    min_value_minor: int = 0
    group_ids: frozenset[UUID] = frozenset()
    ranks: Mapping[UUID, int] = field(default_factory=dict)
    distance_weight: int = 0
    rank_weight: int = 0

    def names(self, location_id: UUID, kind: str) -> bool:
        return (
            not (self.location_ids or self.location_kinds or self.group_ids)
            or location_id in self.location_ids
            or kind in self.location_kinds
            or location_id in self.ranks
        )

    def weight_minor(self, location_id: UUID, kilometres: float) -> int:
        """How far down a location comes within the step; whole kilometres, as decisions are stored."""
        return self.distance_weight * round(kilometres) + self.rank_weight * self.ranks.get(location_id, 0)


class Handling(NamedTuple):
    """What work costs at locations of a kind."""

    parcel_minor: int
    unit_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRule:
    """What is None or empty in what it is for matches anything. `priority` decides between equally specific rules.

    A parcel costs `delay_minor` more for each day that it leaves later than today, and `backlog_minor` for each day of
    capacity consumed at its location beyond `backlog_free_days`.
    """

    id: UUID
    name: str
    revision: int
    priority: int = 0
    effective_from: datetime | None = None
    effective_until: datetime | None = None
    channel_id: UUID | None = None
    segment: str = ""
    variant_id: UUID | None = None
    category: str = ""
    country: str = ""
    region: str = ""
    method: Method | None = None
    steps: tuple[Step, ...] = ()
    step_minor: int = DEFAULT_STEP_MINOR
    split_minor: int | None = None
    delay_minor: int = 0
    backlog_minor: int = 0
    backlog_free_days: int = 0
    handling: Mapping[str, Handling] = field(default_factory=dict)
    constraints: tuple[Constraint, ...] = ()

    @property
    def together(self) -> Constraint | None:
        """That orders are delivered together, if it asks for that."""
        return next((one for one in self.constraints if one.kind is ConstraintKind.DELIVER_TOGETHER), None)

    @property
    def is_dated(self) -> bool:
        """Whether it wants to know on which day a location would work on an order."""
        return bool(self.delay_minor) or any(
            constraint.kind is ConstraintKind.SHIP_WITHIN_DAYS for constraint in self.constraints
        )


Groups = Mapping[UUID, Mapping[UUID, int]]
"""By group its locations, each with its priority there."""


def terms_of(record: Mapping[str, Any], groups: Groups) -> dict[str, Any]:
    """The parts of a rule that are stored as lists of plain objects: `steps`, `handling`, `constraints`."""
    return {
        "steps": tuple(_step(each, groups) for each in record["steps"]),
        "handling": {
            each["location_kind"]: Handling(each["parcel_minor"], each["unit_minor"]) for each in record["handling"]
        },
        "constraints": tuple(
            Constraint(
                ConstraintKind(each["kind"]),
                each["is_hard"],
                each["value"],
                _method(each.get("method")),
                UUID(place) if (place := each.get("location_id")) else None,
            )
            for each in record["constraints"]
        ),
    }


def _method(stored: str | None) -> Method | None:
    return Method(stored) if stored else None


def _step(stored: Mapping[str, Any], groups: Groups) -> Step:
    named = [UUID(each) for each in stored.get("group_ids", ())]
    ranks: dict[UUID, int] = {}
    for group_id in named:
        for location_id, rank in groups.get(group_id, {}).items():
            ranks[location_id] = min(rank, ranks.get(location_id, rank))
    return Step(
        name=stored["name"],
        priority=stored["priority"],
        location_ids=frozenset(UUID(each) for each in stored["location_ids"]),
        location_kinds=frozenset(stored["location_kinds"]),
        max_distance_km=stored["max_distance_km"],
        min_value_minor=stored["min_value_minor"],
        group_ids=frozenset(named),
        ranks=ranks,
        distance_weight=stored.get("distance_weight", 0),
        rank_weight=stored.get("rank_weight", 0),
    )
