"""From how many units on a variant is called medium or high."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.inventory import MAX_UNITS
from actions.upserting import check_known
from domain.errors import Conflict
from domain.facts import Fact, FactKind
from domain.ids import new_id
from domain.validation import Checks
from models.db import execute, rows

FOUND: Final = """
SELECT id, medium_from, high_from, version FROM availability_thresholds
WHERE organization_id = $1 AND variant_id IS NOT DISTINCT FROM $2 AND location_id IS NOT DISTINCT FROM $3
FOR NO KEY UPDATE"""
OPEN: Final = """
INSERT INTO availability_thresholds (id, organization_id, variant_id, location_id, changed_at, version)
VALUES ($1, $2, $3, $4, $5, 0) ON CONFLICT (organization_id, variant_id, location_id) DO NOTHING"""
SET: Final = """
UPDATE availability_thresholds SET medium_from = $2, high_from = $3, changed_at = $4, version = version + 1 WHERE id = $1"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAvailabilityThreshold:
    """Of a variant, else of a location, else of the organization. Without numbers, what comes next after it holds again."""

    variant_id: UUID | None = None
    location_id: UUID | None = None
    medium_from: int | None = None
    high_from: int | None = None
    expected_version: int | None = None


@action
async def set_threshold(act: Act, command: SetAvailabilityThreshold) -> UUID:
    """Raises InvalidInput or Conflict. The same numbers again change nothing."""
    await _check(act, command)
    place = [act.organization_id, command.variant_id, command.location_id]
    await execute(OPEN, [new_id(), *place, act.now])
    [found] = await rows(FOUND, place)
    if command.expected_version not in (None, found["version"]):
        raise Conflict("availability threshold", command.expected_version or 0, found["version"])
    key: UUID = found["id"]
    numbers = (command.medium_from, command.high_from)
    if found["version"] and (found["medium_from"], found["high_from"]) == numbers:
        return key
    await execute(SET, [key, *numbers, act.now])
    fact = Fact(
        kind=FactKind.THRESHOLDS_CHANGED,
        variant_id=command.variant_id,
        location_id=command.location_id,
        payload={
            "id": str(key),
            "medium_from": command.medium_from,
            "high_from": command.high_from,
            "version": found["version"] + 1,
        },
    )
    await outbox.record(act.organization_id, act.actor, act.now, [fact])
    return key


async def _check(act: Act, command: SetAvailabilityThreshold) -> None:
    checks = Checks()
    if command.variant_id and command.location_id:
        checks.note("location_id", "ONE_OF", "Name a variant or a location, and not both.")
    if (command.medium_from is None) != (command.high_from is None):
        checks.note("high_from", "REQUIRED", "Give both numbers, or none.")
    checks.number("medium_from", command.medium_from, least=1, most=MAX_UNITS)
    checks.number("high_from", command.high_from, least=command.medium_from or 1, most=MAX_UNITS)
    for name, table in (("variant_id", "variants"), ("location_id", "locations")):
        if wanted := getattr(command, name):
            await check_known(act, checks, table, [(name, wanted)])
    checks.refuse()
