"""What it is worth to be rid of units where they lie, so that routing takes them before their price has to be cut."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.catalogue import touch
from actions.upserting import check_known, fresh_network
from domain.errors import InputProblem, InvalidInput
from domain.facts import Fact, FactKind
from domain.ids import id_maker
from domain.money import MAX_MINOR
from domain.validation import Checks
from models import MarkdownCredit
from models.db import execute

MOST_LOCATIONS: Final = 500
MOST_CREDITS: Final = 10_000
"""Of an organization: every process keeps them all in memory, and reads them anew every few seconds."""
ADD: Final = """
INSERT INTO markdown_credits (id, organization_id, variant_id, location_id, unit_minor)
SELECT id, $1, $2, location_id, unit_minor FROM unnest($3::uuid[], $4::uuid[], $5::int8[]) AS u(id, location_id, unit_minor)"""
ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationCredit:
    location_id: UUID
    unit_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMarkdownCredits:
    """In the smallest unit of the organization's currency; a location that is not named has none."""

    variant_id: UUID
    credits: tuple[LocationCredit, ...]
    expected_version: int | None = None


@fresh_network
@action
async def set_credits(act: Act, command: SetMarkdownCredits) -> UUID:
    """The variant's id, whose version counts it. Raises InvalidInput, NotFound or Conflict."""
    checks = Checks()
    wanted = command.credits
    if checks.size("credits", wanted, most=MOST_LOCATIONS):
        checks.once("credits", "location_id", [each.location_id for each in wanted])
        for at, each in enumerate(wanted):
            checks.number(f"credits.{at}.unit_minor", each.unit_minor, least=1, most=MAX_MINOR)
        named = [(f"credits.{at}.location_id", each.location_id) for at, each in enumerate(wanted)]
        await check_known(act, checks, "locations", named)
    checks.refuse()
    row = await touch(act, command.variant_id, command.expected_version)
    # Of different variants, too: else several together pass the limit that each of them keeps to.
    await execute(ONE_AT_A_TIME, [f"markdown_credits/{act.organization_id}"])
    await MarkdownCredit.filter(variant_id=row.id).delete()
    if await MarkdownCredit.filter(organization_id=act.organization_id).count() + len(wanted) > MOST_CREDITS:
        message = f"There may be {MOST_CREDITS:,} credits at a time; take some from other variants first."
        raise InvalidInput([InputProblem("credits", "TOO_MANY", message)])
    make = id_maker(max(1, len(wanted)))
    places, minors = [each.location_id for each in wanted], [each.unit_minor for each in wanted]
    await execute(ADD, [act.organization_id, row.id, [make() for _ in wanted], places, minors])
    told = {str(each.location_id): each.unit_minor for each in wanted}
    payload = {"variant": row.values, "markdown_credits": told}
    fact = Fact(kind=FactKind.CATALOGUE_CHANGED, variant_id=row.id, payload=payload)
    await outbox.record(act.organization_id, act.actor, act.now, [fact])
    return row.id
