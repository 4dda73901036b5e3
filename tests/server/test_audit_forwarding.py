"""The audit names goods that orders wait for and no transfer brings, and transfers that bring what nobody waits for."""

import pytest

from actions.forwarding import merging
from actions.forwarding.declining import DeclineTransfer, decline
from actions.forwarding.merging import DeliverTogether
from actions.fulfilment.releasing import ReleaseOrder, release
from domain.fulfilment import DeclineReason
from models.db import execute
from tests.server.test_audit import found
from tests.world import World, furnish
from tests.world.forwarding import arrived, forwarded, order_from, sent, take_any_stock
from tests.world.orders import new_order

pytestmark = pytest.mark.usefixtures("database")

SABOTAGE = [
    (
        "UPDATE transfer_lines SET awaited = awaited - 1 WHERE shipped = 0 AND awaited > 0",
        "MUG from CHI for order {number}: transfers bring 1 units that are called awaiting_transfer, the order waits for 2",
    ),
    (
        "UPDATE transfer_lines SET awaited = awaited - 1 WHERE shipped > 0 AND awaited > 0",
        "transfers bring 2 units that are called in_transfer, the order waits for 3",
    ),
    (
        "UPDATE line_status SET status = 'scheduled' WHERE status = 'awaiting_transfer'",
        "transfers bring 2 units that are called awaiting_transfer, the order waits for 0",
    ),
    (
        "UPDATE line_status SET location_id = (SELECT id FROM locations WHERE code = 'LAX') WHERE status = 'in_transfer'",
        "MUG from LAX for order",
    ),
    (
        "UPDATE transfers SET order_id = (SELECT id FROM orders WHERE number <> '{number}' LIMIT 1) WHERE status = 'ready'",
        "it brings goods to a line of another order",
    ),
    (
        "UPDATE transfer_lines SET order_line_id = NULL, awaited = 0 WHERE shipped = 0 AND awaited > 0",
        "some of its lines are for the order, and some for nobody",
    ),
    (
        "UPDATE order_merges SET location_id = (SELECT id FROM locations WHERE code = 'LAX')",
        "1 units are released at NYC, the order is delivered together from LAX",
    ),
    (
        "UPDATE order_merges SET location_id = NULL",
        "1 units are released at NYC, and nothing says where the order comes together",
    ),
    ("DELETE FROM stock_movements WHERE kind = 'forwarded_in'", "received is 1, its movements make 0"),
    (
        "UPDATE transfer_lines SET shipped = 1, awaited = 1 WHERE shipped = 0 AND awaited > 0",
        "shipped is 1, its movements make 0",
    ),
]


@pytest.fixture
async def number(database) -> str:
    """Of an order of two mugs that wait to be sent; three others are on their way, one arrived, and one is not sent at all."""
    world: World = await furnish()
    await take_any_stock(world)
    order = await order_from(world, MUG=2)
    await forwarded(world, order)
    await sent(world, MUG=3)
    await arrived(world, MUG=1)
    declined = await forwarded(world, await order_from(world, MUG=1))
    await decline(world.act(), DeclineTransfer(transfer_id=declined.id, reason=DeclineReason.NO_CAPACITY))
    together = await new_order(world, LAMP=1)
    await merging.deliver_together(world.act(), DeliverTogether(order_id=together.id))
    await release(world.act(), ReleaseOrder(order_id=together.id))
    return order.number


async def wrong(database_url: str) -> list[str]:
    return [
        each
        for rule, findings in (await found(database_url)).items()
        if any(word in rule for word in ("ransfer", "brought", "together"))
        for each in findings
    ]


async def test_sound_transfers_pass(number, database_url):
    assert await wrong(database_url) == []


@pytest.mark.parametrize(("bent", "told"), SABOTAGE)
async def test_what_is_bent_is_found_and_named(number, database_url, bent, told):
    await execute(bent.format(number=number))

    assert any(told.format(number=number) in each for each in await wrong(database_url)), await wrong(database_url)
