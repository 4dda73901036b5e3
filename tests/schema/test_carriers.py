"""Labels, rates, cartons, waves and papers through the graph: what a packer asks for, and who may."""

import pytest

from actions.carriers import Carriers
from actions.cartons import UpsertCartonType, upsert_carton_type
from actions.fulfilment.pick_waves import CreatePickWave, create_pick_wave
from domain.permissions import Role
from models import Label, Parcel, PickWave
from resolvers.ids import global_id
from server.carriers import FakeCarrier
from tests.schema.asking import ask, codes
from tests.world import World, furnish
from tests.world.fulfilment import accepted, open_fulfilment, packed, picked, ships_to

pytestmark = pytest.mark.usefixtures("database")

BUY = """mutation($input: BuyLabelInput!) { buyLabel(input: $input) @idempotent(key: "label-0001") {
    __typename
    ... on Label { status carrier service trackingNumber cost { minor currency } parcel { number labelUrl labels { status } } }
    ... on Problem { code message }
} }"""


def here(world: World, code: str = "NYC", role: Role = Role.WAREHOUSE):
    return world.viewer(role, location_ids=(world.locations[code].id,))


def carriers() -> Carriers:
    return Carriers(by_name={"fake": FakeCarrier()})


async def box(world: World) -> Parcel:
    fulfilment = await picked(world, await open_fulfilment(world, MUG=2))
    await ships_to(fulfilment.order_id)
    return await packed(world, fulfilment)


async def buy(parcel: Parcel, viewer, service: str = "ground") -> dict:
    values = {"parcelId": global_id("Parcel", parcel.id), "carrier": "fake", "service": service}
    return await ask(BUY, viewer, {"input": values}, carriers=carriers())


async def test_a_packer_buys_a_label_and_is_shown_where_it_is_printed():
    world = await furnish()
    parcel = await box(world)

    answer = await buy(parcel, here(world))

    label = await Label.get()
    assert answer["data"]["buyLabel"] == {
        "__typename": "Label",
        "status": "BOUGHT",
        "carrier": "fake",
        "service": "ground",
        "trackingNumber": label.tracking_number,
        "cost": {"minor": 675, "currency": "USD"},
        "parcel": {
            "number": parcel.number,
            "labelUrl": f"/documents/parcels/{parcel.id}/label.pdf",
            "labels": [{"status": "BOUGHT"}],
        },
    }


@pytest.mark.parametrize(
    ("service", "refusal"), [("buy-refused", "CARRIER_REFUSED"), ("buy-silent", "CARRIER_UNKNOWN")]
)
async def test_what_the_carrier_said_is_a_refusal_with_a_type(service, refusal):
    world = await furnish()

    answer = await buy(await box(world), here(world), service)

    assert answer["data"]["buyLabel"]["code"] == refusal


async def test_labels_are_bought_where_one_works():
    world = await furnish()
    parcel = await box(world)

    elsewhere = await buy(parcel, here(world, "CHI"))
    by_customer = await buy(parcel, world.viewer(Role.CUSTOMER))

    assert elsewhere["data"]["buyLabel"]["code"] == "NOT_FOUND"
    assert codes(by_customer) == ["FORBIDDEN"]
    assert await Label.all().count() == 0


async def test_a_label_is_voided():
    world = await furnish()
    both = carriers()
    parcel = await box(world)
    values = {"parcelId": global_id("Parcel", parcel.id), "carrier": "fake", "service": "ground"}
    await ask(BUY, here(world), {"input": values}, carriers=both)
    void = """mutation($input: VoidLabelInput!) { voidLabel(input: $input) {
        ... on Label { status parcel { labelUrl } } ... on Problem { code } } }"""

    label = global_id("Label", (await Label.get()).id)
    answer = await ask(void, here(world), {"input": {"labelId": label}}, carriers=both)

    assert answer["data"]["voidLabel"] == {"status": "VOIDED", "parcel": {"labelUrl": None}}


async def test_rates_are_asked_of_every_carrier():
    world = await furnish()
    query = """query($id: ID!) { parcelRates(parcelId: $id) {
        carrier service price { minor currency } transitDays isEstimate } }"""
    key = global_id("Parcel", (await box(world)).id)

    answer = await ask(query, here(world), {"id": key}, carriers=carriers())
    elsewhere = await ask(query, here(world, "CHI"), {"id": key}, carriers=carriers())

    assert answer["data"]["parcelRates"][0] == {
        "carrier": "fake",
        "service": "ground",
        "price": {"minor": 675, "currency": "USD"},
        "transitDays": 4,
        "isEstimate": False,
    }
    assert codes(elsewhere) == ["NOT_FOUND"]


async def test_what_a_shared_parcel_costs_is_told_to_those_who_see_all_of_it():
    world = await furnish()
    web = await picked(world, await open_fulfilment(world))
    shop = await picked(world, await open_fulfilment(world, channel=world.channels["SHOP"]))
    for each in (web, shop):
        await ships_to(each.order_id)
    values = {"id": global_id("Parcel", (await packed(world, web, shop)).id)}
    partner = world.viewer(Role.PARTNER, channel_ids=(world.web.id,), location_ids=())
    query = "query($id: ID!) { parcelRates(parcelId: $id) { carrier } }"

    refused = await ask(query, partner, values, carriers=carriers())
    answer = await ask(query, here(world), values, carriers=carriers())

    assert codes(refused) == ["FORBIDDEN"]
    assert answer["data"]["parcelRates"]


