"""A location's work through the graph: the queue, every step, and who may take it."""

import pytest

from actions.fulfilment.pickup import MakeReady, make_ready
from domain.holds import HoldKind
from domain.lifecycle import UnitStatus
from domain.permissions import Role
from models import Fulfilment, Hold, Order, Parcel
from resolvers.ids import global_id
from tests.schema.asking import ask, codes, messages
from tests.world import World, customer, furnish
from tests.world.fulfilment import accepted, code_of, open_fulfilment, packed, picked, pickup_fulfilment, ships_to
from tests.world.orders import line, new_order, units

pytestmark = pytest.mark.usefixtures("database")

ACCEPT = """
mutation($input: AcceptFulfilmentInput!) { acceptFulfilment(input: $input) {
    __typename
    ... on Fulfilment { status version availableActions acceptedAt }
    ... on IllegalTransition { message was allowedFrom }
    ... on Conflict { expectedVersion actualVersion }
    ... on NotFound { message }
    ... on Forbidden { reason }
} }"""


def fid(fulfilment: Fulfilment) -> str:
    return global_id("Fulfilment", fulfilment.id)


def here(world: World, code: str = "NYC", role: Role = Role.WAREHOUSE):
    return world.viewer(role, location_ids=(world.locations[code].id,))


async def step(name: str, fields: str, viewer, values: dict) -> dict:
    """The answer of one mutation, refusals with their message."""
    document = f"""
        mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{
            __typename ... on Problem {{ message }} {fields} }} }}"""
    answer = await ask(document, viewer, {"input": values})
    assert "errors" not in answer, answer
    return answer["data"][name]


async def test_a_location_reads_its_queue_with_everything_to_do():
    world = await furnish()
    fulfilment = await open_fulfilment(world, MUG=3, LAMP=1)
    await open_fulfilment(world, at="CHI", MUG=1)
    query = """query($at: [ID!], $open: [FulfilmentStatus!]) {
        fulfilments(filter: {locationIds: $at, status: $open}, sort: OLDEST) { totalCount nodes {
            id number status method availableActions location { code } order { number }
            lines { quantity waiting picked packed ready left orderLine { sku } } } } }"""
    at = [global_id("Location", world.locations["NYC"].id)]

    answer = await ask(query, here(world), {"at": at, "open": ["OPEN", "ACCEPTED"]})

    order = await Order.get(id=fulfilment.order_id)
    assert answer["data"]["fulfilments"] == {
        "totalCount": 1,
        "nodes": [
            {
                "id": fid(fulfilment),
                "number": fulfilment.number,
                "status": "OPEN",
                "method": "SHIP",
                "availableActions": ["ACCEPT", "DECLINE", "RECALL"],
                "location": {"code": "NYC"},
                "order": {"number": order.number},
                "lines": [
                    {"quantity": quantity, "waiting": quantity, **nothing_else, "orderLine": {"sku": sku}}
                    for sku, quantity in (("MUG", 3), ("LAMP", 1))
                ],
            }
        ],
    }


nothing_else = {"picked": 0, "packed": 0, "ready": 0, "left": 0}


async def test_a_location_sees_only_its_own_work():
    world = await furnish()
    fulfilment = await open_fulfilment(world, MUG=1)
    query = "query($id: ID!) { fulfilment(id: $id) { number } fulfilments { nodes { number } } }"

    elsewhere = await ask(query, here(world, "CHI", Role.STORE_ASSOCIATE), {"id": fid(fulfilment)})
    at_work = await ask(query, here(world), {"id": fid(fulfilment)})

    assert elsewhere["data"] == {"fulfilment": None, "fulfilments": {"nodes": []}}
    assert at_work["data"]["fulfilment"] == {"number": fulfilment.number}


async def test_what_can_be_done_follows_the_units_the_way_and_the_holds():
    world = await furnish()
    to_ship = await picked(world, await open_fulfilment(world))
    to_collect = await picked(world, await pickup_fulfilment(world))
    held = await picked(world, await open_fulfilment(world))
    await Hold.create(order_id=held.order_id, kind=HoldKind.ADDRESS, applied_by="test", applied_at=world.now)
    query = "query($id: ID!) { fulfilment(id: $id) { availableActions } }"

    found = {
        each.id: (await ask(query, here(world), {"id": fid(each)}))["data"]["fulfilment"]["availableActions"]
        for each in (to_ship, to_collect, held)
    }

    assert found == {
        to_ship.id: ["PACK", "RECALL"],
        to_collect.id: ["PACK", "MAKE_READY", "RECALL"],
        held.id: ["RECALL"],
    }


