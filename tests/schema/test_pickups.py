"""Questions about pickups through the graph: who sees them, who answers, and who hears of it."""

from datetime import UTC, datetime, timedelta

import pytest

from actions.fulfilment.accepting import AcceptFulfilment, accept
from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.fulfilment.pickup import MakeReady, make_ready
from actions.orders.holding import ApplyHold, apply_hold
from domain.errors import InvalidInput
from domain.facts import FactKind
from domain.fulfilment import DeclineReason
from domain.holds import HoldKind
from domain.orders import FulfilmentMethod
from domain.permissions import Role
from domain.pickups import QuestionStatus
from domain.placing.commands import OrderedLine, PlaceOrder
from models import ExcludedLocation, Fulfilment, Order, PickupQuestion
from models.locations import LocationKind
from resolvers.ids import global_id
from tests.actions.asserting import told
from tests.actions.scenarios.placing import opened_desk
from tests.schema.asking import ask, codes
from tests.world import World, customer, furnish, place, stock
from tests.world.forwarding import take_any_stock, where
from tests.world.fulfilment import code_of, open_fulfilment, picked, pickup_fulfilment, released_of
from tests.world.kits import kit
from tests.world.orders import new_order

pytestmark = pytest.mark.usefixtures("database")

ANSWER = """
mutation($input: AnswerPickupInput!) { answerPickup(input: $input) {
    __typename
    ... on PickupQuestion { status choice version collectableAt
        order { status availableActions shipping { minor } lines { method pickupLocation { code } } }
        pickupLocation { code } newLine { position } promise { service latestOn price { minor } } }
    ... on InvalidInput { problems { path code } }
    ... on Problem { code message }
    ... on IllegalTransition { was allowedFrom }
    ... on InsufficientStock { missing { sku units } }
    ... on BlockedByHold { kinds }
} }"""
OWN = """{ pickupQuestions(filter: {status: [OPEN, OVERDUE]}) { totalCount nodes {
    id quantity status expiresAt collectableAt orderLine { sku } location { code } order { number } } } }"""
ARRIVE = """
mutation($input: AnnounceArrivalInput!) { announceArrival(input: $input) {
    __typename ... on Fulfilment { arrivedAt arrivalSpot arrivalVehicle status } ... on Problem { code message } } }"""


async def asked(world: World, **wanted) -> PickupQuestion:
    fulfilment = await pickup_fulfilment(world, **wanted)
    await decline(world.act(), DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.NO_CAPACITY))
    return await PickupQuestion.get(order_id=fulfilment.order_id)


def qid(question: PickupQuestion) -> str:
    return global_id("PickupQuestion", question.id)


def at(world: World, code: str) -> str:
    return global_id("Location", world.locations[code].id)


async def test_a_customer_reads_what_they_are_asked_and_where_else_they_could_collect():
    world = await furnish()
    question = await asked(world, MUG=4, customer=world.customer)
    await asked(world, MUG=1)
    await new_order(world, at="LAX", MUG=7)

    answered = await ask(OWN, world.viewer(Role.CUSTOMER))

    order = await Order.get(id=question.order_id)
    assert answered["data"]["pickupQuestions"] == {
        "totalCount": 1,
        "nodes": [
            {
                "id": qid(question),
                "quantity": 4,
                "status": "OPEN",
                "expiresAt": "2026-11-03T15:00:00.000000Z",
                "collectableAt": [at(world, "CHI")],
                "orderLine": {"sku": "MUG"},
                "location": {"code": "NYC"},
                "order": {"number": order.number},
            }
        ],
    }


@pytest.mark.parametrize(("later", "places"), [(timedelta(hours=-1), ["LAX"]), (timedelta(0), ["CHI", "LAX"])])
async def test_a_store_that_gave_the_units_back_is_left_out_until_then_by_the_clock_of_the_process(later, places):
    world = await furnish()
    question = await asked(world, MUG=1, customer=world.customer)
    until = datetime(2030, 1, 1, tzinfo=UTC)
    await ExcludedLocation.create(
        line_id=question.line_id, location_id=world.locations["CHI"].id, until=until, reason=DeclineReason.OTHER
    )

    answered = await ask(OWN, world.viewer(Role.CUSTOMER), clock=lambda: until + later)

    [found] = answered["data"]["pickupQuestions"]["nodes"]
    assert found["collectableAt"] == [at(world, code) for code in places]


