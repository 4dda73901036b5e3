"""One parcel for several orders through the graph: what is suggested to whom, and what each customer sees of it."""

import pytest

from actions.parcels.consolidating import ConsolidateParcels, consolidate
from domain.holds import HoldKind
from domain.permissions import Role
from domain.shipping_rates import DEFAULT_RATE_CARD
from models import Fulfilment, Hold, Parcel
from resolvers.ids import global_id
from tests.schema.asking import ask, codes
from tests.world import World, customer, furnish
from tests.world.fulfilment import open_fulfilment, packed, picked, ships_to

pytestmark = pytest.mark.usefixtures("database")

SUGGEST = """query($at: ID!) { parcelConsolidations(locationId: $at) {
    fulfilments { id } parcels { id } carrier service shipOn weightGrams
    separately { minor currency } together { minor } saving { minor } } }"""
TOGETHER = """mutation($input: ConsolidateParcelsInput!) { consolidateParcels(input: $input) {
    __typename ... on Parcel { id lines { quantity orderLine { sku } } } ... on Problem { code message } } }"""
SPLIT = """mutation($input: SplitParcelInput!) { splitParcel(input: $input) {
    __typename ... on Parcel { id lines { quantity orderLine { sku } } } ... on Problem { code message } } }"""


def fid(fulfilment: Fulfilment) -> str:
    return global_id("Fulfilment", fulfilment.id)


def here(world: World, code: str = "NYC"):
    return world.viewer(Role.WAREHOUSE, location_ids=(world.locations[code].id,))


def at(world: World, code: str = "NYC") -> dict:
    return {"at": global_id("Location", world.locations[code].id)}


async def work(world: World, *, address=None, **wanted) -> Fulfilment:
    fulfilment = await picked(world, await open_fulfilment(world, **(wanted or {"MUG": 1})))
    await ships_to(fulfilment.order_id, **(address or {"latitude": 42.36, "longitude": -71.06}))
    return fulfilment


async def test_a_packer_is_told_what_could_go_together_and_what_it_saves():
    world = await furnish()
    first, second = await work(world, MUG=2), await work(world, LAMP=1)
    await work(world, address={"name": "Bob"})
    box = await packed(world, second)

    answer = await ask(SUGGEST, here(world), at(world))

    [found] = answer["data"]["parcelConsolidations"]
    assert (found["fulfilments"], found["parcels"]) == ([{"id": fid(first)}], [{"id": global_id("Parcel", box.id)}])
    rate = DEFAULT_RATE_CARD.rate(306)
    weights = 2 * world.variants["MUG"].weight_grams, world.variants["LAMP"].weight_grams
    assert found["weightGrams"] == sum(weights)
    separately, together = sum(map(rate.price_minor, weights)), rate.price_minor(sum(weights))
    assert found["separately"] == {"minor": separately, "currency": "USD"}
    assert found["together"] == {"minor": together}
    assert found["saving"] == {"minor": separately - together}


async def test_what_is_held_labelled_shipped_or_elsewhere_is_not_suggested():
    world = await furnish()
    free, held = await work(world), await work(world)
    await Hold.create(order_id=held.order_id, kind=HoldKind.ADDRESS, applied_by="test", applied_at=world.now)
    far = await picked(world, await open_fulfilment(world, at="LAX"))
    await ships_to(far.order_id)

    answers = [
        (await ask(SUGGEST, here(world), at(world)))["data"],
        (await ask(SUGGEST, here(world, "LAX"), at(world)))["data"],
    ]
    refused = await ask(SUGGEST, world.viewer(Role.CUSTOMER), at(world))

    assert answers == [{"parcelConsolidations": []}] * 2
    assert codes(refused) == ["FORBIDDEN"]
    assert free.location_id != far.location_id


