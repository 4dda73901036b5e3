"""Planners set units aside for groups of buyers, move them and give them up; plans are made, filled and ended; groups come,
change and close."""

from typing import Any

from actions.location_groups import GroupMember, UpsertLocationGroup, upsert_location_group
from actions.quotas import groups, planning, plans
from actions.quotas.buyers import common_units
from actions.quotas.filling import Turn, fill_plans
from actions.quotas.groups import UpsertQuotaGroup
from actions.quotas.planning import MoveQuotas, QuotaLine, QuotaMove, ReturnQuotas, SetAside
from actions.quotas.plans import EndQuotaPlan, PlanQuota
from actions.quotas.shares import KEPT, TAKEN
from tests.actions.stock_walk.walk import Walk

GROUPS = "SELECT id, code, is_active FROM quota_groups ORDER BY code"
QUOTAS = """
SELECT q.* FROM quotas q JOIN variants v ON v.id = q.variant_id JOIN locations p ON p.id = q.location_id
JOIN quota_groups g ON g.id = q.group_id ORDER BY g.code, v.sku, p.code"""

PLANS = """
SELECT p.id FROM quota_plans p JOIN quota_groups g ON g.id = p.group_id JOIN variants v ON v.id = p.variant_id
LEFT JOIN location_groups n ON n.id = p.location_group_id WHERE p.ended_at IS NULL ORDER BY g.code, v.sku, n.code"""
_HAS = f"""
SELECT p.id, p.units, sum({KEPT}) AS kept, sum({TAKEN}) AS taken FROM quota_plans p
LEFT JOIN quota_shares s ON s.plan_id = p.id LEFT JOIN quotas q ON q.id = s.quota_id WHERE p.ended_at IS NULL {{}} GROUP BY p.id"""
SHORT = f"""
SELECT h.* FROM ({_HAS.format("AND p.location_group_id IS NULL")}) AS h JOIN quota_plans p ON p.id = h.id
JOIN quota_groups g ON g.id = p.group_id WHERE coalesce(h.kept + h.taken, 0) < h.units AND EXISTS (
    SELECT FROM stock_levels l WHERE l.variant_id = p.variant_id AND {common_units("l")} > 0
        AND EXISTS (SELECT FROM channels c WHERE (cardinality(g.channel_ids) = 0 OR c.id = ANY(g.channel_ids))
            AND (NOT EXISTS (SELECT FROM channel_locations x WHERE x.channel_id = c.id)
                 OR EXISTS (SELECT FROM channel_locations x WHERE (x.channel_id, x.location_id) = (c.id, l.location_id)))))"""
TOO_MUCH = f"SELECT * FROM ({_HAS.format('')}) AS h WHERE h.kept > greatest(0, h.units - h.taken)"


async def keep_group(walk: Walk) -> None:
    """One of five: two channels beside each other, a part of one, both together, and nobody. Some cannot be at the same time."""
    code, named = walk.luck.choice(
        (("ONLINE", ("WEB",)), ("SHOPS", ("SHOP",)), ("ALL", ("WEB", "SHOP")), ("PART", ("WEB",)), ("BACK", ()))
    )
    known = {row["code"]: row for row in await walk.all_of(GROUPS)}
    parent = known["ONLINE"]["id"] if code == "PART" and "ONLINE" in known else None
    command = UpsertQuotaGroup(
        code=code,
        name=code,
        channel_ids=tuple(walk.world.channels[each].id for each in named),
        parent_id=parent,
        priority=walk.luck.randint(0, 2),
        is_for_nobody=not named,
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


async def plan_quota(walk: Walk) -> None:
    """For all locations, or for some, which change now and then."""
    group, scope = await walk.one_of(GROUPS), None
    if walk.is_lucky(0.5):
        chosen = walk.luck.sample(list(walk.world.locations.values()), walk.luck.randint(1, 2))
        members = tuple(GroupMember(location_id=each.id) for each in chosen)
        scope = await upsert_location_group(
            walk.act(), UpsertLocationGroup(code=walk.luck.choice("AB"), name="Some", members=members)
        )
    command = PlanQuota(
        group_id=group["id"], variant_id=walk.variant().id, units=walk.luck.randint(1, 12), location_group_id=scope
    )
    await walk.do(plans.plan_quota, command)


async def end_plan(walk: Walk) -> None:
    plan = await walk.one_of(PLANS)
    await walk.do(plans.end_plan, EndQuotaPlan(plan_id=plan["id"]))


async def fill(walk: Walk) -> None:
    """As the job does; after its next turn a plan for all locations is short only where nothing is free.

    In the first turn one plan may give back what another wants that was looked at before it.
    """
    if not await fill_plans(walk.act().now, Turn()):
        walk.nothing_to_do()
    await fill_plans(walk.act().now, Turn())
    if walk.is_alone:
        assert not await walk.all_of(SHORT)
        assert not await walk.all_of(TOO_MUCH)
