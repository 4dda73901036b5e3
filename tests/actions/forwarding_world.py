"""A business whose store in New York hands over what lies in Chicago; afterwards its books have to balance."""

import pytest

from tests.actions.asserting import books_balance, papers_agree
from tests.world import furnish, stock
from tests.world.forwarding import take_any_stock


@pytest.fixture
async def world(database):
    world = await furnish(units=0)
    await stock(world, {("MUG", "CHI"): 10, ("LAMP", "CHI"): 10})
    await take_any_stock(world)
    yield world
    await books_balance()
    await papers_agree()