async def test_a_partner_is_suggested_nothing_of_another_channel():
    world = await furnish()
    mine, others = await work(world), await work(world, channel=world.channels["SHOP"])
    partner = world.viewer(Role.PARTNER, channel_ids=(world.web.id,), location_ids=())
    values = {"fulfilmentIds": [fid(mine)], "parcelIds": [global_id("Parcel", (await packed(world, others)).id)]}

    suggested = await ask(SUGGEST, partner, at(world))
    made = await ask(TOGETHER, partner, {"input": values})

    assert suggested["data"] == {"parcelConsolidations": []}
    assert made["data"]["consolidateParcels"]["code"] == "NOT_FOUND"


async def test_each_customer_sees_only_their_own_lines_in_the_shared_parcel():
    world = await furnish()
    bob = await customer(world, name="Bob", email="bob@example.com")
    adas = await work(world, MUG=1, customer=world.customer)
    bobs = await work(world, LAMP=2, customer=bob)
    values = {"fulfilmentIds": [fid(adas), fid(bobs)]}
    query = "query($id: ID!) { parcel(id: $id) { lines { quantity orderLine { sku } fulfilment { id } } } }"

    made = (await ask(TOGETHER, here(world), {"input": values}))["data"]["consolidateParcels"]
    seen = {
        name: (await ask(query, world.viewer(Role.CUSTOMER, customer_id=who.id), {"id": made["id"]}))["data"]["parcel"]
        for name, who in (("ada", world.customer), ("bob", bob))
    }

    assert len(made["lines"]) == 2
    assert seen == {
        "ada": {"lines": [{"quantity": 1, "orderLine": {"sku": "MUG"}, "fulfilment": {"id": fid(adas)}}]},
        "bob": {"lines": [{"quantity": 2, "orderLine": {"sku": "LAMP"}, "fulfilment": {"id": fid(bobs)}}]},
    }


async def test_the_weight_of_a_shared_parcel_tells_a_customer_nothing_of_what_others_have_in_it():
    world = await furnish()
    bob = await customer(world, name="Bob", email="bob@example.com")
    adas = await work(world, MUG=1, customer=world.customer)
    bobs = await work(world, LAMP=2, customer=bob)
    guests = await work(world, MUG=1)
    alone = await packed(world, await work(world, MUG=3, customer=world.customer))
    grams = {sku: variant.weight_grams for sku, variant in world.variants.items()}
    query = "query($id: ID!) { parcel(id: $id) { weightGrams } }"
    values = {"fulfilmentIds": [fid(adas), fid(bobs), fid(guests)], "weightGrams": 9_999}
    made = (await ask(TOGETHER, here(world), {"input": values}))["data"]["consolidateParcels"]

    async def told(viewer, key=made["id"]) -> int:
        return (await ask(query, viewer, {"id": key}))["data"]["parcel"]["weightGrams"]

    ada, other = (world.viewer(Role.CUSTOMER, customer_id=who.id) for who in (world.customer, bob))
    assert (await told(ada), await told(other)) == (grams["MUG"], 2 * grams["LAMP"])
    assert (await told(here(world)), await told(world.viewer(Role.AGENT))) == (9_999, 9_999)
    whole = await Parcel.get(id=alone.id)
    assert await told(ada, global_id("Parcel", alone.id)) == whole.weight_grams


async def test_a_shared_parcel_is_split_again_by_whoever_works_there():
    world = await furnish()
    first, second = await work(world, MUG=1), await work(world, LAMP=2)
    shared = await consolidate(world.act(), ConsolidateParcels(fulfilment_ids=(first.id, second.id)))
    values = {"parcelId": global_id("Parcel", shared), "fulfilmentIds": [fid(second)]}

    elsewhere = await ask(SPLIT, here(world, "CHI"), {"input": values})
    made = await ask(SPLIT, here(world), {"input": values})

    assert elsewhere["data"]["splitParcel"]["code"] == "NOT_FOUND"
    assert made["data"]["splitParcel"]["lines"] == [{"quantity": 2, "orderLine": {"sku": "LAMP"}}]
    assert await Parcel.all().count() == 2
