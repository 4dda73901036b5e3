"""The world that other tests stand on is valid and whole."""

import pytest

from models import OutboxFact, Price, Role, StockMovement
from tests.world import addresses, furnish

pytestmark = pytest.mark.usefixtures("database")


async def test_the_furnished_world_has_everything_an_order_needs():
    world = await furnish(units=7)

    assert sorted(world.locations) == ["CHI", "LAX", "NYC"]
    assert await Price.all().count() == 8
    assert (await world.level("MUG", "NYC")).on_hand == 7
    assert await StockMovement.all().count() == 12
    assert await Role.filter(organization_id=world.organization_id).count() == 6
    [home] = await addresses(world.customer)
    assert (round(home.latitude), round(home.longitude)) == (42, -71)
    assert await OutboxFact.all().count() == 3 + 2 + 4 + 4 + 8 + 12 + 1
