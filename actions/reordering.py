"""Reorder rules, what they suggest to order now, and the drafts of purchase orders that are made of it.

The inventory position of a rule is what is available at its location, what is on its way there, what is on order, and
what is drafted already (so suggestions that became drafts are not made again), less what orders wait for. What waits to be
collected somewhere is counted at that location's rule. All else belongs to no location until it is served, and is counted
once: at the variant's rule with the highest reorder point, the oldest of such.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.days import day_in
from actions.inventory import MAX_LINES, MAX_UNITS
from actions.purchasing.ordering import BoughtUnits, CreatePurchaseOrder, draft
from actions.purchasing.vendors import MAX_LEAD_TIME_DAYS
from actions.stocked import check_stocked
from actions.upserting import check_known
from domain.errors import Conflict, NotFound
from domain.facts import Fact, FactKind
from domain.ids import new_id
from domain.reordering import SALES_DAYS, ReorderPolicy, Rule, by_vendor, comes_on, days_of_supply, to_order
from domain.validation import Checks
from models import ReorderRule, Vendor
from models.db import execute, rows

MAX_SUGGESTIONS: Final = 500
NEEDED: Final = """
WITH active AS (SELECT r.* FROM reorder_rules r JOIN vendors v ON v.id = r.vendor_id
    WHERE r.organization_id = $1 AND r.is_active AND v.is_active),
main AS (SELECT DISTINCT ON (variant_id) id, variant_id FROM active ORDER BY variant_id, reorder_point DESC, id),
waiting AS (SELECT coalesce(there.id, main.id) AS rule_id, sum(s.quantity)::int AS units
    FROM line_status s JOIN order_lines i ON i.id = s.line_id JOIN orders o ON o.id = s.order_id
    JOIN main ON main.variant_id = i.variant_id
    LEFT JOIN active there ON there.variant_id = i.variant_id AND there.location_id = i.pickup_location_id
    WHERE o.organization_id = $1 AND s.status IN ('backordered', 'unscheduled') GROUP BY 1),
counted AS (SELECT r.id AS rule_id, l.id AS level_id, r.variant_id, r.location_id, r.vendor_id, r.policy, r.reorder_point,
    r.quantity, r.unit_cost_minor,
    coalesce(r.lead_time_days, f.lead_time_days, v.lead_time_days) AS lead_time_days, p.time_zone,
    coalesce(l.on_hand - l.allocated - l.reserved - l.damaged - l.quality_control - l.safety, 0)::int AS available,
    coming.in_transit, coming.on_order, drafts.units AS drafted, coalesce(w.units, 0) AS backordered
FROM active r JOIN vendors v ON v.id = r.vendor_id JOIN locations p ON p.id = r.location_id
LEFT JOIN vendor_offers f ON f.vendor_id = r.vendor_id AND f.variant_id = r.variant_id AND f.is_active
LEFT JOIN waiting w ON w.rule_id = r.id
LEFT JOIN stock_levels l ON l.variant_id = r.variant_id AND l.location_id = r.location_id
CROSS JOIN LATERAL (SELECT coalesce(sum(s.quantity) FILTER (WHERE s.kind = 'in_transit'), 0)::int AS in_transit,
        coalesce(sum(s.quantity) FILTER (WHERE s.kind = 'purchase_order'), 0)::int AS on_order
    FROM expected_supplies s WHERE s.organization_id = r.organization_id AND s.variant_id = r.variant_id
      AND s.location_id = r.location_id AND s.status = 'expected') AS coming
CROSS JOIN LATERAL (SELECT coalesce(sum(i.quantity), 0)::int AS units
    FROM purchase_lines i JOIN purchase_orders o ON o.id = i.purchase_order_id
    WHERE i.variant_id = r.variant_id AND o.destination_id = r.location_id AND o.status = 'draft') AS drafts
WHERE ($2::uuid[] IS NULL OR r.location_id = ANY($2)) AND ($3::uuid[] IS NULL OR r.vendor_id = ANY($3))),
needed AS (SELECT * FROM counted WHERE available + in_transit + on_order + drafted - backordered <= reorder_point
    ORDER BY vendor_id, location_id, variant_id LIMIT $4)
SELECT needed.*, gone.units AS sold FROM needed
CROSS JOIN LATERAL (SELECT coalesce(sum(greatest(net, 0)), 0)::int AS units
    FROM (SELECT sum(CASE kind WHEN 'forwarded_in' THEN -quantity ELSE quantity END) AS net
        FROM stock_movements WHERE stock_level_id = needed.level_id AND moved_at >= $5
          AND kind IN ('shipped', 'forwarded_out', 'forwarded_in') GROUP BY line_id) AS by_line) AS gone
