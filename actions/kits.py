"""What kits are made of. Orders keep what theirs were made of, whatever is changed here later."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from actions import outbox
from actions.acting import Act, action
from actions.upserting import check_known
from domain.errors import Conflict, NotFound
from domain.facts import Fact, FactKind
from domain.ids import id_maker
from domain.kits import MAX_COMPONENTS, MAX_UNITS_EACH
from domain.lifecycle import LEFT, UnitStatus
from domain.validation import Checks
from models.db import execute, rows

LOCK: Final = """
SELECT id, sku, version, is_kit FROM variants WHERE organization_id = $1 AND id = ANY($2::uuid[])
ORDER BY id FOR NO KEY UPDATE"""
COMPONENTS_ELSEWHERE: Final = """
SELECT v.sku FROM kit_components k JOIN variants v ON v.id = k.kit_variant_id WHERE k.component_variant_id = $1
ORDER BY v.sku LIMIT 1"""
MARK: Final = """
UPDATE variants v SET is_kit = $2, version = v.version + 1 WHERE v.id = $1 RETURNING to_jsonb(v) AS row"""
FORGET: Final = "DELETE FROM kit_components WHERE kit_variant_id = $1"
ADD: Final = """
INSERT INTO kit_components (id, kit_variant_id, component_variant_id, quantity)
SELECT id, $1, component_id, quantity FROM unnest($2::uuid[], $3::uuid[], $4::int[]) AS u(id, component_id, quantity)"""
IN_USE: Final = """
SELECT EXISTS (SELECT FROM stock_levels WHERE variant_id = $1
               AND (on_hand <> 0 OR allocated <> 0 OR reserved <> 0 OR damaged <> 0 OR quality_control <> 0)) AS has_stock,
    EXISTS (SELECT FROM expected_supplies WHERE variant_id = $1 AND status = 'expected') AS is_coming,
    EXISTS (SELECT FROM purchase_lines l JOIN purchase_orders p ON p.id = l.purchase_order_id
            WHERE l.variant_id = $1 AND p.status = 'draft')
        OR EXISTS (SELECT FROM transfer_lines l JOIN transfers t ON t.id = l.transfer_id
                   WHERE l.variant_id = $1 AND t.status IN ('draft', 'ready')) AS is_on_paper,
    EXISTS (SELECT FROM reorder_rules WHERE variant_id = $1 AND is_active) AS is_reordered,
    EXISTS (SELECT FROM vendor_offers WHERE variant_id = $1 AND is_active) AS is_offered,
    EXISTS (SELECT FROM quota_plans WHERE variant_id = $1 AND ended_at IS NULL) AS is_planned,
    EXISTS (SELECT FROM order_lines l JOIN line_status s ON s.line_id = l.id
            WHERE l.variant_id = $1 AND s.status <> ALL($2::text[])) AS is_ordered"""
DONE: Final = sorted(status.value for status in LEFT | {UnitStatus.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class KitPart:
    variant_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetKitComponents:
    """All that one kit has, in the place of what was listed before; with nothing the variant is no kit any more."""

    variant_id: UUID
    components: tuple[KitPart, ...]
    expected_version: int | None = None


@action
async def set_kit_components(act: Act, command: SetKitComponents) -> UUID:
    """The list belongs to the variant and counts up its version. Raises InvalidInput, NotFound or Conflict.

    A kit has no stock of its own and no component that is a kit; orders that are placed do not change.
    """
    checks = Checks()
    parts = command.components
    if checks.size("components", parts, most=MAX_COMPONENTS):
        checks.once("components", "variant_id", [part.variant_id for part in parts])
        for at, part in enumerate(parts):
            checks.number(f"components.{at}.quantity", part.quantity, least=1, most=MAX_UNITS_EACH)
        named = [(f"components.{at}.variant_id", part.variant_id) for at, part in enumerate(parts)]
        await check_known(act, checks, "variants", named)
    checks.refuse()
    is_kit_already = await _lock(act, command, checks)
    checks.refuse()
    await execute(FORGET, [command.variant_id])
    if parts and not is_kit_already:
        await _check_no_component(command.variant_id, checks)
    # Marking waits for whoever is about to count, order, stock or write down the variant; only then is it seen that nobody did.
    [marked] = await rows(MARK, [command.variant_id, bool(parts)])
    if parts and not is_kit_already:
        await _check_unused(command.variant_id, checks)
    make = id_maker(len(parts))
    columns = [[part.variant_id for part in parts], [part.quantity for part in parts]]
    await execute(ADD, [command.variant_id, [make() for _ in parts], *columns])
    await outbox.record(act.organization_id, act.actor, act.now, [_fact(orjson.loads(marked["row"]), parts)])
    return command.variant_id


async def _lock(act: Act, command: SetKitComponents, checks: Checks) -> bool:
    """Whether the variant is a kit; it and its components are locked in id order. Notes components that are kits."""
    wanted = [command.variant_id, *(part.variant_id for part in command.components)]
    found = {row["id"]: row for row in await rows(LOCK, [act.organization_id, sorted(set(wanted))])}
    if command.variant_id not in found:
        raise NotFound("variant", command.variant_id)
    kit = found[command.variant_id]
    if command.expected_version not in (None, kit["version"]):
        raise Conflict("variant", command.expected_version or 0, kit["version"])
    for at, part in enumerate(command.components):
        path = f"components.{at}.variant_id"
        if part.variant_id == command.variant_id:
            checks.note(path, "SAME", "A kit is no component of itself.")
        elif found[part.variant_id]["is_kit"]:
            checks.note(path, "KIT", f"{found[part.variant_id]['sku']} is a kit itself: name its components.")
    is_kit: bool = kit["is_kit"]
    return is_kit


async def _check_no_component(variant_id: UUID, checks: Checks) -> None:
    for kit in await rows(COMPONENTS_ELSEWHERE, [variant_id]):
        checks.note("variant_id", "COMPONENT", f"It is a component of {kit['sku']}, so it cannot be a kit.")
    checks.refuse()


async def _check_unused(variant_id: UUID, checks: Checks) -> None:
    [found] = await rows(IN_USE, [variant_id, DONE])
    for name, why in (
        ("has_stock", "there is stock of it"),
        ("is_coming", "some is expected"),
        ("is_on_paper", "drafts of purchase orders or transfers have it"),
        ("is_reordered", "a reorder rule is for it"),
        ("is_offered", "a vendor offers it: withdraw the offer, and have its components offered"),
        ("is_planned", "a quota plan is open for it, which nobody could fill: end it, and plan for the components"),
        ("is_ordered", "open orders or drafts have it"),
    ):
        if found[name]:
            checks.note("variant_id", "IN_USE", f"A kit has no stock of its own, and {why}.")
    checks.refuse()


def _fact(variant: dict[str, Any], parts: Sequence[KitPart]) -> Fact:
    told = [{"variant": str(part.variant_id), "quantity": part.quantity} for part in parts]
    return Fact(
        kind=FactKind.CATALOGUE_CHANGED,
        variant_id=UUID(variant["id"]),
        payload={"variant": variant, "kit_components": told},
    )