async def test_the_whole_way_of_a_shipped_order_goes_through_the_graph():
    world = await furnish()
    fulfilment = await open_fulfilment(world, MUG=2)
    at_work = here(world)
    work = {"fulfilmentId": fid(fulfilment)}

    took = await step("acceptFulfilment", "... on Fulfilment { status version }", at_work, work)
    found = await ask(
        "mutation($input: PickUnitsInput!) { pickUnits(input: $input) { ... on Fulfilment { status } } }",
        at_work,
        {"input": {**work, "expectedVersion": took["version"]}},
    )
    box = await step(
        "packParcel",
        "... on Parcel { id number weightGrams version lines { quantity } }",
        at_work,
        {"contents": [work], "weightGrams": 900},
    )
    sent = await step(
        "shipParcel",
        "... on Parcel { carrier trackingNumber version }",
        at_work,
        {"parcelId": box["id"], "carrier": "UPS", "trackingNumber": "1Z 7", "expectedVersion": box["version"]},
    )
    heard = await ask(
        """mutation($input: RecordTrackingInput!) { recordTrackingEvent(input: $input) { ... on Parcel {
            status deliveredAt events { nodes { code place } } } } }""",
        at_work,
        {
            "input": {
                "carrier": "UPS",
                "trackingNumber": "1Z 7",
                "code": "DELIVERED",
                "occurredAt": "2026-11-03T10:00:00Z",
                "eventKey": "e-1",
                "place": "Boston",
            }
        },
    )

    assert took["status"] == "ACCEPTED"
    assert found["data"]["pickUnits"] == {"status": "IN_PROGRESS"}
    assert (box["weightGrams"], box["lines"]) == (900, [{"quantity": 2}])
    assert (sent["carrier"], sent["trackingNumber"]) == ("UPS", "1Z 7")
    assert heard["data"]["recordTrackingEvent"]["status"] == "DELIVERED"
    assert heard["data"]["recordTrackingEvent"]["events"] == {"nodes": [{"code": "DELIVERED", "place": "Boston"}]}
    assert await units(await Order.get(id=fulfilment.order_id)) == {UnitStatus.DELIVERED: 2}


async def test_a_pickup_goes_through_the_graph_with_its_code():
    world = await furnish()
    fulfilment = await picked(world, await pickup_fulfilment(world, customer=world.customer))
    await make_ready(world.act(), MakeReady(fulfilment_id=fulfilment.id))
    query = "query($id: ID!) { fulfilment(id: $id) { status pickupCode } }"

    shown = await ask(query, world.viewer(Role.CUSTOMER), {"id": fid(fulfilment)})
    behind_the_counter = await ask(query, here(world), {"id": fid(fulfilment)})
    code = shown["data"]["fulfilment"]["pickupCode"]
    wrong = await step("handOver", "", here(world), {"fulfilmentId": fid(fulfilment), "code": "no"})
    nobody = await step("handOver", "", here(world), {"fulfilmentId": fid(fulfilment)})
    given = await step(
        "handOver",
        "... on Fulfilment { status pickupCode }",
        here(world),
        {"fulfilmentId": fid(fulfilment), "code": code},
    )

    assert code == await code_of(fulfilment.id)
    assert behind_the_counter["data"]["fulfilment"] == {"status": "READY_FOR_PICKUP", "pickupCode": None}
    assert (wrong["__typename"], nobody["__typename"]) == ("InvalidInput", "InvalidInput")
    assert given == {"__typename": "Fulfilment", "status": "COMPLETED", "pickupCode": None}


async def test_a_decline_shows_what_is_left_and_why():
    world = await furnish()
    fulfilment = await accepted(world, await open_fulfilment(world, MUG=3, LAMP=1))
    mugs = await line(await Order.get(id=fulfilment.order_id))

    answer = await step(
        "declineFulfilment",
        "... on Fulfilment { status declineReason lines { waiting } }",
        here(world),
        {
            "fulfilmentId": fid(fulfilment),
            "reason": "DAMAGED",
            "lineIds": [global_id("OrderLine", mugs.id)],
            "excludeUntil": "2026-12-01T00:00:00Z",
        },
    )

    assert answer["status"] == "ACCEPTED"
    assert answer["declineReason"] == "DAMAGED"
    assert answer["lines"] == [{"waiting": 0}, {"waiting": 1}]


