"""The benchmark of placing still runs: its world can be made, and each contender places orders."""

import pytest

from bench.placing import natural, ours, pgbench, world
from models import Order
from models.db import rows

pytestmark = pytest.mark.usefixtures("database")


async def test_every_contender_places_orders(database_url) -> None:
    await world.furnish()
    load = {"clients": 2, "hot": True}

    rate, took = await ours.place(database_url, **load, seconds=0.2)
    assert rate > 0
    assert len(took) == await Order.all().count()
    [units] = await rows(
        "SELECT (SELECT sum(quantity) FROM order_lines) AS sold, (SELECT sum(allocated) FROM stock_levels) AS taken"
    )
    assert units["sold"] == units["taken"] > 0

    assert await natural.place(**load, seconds=0.2) > 0
    for lock in (True, False):
        assert await pgbench.place(database_url, **load, seconds=1, lock=lock) > 0
