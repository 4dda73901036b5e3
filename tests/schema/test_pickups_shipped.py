"""Ship instead of collect, by an option of `promise`: its service, its days and its price, and no other one's."""

from datetime import timedelta
from uuid import UUID

import pytest

from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.fulfilment.pick_waves import CreatePickWave, create_pick_wave
from actions.fulfilment.releasing import ReleaseOrder, release
from actions.promising.services import ServiceZone, UpsertCarrierService, upsert_carrier_service
from actions.reoptimizing.reading import ReoptimizeOrders, read_standing
from domain.fulfilment import DeclineReason
from domain.permissions import Role
from domain.pickups import QuestionStatus
from models import Fulfilment, Order, PickupQuestion, PickWave, Promise
from resolvers.ids import global_id
from tests.actions.test_kits_collecting import to_collect
from tests.schema.asking import ask
from tests.schema.promise_talk import BOSTON, promise
from tests.schema.test_pickups import ANSWER, asked, qid
from tests.world import NOW, World, furnish, stock
from tests.world.fulfilment import accepted
from tests.world.kits import kit
from tests.world.orders import new_order
from tests.world.pickups import where

pytestmark = pytest.mark.usefixtures("database")


async def offered(*, price_minor: int | None = 1_250) -> tuple[World, PickupQuestion]:
    """Two mugs that New York cannot hand over; an express service is offered beside the slow one."""
    world = await furnish()
    for code, name, days, price in (("slow", "Slow", (3, 5), 0), ("express", "Express", (1, 1), price_minor)):
        zones = (ServiceZone(days_least=days[0], days_most=days[1], base_minor=900),)
        command = UpsertCarrierService(code=code, name=name, carrier="acme", zones=zones, price_minor=price)
        await upsert_carrier_service(world.act(), command)
    return world, await asked(world, MUG=2, customer=world.customer)


async def option(world: World, service: str = "Express", **values) -> str:
    found = await promise(world, world.viewer(Role.CUSTOMER), **{"MUG": 2, "methods": ["SHIP"], **values})
    return next(each["id"] for each in found["options"] if each["serviceName"] == service)


async def answered(world: World, question: PickupQuestion, *, role=Role.CUSTOMER, now=NOW, key=None, **values) -> dict:
    given = {"questionId": qid(question), "choice": "SHIP", "shippingAddress": BOSTON, **values}
    found = await ask(ANSWER, world.viewer(role), {"input": given}, clock=lambda: now)
    assert "errors" not in found, found
    return found["data"]["answerPickup"]


def problems(found: dict) -> list[tuple[str, str]]:
    return [(".".join(problem["path"]), problem["code"]) for problem in found["problems"]]


async def untouched(question: PickupQuestion) -> bool:
    stored = await PickupQuestion.get(id=question.id)
    order = await Order.get(id=question.order_id)
    return (stored.status, stored.promise_id, order.shipping_minor) == (QuestionStatus.OPEN, None, 0)


async def test_the_chosen_service_has_its_price_and_is_kept_with_the_answer():
    world, question = await offered()
    chosen = await option(world)
    before = await Order.get(id=question.order_id)

    found = await answered(world, question, option=chosen)

    assert found["promise"] == {"service": "express", "latestOn": "2026-11-05", "price": {"minor": 1_250}}
    assert found["order"]["shipping"] == {"minor": 1_250}
    after = await Order.get(id=question.order_id)
    assert after.total_minor == before.total_minor + 1_250
    assert (await Promise.get()).customer_id == world.customer.id


async def test_a_service_without_a_price_costs_what_it_costs_us():
    world, question = await offered(price_minor=None)

    found = await answered(world, question, option=await option(world))

    assert found["order"]["shipping"] == {"minor": 900}


async def test_a_service_whose_price_is_nothing_is_free_and_so_is_shipping_without_a_choice():
    world, question = await offered()
    other = await asked(world, MUG=1, customer=world.customer)

    free = await answered(world, question, option=await option(world, "Slow"))
    unnamed = await answered(world, other)

    assert (free["promise"]["service"], free["order"]["shipping"]) == ("slow", {"minor": 0})
    assert (unnamed["promise"], unnamed["order"]["shipping"]) == (None, {"minor": 0})


async def test_an_agent_may_say_another_price_and_a_customer_may_not():
    world, question = await offered()
    chosen = await option(world)

    own = await answered(world, question, option=chosen, shippingMinor=1)
    told = await answered(world, question, role=Role.AGENT, option=chosen, shippingMinor=300)

    assert own["__typename"] == "Forbidden"
    assert told["order"]["shipping"] == {"minor": 300}


