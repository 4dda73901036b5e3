"""Planners set units aside for groups of buyers, move them and give them up; groups come, change and close."""

from typing import Any

from actions.quotas import groups, planning
from actions.quotas.groups import UpsertQuotaGroup
from actions.quotas.planning import MoveQuotas, QuotaLine, QuotaMove, ReturnQuotas, SetAside
from tests.actions.stock_walk.walk import Walk

GROUPS = "SELECT id, code, is_active FROM quota_groups ORDER BY code"
QUOTAS = """
SELECT q.* FROM quotas q JOIN variants v ON v.id = q.variant_id JOIN locations p ON p.id = q.location_id
JOIN quota_groups g ON g.id = q.group_id ORDER BY g.code, v.sku, p.code"""


async def keep_group(walk: Walk) -> None:
    """One of four: two channels beside each other, a part of one, and both together. Some cannot be at the same time."""
    code, named = walk.luck.choice(
        (("ONLINE", ("WEB",)), ("SHOPS", ("SHOP",)), ("ALL", ("WEB", "SHOP")), ("PART", ("WEB",)))
    )
    known = {row["code"]: row for row in await walk.all_of(GROUPS)}
    parent = known["ONLINE"]["id"] if code == "PART" and "ONLINE" in known else None
    command = UpsertQuotaGroup(
        code=code,
        name=code,
        channel_ids=tuple(walk.world.channels[each].id for each in named),
        parent_id=parent,
        priority=walk.luck.randint(0, 2),
        is_active=not (code in known and walk.is_lucky(0.3)),
    )
    await walk.do(groups.upsert_group, command)


async def set_aside(walk: Walk) -> None:
    lines = []
    for variant, location in walk.places(2):
        group = await walk.one_of(GROUPS)
        place: dict[str, Any] = {"variant_id": variant, "location_id": location}
        lines.append(QuotaLine(**place, group_id=group["id"], quantity=walk.luck.randint(1, 4)))
    await walk.do(planning.set_aside, SetAside(lines=tuple(lines)))


async def move_quota(walk: Walk) -> None:
    quota, group = await walk.one_of(QUOTAS), await walk.one_of(GROUPS)
    line = QuotaMove(
        variant_id=quota["variant_id"],
        location_id=quota["location_id"],
        from_group_id=quota["group_id"],
        to_group_id=group["id"],
        quantity=walk.luck.randint(1, 3),
    )
    await walk.do(planning.move_quotas, MoveQuotas(lines=(line,)))


async def return_quota(walk: Walk) -> None:
    quota = await walk.one_of(QUOTAS)
    line = QuotaLine(
        variant_id=quota["variant_id"],
        location_id=quota["location_id"],
        group_id=quota["group_id"],
        quantity=walk.luck.randint(1, max(1, quota["quantity"])),
    )
    await walk.do(planning.return_quotas, ReturnQuotas(lines=(line,)))