async def test_what_is_brought_to_a_store_can_be_collected_there_too():
    world = await furnish()
    await take_any_stock(world, "LAX")
    question = await asked(world, MUG=4, customer=world.customer)
    await new_order(world, at="LAX", MUG=7)

    answered = await ask(OWN, world.viewer(Role.CUSTOMER))
    [found] = answered["data"]["pickupQuestions"]["nodes"]
    assert found["collectableAt"] == [at(world, "CHI"), at(world, "LAX")]

    choice = {"questionId": qid(question), "choice": "COLLECT_ELSEWHERE", "pickupLocationId": at(world, "LAX")}
    await ask(ANSWER, world.viewer(Role.CUSTOMER), {"input": choice})
    assert await where(question.order_id) == {("scheduled", "CHI"): 4}


async def test_what_may_be_done_with_rejected_units_is_to_answer_or_to_cancel():
    world = await furnish()
    question = await asked(world, MUG=1, customer=world.customer)
    query = "query($id: ID!) { order(id: $id) { status availableActions pickupQuestions { id } } }"

    answered = await ask(query, world.viewer(Role.CUSTOMER), {"id": global_id("Order", question.order_id)})

    assert answered["data"]["order"] == {
        "status": "PICKUP_REJECTED",
        "availableActions": ["CANCEL", "ANSWER_PICKUP"],
        "pickupQuestions": [{"id": qid(question)}],
    }


async def test_a_customer_is_told_that_the_order_is_held_and_staff_is_told_for_what():
    world = await furnish()
    question = await asked(world, MUG=1, customer=world.customer)
    await apply_hold(world.act(), ApplyHold(order_id=question.order_id, kind=HoldKind.FRAUD))
    choice = {"questionId": qid(question), "choice": "COLLECT_ELSEWHERE", "pickupLocationId": at(world, "LAX")}

    answers = [await ask(ANSWER, world.viewer(role), {"input": choice}) for role in (Role.CUSTOMER, Role.AGENT)]

    own, staff = [answer["data"]["answerPickup"] for answer in answers]
    assert (own["kinds"], own["message"]) == ([], "Cannot schedule: the order is held.")
    assert (staff["kinds"], staff["message"]) == (
        ["fraud"],
        "Cannot schedule: held for fraud. Resolve the hold first.",
    )


async def test_a_customer_chooses_another_store_for_themselves():
    world = await furnish()
    question = await asked(world, MUG=2, customer=world.customer)
    choice = {"questionId": qid(question), "choice": "COLLECT_ELSEWHERE", "pickupLocationId": at(world, "LAX")}

    first = await ask(ANSWER, world.viewer(Role.CUSTOMER), {"input": choice})
    late = {"questionId": qid(question), "choice": "CANCEL"}
    again = await ask(ANSWER, world.viewer(Role.AGENT), {"input": late})

    assert first["data"]["answerPickup"] == {
        "__typename": "PickupQuestion",
        "status": "ANSWERED",
        "choice": "COLLECT_ELSEWHERE",
        "version": 2,
        "collectableAt": [],
        "order": {
            "status": "SCHEDULED",
            "availableActions": ["RELEASE", "CANCEL"],
            "shipping": {"minor": 0},
            "lines": [{"method": "PICKUP", "pickupLocation": {"code": "LAX"}}],
        },
        "pickupLocation": {"code": "LAX"},
        "newLine": None,
        "promise": None,
    }
    refusal = again["data"]["answerPickup"]
    assert (refusal["__typename"], refusal["was"]) == ("IllegalTransition", "answered")


async def test_nobody_answers_for_another_customer_or_another_channel():
    world = await furnish()
    question = await asked(world, MUG=2, customer=await customer(world, name="Bob"))
    choice = {"questionId": qid(question), "choice": "CANCEL"}
    others = [
        world.viewer(Role.CUSTOMER),
        world.viewer(Role.AGENT, channel_ids=(world.channels["SHOP"].id,)),
        world.viewer(Role.PARTNER, channel_ids=()),
    ]

    for viewer in others:
        assert (await ask(ANSWER, viewer, {"input": choice}))["data"]["answerPickup"]["code"] == "NOT_FOUND"
    for role in (Role.STORE_ASSOCIATE, Role.WAREHOUSE, Role.ANONYMOUS):
        assert codes(await ask(ANSWER, world.viewer(role), {"input": choice})) == ["FORBIDDEN"]

    assert (await PickupQuestion.get(id=question.id)).status is QuestionStatus.OPEN


