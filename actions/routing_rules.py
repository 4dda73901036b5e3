"""Routing rules: drafted, tried out, activated and archived. What decided an order once is never edited."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.upserting import check_known, fresh_network
from domain.errors import Conflict, IllegalTransition, NotFound
from domain.facts import Fact, FactKind
from domain.ids import new_id
from domain.merging import MOST_WAIT_DAYS
from domain.orders import FulfilmentMethod
from domain.routing.rules.applying import PERCENT
from domain.routing.rules.values import BY_METHOD, DEFAULT_STEP_MINOR, WITHOUT_VALUE, ConstraintKind, RuleStatus
from domain.validation import Checks
from models import RoutingRule
from models.db import execute
from models.locations import LocationKind

KIND: Final = "routing rule"
MAX_STEPS: Final = 32
MAX_LOCATIONS: Final = 500
MAX_CONSTRAINTS: Final = 16
MAX_STEP_MINOR: Final = 10_000_000
MAX_PRIORITY: Final = 1_000
MAX_WEIGHT: Final = 100_000
"""So that the weights of a plan stay far below what may not be done."""
MAX_DAYS: Final = 365
MOST: Final = {
    ConstraintKind.KEEP_PERCENT: PERCENT,
    ConstraintKind.SHIP_WITHIN_DAYS: MAX_DAYS,
    ConstraintKind.DELIVER_TOGETHER: MOST_WAIT_DAYS,
}
AT_LEAST_ONE: Final = frozenset(
    {ConstraintKind.MAX_PARCELS, ConstraintKind.MAX_SOURCES_PER_LINE, ConstraintKind.DELIVER_TOGETHER}
)
MAX_KM: Final = 21_000
"""Nothing on earth is farther away."""
LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleStep:
    """Locations, kinds or groups of them, or with none all. Without a priority it comes after the step before it."""

    name: str = ""
    priority: int | None = None
    location_ids: tuple[UUID, ...] = ()
    location_kinds: tuple[LocationKind, ...] = ()
    max_distance_km: int | None = None
    min_value_minor: int = 0
    group_ids: tuple[UUID, ...] = ()
    distance_weight: int = 0
    rank_weight: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleHandling:
    location_kind: LocationKind
    parcel_minor: int = 0
    unit_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleConstraint:
    kind: ConstraintKind
    is_hard: bool = True
    value: int | None = None
    method: FulfilmentMethod | None = None
    location_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRoutingRule:
    """The whole rule: what is not given is blank. `domain/routing/rules/values.py` says what its parts mean."""

    name: str
    priority: int = 0
    effective_from: datetime | None = None
    effective_until: datetime | None = None
    channel_id: UUID | None = None
    segment: str = ""
    variant_id: UUID | None = None
    category: str = ""
    country: str = ""
    region: str = ""
    method: FulfilmentMethod | None = None
    steps: tuple[RuleStep, ...] = ()
    step_minor: int = DEFAULT_STEP_MINOR
    split_minor: int | None = None
    delay_minor: int = 0
    backlog_minor: int = 0
    backlog_free_days: int = 0
    handling: tuple[RuleHandling, ...] = ()
    constraints: tuple[RuleConstraint, ...] = ()
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateRoutingRule:
    rule_id: UUID
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveRoutingRule:
    rule_id: UUID
    expected_version: int | None = None


@action
async def draft_rule(act: Act, command: DraftRoutingRule) -> UUID:
    """Make the draft of this name, or put this in its place; raises InvalidInput and Conflict.

    `expected_version` is that of the draft; NotFound is raised when there is none.
    """
    await _check(act, command)
    await _lock_name(act, command.name)
    known = await RoutingRule.filter(organization_id=act.organization_id, name=command.name).order_by("-revision")
    draft = next((each for each in known if each.status is RuleStatus.DRAFT), None)
    if command.expected_version is not None:
        if draft is None:
            raise NotFound(KIND, command.name)
        if draft.version != command.expected_version:
            raise Conflict(KIND, command.expected_version, draft.version)
    values = _values(command)
    if draft is None:
        revision = known[0].revision + 1 if known else 1
        draft = RoutingRule(
            id=new_id(), organization_id=act.organization_id, revision=revision, status=RuleStatus.DRAFT,
            drafted_at=act.now, **values,
        )  # fmt: skip
        await draft.save(force_create=True)
    else:
        await draft.update_from_dict({**values, "version": draft.version + 1}).save()
    await _record(act, [draft])
    return draft.id


@fresh_network
@action
async def activate_rule(act: Act, command: ActivateRoutingRule) -> UUID:
    """Decide by it from now on; the active rule of its name is archived.

    An archived one comes back so. Raises NotFound, Conflict, and IllegalTransition for what is active already.
    """
    rule = await _locked(act, command, "activate", (RuleStatus.DRAFT, RuleStatus.ARCHIVED))
    changed = [rule]
    former = await RoutingRule.get_or_none(
        organization_id=act.organization_id, name=rule.name, status=RuleStatus.ACTIVE
    )
    if former is not None:
        await _set(act, former, RuleStatus.ARCHIVED)
        changed.append(former)
    await _set(act, rule, RuleStatus.ACTIVE)
    await _record(act, changed)
    return rule.id


@fresh_network
@action
async def archive_rule(act: Act, command: ArchiveRoutingRule) -> UUID:
    """Decide by it no more; raises NotFound, Conflict, and IllegalTransition for what is archived already."""
    rule = await _locked(act, command, "archive", (RuleStatus.DRAFT, RuleStatus.ACTIVE))
    await _set(act, rule, RuleStatus.ARCHIVED)
    await _record(act, [rule])
    return rule.id


async def _locked(
    act: Act, command: ActivateRoutingRule | ArchiveRoutingRule, verb: str, allowed: Sequence[RuleStatus]
) -> RoutingRule:
    found = await RoutingRule.get_or_none(id=command.rule_id, organization_id=act.organization_id)
    if found is None:
        raise NotFound(KIND, command.rule_id)
    await _lock_name(act, found.name)
    rule = await RoutingRule.get(id=found.id)
    if command.expected_version not in (None, rule.version):
        raise Conflict(KIND, command.expected_version or 0, rule.version)
    if rule.status not in allowed:
        raise IllegalTransition(verb, rule.status.value, [status.value for status in allowed])
    return rule


async def _lock_name(act: Act, name: str) -> None:
    """The revisions of a name change one after the other."""
    await execute(LOCK, [f"routing_rules/{act.organization_id}/{name}"])


async def _set(act: Act, rule: RoutingRule, status: RuleStatus) -> None:
    rule.status = status
    rule.version += 1
    rule.archived_at = act.now if status is RuleStatus.ARCHIVED else None
    if status is RuleStatus.ACTIVE:
        rule.activated_at = act.now
    await rule.save(update_fields=["status", "version", "archived_at", "activated_at"])


async def _record(act: Act, rules: Sequence[RoutingRule]) -> None:
    facts = [
        Fact(
            kind=FactKind.ROUTING_CHANGED,
            channel_id=rule.channel_id,
            payload={
                "routing_rule": {
                    "id": str(rule.id),
                    "name": rule.name,
                    "revision": rule.revision,
                    "status": rule.status.value,
                    "version": rule.version,
                }
            },
        )
        for rule in rules
    ]
    await outbox.record(act.organization_id, act.actor, act.now, facts)


async def _check(act: Act, command: DraftRoutingRule) -> None:
    checks = Checks()
    checks.code("name", command.name)
    checks.number("priority", command.priority, most=MAX_PRIORITY)
    for name, longest in (("segment", 64), ("category", 100), ("region", 100)):
        checks.text(name, getattr(command, name), longest=longest, is_required=False)
    if command.country:
        checks.country("country", command.country)
    elif command.region:
        checks.note("country", "REQUIRED", "A region lies in a country: name it.")
    first, last = command.effective_from, command.effective_until
    if first and last and first >= last:
        checks.note("effective_until", "OUT_OF_RANGE", "It must end after it begins.")
    checks.number("step_minor", command.step_minor, most=MAX_STEP_MINOR)
    for name in ("split_minor", "delay_minor", "backlog_minor"):
        checks.amount(name, getattr(command, name))
    checks.number("backlog_free_days", command.backlog_free_days, most=MAX_DAYS)
    _check_terms(checks, command)
    named = [("channel_id", command.channel_id)] if command.channel_id else []
    await check_known(act, checks, "channels", named)
    await check_known(act, checks, "variants", [("variant_id", command.variant_id)] if command.variant_id else [])
    await check_known(act, checks, "locations", [*_named(command, "location_ids"), *_merge_places(command)])
    await check_known(act, checks, "location_groups", _named(command, "group_ids"))
    checks.refuse()


def _check_terms(checks: Checks, command: DraftRoutingRule) -> None:
    if checks.size("steps", command.steps, most=MAX_STEPS):
        for step, below in checks.below("steps").beside(command.steps):
            below.text("name", step.name, longest=100, is_required=False)
            below.number("priority", step.priority, most=MAX_STEPS)
            below.size("location_ids", step.location_ids, most=MAX_LOCATIONS)
            below.number("max_distance_km", step.max_distance_km, most=MAX_KM)
            below.amount("min_value_minor", step.min_value_minor)
            below.size("group_ids", step.group_ids, most=MAX_STEPS)
            below.number("distance_weight", step.distance_weight, most=MAX_WEIGHT)
            below.number("rank_weight", step.rank_weight, most=MAX_WEIGHT)
    checks.once("handling", "location_kind", [each.location_kind for each in command.handling])
    for each, below in checks.below("handling").beside(command.handling):
        below.amount("parcel_minor", each.parcel_minor)
        below.amount("unit_minor", each.unit_minor)
    if checks.size("constraints", command.constraints, most=MAX_CONSTRAINTS):
        for constraint, below in checks.below("constraints").beside(command.constraints):
            _check_constraint(below, constraint)
    together = [each for each in command.constraints if each.kind is ConstraintKind.DELIVER_TOGETHER]
    if len(together) > 1:
        checks.note("constraints", "TWICE", "Say once how an order is delivered together.")


def _check_constraint(below: Checks, constraint: RuleConstraint) -> None:
    needs_value = constraint.kind not in WITHOUT_VALUE
    if needs_value != (constraint.value is not None):
        below.note("value", "VALUE", "Say how much." if needs_value else "This one takes no value.")
    below.amount("value", constraint.value)
    if constraint.kind in AT_LEAST_ONE:
        below.number("value", constraint.value, least=1)
    if constraint.kind in MOST:
        below.number("value", constraint.value, most=MOST[constraint.kind])
    if constraint.method is not None and constraint.kind not in BY_METHOD:
        below.note("method", "NOT_BY_METHOD", "This one holds for every method.")
    if constraint.location_id is not None and constraint.kind is not ConstraintKind.DELIVER_TOGETHER:
        below.note("location_id", "NO_PLACE", "This one names no location.")


def _named(command: DraftRoutingRule, name: str) -> list[tuple[str, UUID]]:
    return [
        (f"steps.{at}.{name}.{place}", row_id)
        for at, step in enumerate(command.steps[:MAX_STEPS])
        for place, row_id in enumerate(getattr(step, name)[:MAX_LOCATIONS])
    ]


def _merge_places(command: DraftRoutingRule) -> list[tuple[str, UUID]]:
    return [
        (f"constraints.{at}.location_id", each.location_id)
        for at, each in enumerate(command.constraints[:MAX_CONSTRAINTS])
        if each.location_id is not None
    ]


def _constraint(constraint: RuleConstraint) -> dict[str, Any]:
    """Naming no place where there is none to name, as older processes know it."""
    kept = {**asdict(constraint), "value": constraint.value or 0}
    place = kept.pop("location_id")
    return kept if place is None else {**kept, "location_id": str(place)}


def _values(command: DraftRoutingRule) -> dict[str, Any]:
    plain = ("name", "priority", "effective_from", "effective_until", "channel_id", "segment", "variant_id", "category",
             "country", "region", "method", "step_minor", "split_minor",
             "delay_minor", "backlog_minor", "backlog_free_days")  # fmt: skip
    return {
        **{name: getattr(command, name) for name in plain},
        "steps": [_step(at, step) for at, step in enumerate(command.steps)],
        "handling": [asdict(each) for each in command.handling],
        "constraints": [_constraint(each) for each in command.constraints],
    }


def _step(at: int, step: RuleStep) -> dict[str, Any]:
    return {
        **asdict(step),
        "priority": at if step.priority is None else step.priority,
        "location_ids": [str(each) for each in step.location_ids],
        "location_kinds": [kind.value for kind in step.location_kinds],
        "group_ids": [str(each) for each in step.group_ids],
    }
