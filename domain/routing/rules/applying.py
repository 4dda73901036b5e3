"""Make the case that is solved for an order: what is there and wanted, and what the rules of its lines make of that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from domain.routing.rules.choosing import ANYBODY, Asker, WantedLine, choose, leading
from domain.routing.rules.passes import Case
from domain.routing.rules.values import ConstraintKind, Handling, RoutingRule, Step
from domain.routing.values import Candidate, Demand, Exclusion, RoutingOptions, RoutingRequest

DEFAULT_ROUTING: Final = RoutingOptions()
EVERYWHERE: Final = (Step("", 0),)
NO_HANDLING: Final = Handling(0, 0)

Excluded = Mapping[tuple[int, int], Exclusion]


@dataclass(frozen=True, slots=True)
class Situation:
    """An order's lines before any rule. `kinds` and `kilometres` are of the candidates; `lines` are for choosing rules."""

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


def case_of(situation: Situation, rules: Sequence[RoutingRule]) -> tuple[Case, RoutingRule | None]:
    """The case, and the rule that decided about the order as a whole: options and handling are its own.

    Steps, distances and units kept back are those of each line's rule. A line without a rule may come from everywhere.
    """
    chosen = [choose(rules, line, situation.asker) for line in situation.lines]
    lead = leading(chosen)
    if lead is None:
        return Case(_request(situation)), None
    candidates = [_handled(one, lead, kind) for one, kind in zip(situation.candidates, situation.kinds, strict=True)]
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


def _handled(candidate: Candidate, rule: RoutingRule, kind: str) -> Candidate:
    parcel_minor, unit_minor = rule.handling.get(kind, NO_HANDLING)
    if not (parcel_minor or unit_minor):
        return candidate
    return replace(
        candidate,
        parcel_handling_minor=candidate.parcel_handling_minor + parcel_minor,
        unit_handling_minor=candidate.unit_handling_minor + unit_minor,
    )


def _narrowed(
    situation: Situation, chosen: Sequence[RoutingRule | None], lead: RoutingRule, *, with_soft: bool
) -> RoutingRequest:
    excluded = dict(situation.excluded)
    stock, costs = [], []
    for line, rule in enumerate(chosen):
        row = situation.stock[line]
        cost = list(situation.unit_costs[line]) if situation.unit_costs else [0] * len(situation.candidates)
        if rule is not None:
            limits = _limits(rule, with_soft=with_soft)
            row = _without_kept(row, limits.get(ConstraintKind.KEEP_UNITS, 0))
            for at in range(len(situation.candidates)):
                found = _place(situation, rule, limits, at)
                if isinstance(found, Exclusion):
                    excluded.setdefault((line, at), found)
                    continue
                cost[at] += found * rule.step_minor
                if ConstraintKind.WHOLE_LINES in limits and 0 < row[at] < situation.demands[line].quantity:
                    excluded.setdefault((line, at), Exclusion.NOT_ENOUGH_STOCK)
        stock.append(row)
        costs.append(cost)
    options = _options(situation, lead, with_soft=with_soft)
    unit_costs = costs if any(map(any, costs)) else None
    shared = _equal_rows(situation.demands, stock)
    return RoutingRequest(situation.demands, situation.candidates, shared, options, unit_costs, excluded)


def _limits(rule: RoutingRule, *, with_soft: bool) -> dict[ConstraintKind, int]:
    """The tightest value of each kind; only MIN_VALUE_TO_SPLIT and KEEP_UNITS are tighter when larger."""
    found: dict[ConstraintKind, int] = {}
    for kind, is_hard, value in rule.constraints:
        if is_hard or with_soft:
            tighter = max if kind in {ConstraintKind.MIN_VALUE_TO_SPLIT, ConstraintKind.KEEP_UNITS} else min
            found[kind] = tighter(found.get(kind, value), value)
    return found


def _place(situation: Situation, rule: RoutingRule, limits: Mapping[ConstraintKind, int], at: int) -> int | Exclusion:
    """How far down the rule's sequence a candidate comes first, or why it does not come at all."""
    far = situation.kilometres[at]
    if far > limits.get(ConstraintKind.MAX_DISTANCE, far):
        return Exclusion.TOO_FAR
    location, kind = situation.candidates[at].location, situation.kinds[at]
    naming = [step for step in rule.steps or EVERYWHERE if step.names(location, kind)]
    within = [step for step in naming if step.max_distance_km is None or far <= step.max_distance_km]
    open_ones = [step.priority for step in within if situation.value_minor >= step.min_value_minor]
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
    )


def _without_kept(row: Sequence[int], kept: int) -> Sequence[int]:
    return [max(0, units - kept) for units in row] if kept else row


def _equal_rows(demands: Sequence[Demand], stock: Sequence[Sequence[int]]) -> Sequence[Sequence[int]]:
    """Lines of one variant share its stock: where their rules keep back differently, the most careful one holds."""
    least: dict[object, Sequence[int]] = {}
    for demand, row in zip(demands, stock, strict=True):
        before = least.get(demand.variant)
        least[demand.variant] = row if before is None else [min(pair) for pair in zip(before, row, strict=True)]
    return [least[demand.variant] for demand in demands]