async def test_a_short_pick_shows_what_was_found():
    world = await furnish()
    fulfilment = await accepted(world, await open_fulfilment(world, MUG=3))
    mugs = await line(await Order.get(id=fulfilment.order_id))

    answer = await ask(
        """mutation($input: ShortPickInput!) { shortPickUnits(input: $input) { ... on Fulfilment {
            status lines { quantity waiting picked } } } }""",
        here(world),
        {
            "input": {
                "fulfilmentId": fid(fulfilment),
                "reason": "NOT_FOUND",
                "lines": [{"lineId": global_id("OrderLine", mugs.id), "found": 1}],
            }
        },
    )

    assert answer["data"]["shortPickUnits"] == {
        "status": "IN_PROGRESS",
        "lines": [{"quantity": 3, "waiting": 0, "picked": 1}],
    }


async def test_refusals_are_members_of_the_result():
    world = await furnish()
    fulfilment = await accepted(world, await open_fulfilment(world))

    again = await ask(ACCEPT, here(world), {"input": {"fulfilmentId": fid(fulfilment)}})
    stale = await ask(ACCEPT, here(world), {"input": {"fulfilmentId": fid(fulfilment), "expectedVersion": 1}})

    assert again["data"]["acceptFulfilment"]["__typename"] == "IllegalTransition"
    assert again["data"]["acceptFulfilment"]["allowedFrom"] == ["released"]
    assert stale["data"]["acceptFulfilment"] == {"__typename": "Conflict", "expectedVersion": 1, "actualVersion": 2}


async def test_another_location_may_not_touch_the_work():
    world = await furnish()
    fulfilment = await open_fulfilment(world)

    answer = await ask(ACCEPT, here(world, "CHI"), {"input": {"fulfilmentId": fid(fulfilment)}})

    assert answer["data"]["acceptFulfilment"]["__typename"] == "NotFound"
    assert await units(await Order.get(id=fulfilment.order_id)) == {UnitStatus.RELEASED: 1}


async def test_a_partner_whose_key_names_locations_works_only_there():
    world = await furnish()
    fulfilment = await open_fulfilment(world)
    elsewhere = here(world, "CHI", Role.PARTNER)

    refused = await ask(ACCEPT, elsewhere, {"input": {"fulfilmentId": fid(fulfilment)}})
    took = await ask(ACCEPT, here(world, "NYC", Role.PARTNER), {"input": {"fulfilmentId": fid(fulfilment)}})

    assert refused["data"]["acceptFulfilment"]["__typename"] == "Forbidden"
    assert took["data"]["acceptFulfilment"]["status"] == "ACCEPTED"


@pytest.mark.parametrize("role", [Role.AGENT, Role.CUSTOMER, Role.ANONYMOUS])
async def test_who_does_not_fulfil_may_take_no_step(role):
    world = await furnish()
    fulfilment = await open_fulfilment(world, customer=world.customer)

    answer = await ask(ACCEPT, world.viewer(role), {"input": {"fulfilmentId": fid(fulfilment)}})

    assert "fulfil" in messages(answer)[0].lower()
    assert await units(await Order.get(id=fulfilment.order_id)) == {UnitStatus.RELEASED: 1}


async def test_agents_release_orders_and_locations_do_not():
    world = await furnish()
    order = await new_order(world)
    document = """mutation($input: ReleaseOrderInput!) { releaseOrder(input: $input) {
        ... on Order { status } } }"""
    values = {"input": {"orderId": global_id("Order", order.id)}}

    refused = await ask(document, here(world), values)
    answer = await ask(document, world.viewer(Role.AGENT), values)

    assert codes(refused) != []
    assert answer["data"]["releaseOrder"] == {"status": "RELEASED"}


async def test_a_customer_follows_parcels_and_sees_nothing_internal():
    world = await furnish()
    fulfilment = await picked(world, await open_fulfilment(world, MUG=2, customer=world.customer))
    parcel = await packed(world, fulfilment)
    viewer = world.viewer(Role.CUSTOMER)
    follow = "query($id: ID!) { parcel(id: $id) { number status lines { quantity orderLine { sku } } events { nodes { code } } } }"
    internal = "query($id: ID!) { fulfilment(id: $id) { declineReason acceptedAt availableActions } }"

    shown = await ask(follow, viewer, {"id": global_id("Parcel", parcel.id)})
    refused = await ask(internal, viewer, {"id": fid(fulfilment)})

    assert shown["data"]["parcel"]["lines"] == [{"quantity": 2, "orderLine": {"sku": "MUG"}}]
    assert refused["data"] is None
    assert messages(refused) == ["You may not see the work of locations (`declineReason`)."]


