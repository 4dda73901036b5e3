"""Routing orders together again."""

from actions.reoptimizing.moving import move_together
from actions.reoptimizing.policies import set_policy
from actions.reoptimizing.reading import ReoptimizeOrders
from actions.reoptimizing.running import reoptimize
from domain.lifecycle import UnitStatus
from domain.orders import AddressKind
from models import Order, OrderAddress
from tests.actions.scenarios import Story, scenario, without_story
from tests.world import World
from tests.world.orders import new_order, schedule

without_story(set_policy, "A policy is neither an order nor stock.")


async def to_new_york(order: Order) -> None:
    place = {"city": "New York", "country": "US", "latitude": 40.7, "longitude": -74.0}
    await OrderAddress.create(order=order, kind=AddressKind.SHIPPING, name="Ada", line1="1 Main Street", **place)


@scenario(reoptimize, move_together)
async def moving_what_is_cheaper_elsewhere(world: World) -> Story:
    split = await new_order(world, MUG=3, LAMP=2, waiting=UnitStatus.BACKORDERED)
    await schedule(world, split, "MUG", 2, "LAX")
    await to_new_york(split)
    await to_new_york(await new_order(world, at="CHI", MUG=1))
    yield
    await reoptimize(world.act(), ReoptimizeOrders())