async def test_a_packer_is_told_into_what_it_goes():
    world = await furnish()
    command = UpsertCartonType(
        code="SHOE", name="Shoe box", length_mm=350, width_mm=250, height_mm=150, tare_grams=120, max_weight_grams=5_000
    )
    await upsert_carton_type(world.act(), command)
    fulfilment = await picked(world, await open_fulfilment(world, MUG=2, LAMP=1))
    query = """query($id: ID!) { cartonSuggestion(fulfilmentId: $id) {
        cartonCode weightGrams units { quantity orderLine { sku } } } }"""

    answer = await ask(query, here(world), {"id": global_id("Fulfilment", fulfilment.id)})

    assert answer["data"]["cartonSuggestion"] == [
        {
            "cartonCode": "SHOE",
            "weightGrams": 1_620,
            "units": [
                {"quantity": 2, "orderLine": {"sku": "MUG"}},
                {"quantity": 1, "orderLine": {"sku": "LAMP"}},
            ],
        }
    ]


async def test_the_company_prefix_is_for_administrators():
    world = await furnish()
    change = """mutation { setCompanyPrefix(input: {gs1CompanyPrefix: "0614141"}) {
        ... on Organization { gs1CompanyPrefix } } }"""

    refused = await ask(change, here(world))
    answer = await ask(change, world.viewer())

    assert codes(refused) == ["FORBIDDEN"]
    assert answer["data"]["setCompanyPrefix"] == {"gs1CompanyPrefix": "0614141"}


async def test_the_company_prefix_is_given_up_by_saying_null_and_by_nothing_else():
    world = await furnish()
    change = """mutation ($input: SetCompanyPrefixInput!) { setCompanyPrefix(input: $input) {
        ... on Organization { gs1CompanyPrefix } ... on InvalidInput { problems { path code } } } }"""
    told = [{"gs1CompanyPrefix": "0614141"}, {}, {"gs1CompanyPrefix": None}]

    answers = [await ask(change, world.viewer(), {"input": given}) for given in told]

    assert [answer["data"]["setCompanyPrefix"] for answer in answers] == [
        {"gs1CompanyPrefix": "0614141"},
        {"problems": [{"path": ["gs1CompanyPrefix"], "code": "REQUIRED"}]},
        {"gs1CompanyPrefix": None},
    ]


async def test_a_wave_shows_what_it_picks_and_how_far_it_is():
    world = await furnish()
    for wanted in ({"MUG": 2, "LAMP": 1}, {"MUG": 1}):
        await accepted(world, await open_fulfilment(world, **wanted))
    gather = """mutation($at: ID!) { createPickWave(input: {locationId: $at}) {
        ... on PickWave { waiting picked pickListUrl lines { sku waiting picked } fulfilments { status } }
        ... on Problem { code } } }"""
    at = global_id("Location", world.locations["NYC"].id)

    answer = await ask(gather, here(world), {"at": at})
    again = await ask(gather, here(world), {"at": at})

    wave = await PickWave.get()
    assert answer["data"]["createPickWave"] == {
        "waiting": 4,
        "picked": 0,
        "pickListUrl": f"/documents/waves/{wave.id}/pick-list.pdf",
        "lines": [{"sku": "LAMP", "waiting": 1, "picked": 0}, {"sku": "MUG", "waiting": 3, "picked": 0}],
        "fulfilments": [{"status": "ACCEPTED"}, {"status": "ACCEPTED"}],
    }
    assert again["data"]["createPickWave"] == {"code": "INVALID_INPUT"}


async def test_a_wave_is_dissolved_by_its_own_location_and_work_says_which_wave_it_is_in():
    world = await furnish()
    fulfilment = await accepted(world, await open_fulfilment(world, MUG=1))
    wave_id = await create_pick_wave(world.act(), CreatePickWave(location_id=world.locations["NYC"].id))
    dissolve = """mutation($id: ID!) { dissolvePickWave(input: {pickWaveId: $id}) {
        __typename ... on PickWave { fulfilments { number } } } }"""
    query = "query($id: ID!) { fulfilment(id: $id) { pickWave { number } } }"
    values = {"id": global_id("PickWave", wave_id)}

    before = await ask(query, here(world), {"id": global_id("Fulfilment", fulfilment.id)})
    elsewhere = await ask(dissolve, here(world, "CHI"), values)
    answer = await ask(dissolve, here(world), values)
    after = await ask(query, here(world), {"id": global_id("Fulfilment", fulfilment.id)})

    assert before["data"]["fulfilment"] == {"pickWave": {"number": (await PickWave.get()).number}}
    assert elsewhere["data"]["dissolvePickWave"] == {"__typename": "NotFound"}
    assert answer["data"]["dissolvePickWave"] == {"__typename": "PickWave", "fulfilments": []}
    assert after["data"]["fulfilment"] == {"pickWave": None}


@pytest.mark.parametrize(
    ("code", "scanned", "verdict", "left"),
    [
        ("MUG", 0, "RIGHT", 1),
        ("MUG", 1, "RIGHT", 0),
        ("MUG", 2, "ENOUGH", 0),
        ("LAMP", 0, "WRONG", 0),
        ("", 0, "WRONG", 0),
    ],
)
async def test_a_scanned_unit_is_right_wrong_or_one_too_many(code, scanned, verdict, left):
    world = await furnish()
    fulfilment = await accepted(world, await open_fulfilment(world, MUG=2))
    query = """query($id: ID!, $code: String!, $scanned: Int!) {
        checkScan(fulfilmentId: $id, code: $code, scanned: $scanned) { verdict left } }"""
    values = {"id": global_id("Fulfilment", fulfilment.id), "code": code, "scanned": scanned}

    answer = await ask(query, here(world), values)
    elsewhere = await ask(query, here(world, "CHI"), values)

    assert answer["data"]["checkScan"] == {"verdict": verdict, "left": left}
    assert codes(elsewhere) == ["NOT_FOUND"]
