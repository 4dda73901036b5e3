"""Which quotas the buyer of an order, or of a channel, may use."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from actions import reference
from actions.quotas.ledger import taken_sql
from domain.quotas.groups import Entitled
from models.db import Fetching, rows

KEPT_BACK: Final = ("allocated", "reserved", "damaged", "quality_control", "safety", "set_aside")
FOREIGN: Final = f"""
SELECT m.reservation_id AS id, {taken_sql("cart")} AS units FROM quota_movements m JOIN quotas q ON q.id = m.quota_id
WHERE m.reservation_id = ANY($1::uuid[]) AND q.group_id <> ALL($2::uuid[]) GROUP BY 1"""
SEGMENT: Final = "SELECT segment FROM customers WHERE id = $1 AND organization_id = $2"


def admits(group: str, channel: str, segment: str) -> str:
    """`QuotaGroup.admits` as SQL over a row of quota_groups."""
    return (
        f"({group}.is_active AND NOT {group}.is_for_nobody"
        f" AND (cardinality({group}.channel_ids) = 0 OR {channel} = ANY({group}.channel_ids))"
        f" AND {group}.segment IN ('', coalesce({segment}, '')))"
    )


def quotas_for(level: str, channel: str, segment: str) -> str:
    """Units of a row of stock_levels that are set aside for such a buyer, as SQL."""
    return (
        f"CASE WHEN {level}.has_quotas THEN (SELECT coalesce(sum(q.quantity), 0) FROM quotas q"
        f" JOIN quota_groups g ON g.id = q.group_id WHERE q.stock_level_id = {level}.id"
        f" AND {admits('g', channel, segment)}) ELSE 0 END"
    )


def free_for(level: str, channel: str, segment: str) -> str:
    """Units that such a buyer can have: what is common, and what is set aside for it."""
    return f"{common_units(level)} + {quotas_for(level, channel, segment)}"


def common_units(level: str) -> str:
    """Units that anybody can have."""
    return f"greatest(0, {' - '.join(f'{level}.{name}' for name in ('on_hand', *KEPT_BACK))})"


async def groups_of(organization_id: UUID, channel_id: UUID, customer_id: UUID | None) -> Entitled:
    """Nobody's segment is asked where nothing can be set aside for it."""
    network = await reference.network(Fetching, organization_id)
    if not network.quota_groups:
        return ()
    return network.entitled(channel_id, await segment_of(organization_id, customer_id))


async def segment_of(organization_id: UUID, customer_id: UUID | None) -> str:
    """Empty for guests."""
    found = await rows(SEGMENT, [customer_id, organization_id]) if customer_id else []
    return found[0]["segment"] if found else ""


async def foreign_units(
    reservation_ids: Sequence[UUID], organization_id: UUID, channel_id: UUID, customer_id: UUID | None
) -> dict[UUID, int]:
    """Units that carts keep of quotas that are not for this buyer, by reservation."""
    network = await reference.network(Fetching, organization_id)
    if not network.quota_groups or not reservation_ids:
        return {}
    groups = network.entitled(channel_id, await segment_of(organization_id, customer_id))
    return {row["id"]: row["units"] for row in await rows(FOREIGN, [list(reservation_ids), list(groups)])}
