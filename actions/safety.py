"""Units on hand that safety rules keep back, wherever units are given to somebody: one predicate, also as SQL
(`actions/safe_units.py`).

`domain/promising/supply.py` says what a rule keeps. Who has no rules pays nothing: the network knows whether there are any.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from domain.promising.supply import OnShelf, SafetyRule, SupplyKind, may_be_given
from domain.routing.values import Method

RULES: Final = """
SELECT code, kind, variant_id, location_id, method, quantity, percent
FROM safety_rules WHERE organization_id = $1 AND is_active ORDER BY code"""


async def rules_of(connection: Any, organization_id: UUID) -> list[SafetyRule]:
    """For whatever supply."""
    return [
        SafetyRule(
            code=row["code"],
            kind=SupplyKind(row["kind"]) if row["kind"] else None,
            variant_id=row["variant_id"],
            location_id=row["location_id"],
            method=Method(row["method"]) if row["method"] else None,
            quantity=row["quantity"] or 0,
            percent=row["percent"] or 0,
        )
        for row in await connection.fetch(RULES, organization_id)
    ]


def on_hand_only(rules: Sequence[SafetyRule]) -> list[SafetyRule]:
    return [rule for rule in rules if rule.kind in (None, SupplyKind.ON_HAND)]


def free_of(rules: Sequence[SafetyRule], level: Any, unclaimed: int, methods: Sequence[Method]) -> int:
    """Of so many unclaimed units of a stock level's row, those that may be given."""
    shelf = OnShelf(unclaimed, level["safety"])
    return may_be_given(rules, shelf, methods, variant_id=level["variant_id"], location_id=level["location_id"])