ORDER BY vendor_id, location_id, variant_id"""
"""What was brought for an order leaves a location without having been sold from what is kept there."""
ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetReorderRule:
    """One for each variant and location. `quantity` is the level to fill up to, or the size of a lot."""

    variant_id: UUID
    location_id: UUID
    vendor_id: UUID
    policy: ReorderPolicy
    reorder_point: int
    quantity: int
    unit_cost_minor: int
    lead_time_days: int | None = None
    is_active: bool = True
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSuggestions:
    """Of these locations and vendors; of all, where None."""

    location_ids: tuple[UUID, ...] | None = None
    vendor_ids: tuple[UUID, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """`quantity` units ordered today would come on `expected_on`; `sold` units left for orders in SALES_DAYS."""

    rule_id: UUID
    variant_id: UUID
    location_id: UUID
    vendor_id: UUID
    unit_cost_minor: int
    available: int
    in_transit: int
    on_order: int
    drafted: int
    backordered: int
    sold: int
    quantity: int
    expected_on: date

    @property
    def days_of_supply(self) -> int | None:
        return days_of_supply(self.available, self.sold)


@action
async def set_rule(act: Act, command: SetReorderRule) -> UUID:
    """Raises InvalidInput, NotFound or Conflict."""
    await _check(act, command)
    await execute(ONE_AT_A_TIME, [f"reorder_rules/{act.organization_id}"])
    found = ReorderRule.filter(variant_id=command.variant_id, location_id=command.location_id)
    rule = await found.select_for_update(no_key=True).get_or_none()
    if command.expected_version is not None:
        _check_version(rule, command)
    values = {
        "vendor_id": command.vendor_id,
        "policy": command.policy,
        "reorder_point": command.reorder_point,
        "quantity": command.quantity,
        "unit_cost_minor": command.unit_cost_minor,
        "lead_time_days": command.lead_time_days,
        "is_active": command.is_active,
    }
    if rule is None:
        place = {"variant_id": command.variant_id, "location_id": command.location_id}
        rule = ReorderRule(id=new_id(), organization_id=act.organization_id, **place, **values)
        await rule.save(force_create=True)
    elif any(getattr(rule, name) != value for name, value in values.items()):
        await rule.update_from_dict({**values, "version": rule.version + 1}).save()
    else:
        return rule.id
    await outbox.record(act.organization_id, act.actor, act.now, [_told(rule)])
    return rule.id


@action
async def order_suggestions(act: Act, command: OrderSuggestions) -> list[UUID]:
    """One draft for each vendor and destination, of everything that is suggested; the ids of the drafts."""
    await execute(ONE_AT_A_TIME, [f"reorder_drafts/{act.organization_id}"])
    suggested = await suggestions(act.organization_id, act.now, command)
    vendors = {vendor.id: vendor for vendor in await Vendor.filter(id__in={each.vendor_id for each in suggested})}
    drafts = []
    for (vendor_id, location_id), together in by_vendor(suggested).items():
        for at in range(0, len(together), MAX_LINES):
            lines = tuple(
                BoughtUnits(variant_id=each.variant_id, quantity=each.quantity, unit_cost_minor=each.unit_cost_minor)
                for each in together[at : at + MAX_LINES]
            )
            wanted = CreatePurchaseOrder(vendor_id=vendor_id, destination_id=location_id, lines=lines)
            drafts.append(await draft(act, vendors[vendor_id], wanted))
    return drafts


async def suggestions(organization_id: UUID, now: datetime, wanted: OrderSuggestions) -> list[Suggestion]:
    """At most MAX_SUGGESTIONS, by vendor and location."""
    limits = [list(each) if each is not None else None for each in (wanted.location_ids, wanted.vendor_ids)]
    since = now - timedelta(days=SALES_DAYS)
    return [_suggestion(row, now) for row in await rows(NEEDED, [organization_id, *limits, MAX_SUGGESTIONS, since])]


def _suggestion(row: dict[str, Any], now: datetime) -> Suggestion:
    counted = {name: row[name] for name in ("available", "in_transit", "on_order", "drafted")}
    policy = ReorderPolicy(row["policy"])
    rule = Rule(policy=policy, reorder_point=row["reorder_point"], quantity=row["quantity"])
    units = to_order(rule, sum(counted.values()) - row["backordered"])
    names = ("rule_id", "variant_id", "location_id", "vendor_id", "unit_cost_minor", "backordered", "sold")
    named = {name: row[name] for name in names}
    comes = comes_on(day_in(row["time_zone"], now), row["lead_time_days"])
    return Suggestion(**named, **counted, quantity=units, expected_on=comes)


async def _check(act: Act, command: SetReorderRule) -> None:
    checks = Checks()
    is_up_to = command.policy is ReorderPolicy.UP_TO_LEVEL
    checks.number("reorder_point", command.reorder_point, most=MAX_UNITS)
    least = min(command.reorder_point + 1, MAX_UNITS) if is_up_to else 1
    checks.number("quantity", command.quantity, least=max(1, least), most=MAX_UNITS)
    checks.amount("unit_cost_minor", command.unit_cost_minor)
    checks.number("lead_time_days", command.lead_time_days, most=MAX_LEAD_TIME_DAYS)
    await check_stocked(act, checks, [("variant_id", command.variant_id)])
    for table, name in (("locations", "location_id"), ("vendors", "vendor_id")):
        await check_known(act, checks, table, [(name, getattr(command, name))])
    checks.refuse()


def _check_version(rule: ReorderRule | None, command: SetReorderRule) -> None:
    if rule is None:
        raise NotFound("reorder rule", f"{command.variant_id} at {command.location_id}")
    if rule.version != command.expected_version:
        raise Conflict("reorder rule", command.expected_version or 0, rule.version)


def _told(rule: ReorderRule) -> Fact:
    payload = {
        "id": str(rule.id),
        "vendor": str(rule.vendor_id),
        "policy": rule.policy.value,
        "reorder_point": rule.reorder_point,
        "quantity": rule.quantity,
        "is_active": rule.is_active,
        "version": rule.version,
    }
    return Fact(
        kind=FactKind.REORDER_RULE_CHANGED,
        variant_id=rule.variant_id,
        location_id=rule.location_id,
        payload=payload,
    )
