"""Cartons are kept, suggested and packed into, and parcels get their container codes."""

import pytest

from actions.cartons import SetCompanyPrefix, UpsertCartonType, set_company_prefix, suggestion, upsert_carton_type
from actions.parcels.manifests import pack_wave
from actions.parcels.packing import PackedUnits, PackParcel, pack
from domain.errors import InvalidInput, NotFound
from domain.facts import FactKind
from domain.ids import new_id
from domain.parcels import check_digit
from models import CartonType, Organization, Parcel
from tests.actions.asserting import refused, told
from tests.world import World, furnish
from tests.world.fulfilment import open_fulfilment, packed, picked

pytestmark = pytest.mark.usefixtures("database")

SHOEBOX = {"name": "Shoe box", "length_mm": 350, "width_mm": 250, "height_mm": 150, "max_weight_grams": 5_000}


async def shoebox(world: World, **values) -> CartonType:
    command = UpsertCartonType(code="SHOE", **{**SHOEBOX, "tare_grams": 120, **values})
    return await CartonType.get(id=await upsert_carton_type(world.act(), command))


async def test_a_carton_is_kept_under_its_code():
    world = await furnish()

    first, second = await shoebox(world), await shoebox(world, max_weight_grams=6_000)

    assert (first.id, first.version) == (second.id, 1)
    assert (second.max_weight_grams, second.version) == (6_000, 2)
    assert len(await told(FactKind.CARTON_CHANGED)) == 2


@pytest.mark.parametrize("wrong", [{"length_mm": 0}, {"tare_grams": -1}, {"max_weight_grams": 0}, {"name": ""}])
async def test_a_carton_without_room_is_refused(wrong):
    world = await furnish()

    async with refused(InvalidInput):
        await shoebox(world, **wrong)


async def test_what_is_to_be_packed_is_suggested_by_weight_and_size():
    world = await furnish(units=30)
    await shoebox(world)
    fulfilment = await picked(world, await open_fulfilment(world, MUG=12))

    parcels = await suggestion(world.organization_id, fulfilment.id)

    assert [(parcel.carton.code, list(parcel.units.values()), parcel.weight_grams) for parcel in parcels] == [
        ("SHOE", [10], 5_120),
        ("SHOE", [2], 1_120),
    ]


async def test_what_is_packed_is_not_suggested_again():
    world = await furnish()
    fulfilment = await picked(world, await open_fulfilment(world, MUG=2))
    await packed(world, fulfilment)

    assert await suggestion(world.organization_id, fulfilment.id) == []


async def test_a_parcel_in_a_carton_weighs_it_too():
    world = await furnish()
    box = await shoebox(world)
    fulfilment = await picked(world, await open_fulfilment(world, MUG=2))

    command = PackParcel(contents=(PackedUnits(fulfilment_id=fulfilment.id),), carton_type_id=box.id)
    parcel = await Parcel.get(id=await pack(world.act(), command))

    assert (parcel.carton_type_id, parcel.weight_grams) == (box.id, 1_120)


async def test_a_carton_takes_no_more_than_it_may():
    world = await furnish(units=30)
    box = await shoebox(world)
    fulfilment = await picked(world, await open_fulfilment(world, MUG=11))

    async with refused(InvalidInput) as refusal:
        contents = (PackedUnits(fulfilment_id=fulfilment.id),)
        await pack(world.act(), PackParcel(contents=contents, carton_type_id=box.id))

    assert [problem.code for problem in refusal.value.problems] == ["TOO_HEAVY"]


@pytest.mark.parametrize(("weighed_grams", "is_packed"), [(5_120, True), (5_121, False)])
async def test_what_a_scale_says_counts_without_the_box(weighed_grams, is_packed):
    world = await furnish()
    box = await shoebox(world, tare_grams=120)
    fulfilment = await picked(world, await open_fulfilment(world, MUG=1))
    contents = (PackedUnits(fulfilment_id=fulfilment.id),)
    command = PackParcel(contents=contents, carton_type_id=box.id, weight_grams=weighed_grams)

    if is_packed:
        assert (await Parcel.get(id=await pack(world.act(), command))).weight_grams == weighed_grams
    else:
        async with refused(InvalidInput) as refusal:
            await pack(world.act(), command)
        assert [problem.code for problem in refusal.value.problems] == ["TOO_HEAVY"]


async def test_a_carton_out_of_use_is_not_packed_into():
    world = await furnish()
    box = await shoebox(world, is_active=False)
    fulfilment = await picked(world, await open_fulfilment(world, MUG=1))
    contents = (PackedUnits(fulfilment_id=fulfilment.id),)

    async with refused(InvalidInput):
        await pack(world.act(), PackParcel(contents=contents, carton_type_id=box.id))
    async with refused(NotFound):
        await pack(world.act(), PackParcel(contents=contents, carton_type_id=new_id()))


async def test_parcels_get_container_codes_once_the_prefix_is_known():
    world = await furnish()
    before = await packed(world, await picked(world, await open_fulfilment(world, MUG=1)))
    await set_company_prefix(world.act(), SetCompanyPrefix(gs1_company_prefix="0614141"))

    after = await packed(world, await picked(world, await open_fulfilment(world, MUG=1)))
    [key] = await pack_wave(world.act(), [(await picked(world, await open_fulfilment(world, MUG=1))).id])
    by_wave = await Parcel.get(id=key)

    assert before.container_code is None
    for parcel in (after, by_wave):
        assert check_digit(parcel.container_code[:-1]) == int(parcel.container_code[-1])
        assert parcel.container_code[1:8] == "0614141"
        assert int(parcel.container_code[8:17]) == int(parcel.number.removeprefix("PC-"))


@pytest.mark.parametrize("wrong", ["123", "1234567890123", "12a45", "١٢٣٤"])
async def test_a_prefix_of_other_than_four_to_twelve_digits_is_refused(wrong):
    world = await furnish()

    async with refused(InvalidInput):
        await set_company_prefix(world.act(), SetCompanyPrefix(gs1_company_prefix=wrong))

    assert (await Organization.get()).gs1_company_prefix is None