async def test_an_agent_says_what_shipping_costs_and_a_customer_does_not():
    world = await furnish()
    question = await asked(world, MUG=2, customer=world.customer)
    choice = {"questionId": qid(question), "choice": "SHIP", "shippingMinor": 599}

    as_customer = await ask(ANSWER, world.viewer(Role.CUSTOMER), {"input": choice})
    as_agent = await ask(ANSWER, world.viewer(Role.AGENT), {"input": choice})

    assert as_customer["data"]["answerPickup"]["code"] == "FORBIDDEN"
    assert as_agent["data"]["answerPickup"]["order"]["shipping"] == {"minor": 599}


async def test_a_store_without_enough_refuses_with_what_is_missing():
    world = await furnish()
    question = await asked(world, MUG=2, customer=world.customer)
    await new_order(world, at="LAX", MUG=9)
    choice = {"questionId": qid(question), "choice": "COLLECT_ELSEWHERE", "pickupLocationId": at(world, "LAX")}

    answered = await ask(ANSWER, world.viewer(Role.CUSTOMER), {"input": choice})

    assert answered["data"]["answerPickup"]["missing"] == [{"sku": "MUG", "units": 1}]


async def test_a_customer_at_the_kerb_shows_in_the_queue_of_the_store():
    world = await furnish()
    fulfilment = await pickup_fulfilment(world, MUG=1, customer=world.customer)
    arrival = {"fulfilmentId": global_id("Fulfilment", fulfilment.id), "spot": "4", "vehicle": "a red van"}

    said = await ask(ARRIVE, world.viewer(Role.CUSTOMER), {"input": arrival})
    await accept(world.act(), AcceptFulfilment(fulfilment_id=fulfilment.id))

    assert said["data"]["announceArrival"]["status"] == "OPEN"
    query = "{ fulfilments { nodes { status arrivedAt arrivalSpot arrivalVehicle } } }"
    seen = await ask(query, world.viewer(Role.STORE_ASSOCIATE, location_ids=(world.locations["NYC"].id,)))
    [shown] = seen["data"]["fulfilments"]["nodes"]
    assert shown["arrivedAt"] is not None
    assert {**shown, "arrivedAt": ""} == {
        "status": "ACCEPTED",
        "arrivedAt": "",
        "arrivalSpot": "4",
        "arrivalVehicle": "a red van",
    }


async def test_nobody_arrives_for_what_is_shipped_or_for_another():
    world = await furnish()
    shipped = await open_fulfilment(world, MUG=1, customer=world.customer)
    anothers = await pickup_fulfilment(world, MUG=1)

    outcomes = [
        (await ask(ARRIVE, world.viewer(Role.CUSTOMER), {"input": {"fulfilmentId": global_id("Fulfilment", each.id)}}))[
            "data"
        ]["announceArrival"]["code"]
        for each in (shipped, anothers)
    ]

    assert outcomes == ["ILLEGAL_TRANSITION", "NOT_FOUND"]
    assert await Fulfilment.filter(arrived_at__not_isnull=True).count() == 0


async def test_the_shop_that_took_the_order_learns_the_code_and_one_that_works_at_locations_does_not():
    world = await furnish()
    fulfilment = await picked(world, await pickup_fulfilment(world))
    await make_ready(world.act(), MakeReady(fulfilment_id=fulfilment.id))
    query = "query($id: ID!) { fulfilment(id: $id) { pickupCode } }"

    shop = await ask(query, world.viewer(Role.PARTNER, location_ids=()), {"id": global_id("Fulfilment", fulfilment.id)})
    third_party = await ask(query, world.viewer(Role.PARTNER), {"id": global_id("Fulfilment", fulfilment.id)})

    assert shop["data"]["fulfilment"] == {"pickupCode": await code_of(fulfilment.id)}
    assert third_party["data"]["fulfilment"] == {"pickupCode": None}


async def test_fulfilments_are_listed_by_the_way_they_reach_the_customer():
    world = await furnish()
    shipped, collected = await open_fulfilment(world, MUG=1), await pickup_fulfilment(world, MUG=1)
    query = "query($way: [FulfilmentMethod!]) { fulfilments(filter: {method: $way}) { nodes { number } } }"

    answers = [await ask(query, world.viewer(), {"way": way}) for way in (["SHIP"], ["PICKUP"], ["SHIP", "PICKUP"])]

    numbers = [{each["number"] for each in answer["data"]["fulfilments"]["nodes"]} for answer in answers]
    assert numbers == [{shipped.number}, {collected.number}, {shipped.number, collected.number}]


