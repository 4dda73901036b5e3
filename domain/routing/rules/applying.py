"""Make the case that is solved for an order: what is there and wanted, and what the rules of its lines make of that."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from domain.routing.rules.choosing import ANYBODY, Asker, WantedLine, choose, leading
from domain.routing.rules.passes import Case
from domain.routing.rules.values import LARGER_IS_TIGHTER, Constraint, ConstraintKind, Handling, RoutingRule, Step
from domain.routing.values import Candidate, Demand, Exclusion, Method, RoutingOptions, RoutingRequest
from domain.workdays import Load

DEFAULT_ROUTING: Final = RoutingOptions()
EVERYWHERE: Final = (Step("", 0),)
NO_HANDLING: Final = Handling(0, 0)
PERCENT: Final = 100

Excluded = Mapping[tuple[int, int], Exclusion]


@dataclass(frozen=True, slots=True)
class Situation:
    """An order's lines before any rule. `lines` are for choosing rules.

    `kinds`, `kilometres` and `loads` are of the candidates, empty loads where nothing is known of their days; `hazmat` are
    those that may handle dangerous goods. `kinds_via`, if any, are the kinds of the locations that handle the goods again
    after a candidate sent them there; empty where none does, and so are `loads_via`, what those have to do on the day when
    they hand them over.
    """

    demands: Sequence[Demand]
    candidates: Sequence[Candidate]
    stock: Sequence[Sequence[int]]
    excluded: Excluded
    kinds: Sequence[str]
    kilometres: Sequence[float]
    lines: Sequence[WantedLine]
    asker: Asker = ANYBODY
    value_minor: int = 0
    options: RoutingOptions = field(default=DEFAULT_ROUTING)
    unit_costs: Sequence[Sequence[int]] | None = None
    loads: Sequence[Load | None] = ()
    hazmat: frozenset[UUID] = frozenset()
    kinds_via: Sequence[str] = ()
    loads_via: Sequence[Load | None] = ()

    def load(self, at: int) -> Load | None:
        return self.loads[at] if self.loads else None


def case_of(situation: Situation, rules: Sequence[RoutingRule]) -> tuple[Case, RoutingRule | None]:
    """The case, and the rule that decided about the order as a whole: options and handling are its own.

    Steps, distances and units kept back are those of each line's rule. A line without a rule may come from everywhere.
    """
    chosen = [choose(rules, line, situation.asker) for line in situation.lines]
    lead = leading(chosen)
    if lead is None:
        return Case(_request(situation)), None
    candidates = [_costed(situation, lead, at) for at in range(len(situation.candidates))]
    ruled = replace(situation, candidates=candidates)
    strict = _narrowed(ruled, chosen, lead, with_soft=True)
    if all(constraint.is_hard for rule in chosen if rule for constraint in rule.constraints):
        return Case(strict), lead
    return Case(strict, _narrowed(ruled, chosen, lead, with_soft=False)), lead


def _request(situation: Situation) -> RoutingRequest:
    return RoutingRequest(
        situation.demands,
        situation.candidates,
        situation.stock,
        situation.options,
        situation.unit_costs,
        situation.excluded,
    )


def _costed(situation: Situation, rule: RoutingRule, at: int) -> Candidate:
    candidate, load = situation.candidates[at], situation.load(at)
    parcel_minor, unit_minor = rule.handling.get(situation.kinds[at], NO_HANDLING)
    if situation.kinds_via and (again := rule.handling.get(situation.kinds_via[at])):
        parcel_minor, unit_minor = parcel_minor + again.parcel_minor, unit_minor + again.unit_minor
    delay_minor = rule.delay_minor * load.later if load else 0
    backlog_minor = load.backlog_minor(rule.backlog_minor, rule.backlog_free_days) if load else 0
    if not (parcel_minor or unit_minor or delay_minor or backlog_minor):
        return candidate
    return replace(
        candidate,
        parcel_handling_minor=candidate.parcel_handling_minor + parcel_minor + delay_minor + backlog_minor,
        unit_handling_minor=candidate.unit_handling_minor + unit_minor,
        delay_minor=delay_minor,
        backlog_minor=backlog_minor,
    )


def _narrowed(
    situation: Situation, chosen: Sequence[RoutingRule | None], lead: RoutingRule, *, with_soft: bool
) -> RoutingRequest:
    excluded = dict(situation.excluded)
    stock, costs, most_sources = [], [], {}
    for line, rule in enumerate(chosen):
        row = situation.stock[line]
        cost = list(situation.unit_costs[line]) if situation.unit_costs else [0] * len(situation.candidates)
        if rule is not None:
            limits = _limits(rule, situation.demands[line].method, with_soft=with_soft)
            row = _without_kept(row, limits)
            if (most := most_sources_of(limits)) is not None:
                most_sources[line] = most
            for at in range(len(situation.candidates)):
                found = _place(situation, rule, limits, at)
                if isinstance(found, Exclusion):
                    excluded.setdefault((line, at), found)
                    continue
                cost[at] += found
        stock.append(row)
        costs.append(cost)
    options = _options(situation, lead, with_soft=with_soft)
    unit_costs = costs if any(map(any, costs)) else None
    shared = _equal_rows(situation.demands, stock)
    candidates = _with_room(situation, chosen, with_soft=with_soft)
    return RoutingRequest(situation.demands, candidates, shared, options, unit_costs, excluded, most_sources or None)


def most_sources_of(limits: Mapping[ConstraintKind, int]) -> int | None:
    """From how many locations a line may come; None for any number."""
    if ConstraintKind.WHOLE_LINES in limits:
        return 1
    return limits.get(ConstraintKind.MAX_SOURCES_PER_LINE)


def _limits(rule: RoutingRule, method: Method | None = None, *, with_soft: bool) -> dict[ConstraintKind, int]:
    """The tightest value of each kind, of what is asked for any method or for this one."""
    return tightest(one for one in rule.constraints if (one.is_hard or with_soft) and one.method in (None, method))


def tightest(constraints: Iterable[Constraint]) -> dict[ConstraintKind, int]:
    """Of each kind that is asked for its tightest value."""
    found: dict[ConstraintKind, int] = {}
    for kind, _, value, *_ in constraints:
        tighter = max if kind in LARGER_IS_TIGHTER else min
        found[kind] = tighter(found.get(kind, value), value)
    return found


def _with_room(situation: Situation, chosen: Sequence[RoutingRule | None], *, with_soft: bool) -> Sequence[Candidate]:
    """What a location can still do on its day holds for the order as a whole if it does for any of its lines."""
    asks = any(ConstraintKind.DAILY_CAPACITY in _limits(rule, with_soft=with_soft) for rule in chosen if rule)
    if not (asks and (situation.loads or situation.loads_via)):
        return situation.candidates
    none = [None] * len(situation.candidates)
    loads = zip(situation.loads or none, situation.loads_via or none, strict=True)
    return [_within(one, *both) for one, both in zip(situation.candidates, loads, strict=True)]


def _within(candidate: Candidate, *loads: Load | None) -> Candidate:
    """No more than can be done there, and where it is brought to."""
    limited = [load for load in loads if load is not None and load.is_limited]
    if not limited:
        return candidate
    units = [load.room_units for load in limited if load.room_units is not None]
    lines = [load.room_lines for load in limited if load.room_lines is not None]
    return replace(candidate, capacity_units=min(units, default=None), capacity_lines=min(lines, default=None))


def _place(situation: Situation, rule: RoutingRule, limits: Mapping[ConstraintKind, int], at: int) -> int | Exclusion:
    """How far down the rule's sequence a candidate comes first, in minor units, or why it does not come at all."""
    far = situation.kilometres[at]
    if far > limits.get(ConstraintKind.MAX_DISTANCE, far):
        return Exclusion.TOO_FAR
    location, kind, load = situation.candidates[at].location, situation.kinds[at], situation.load(at)
    if ConstraintKind.HAZMAT in limits and location not in situation.hazmat:
        return Exclusion.CAPABILITY
    if load is not None and load.later > limits.get(ConstraintKind.SHIP_WITHIN_DAYS, load.later):
        return Exclusion.TOO_LATE
    naming = [step for step in rule.steps or EVERYWHERE if step.names(location, kind)]
    within = [step for step in naming if step.max_distance_km is None or far <= step.max_distance_km]
    open_ones = [
        step.priority * rule.step_minor + step.weight_minor(location, far)
        for step in within
        if situation.value_minor >= step.min_value_minor
    ]
    if open_ones:
        return min(open_ones)
    return Exclusion.TOO_FAR if naming and not within else Exclusion.NOT_IN_RULE


