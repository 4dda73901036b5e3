"""The audit names kits that have stock, and kits of orders that do not stand together."""

import asyncpg
import pytest

from actions.orders.parting import PartKit, part
from domain.placing.commands import PlaceOrder
from models import OrderKit
from models.config import credentials
from models.db import execute
from server.auditing import kits
from tests.actions.scenarios.placing import opened_desk, wanted
from tests.server.test_audit import found, told
from tests.world import World, furnish
from tests.world.kits import kit
from tests.world.quotas import group, planned
from tests.world.stock_papers import ordered_purchase, ready_transfer, reorder_rule
from tests.world.vendors import drop_shipper

pytestmark = pytest.mark.usefixtures("database")

ONE_LESS = (
    "UPDATE line_status SET quantity = quantity - 1 WHERE line_id = (SELECT id FROM order_lines WHERE sku = 'LAMP')"
)
ONE_CANCELLED = """
INSERT INTO line_status (id, line_id, order_id, status, quantity)
SELECT gen_random_uuid(), line_id, order_id, 'cancelled', 1 FROM line_status
WHERE line_id = (SELECT id FROM order_lines WHERE sku = 'LAMP')"""
ON_ITS_WAY = (
    "UPDATE line_status SET status = 'in_transfer' WHERE line_id = (SELECT id FROM order_lines WHERE sku = 'LAMP')"
)
STOCK_OF_A_KIT = """
UPDATE stock_levels SET variant_id = (SELECT id FROM variants WHERE sku = 'SET')
WHERE variant_id = (SELECT id FROM variants WHERE sku = 'CHAIR')"""
COMING_KIT = """
INSERT INTO expected_supplies (id, organization_id, variant_id, location_id, kind, status, quantity, received, expected_on,
                               reference, announced_at, version)
SELECT gen_random_uuid(), v.organization_id, v.id, l.id, 'planned', 'expected', 1, 0, '2026-12-24', '', now(), 1
FROM variants v JOIN locations l ON l.code = 'NYC' WHERE v.sku = 'SET'"""
SABOTAGE = [
    ([ONE_LESS, ONE_CANCELLED], "kit SET of order SO-{number}: it stands in part at NYC"),
    ([ON_ITS_WAY], "kit SET of order SO-{number}: what is on its way stands in part at NYC"),
    (["UPDATE kit_lines SET units = 3 WHERE units = 2"], "line 1 has 4 units, 2 kits make 6"),
    (
        [STOCK_OF_A_KIT],
        "10 units of it lie at NYC",
    ),
    ([COMING_KIT], "an expected supply is about it"),
    (["DELETE FROM kit_components"], "is marked as a kit and made of nothing"),
]


@pytest.fixture
async def world() -> World:
    world = await furnish()
    await kit(world, "SET", MUG=1, LAMP=2)
    return world


async def place(world: World, command: PlaceOrder) -> OrderKit:
    async with opened_desk() as desk:
        return await OrderKit.get(order_id=await desk.place(world.act(), command)).prefetch_related("order")


async def about_kits(database_url: str) -> list[str]:
    return [
        wrong for rule, findings in (await found(database_url)).items() if "kit" in rule.lower() for wrong in findings
    ]


async def test_sound_kits_pass(world, database_url):
    await place(world, wanted(world, SET=12))

    assert await about_kits(database_url) == []


@pytest.mark.parametrize(("statements", "wrong"), SABOTAGE)
async def test_what_is_wrong_with_kits_is_named(world, database_url, statements, wrong):
    kept = await place(world, wanted(world, SET=2))

    for statement in statements:
        await execute(statement)

    wrong = wrong.replace("SO-{number}", kept.order.number)
    assert any(wrong in each for each in await about_kits(database_url))


async def test_every_rule_about_kits_can_be_broken(world, database_url):
    await place(world, wanted(world, SET=2))
    connection = await asyncpg.connect(**credentials(database_url))
    broken = set()
    async with connection.transaction():
        for statements, _ in SABOTAGE:
            bent = connection.transaction()
            await bent.start()
            for statement in statements:
                await connection.execute(statement)
            broken |= (await told(connection)).keys()
            await bent.rollback()
    await connection.close()

    assert broken >= {check.rule for check in kits.CHECKS}


async def test_parted_kits_may_stand_apart(world, database_url):
    kept = await place(world, wanted(world, SET=2))
    await part(world.act(), PartKit(kit_id=kept.id, reason="Asked for."))

    for statement in (ONE_LESS, ONE_CANCELLED):
        await execute(statement)

    assert await about_kits(database_url) == []


async def test_papers_about_kits_are_named(world, database_url):
    await ordered_purchase(world, CHAIR=1)
    await ready_transfer(world, CHAIR=1)
    await reorder_rule(world, "CHAIR")
    await planned(world, await group(world, "ONLINE", channels=["WEB"]), 5, "CHAIR")
    await drop_shipper(world, "BRIGHT", CHAIR=400)
    before = await about_kits(database_url)

    for table in (
        "purchase_lines",
        "transfer_lines",
        "expected_supplies",
        "reorder_rules",
        "quota_plans",
        "vendor_offers",
    ):
        await execute(f"UPDATE {table} SET variant_id = (SELECT id FROM variants WHERE sku = 'SET')")

    wrong = [each.partition(": ")[2] for each in await about_kits(database_url)]
    assert before == []
    assert sorted(each.split("-")[0] for each in wrong) == [
        "PO",
        "TR",
        "a quota plan is about it",
        "a reorder rule is about it",
        "an expected supply is about it",
        "an offer of a vendor is about it",
    ]


async def test_what_was_sent_for_kits_that_were_not_cancelled_is_named(world, database_url):
    await place(world, wanted(world, SET=2))

    await execute("""
        INSERT INTO substitutions (id, order_id, line_id, kit_id, variant_id, sku, quantity, price_rule, unit_price_minor,
                                   status, reason, proposed_by, proposed_at, answered_at, new_line_id)
        SELECT l.id, l.order_id, l.id, k.id, l.variant_id, l.sku, 2, 'original_price', 1, 'accepted', '', 'x', now(), now(),
            l.id FROM order_lines l JOIN order_kits k ON k.order_id = l.order_id WHERE l.sku = 'MUG'""")

    wrong = [each.partition(": ")[2] for of in (await found(database_url)).values() for each in of]
    assert "4 were sent for 4 units of it, 0 of which were cancelled" in wrong
