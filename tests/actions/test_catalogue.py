"""Products, variants, prices and substitutes are kept under their codes."""

import asyncio

import pytest

from actions.catalogue import (
    DeactivateProduct,
    DeactivateVariant,
    SetSubstitutes,
    UpsertProduct,
    UpsertVariant,
    deactivate_product,
    deactivate_variant,
    set_substitutes,
    upsert_product,
    upsert_products,
    upsert_variant,
    upsert_variants,
)
from actions.prices import RemovePrice, SetPrice, SetTaxRate, remove_price, set_price, set_prices, set_tax_rate
from domain.errors import Conflict, InvalidInput, KeyReused, NotFound
from domain.ids import new_id
from models import OutboxFact, Price, Product, Substitute, TaxRate, Variant
from tests.world import channel, found, furnish, product, variant

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def world():
    made = await found()
    await channel(made, "WEB")
    await channel(made, "EU", currency="EUR")
    return made


async def problems(refusing):
    with pytest.raises(InvalidInput) as refused:
        await refusing
    return [(problem.path, problem.code) for problem in refused.value.problems]


async def test_a_product_is_made_and_then_changed_under_its_code(world):
    first = await upsert_product(world.act(), UpsertProduct(code="TEE", name="Tee", category="Clothes"))

    again = await upsert_product(world.act(), UpsertProduct(code="TEE", description="Soft.", expected_version=1))

    kept = await Product.get(id=first)
    assert first == again
    assert (kept.name, kept.category, kept.description, kept.version) == ("Tee", "Clothes", "Soft.", 2)
    assert [fact.payload["product"]["version"] for fact in await OutboxFact.filter(kind="catalogue_changed")] == [1, 2]


async def test_a_variant_has_measures_and_stays_with_its_product(world):
    tee = await product(world, "TEE")
    command = UpsertVariant(sku="TEE-M", product_id=tee.id, name="Tee M", weight_grams=180, barcode="4006381333931")
    key = await upsert_variant(world.act(), command)

    await upsert_variant(world.act(), UpsertVariant(sku="TEE-M", tax_class="clothing", barcode=""))

    kept = await Variant.get(id=key)
    assert (kept.product_id, kept.weight_grams, kept.tax_class, kept.barcode) == (tee.id, 180, "clothing", None)


async def test_the_same_key_with_another_product_is_refused(world):
    await upsert_product(world.act("product-1"), UpsertProduct(code="TEE", name="Tee"))

    with pytest.raises(KeyReused):
        await upsert_product(world.act("product-1"), UpsertProduct(code="CUP", name="Cup"))

    assert await Product.all().count() == 1


async def test_every_problem_of_a_list_of_variants_is_told(world):
    tee = await product(world, "TEE")
    commands = [
        UpsertVariant(sku="A", product_id=tee.id, name="A", weight_grams=-1),
        UpsertVariant(sku="B", product_id=new_id(), name="x" * 301),
        UpsertVariant(sku="C", product_id=tee.id),
        UpsertVariant(sku="A", product_id=tee.id, name="A"),
    ]

    assert await problems(upsert_variants(world.act(), commands)) == [
        ("1.product_id", "UNKNOWN"),
        ("0.weight_grams", "OUT_OF_RANGE"),
        ("1.name", "TOO_LONG"),
        ("3.sku", "DUPLICATE"),
    ]
    assert await problems(upsert_variants(world.act(), commands[2:3])) == [("0.name", "REQUIRED")]
    assert await Variant.all().count() == 0


async def test_products_and_variants_are_taken_out_once(world):
    made = await variant(world, "TEE")

    await deactivate_variant(world.act(), DeactivateVariant(variant_id=made.id))
    await deactivate_variant(world.act(), DeactivateVariant(variant_id=made.id))
    await deactivate_product(world.act(), DeactivateProduct(product_id=made.product_id))

    assert not (await Variant.get(id=made.id)).is_active
    assert not (await Product.get(id=made.product_id)).is_active
    assert await OutboxFact.filter(kind="catalogue_changed", variant_id=made.id, payload__contains={
        "variant": {"is_active": False}
    }).count() == 1  # fmt: skip


async def test_a_price_is_in_the_channels_currency_unless_told(world):
    tee = await variant(world, "TEE", price_minor=None)
    web, europe = world.channels["WEB"], world.channels["EU"]

    await set_prices(
        world.act(),
        [
            SetPrice(variant_id=tee.id, channel_id=web.id, amount_minor=1_999),
            SetPrice(variant_id=tee.id, channel_id=europe.id, amount_minor=1_799),
            SetPrice(variant_id=tee.id, channel_id=europe.id, amount_minor=1_899, currency="USD"),
        ],
    )

    kept = await Price.all().order_by("amount_minor")
    assert [(price.currency, price.amount_minor) for price in kept] == [("EUR", 1_799), ("USD", 1_899), ("USD", 1_999)]
    assert (await Variant.get(id=tee.id)).version == 2
    assert await OutboxFact.filter(variant_id=tee.id, channel_id=europe.id).count() == 2


