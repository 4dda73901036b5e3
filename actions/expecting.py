"""Transfers and purchase orders tell promising what will come: one dated supply for each of their lines.

The paper counts; the supply follows it, inside the same transaction. Supplies are locked after papers and before levels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from actions.acting import Act
from actions.promising.supplies import AnnouncedLine, supply_fact
from domain.facts import Fact
from domain.ids import id_maker
from domain.promising.supply import SupplyStatus
from models import ExpectedSupply


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """`came` units more are there now, `left` are still to come; with a day, they come then."""

    came: int = 0
    left: int
    expected_on: date | None = None


async def expect(act: Act, lines: Sequence[AnnouncedLine], reference: str) -> list[ExpectedSupply]:
    """A new supply for each line, in their order. Whoever calls records `supply_fact` of each."""
    make = id_maker(len(lines))
    supplies = [
        ExpectedSupply(
            id=make(),
            organization_id=act.organization_id,
            variant_id=line.variant_id,
            location_id=line.location_id,
            kind=line.kind,
            quantity=line.quantity,
            expected_on=line.expected_on,
            reference=reference,
            announced_at=act.now,
        )
        for line in lines
    ]
    await ExpectedSupply.bulk_create(supplies)
    return supplies


async def tell(act: Act, news: Mapping[UUID, News]) -> list[Fact]:
    """Bring the supplies up to date; one of which nothing is left is closed. Returns the facts, for the caller to record."""
    if not news:
        return []
    supplies = await ExpectedSupply.filter(id__in=list(news)).order_by("id").select_for_update(no_key=True)
    for supply in supplies:
        told = news[supply.id]
        supply.received += told.came
        supply.quantity = told.left
        supply.expected_on = told.expected_on or supply.expected_on
        if not told.left:
            supply.status = SupplyStatus.RECEIVED if supply.received else SupplyStatus.CANCELLED
            supply.closed_at = act.now
        supply.version += 1
    changed = ["received", "quantity", "expected_on", "status", "closed_at", "version"]
    await ExpectedSupply.bulk_update(supplies, fields=changed)
    return [supply_fact(supply) for supply in supplies]
