"""Rows of routing for the business of `world.py`: rules in every status, and decisions that can be explained."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

import models
from domain.routing.plan import route
from domain.routing.rules.keeping import Plain, plain_candidate, plain_case, plain_merging, plain_plan
from domain.routing.rules.merging import Merging, Way, solve_merging
from domain.routing.rules.passes import Case
from domain.routing.rules.values import DecisionKind, RuleStatus
from domain.routing.values import Candidate, Demand, RoutingPlan, RoutingRequest
from domain.shipping_rates import Rate
from domain.substitution import SubstitutePrice, SubstitutionStatus

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
PLANS = [
    models.LocationGroup, models.QuotaPlan, models.QuotaShare, models.QuotaMovement, models.RoutingRule, models.RoutingDecision, models.LocationDay, models.Backorder,
    models.Substitution, models.MarkdownCredit,
]  # fmt: skip


def add_plans(world: Any, organization: UUID) -> None:
    """After the orders."""
    for at, place in enumerate(world.of(models.Location, organization)):
        for ahead in range(at):
            day = date(2026, 11, 1) + timedelta(days=ahead)
            world.add(
                models.LocationDay(
                    organization_id=organization, location_id=place.id, day=day, units=at * ahead, orders=ahead
                )
            )
    places = world.of(models.Location, organization)
    for at, variant in enumerate(world.of(models.Variant, organization)[:6]):
        for place in places[: at % 3]:
            world.add(
                models.MarkdownCredit(
                    organization_id=organization, variant_id=variant.id, location_id=place.id, unit_minor=100 + at
                )
            )
    groups = [_group(world, organization, at) for at in range(4)]
    for plan, group in zip(world.of(models.QuotaPlan, organization)[1:], groups, strict=False):
        plan.location_group_id = group.id
    rules = [_rule(world, organization, at, groups) for at in range(6)]
    for at, order in enumerate(world.of(models.Order, organization)):
        for again in range(at % 3):
            _decision(world, order, None if at % 2 else rules[at % len(rules)], again)
    _waits(world, organization)
    _substitutions(world, organization)


def _waits(world: Any, organization: UUID) -> None:
    orders = {order.id for order in world.of(models.Order, organization)}
    lines = [line for line in world.of(models.OrderLine) if line.order_id in orders]
    for at, line in enumerate(lines[::2]):
        launch = {"launches_at": START, "ships_by": START.date() if at % 3 else None} if at % 2 else {}
        world.add(
            models.Backorder(
                line_id=line.id, order_id=line.order_id, since=START, cancels_at=START if at % 3 else None,
                is_fixed=at % 4 == 0, reason='odd "reason"\n' if at % 4 == 0 else "", **launch,
            )
        )  # fmt: skip


def _substitutions(world: Any, organization: UUID) -> None:
    orders = {order.id for order in world.of(models.Order, organization)}
    lines = [line for line in world.of(models.OrderLine) if line.order_id in orders]
    variants, statuses = world.of(models.Variant, organization), list(SubstitutionStatus)
    for at, line in enumerate(lines[::3]):
        status = statuses[at % len(statuses)]
        is_open = status is SubstitutionStatus.PROPOSED
        world.add(
            models.Substitution(
                order_id=line.order_id, line_id=line.id, variant_id=variants[at % len(variants)].id, sku=f"S{at}", quantity=1,
                price_rule=list(SubstitutePrice)[at % 3], unit_price_minor=3_000_000_000 + at, status=status,
                reason='odd "reason"\n', proposed_by="x", proposed_at=START, expires_at=START if at % 2 else None,
                answered_at=None if is_open else START, answered_by=None if is_open else "y",
                new_line_id=lines[at].id if status is SubstitutionStatus.ACCEPTED else None,
            )
        )  # fmt: skip


def _group(world: Any, organization: UUID, at: int) -> models.LocationGroup:
    places = world.of(models.Location, organization)[:at]
    members = [{"location_id": str(place.id), "priority": -rank % 3} for rank, place in enumerate(places)]
    return world.add(
        models.LocationGroup(organization_id=organization, code=f"G{at}", name='odd "group"\n', members=members)
    )


def _rule(world: Any, organization: UUID, at: int, groups: list[models.LocationGroup]) -> models.RoutingRule:
    status = list(RuleStatus)[at % 3]
    locations, channels = world.of(models.Location, organization), world.of(models.Channel, organization)
    step = {
        "name": 'odd "step"\n', "priority": at, "location_ids": [str(locations[at % 4].id)],
        "location_kinds": ["store"], "max_distance_km": at or None, "min_value_minor": 0,
        **({"group_ids": [str(groups[at % 4].id)], "distance_weight": 1, "rank_weight": at} if at % 3 else {}),
    }  # fmt: skip
    place = str(locations[at % 4].id)
    together = {"kind": "deliver_together", "is_hard": True, "value": 3, "location_id": place}
    return world.add(
        models.RoutingRule(
            organization_id=organization, name=f"rule {at // 3}", revision=at + 1, status=status, priority=at,
            effective_from=START if at % 2 else None, channel_id=channels[at % 4].id if at % 2 else None,
            segment="gold" if at else "", steps=[step] * (at % 3), split_minor=at or None,
            handling=[{"location_kind": "store", "parcel_minor": 1, "unit_minor": 2}],
            constraints=[{"kind": "max_parcels", "is_hard": False, "value": 2}, *[together][: at % 2]],
            drafted_at=START + timedelta(microseconds=at // 2), activated_at=None if status is RuleStatus.DRAFT else START,
            archived_at=START if status is RuleStatus.ARCHIVED else None,
        )
    )  # fmt: skip


def _decision(world: Any, order: Any, rule: Any, again: int) -> None:
    locations = world.of(models.Location, order.organization_id)
    variant = world.of(models.Variant, order.organization_id)[0]
    candidates = [Candidate(place.id, Rate(500 + at, 40)) for at, place in enumerate(locations)]
    request = RoutingRequest([Demand(variant.id, 2, 300)], candidates, [[at for at, _ in enumerate(candidates)]])
    plain, plan = _brought_together(request, locations[:2]) if again % 2 else _straight(request)
    world.add(
        models.RoutingDecision(
            order_id=order.id, kind=list(DecisionKind)[again], made_at=START + timedelta(microseconds=again // 2),
            rule_id=rule.id if rule else None, request=orjson.dumps(plain).decode(),
            plan=orjson.dumps(plain_plan(plan)).decode(), cost_minor=plan.total_minor,
        )
    )  # fmt: skip


def _straight(request: RoutingRequest) -> tuple[Plain, RoutingPlan]:
    return plain_case(Case(request), _plain_candidates(request)), route(request)


def _brought_together(request: RoutingRequest, places: list[Any]) -> tuple[Plain, RoutingPlan]:
    """At one of the places, as seen from each."""
    far = [10.0 * at for at, _ in enumerate(request.candidates)]
    seen = [replace(request, candidates=[replace(one, via=place.id) for one in request.candidates]) for place in places]
    ways = [
        Way(place.id, Rate(300 + at, 20), 40.0 + at, Case(each), far)
        for at, (place, each) in enumerate(zip(places, seen, strict=True))
    ]
    merging = Merging(ways)
    merged = solve_merging(merging)
    plain = plain_case(Case(seen[merged.at or 0]), _plain_candidates(seen[merged.at or 0]))
    return plain | plain_merging(merging, merged.at, plain), merged.plan


def _plain_candidates(request: RoutingRequest) -> list[list[Any]]:
    return [plain_candidate(candidate, 10.0 * at) for at, candidate in enumerate(request.candidates)]