async def test_the_same_price_again_changes_nothing(world):
    tee = await variant(world, "TEE", price_minor=500)
    before = await OutboxFact.all().count()

    command = SetPrice(variant_id=tee.id, channel_id=world.web.id, amount_minor=500)
    await set_price(world.act(), command)

    assert await OutboxFact.all().count() == before
    assert (await Variant.get(id=tee.id)).version == 3


async def test_a_price_of_an_old_version_is_a_conflict(world):
    tee = await variant(world, "TEE", price_minor=500)

    with pytest.raises(Conflict):
        await set_price(
            world.act(),
            SetPrice(variant_id=tee.id, channel_id=world.web.id, amount_minor=9, expected_version=1),
        )

    assert {price.amount_minor for price in await Price.all()} == {500}


async def test_every_problem_of_a_list_of_prices_is_told(world):
    tee = await variant(world, "TEE", price_minor=None)
    commands = [
        SetPrice(variant_id=tee.id, channel_id=world.web.id, amount_minor=-1),
        SetPrice(variant_id=new_id(), channel_id=new_id(), amount_minor=1, currency="??"),
        SetPrice(variant_id=tee.id, channel_id=world.web.id, amount_minor=2, currency="USD"),
    ]

    assert await problems(set_prices(world.act(), commands)) == [
        ("0.amount_minor", "OUT_OF_RANGE"),
        ("1.currency", "INVALID_CURRENCY"),
        ("1.variant_id", "UNKNOWN"),
        ("1.channel_id", "UNKNOWN"),
        ("2.variant_id", "DUPLICATE"),
    ]
    assert await Price.all().count() == 0


async def test_a_removed_price_is_gone_and_cannot_be_removed_again(world):
    tee = await variant(world, "TEE", price_minor=500)
    command = RemovePrice(variant_id=tee.id, channel_id=world.web.id)

    await remove_price(world.act(), command)
    with pytest.raises(NotFound):
        await remove_price(world.act(), command)

    assert [price.channel_id for price in await Price.all()] == [world.channels["EU"].id]
    assert (await Variant.get(id=tee.id)).version == 4


async def test_substitutes_are_ranked_as_listed_and_replaced_as_a_whole(world):
    tee, cup, hat = [await variant(world, sku, price_minor=None) for sku in ("TEE", "CUP", "HAT")]
    await set_substitutes(world.act(), SetSubstitutes(variant_id=tee.id, substitute_ids=(hat.id, cup.id)))
    first = await Substitute.filter(variant=tee).order_by("rank").values_list("substitute_id", flat=True)

    await set_substitutes(world.act(), SetSubstitutes(variant_id=tee.id, substitute_ids=(cup.id,), expected_version=2))

    assert first == [hat.id, cup.id]
    assert await Substitute.all().values_list("substitute_id", flat=True) == [cup.id]


async def test_a_variant_is_no_substitute_for_itself(world):
    tee = await variant(world, "TEE", price_minor=None)
    command = SetSubstitutes(variant_id=tee.id, substitute_ids=(tee.id, tee.id, new_id()))

    assert await problems(set_substitutes(world.act(), command)) == [
        ("substitute_ids.1", "DUPLICATE"),
        ("substitute_ids.0", "SAME"),
        ("substitute_ids.2", "UNKNOWN"),
    ]


async def test_a_tax_rate_is_kept_per_class_and_place(world):
    for ppm in (80_000, 82_500):
        await set_tax_rate(world.act(), SetTaxRate(tax_class="standard", country="US", region="TX", rate_ppm=ppm))

    [rate] = await TaxRate.all()
    assert rate.rate_ppm == 82_500
    assert await problems(set_tax_rate(world.act(), SetTaxRate(tax_class="", country="U", rate_ppm=1_000_001))) == [
        ("tax_class", "REQUIRED"),
        ("country", "INVALID_COUNTRY"),
        ("rate_ppm", "OUT_OF_RANGE"),
    ]


async def test_two_upserts_of_the_same_new_code_make_one_product(world):
    ids = await asyncio.gather(
        *(upsert_product(world.act(), UpsertProduct(code="TEE", name=f"Tee {at}")) for at in range(8))
    )

    kept = await Product.get()
    assert set(ids) == {kept.id}
    assert kept.version == 8


async def test_thousands_of_rows_are_kept_at_once(world):
    commands = [UpsertProduct(code=f"P{at}", name=f"Product {at}") for at in range(2_000)]
    ids = await upsert_products(world.act(), commands)
    variants = await upsert_variants(
        world.act(),
        [UpsertVariant(sku=f"V{at}", product_id=ids[at], name=f"Variant {at}") for at in range(2_000)],
    )
    await set_prices(
        world.act(),
        [SetPrice(variant_id=each, channel_id=world.web.id, amount_minor=at) for at, each in enumerate(variants)],
    )

    assert await upsert_products(world.act(), commands) == ids
    assert await Price.all().count() == 2_000
    assert await OutboxFact.filter(kind="catalogue_changed").count() == 6_000


async def test_the_catalogues_of_two_organizations_do_not_touch(world):
    other = await furnish(units=0)
    theirs = await Product.get(organization_id=other.organization_id, code="P-MUG")

    await upsert_product(world.act(), UpsertProduct(code="P-MUG", name="Ours"))

    await theirs.refresh_from_db()
    assert theirs.name == "Product MUG"