async def test_of_a_shared_parcel_a_customer_sees_only_the_own_lines():
    world = await furnish()
    bob = await customer(world, name="Bob", email="bob@example.com")
    mine = await picked(world, await open_fulfilment(world, MUG=1, customer=world.customer))
    his = await picked(world, await open_fulfilment(world, LAMP=2, customer=bob))
    for each in (mine, his):
        await ships_to(each.order_id)
    parcel = await packed(world, mine, his)
    query = "query($id: ID!) { parcel(id: $id) { lines { quantity orderLine { sku } fulfilment { id } } } }"

    ada = await ask(query, world.viewer(Role.CUSTOMER), {"id": global_id("Parcel", parcel.id)})
    at_work = await ask(query, here(world), {"id": global_id("Parcel", parcel.id)})
    stranger = await customer(world, name="Eve", email="eve@example.com")
    nothing = await ask(
        query, world.viewer(Role.CUSTOMER, customer_id=stranger.id), {"id": global_id("Parcel", parcel.id)}
    )

    assert ada["data"]["parcel"]["lines"] == [
        {"quantity": 1, "orderLine": {"sku": "MUG"}, "fulfilment": {"id": fid(mine)}}
    ]
    assert len(at_work["data"]["parcel"]["lines"]) == 2
    assert nothing["data"]["parcel"] is None


async def test_a_parcel_is_handled_only_by_who_may_see_all_of_it():
    world = await furnish()
    web = await picked(world, await open_fulfilment(world))
    shop = await picked(world, await open_fulfilment(world, channel=world.channels["SHOP"]))
    for each in (web, shop):
        await ships_to(each.order_id)
    parcel = await packed(world, web, shop)
    partner = world.viewer(Role.PARTNER, channel_ids=(world.web.id,), location_ids=())
    values = {"parcelId": global_id("Parcel", parcel.id), "carrier": "UPS"}

    refused = await step("shipParcel", "... on Forbidden { reason }", partner, values)
    sent = await step("shipParcel", "... on Parcel { shippedAt }", here(world), values)

    assert refused["__typename"] == "Forbidden"
    assert sent["__typename"] == "Parcel"


async def test_parcels_are_found_by_their_carriers_number():
    world = await furnish()
    parcel = await packed(world, await picked(world, await open_fulfilment(world)))
    await Parcel.filter(id=parcel.id).update(carrier="UPS", tracking_number="1Z 3")
    query = """query { parcelByTracking(carrier: "UPS", trackingNumber: "1Z 3") { number }
        parcels(filter: {isShipped: false}) { nodes { number } } }"""

    answer = await ask(query, here(world))
    elsewhere = await ask(query, here(world, "CHI"))

    assert answer["data"] == {
        "parcelByTracking": {"number": parcel.number},
        "parcels": {"nodes": [{"number": parcel.number}]},
    }
    assert elsewhere["data"] == {"parcelByTracking": None, "parcels": {"nodes": []}}


async def test_unpacking_answers_with_the_work_that_is_picked_again():
    world = await furnish()
    fulfilment = await picked(world, await open_fulfilment(world, MUG=2))
    parcel = await packed(world, fulfilment)

    answer = await step(
        "unpackParcel",
        "... on Unpacked { fulfilments { id lines { picked packed } } }",
        here(world),
        {"parcelId": global_id("Parcel", parcel.id)},
    )

    assert answer["fulfilments"] == [{"id": fid(fulfilment), "lines": [{"picked": 2, "packed": 0}]}]


async def test_news_of_another_organizations_parcel_is_not_found():
    world, other = await furnish(), await furnish()
    parcel = await packed(other, await picked(other, await open_fulfilment(other)))
    document = """mutation($input: RecordTrackingInput!) { recordTrackingEvent(input: $input) { __typename } }"""
    news = {"code": "HELD", "occurredAt": "2026-11-03T10:00:00Z", "eventKey": "e-1"}

    for named in ({"parcelId": global_id("Parcel", parcel.id)}, {"carrier": "UPS", "trackingNumber": "1Z"}):
        answer = await ask(document, world.viewer(), {"input": {**news, **named}})

        assert answer["data"]["recordTrackingEvent"]["__typename"] == "NotFound"
