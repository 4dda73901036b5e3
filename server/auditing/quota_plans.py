"""What a plan has of quotas is what it put there, and there is nobody else who has it."""

from typing import Final

from actions.quotas.ledger import taken_sql
from server.auditing.checks import by_sql
from server.auditing.quotas import NAME, NAMED

SHARES: Final = f"""
SELECT format('share of plan %s in the %s', s.plan_id, {NAME}) AS name,
    format('it has %s units and lost %s, its movements make %s', s.units, s.lost, coalesce(made.units, 0)) AS wrong
FROM quota_shares s JOIN quotas q ON q.id = s.quota_id {NAMED}
FULL JOIN (
    SELECT m.plan_id, m.quota_id, {taken_sql("quota")} AS units FROM quota_movements m WHERE m.plan_id IS NOT NULL
    GROUP BY 1, 2) AS made ON (made.plan_id, made.quota_id) = (s.plan_id, s.quota_id)
WHERE coalesce(s.units + s.lost, 0) <> coalesce(made.units, 0)"""

PLACES: Final = f"""
SELECT format('share of plan %s in the %s', s.plan_id, {NAME}) AS name, CASE
    WHEN (p.group_id, p.variant_id, s.location_id) <> (q.group_id, q.variant_id, q.location_id)
        THEN 'it is of a quota for something else'
    ELSE 'it is open, and the plan has ended' END AS wrong
FROM quota_shares s JOIN quota_plans p ON p.id = s.plan_id JOIN quotas q ON q.id = s.quota_id {NAMED}
WHERE (p.group_id, p.variant_id, s.location_id) <> (q.group_id, q.variant_id, q.location_id)
    OR s.is_open AND p.ended_at IS NOT NULL"""

GROUPS: Final = """
SELECT format('plan of %s for %s (%s)', v.sku, g.code, p.id) AS name, 'it is open, and its group is closed' AS wrong
FROM quota_plans p JOIN quota_groups g ON g.id = p.group_id JOIN variants v ON v.id = p.variant_id
WHERE p.ended_at IS NULL AND NOT g.is_active"""

CHECKS: Final = (
    by_sql("What a plan has at a level is what it put there, less what it lost", SHARES),
    by_sql("What a plan has is of its own group and variant, and nothing once it ended", PLACES),
    by_sql("A plan is for a group that is not closed", GROUPS),
)
