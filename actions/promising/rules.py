"""How careful promises are: minutes of work and days of grace by location, and units that are not counted on."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.upserting import Entry, Row, Table, check_known, fresh_network, given, upsert
from domain.facts import Fact, FactKind
from domain.promising.question import STANDARD_RULE
from domain.promising.supply import PERCENT, SupplyKind
from domain.routing.values import Method
from domain.validation import KEEP, Checks, Keep

MAX_MINUTES: Final = 60 * 24 * 60
"""Of work; sixty days round the clock."""
MAX_VALID_MINUTES: Final = 24 * 60
MAX_DAYS: Final = 90
MAX_WINDOW_DAYS: Final = 730

PROMISE_RULES: Final = Table(
    name="promise_rules",
    kind="promise rule",
    code="code",
    defaults={
        "location_id": None,
        "lead_time_minutes": STANDARD_RULE.lead_time_minutes,
        "pickup_ready_minutes": STANDARD_RULE.pickup_ready_minutes,
        "buffer_days": STANDARD_RULE.buffer_days,
        "valid_minutes": STANDARD_RULE.valid_minutes,
        "past_due_days": STANDARD_RULE.past_due_days,
        "past_due_demand_days": STANDARD_RULE.past_due_demand_days,
        "forward_days": STANDARD_RULE.forward_days,
        "is_active": True,
    },
)
SAFETY_RULES: Final = Table(
    name="safety_rules",
    kind="safety rule",
    code="code",
    defaults={
        "kind": None,
        "variant_id": None,
        "location_id": None,
        "method": None,
        "quantity": None,
        "percent": None,
        "is_active": True,
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertPromiseRule:
    """As `domain/promising/question.py` says; without a location it is for all that have no rule of their own."""

    code: str
    location_id: UUID | Keep | None = KEEP
    lead_time_minutes: int | Keep = KEEP
    pickup_ready_minutes: int | Keep = KEEP
    buffer_days: int | Keep = KEEP
    valid_minutes: int | Keep = KEEP
    past_due_days: int | Keep = KEEP
    past_due_demand_days: int | Keep | None = KEEP
    forward_days: int | Keep | None = KEEP
    is_active: bool | Keep = KEEP
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertSafetyRule:
    """Exactly one of `quantity` and `percent` says what is kept back; it holds for all of what it does not name."""

    code: str
    quantity: int | None = None
    percent: int | None = None
    kind: SupplyKind | Keep | None = KEEP
    variant_id: UUID | Keep | None = KEEP
    location_id: UUID | Keep | None = KEEP
    method: Method | Keep | None = KEEP
    is_active: bool | Keep = KEEP
    expected_version: int | None = None


@action
async def upsert_promise_rule(act: Act, command: UpsertPromiseRule) -> UUID:
    checks = Checks()
    checks.code("code", command.code, longest=32)
    checks.number("lead_time_minutes", command.lead_time_minutes, most=MAX_MINUTES)
    checks.number("pickup_ready_minutes", command.pickup_ready_minutes, most=MAX_MINUTES)
    checks.number("buffer_days", command.buffer_days, most=MAX_DAYS)
    checks.number("valid_minutes", command.valid_minutes, least=1, most=MAX_VALID_MINUTES)
    checks.number("past_due_days", command.past_due_days, most=MAX_DAYS)
    checks.number("past_due_demand_days", command.past_due_demand_days, most=MAX_WINDOW_DAYS)
    checks.number("forward_days", command.forward_days, most=MAX_WINDOW_DAYS)
    await _check_places(act, checks, command)
    values = given(
        location_id=command.location_id,
        lead_time_minutes=command.lead_time_minutes,
        pickup_ready_minutes=command.pickup_ready_minutes,
        buffer_days=command.buffer_days,
        valid_minutes=command.valid_minutes,
        past_due_days=command.past_due_days,
        past_due_demand_days=command.past_due_demand_days,
        forward_days=command.forward_days,
        is_active=command.is_active,
    )
    row = await _upsert(act, PROMISE_RULES, "promise_rule", _entry(command, values, checks))
    if row.values["location_id"] is not None and row.values["past_due_demand_days"] is not None:
        told = "What waits belongs to no location yet: set it in a rule without one, and null here."
        checks.note("past_due_demand_days", "NOT_FOR_A_LOCATION", told)
        checks.refuse()
    return row.id


@fresh_network
@action
async def upsert_safety_rule(act: Act, command: UpsertSafetyRule) -> UUID:
    checks = Checks()
    checks.code("code", command.code, longest=32)
    checks.number("quantity", command.quantity)
    checks.number("percent", command.percent, most=PERCENT)
    if (command.quantity is None) == (command.percent is None):
        checks.note("quantity", "ONE_OF", "Give a quantity or a percentage, and not both.")
    await _check_places(act, checks, command)
    values = given(
        kind=command.kind,
        variant_id=command.variant_id,
        location_id=command.location_id,
        method=command.method,
        quantity=command.quantity,
        percent=command.percent,
        is_active=command.is_active,
    )
    return (await _upsert(act, SAFETY_RULES, "safety_rule", _entry(command, values, checks))).id


async def _check_places(act: Act, checks: Checks, command: UpsertPromiseRule | UpsertSafetyRule) -> None:
    for name, table in (("variant_id", "variants"), ("location_id", "locations")):
        wanted = getattr(command, name, None)
        if isinstance(wanted, UUID):
            await check_known(act, checks, table, [(name, wanted)])


def _entry(command: UpsertPromiseRule | UpsertSafetyRule, values: dict[str, Any], checks: Checks) -> Entry:
    return Entry(code=command.code, given=values, checks=checks, expected_version=command.expected_version)


async def _upsert(act: Act, table: Table, name: str, entry: Entry) -> Row:
    [row] = await upsert(act, table, [entry])
    if row.is_changed:
        fact = Fact(kind=FactKind.PROMISING_CHANGED, payload={name: row.values})
        await outbox.record(act.organization_id, act.actor, act.now, [fact])
    return row
