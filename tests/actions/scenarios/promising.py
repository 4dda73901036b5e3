"""Dates are promised beside orders and stock; only goods that arrive change a level."""

from datetime import date

from actions.promising import keeping, rules, services, supplies
from actions.promising.supplies import AnnouncedLine, AnnounceSupplies, ReceiveSupply
from tests.actions.scenarios import Story, scenario, without_story
from tests.world import World

for action in (supplies.announce, supplies.change, supplies.cancel):
    without_story(action, "What is only expected is in no counter.")

without_story(keeping.keep, "A promise is kept beside its order; placing tells the promised date.")

for action in (rules.upsert_promise_rule, rules.upsert_safety_rule, services.upsert_carrier_service):
    without_story(action, "Rules and services are master data.")


@scenario(supplies.receive)
async def expected_goods_arriving(world: World) -> Story:
    line = AnnouncedLine(
        variant_id=world.variants["MUG"].id,
        location_id=world.locations["NYC"].id,
        quantity=5,
        expected_on=date(2026, 11, 10),
    )
    [supply_id] = await supplies.announce(world.act(), AnnounceSupplies(lines=(line,)))
    yield
    await supplies.receive(world.act(), ReceiveSupply(supply_id=supply_id, quantity=2))