async def test_nothing_is_collected_at_a_vendors_own_location():
    world = await furnish()
    await place(world, "ACME", kind=LocationKind.VENDOR)
    await stock(world, {("MUG", "ACME"): 5})
    there = {"method": FulfilmentMethod.PICKUP, "pickup_location_id": world.locations["ACME"].id}
    wanted = OrderedLine(variant_id=world.variants["MUG"].id, quantity=1, **there)

    async with opened_desk() as desk:
        with pytest.raises(InvalidInput) as refusal:
            await desk.place(world.act(), PlaceOrder(channel_id=world.web.id, lines=(wanted,)))

    assert [problem.code for problem in refusal.value.problems] == ["NO_PICKUP"]


HAND_OVER = """mutation($input: HandOverInput!) { handOver(input: $input) {
    __typename ... on Fulfilment { status } ... on Problem { code } } }"""


async def test_who_has_no_code_is_handed_a_pickup_by_another_proof_and_the_fact_tells_which():
    world = await furnish()
    fulfilment = await picked(world, await pickup_fulfilment(world))
    await make_ready(world.act(), MakeReady(fulfilment_id=fulfilment.id))
    here = world.viewer(Role.STORE_ASSOCIATE, location_ids=(world.locations["NYC"].id,))
    named = {"fulfilmentId": global_id("Fulfilment", fulfilment.id), "identity": "KNOWN_IN_PERSON"}

    given = await ask(HAND_OVER, here, {"input": named})

    assert given["data"]["handOver"] == {"__typename": "Fulfilment", "status": "COMPLETED"}
    [fact] = await told(FactKind.UNITS_PICKED_UP)
    assert fact.payload["collected"] == {"with_code": False, "identity": "known_in_person", "note": ""}


KITS = """{ pickupQuestions(filter: {status: [OPEN]}) { nodes {
    id quantity collectableAt orderLine { sku } kit { sku quantity units { status quantity } } newKit { sku } } } }"""


@pytest.mark.parametrize("is_brought", [False, True])
async def test_a_customer_is_asked_about_kits_and_collects_them_where_they_are_whole_or_are_brought(is_brought):
    world = await furnish(units=0)
    await kit(world, "SET", MUG=1, LAMP=2)
    if is_brought:
        await take_any_stock(world, "LAX")
    await stock(world, {(sku, place): 4 for sku in ("MUG", "LAMP") for place in ("NYC", "CHI")} | {("MUG", "LAX"): 9})
    ordered = OrderedLine(
        variant_id=world.variants["SET"].id,
        quantity=2,
        method=FulfilmentMethod.PICKUP,
        pickup_location_id=world.locations["NYC"].id,
    )
    async with opened_desk() as desk:
        command = PlaceOrder(channel_id=world.web.id, lines=(ordered,), customer_id=world.customer.id)
        order_id = await desk.place(world.act(), command)
    await Order.filter(id=order_id).update(confirmed_at=world.now)
    fulfilment = await released_of(world, await Order.get(id=order_id))
    await decline(world.act(), DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.NO_CAPACITY))
    [question] = await PickupQuestion.filter(order_id=order_id)

    answered = await ask(KITS, world.viewer(Role.CUSTOMER))
    chosen = {"questionId": qid(question), "choice": "COLLECT_ELSEWHERE", "pickupLocationId": at(world, "CHI")}
    done = await ask(ANSWER, world.viewer(Role.CUSTOMER), {"input": chosen})

    assert answered["data"]["pickupQuestions"]["nodes"] == [
        {
            "id": qid(question),
            "quantity": 2,
            "collectableAt": [at(world, code) for code in ("CHI", *(["LAX"] if is_brought else []))],
            "orderLine": {"sku": "MUG"},
            "kit": {"sku": "SET", "quantity": 2, "units": [{"status": "PICKUP_REJECTED", "quantity": 2}]},
            "newKit": None,
        }
    ]
    assert {line["pickupLocation"]["code"] for line in done["data"]["answerPickup"]["order"]["lines"]} == {"CHI"}