async def test_what_was_not_offered_for_these_units_there_is_refused_and_the_question_stays_open():
    world, question = await offered()
    elsewhere = {"country": "US", "region": "CA", "postalCode": "90001"}
    wrong = [
        ({"option": "made-up"}, ("option", "NOT_OFFERED")),
        ({"option": await option(world, MUG=1)}, ("option", "OTHER_ORDER")),
        ({"option": await option(world, address=elsewhere)}, ("option", "OTHER_ADDRESS")),
        ({"option": await option(world), "quantity": 1}, ("option", "OTHER_ORDER")),
        (
            {"option": await option(world), "choice": "CANCEL", "shippingAddress": None},
            ("option", "NOT_SHIPPED"),
        ),
    ]
    collecting = await promise(world, world.viewer(Role.CUSTOMER), MUG=2, methods=["PICKUP"])
    wrong.append(({"option": collecting["options"][0]["id"]}, ("option", "OTHER_WAY")))

    for values, problem in wrong:
        found = await answered(world, question, **values)
        assert problems(found) == [problem]

    assert await untouched(question)
    assert await Promise.all().count() == 0


async def test_an_offer_that_is_over_is_refused():
    world, question = await offered()
    chosen = await option(world)

    found = await answered(world, question, option=chosen, now=NOW + timedelta(hours=20))

    assert found["__typename"] == "PromiseEnded"
    assert await untouched(question)


async def test_units_that_went_meanwhile_refuse_the_choice_and_nothing_is_charged():
    world, question = await offered()
    chosen = await option(world)
    for code in ("CHI", "LAX"):
        await new_order(world, at=code, MUG=10)

    found = await answered(world, question, option=chosen)

    assert found["__typename"] == "InsufficientStock"
    assert await untouched(question)


async def test_waves_and_routing_together_go_by_the_option():
    world, question = await offered()
    await answered(world, question, option=await option(world))
    seen = await read_standing(world.act(), ReoptimizeOrders())
    await release(world.act(), ReleaseOrder(order_id=question.order_id))
    work = await Fulfilment.get(order_id=question.order_id, method="ship").select_related("location")
    await accepted(world, work)

    await create_pick_wave(world.act(), CreatePickWave(location_id=work.location_id, carrier="acme"))

    assert (seen.promised, seen.units) == (1, {})
    assert (await PickWave.get()).carrier == "acme"


async def test_who_packs_it_sees_the_service_and_others_do_not():
    world, question = await offered()
    await answered(world, question, option=await option(world))
    order = await Order.get(id=question.order_id)
    query = "query($id: ID!) { order(id: $id) { pickupQuestions { promise { service } } } }"
    [parcel] = (await Promise.get()).parcels

    seen = []
    for place in (parcel["location_id"], world.locations["LAX"].id):
        viewer = world.viewer(Role.WAREHOUSE, location_ids=(UUID(str(place)),))
        seen.append((await ask(query, viewer, {"id": global_id("Order", order.id)}))["data"]["order"])

    assert seen == [{"pickupQuestions": [{"promise": {"service": "express"}}]}, None]


async def test_whole_kits_ship_by_an_option_that_was_offered_for_kits():
    world = await furnish(units=0)
    await kit(world, "SET", MUG=1, LAMP=2)
    await stock(world, {(sku, place): 4 for sku in ("MUG", "LAMP") for place in ("NYC", "CHI")})
    zones = (ServiceZone(days_least=1, days_most=1, base_minor=900),)
    express = UpsertCarrierService(code="express", name="Express", carrier="acme", zones=zones, price_minor=700)
    await upsert_carrier_service(world.act(), express)
    fulfilment = await to_collect(world)
    await decline(world.act(), DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.NO_CAPACITY))
    question = await PickupQuestion.get(order_id=fulfilment.order_id)
    components = await offered_for(world, MUG=1, LAMP=2)

    wrong = await answered(world, question, option=components, quantity=1)
    right = await answered(world, question, option=await offered_for(world, SET=1), quantity=1)

    assert problems(wrong) == [("option", "OTHER_ORDER")]
    assert (right["promise"]["service"], right["order"]["shipping"]) == ("express", {"minor": 700})
    stored = await PickupQuestion.get(id=question.id)
    assert stored.new_kit_id is not None
    assert sorted((row[1], units) for row, units in (await where(fulfilment.order_id)).items()) == [
        ("pickup_rejected", 1), ("pickup_rejected", 2), ("scheduled", 1), ("scheduled", 2),
    ]  # fmt: skip


async def offered_for(world: World, **wanted: int) -> str:
    found = await promise(world, world.viewer(Role.CUSTOMER), methods=["SHIP"], **wanted)
    return found["options"][0]["id"]
