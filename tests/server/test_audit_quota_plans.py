"""The audit names plans that have other units than they put aside."""

import pytest

from actions import desk
from actions.quotas import plans
from actions.quotas.plans import EndQuotaPlan
from models.db import execute
from server.auditing.quota_plans import CHECKS
from tests.actions.test_quotas import order
from tests.server.test_audit import found
from tests.world import World, furnish
from tests.world.quotas import aside, group, planned

pytestmark = pytest.mark.usefixtures("database")

PUT, OWN, OPEN = (check.rule for check in CHECKS)
SABOTAGE = [
    (
        PUT,
        "UPDATE quota_shares SET units = units + 1 WHERE units > 0",
        "it has 6 units and lost 0, its movements make 5",
    ),
    (PUT, "UPDATE quota_shares SET lost = 2 WHERE units > 0", "it has 5 units and lost 2, its movements make 5"),
    (PUT, "DELETE FROM quota_shares WHERE is_open", "its movements make 5"),
    (
        PUT,
        (
            "UPDATE quota_movements SET plan_id = (SELECT id FROM quota_plans WHERE ended_at IS NULL) "
            "WHERE kind = 'set_aside' AND plan_id IS NULL"
        ),
        "its movements make 7",
    ),
    (OWN, "UPDATE quota_shares SET is_open = true WHERE NOT is_open", "it is open, and the plan has ended"),
    (
        OWN,
        "UPDATE quota_plans SET variant_id = (SELECT id FROM variants WHERE sku = 'LAMP') WHERE ended_at IS NULL",
        "it is of a quota for something else",
    ),
    (OPEN, "UPDATE quota_groups SET is_active = false", "plan of MUG for ONLINE"),
]


@pytest.fixture
async def world(database, database_url) -> World:
    """Fifteen mugs planned, five at each of three places, where some are set aside by hand and some are taken; a plan that
    ended."""
    made = await furnish()
    web = await group(made, "ONLINE", channels=["WEB"])
    ended = await planned(made, web, 9, "LAMP")
    await plans.end_plan(made.act(), EndQuotaPlan(plan_id=ended.id))
    await planned(made, web, 15)
    await aside(made, web, 2, location="LAX")
    async with desk.opened(database_url) as counter:
        await order(counter, made, 5)
    return made


async def test_a_sound_business_passes(world, database_url):
    assert await found(database_url) == {}


@pytest.mark.parametrize(("rule", "sabotage", "named"), SABOTAGE)
async def test_what_was_bent_is_found_and_named(world, database_url, rule, sabotage, named):
    await execute(sabotage)

    findings = await found(database_url)

    assert any(named in each for each in findings.get(rule, ())), findings
