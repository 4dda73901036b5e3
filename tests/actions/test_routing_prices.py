"""What routing counts with: whose rates, and what it is worth to be rid of units where they lie."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from actions import desk, markdowns
from actions.markdowns import LocationCredit, SetMarkdownCredits, set_credits
from actions.promising import services
from actions.reoptimizing.policies import SetRoutingPolicy, set_policy
from domain.errors import Conflict, InvalidInput, NotFound
from models import CarrierService, LineStatus, Location, MarkdownCredit, RoutingDecision, StockLevel, Variant
from models.db import rows, tx
from tests.actions.test_placing import wanted
from tests.actions.test_promising import service
from tests.actions.test_reoptimizing import order_from, run, where
from tests.patience import PATIENCE_SECONDS
from tests.world import World, furnish

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def counter(database_url):
    async with desk.opened(database_url) as opened:
        yield opened


async def credit(world: World, sku: str = "MUG", expected_version: int | None = None, **minors: int) -> UUID:
    given = tuple(
        LocationCredit(location_id=world.locations[code].id, unit_minor=minor) for code, minor in minors.items()
    )
    command = SetMarkdownCredits(variant_id=world.variants[sku].id, credits=given, expected_version=expected_version)
    return await set_credits(world.act(), command)


async def decided(counter: Any, world: World, units: int = 1) -> tuple[str, int]:
    """The location that an order from Boston is served from, and what that costs."""
    order_id = await counter.place(world.act(), wanted(world, ("MUG", units)))
    [status] = await LineStatus.filter(order_id=order_id).prefetch_related("location")
    return status.location.code, (await RoutingDecision.get(order_id=order_id)).cost_minor


async def test_units_that_had_better_go_are_taken_where_the_credit_outweighs_the_way(counter):
    world = await furnish(units=9)
    near = await decided(counter, world)

    await credit(world, LAX=100)
    small = await decided(counter, world)
    await credit(world, LAX=5_000)
    large = await decided(counter, world)
    await credit(world)

    assert near == small == await decided(counter, world)
    assert (near[0], large[0]) == ("NYC", "LAX")


async def test_a_credit_is_no_part_of_what_a_plan_is_told_to_cost(counter):
    world = await furnish(units=9)
    await credit(world, LAX=5_000)
    code, cost = await decided(counter, world)
    await credit(world)
    await StockLevel.filter(variant=world.variants["MUG"]).exclude(location=world.locations["LAX"]).update(safety=9)

    assert (code, cost) == await decided(counter, world)


async def test_the_larger_credit_goes_first_and_none_is_the_same_as_the_least(counter):
    world = await furnish(units=9)
    await credit(world, CHI=4_000, LAX=9_000)
    assert (await decided(counter, world))[0] == "LAX"

    await credit(world, CHI=5_000, LAX=5_000, NYC=5_000)
    assert (await decided(counter, world))[0] == "NYC"


async def test_orders_routed_together_heed_credits_too():
    world = await furnish(units=9)
    order = await order_from(world, "NYC", at="NYC")
    await credit(world, LAX=50_000)

    await run(world)

    assert await where(order) == {"LAX": 1}


async def test_credits_are_checked_as_a_whole():
    world, other = await furnish(), await furnish()
    command = SetMarkdownCredits(
        variant_id=world.variants["MUG"].id,
        credits=(
            LocationCredit(location_id=world.locations["NYC"].id, unit_minor=0),
            LocationCredit(location_id=world.locations["NYC"].id, unit_minor=5),
            LocationCredit(location_id=other.locations["LAX"].id, unit_minor=5),
        ),
    )

    with pytest.raises(InvalidInput) as refusal:
        await set_credits(world.act(), command)

    assert {(each.path, each.code) for each in refusal.value.problems} == {
        ("credits.0.unit_minor", "OUT_OF_RANGE"),
        ("credits.1.location_id", "DUPLICATE"),
        ("credits.2.location_id", "UNKNOWN"),
    }
    assert await MarkdownCredit.all().count() == 0


async def test_there_are_never_more_credits_than_a_process_keeps_in_memory(monkeypatch):
    world = await furnish()
    monkeypatch.setattr(markdowns, "MOST_CREDITS", 3)
    await credit(world, NYC=5, LAX=5)

    with pytest.raises(InvalidInput) as refusal:
        await credit(world, sku="LAMP", NYC=5, LAX=5)
    await credit(world, NYC=6, LAX=6, CHI=6)

    assert [each.code for each in refusal.value.problems] == ["TOO_MANY"]
    assert {each.unit_minor for each in await MarkdownCredit.all()} == {6}


async def test_credits_set_at_once_keep_to_the_limit_too(monkeypatch):
    """All of them wait for one location when they have been counted, if nothing kept them apart before."""
    world = await furnish(units=0)
    monkeypatch.setattr(markdowns, "MOST_CREDITS", 5)
    begin = asyncio.Event()

    async def set_for(sku: str) -> UUID:
        await begin.wait()
        return await credit(world, sku, NYC=5, LAX=5)

    setting = [asyncio.create_task(set_for(sku)) for sku in world.variants]
    async with tx(), asyncio.timeout(PATIENCE_SECONDS):
        await Location.filter(id=world.locations["NYC"].id).select_for_update().get()
        begin.set()
        while len(await rows("SELECT 1 FROM pg_locks WHERE NOT granted")) < len(setting):
            await asyncio.sleep(0.01)
    answers = await asyncio.gather(*setting, return_exceptions=True)

    assert sum(isinstance(answer, InvalidInput) for answer in answers) == 2
    assert await MarkdownCredit.all().count() == 4


async def test_credits_belong_to_the_variant_and_count_its_version():
    world, other = await furnish(), await furnish()
    version = (await Variant.get(id=world.variants["MUG"].id)).version

    await credit(world, LAX=5, expected_version=version)

    with pytest.raises(Conflict):
        await credit(world, LAX=6, expected_version=version)
    with pytest.raises(NotFound):
        await set_credits(other.act(), SetMarkdownCredits(variant_id=world.variants["MUG"].id, credits=()))
    assert [each.unit_minor for each in await MarkdownCredit.all()] == [5]


async def test_routing_counts_with_the_rates_of_the_service_that_the_policy_names(counter):
    world = await furnish(units=9)
    _, standard = await decided(counter, world)
    zones = (
        services.ServiceZone(up_to_km=500, days_least=1, days_most=1, base_minor=9_000),
        services.ServiceZone(up_to_km=3_000, days_least=2, days_most=2, base_minor=100),
        services.ServiceZone(up_to_km=3_500, days_least=3, days_most=3, base_minor=8_000),
    )
    ground = await services.upsert_carrier_service(world.act(), service(zones=zones))

    await set_policy(world.act(), SetRoutingPolicy(carrier_service_id=ground))
    assert await decided(counter, world) == ("CHI", 100)
    await services.upsert_carrier_service(
        world.act(), service(zones=(services.ServiceZone(up_to_km=None, days_least=1, days_most=1, base_minor=77),))
    )
    assert (await decided(counter, world))[1] == 77
    await set_policy(world.act(), SetRoutingPolicy(carrier_service_id=None))
    assert await decided(counter, world) == ("NYC", standard)


async def test_a_service_of_another_organization_is_unknown():
    world, other = await furnish(), await furnish()
    await services.upsert_carrier_service(other.act(), service())

    with pytest.raises(InvalidInput) as refusal:
        await set_policy(world.act(), SetRoutingPolicy(carrier_service_id=(await CarrierService.get()).id))

    assert [(each.path, each.code) for each in refusal.value.problems] == [("carrier_service_id", "UNKNOWN")]
