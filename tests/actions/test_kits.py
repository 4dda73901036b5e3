"""Kits are one level deep, have no stock of their own, and are as plentiful as their scarcest component."""

import asyncio
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from actions.catalogue import DeactivateVariant, UpsertVariant, deactivate_variant, upsert_variant
from actions.inventory import Adjustment, AdjustStock, ReceiveStock, StockLine, adjust, receive
from actions.kits import KitPart, SetKitComponents, set_kit_components
from domain.errors import Conflict, DomainError, InvalidInput, NotFound
from domain.ids import new_id
from domain.lifecycle import UnitStatus
from domain.stock import AdjustmentReason
from models import KitComponent, OutboxFact, StockLevel, Variant
from resolvers.availability import availabilities
from tests.actions.test_availability import followed, forget_facts, number_facts
from tests.world import World, channel, furnish, stock, variant
from tests.world.kits import compose, kit
from tests.world.orders import new_order

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def world() -> World:
    return await furnish(units=0)


def made_of(world: World, sku: str, **components: int) -> SetKitComponents:
    parts = tuple(KitPart(variant_id=world.variants[each].id, quantity=units) for each, units in components.items())
    return SetKitComponents(variant_id=world.variants[sku].id, components=parts)


async def refused(refusing: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as refusal:
        await refusing
    return [(problem.path, problem.code) for problem in refusal.value.problems]


async def composition(sku: str) -> dict[str, int]:
    found = await KitComponent.filter(kit_variant__sku=sku).prefetch_related("component_variant")
    return {each.component_variant.sku: each.quantity for each in found}


async def test_a_kit_has_what_was_listed_last(world):
    made = await kit(world, "SET", MUG=1, LAMP=2)
    before = made.version

    await set_kit_components(world.act(), made_of(world, "SET", MUG=3))

    assert await composition("SET") == {"MUG": 3}
    kept = await Variant.get(id=made.id)
    assert (kept.is_kit, kept.version) == (True, before + 1)
    [*_, fact] = await OutboxFact.filter(kind="catalogue_changed", variant_id=made.id).order_by("id")
    assert fact.payload["kit_components"] == [{"variant": str(world.variants["MUG"].id), "quantity": 3}]


async def test_without_components_it_is_an_ordinary_variant_again(world):
    made = await kit(world)

    await set_kit_components(world.act(), SetKitComponents(variant_id=made.id, components=()))
    await stock(world, {("SET", "NYC"): 1})

    assert not (await Variant.get(id=made.id)).is_kit
    assert await composition("SET") == {}


async def test_a_kit_stays_a_kit_when_its_name_changes(world):
    made = await kit(world)

    await upsert_variant(world.act(), UpsertVariant(sku="SET", name="Another name"))

    assert (await Variant.get(id=made.id)).is_kit


async def test_everything_wrong_with_components_is_told(world):
    await variant(world, "SET")
    mug = world.variants["MUG"].id
    parts = (
        KitPart(variant_id=mug, quantity=0),
        KitPart(variant_id=mug, quantity=1),
        KitPart(variant_id=new_id(), quantity=1),
    )

    assert await refused(
        set_kit_components(world.act(), SetKitComponents(variant_id=world.variants["SET"].id, components=parts))
    ) == [
        ("components.1.variant_id", "DUPLICATE"),
        ("components.0.quantity", "OUT_OF_RANGE"),
        ("components.2.variant_id", "UNKNOWN"),
    ]


async def test_kits_are_not_made_of_kits(world):
    await kit(world, "SET", MUG=1)
    await variant(world, "BIG")

    assert await refused(set_kit_components(world.act(), made_of(world, "BIG", SET=1))) == [
        ("components.0.variant_id", "KIT")
    ]
    assert await refused(set_kit_components(world.act(), made_of(world, "MUG", LAMP=1))) == [
        ("variant_id", "COMPONENT")
    ]
    assert await refused(set_kit_components(world.act(), made_of(world, "BIG", BIG=1))) == [
        ("components.0.variant_id", "SAME")
    ]


async def test_the_database_lets_nobody_nest_kits(world):
    made = await kit(world, "SET", MUG=1)
    big = await variant(world, "BIG")

    for values in (
        {"kit_variant_id": big.id, "component_variant_id": world.variants["LAMP"].id},
        {"kit_variant_id": made.id, "component_variant_id": made.id},
    ):
        with pytest.raises(IntegrityError):
            await KitComponent.create(quantity=1, **values)
    with pytest.raises(IntegrityError):
        await Variant.filter(id=world.variants["MUG"].id).update(is_kit=True)


async def test_two_that_would_nest_kits_at_once_cannot_both(world):
    await variant(world, "A")
    await variant(world, "B")

    done = await asyncio.gather(
        set_kit_components(world.act(), made_of(world, "A", B=1)),
        set_kit_components(world.act(), made_of(world, "B", MUG=1)),
        return_exceptions=True,
    )

    assert sorted(isinstance(each, DomainError) for each in done) == [False, True]
    assert len([each for each in (await composition("A"), await composition("B")) if each]) == 1


async def test_an_old_version_and_an_unknown_kit_are_refused(world):
    command = made_of(world, "MUG", LAMP=1)

    with pytest.raises(Conflict):
        await set_kit_components(
            world.act(),
            SetKitComponents(variant_id=command.variant_id, components=command.components, expected_version=99),
        )
    with pytest.raises(NotFound):
        await set_kit_components(world.act(), SetKitComponents(variant_id=new_id(), components=command.components))


async def test_what_has_stock_or_is_ordered_cannot_become_a_kit(world):
    await stock(world, {("MUG", "NYC"): 1})
    await new_order(world, LAMP=1, waiting=UnitStatus.BACKORDERED)

    assert await refused(set_kit_components(world.act(), made_of(world, "MUG", CHAIR=1))) == [("variant_id", "IN_USE")]
    assert await refused(set_kit_components(world.act(), made_of(world, "LAMP", CHAIR=1))) == [("variant_id", "IN_USE")]


async def test_no_stock_of_a_kit_is_taken_in(world):
    made = await kit(world)
    line = StockLine(variant_id=made.id, location_id=world.locations["NYC"].id, quantity=1)

    assert await refused(receive(world.act(), ReceiveStock(lines=(line,)))) == [("lines", "KIT")]
    assert await StockLevel.filter(variant=made).count() == 0


@pytest.mark.parametrize("has_level", [False, True])
async def test_stock_that_comes_while_a_variant_becomes_a_kit_stops_one_of_them(world, has_level):
    await variant(world, "SET")
    if has_level:
        await stock(world, {("SET", "NYC"): 1})
        await take_off(world, "SET")
    line = StockLine(variant_id=world.variants["SET"].id, location_id=world.locations["NYC"].id, quantity=1)

    done = await asyncio.gather(
        set_kit_components(world.act(), made_of(world, "SET", MUG=1)),
        receive(world.act(), ReceiveStock(lines=(line,))),
        return_exceptions=True,
    )

    assert sorted(isinstance(each, InvalidInput) for each in done) == [False, True]


async def take_off(world: World, sku: str) -> None:
    line = Adjustment(
        variant_id=world.variants[sku].id,
        location_id=world.locations["NYC"].id,
        change=-1,
        reason=AdjustmentReason.LOST,
    )
    await adjust(world.act(), AdjustStock(lines=(line,)))


async def test_there_are_as_many_kits_as_every_location_can_put_together(world):
    made = await kit(world, "SET", MUG=1, LAMP=2)
    await stock(world, {("MUG", "NYC"): 5, ("LAMP", "NYC"): 5, ("MUG", "CHI"): 1, ("LAMP", "LAX"): 9})

    [web] = await availabilities(world.web, [made])

    assert web.available == 2


async def test_a_component_that_is_not_sold_any_more_ends_its_kits(world):
    made = await kit(world, "SET", MUG=1, LAMP=2)
    await stock(world, {("MUG", "NYC"): 5, ("LAMP", "NYC"): 5})
    await deactivate_variant(world.act(), DeactivateVariant(variant_id=world.variants["LAMP"].id))

    [web] = await availabilities(world.web, [made])

    assert web.available == 0


async def test_a_kit_crosses_with_its_components(world, database_url):
    await channel(world, "SHOP", location_ids=(world.locations["CHI"].id,))
    await kit(world, "SET", MUG=1, LAMP=2)
    await stock(world, {("MUG", "NYC"): 5, ("LAMP", "NYC"): 9})
    first = await followed(world, database_url)
    await forget_facts(database_url)

    await stock(world, {("LAMP", "NYC"): 1})
    more = await followed(world, database_url)
    await compose(world, "SET", {"MUG": 6})
    none = await followed(world, database_url)

    assert [(place, level) for sku, place, level in first if sku == "SET"] == [("WEB", "low"), ("NYC", "low")]
    assert [(place, level) for sku, place, level in more if sku == "SET"] == [("WEB", "medium"), ("NYC", "medium")]
    assert [(place, level) for sku, place, level in none if sku == "SET"][2:] == [("WEB", "none"), ("NYC", "none")]
    await number_facts(database_url)