def _options(situation: Situation, lead: RoutingRule, *, with_soft: bool) -> RoutingOptions:
    limits = _limits(lead, with_soft=with_soft)
    most = limits.get(ConstraintKind.MAX_PARCELS)
    if situation.value_minor < limits.get(ConstraintKind.MIN_VALUE_TO_SPLIT, 0):
        most = 1
    return RoutingOptions(
        split_minor=situation.options.split_minor if lead.split_minor is None else lead.split_minor,
        max_parcels=most,
        ship_complete=ConstraintKind.SHIP_COMPLETE in limits,
        complete_lines=ConstraintKind.COMPLETE_LINES in limits,
    )


def _without_kept(row: Sequence[int], limits: Mapping[ConstraintKind, int]) -> Sequence[int]:
    """What may be given, truncated down: of 10 units with 25 % kept back 7. Of units and percent the more careful holds."""
    units, percent = limits.get(ConstraintKind.KEEP_UNITS, 0), limits.get(ConstraintKind.KEEP_PERCENT, 0)
    if not (units or percent):
        return row
    return [max(0, min(free - units, free * (PERCENT - percent) // PERCENT)) for free in row]


def _equal_rows(demands: Sequence[Demand], stock: Sequence[Sequence[int]]) -> Sequence[Sequence[int]]:
    """Lines of one variant share its stock: where their rules keep back differently, the most careful one holds."""
    least: dict[object, Sequence[int]] = {}
    for demand, row in zip(demands, stock, strict=True):
        before = least.get(demand.variant)
        least[demand.variant] = row if before is None else [min(pair) for pair in zip(before, row, strict=True)]
    return [least[demand.variant] for demand in demands]
