"""One delivery through the graph: promised with the day of the last of it, held, and placed as it was promised."""

import pytest

from actions import desk
from actions.fulfilment.releasing import ReleaseOrder, release
from actions.routing_rules import ActivateRoutingRule, DraftRoutingRule, RuleConstraint, activate_rule, draft_rule
from domain.permissions import Role
from domain.routing.rules.values import ConstraintKind
from models import OrderMerge, Reservation
from resolvers.ids import global_id, uuid_of
from tests.schema.asking import ask, codes
from tests.schema.promise_talk import THERE, hold, lines, order, scores
from tests.world import NOW, furnish, stock
from tests.world.forwarding import where

OPTIONS = """query ($channel: ID!, $lines: [PromiseLineInput!]!, $address: PromiseAddressInput, $together: TogetherInput) {
    promise(channelId: $channel, lines: $lines, address: $address, methods: [SHIP], deliverTogether: $together) {
        options { id isTogether location { code } latestOn price { minor } parcels { location { code } latestOn } } } }"""


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


@pytest.fixture
async def world(database):
    """Mugs lie in Chicago, lamps in New York; it goes to Boston."""
    world = await furnish(units=0)
    await stock(world, {("MUG", "CHI"): 5, ("LAMP", "NYC"): 5})
    return world


async def asked(world, viewer=None, *, together=None) -> dict:
    variables = {
        "channel": global_id("Channel", world.web.id),
        "lines": lines(world, MUG=2, LAMP=3),
        "address": THERE,
        "together": together,
    }
    return await ask(OPTIONS, viewer or world.viewer(), variables, clock=lambda: NOW)


async def option(world, **values) -> dict:
    answer = await asked(world, **values)
    assert "errors" not in answer, answer
    [found] = answer["data"]["promise"]["options"]
    return found


async def placed_by(counter, world, offered, **values) -> dict:
    goods = lines(world, MUG=2, LAMP=3)
    return await order(counter, world, world.viewer(), goods=goods, promise=offered["id"], **values)


async def test_an_option_says_that_and_where_it_comes_together_and_costs_one_parcel(world):
    apart, together = await option(world), await option(world, together={})

    assert (apart["isTogether"], apart["location"]) == (False, None)
    assert (together["isTogether"], together["location"]) == (True, {"code": "NYC"})
    assert together["latestOn"] > apart["latestOn"]
    assert together["price"]["minor"] < apart["price"]["minor"]
    assert {each["location"]["code"] for each in together["parcels"]} == {"NYC", "CHI"}
    assert {each["latestOn"] for each in together["parcels"]} == {together["latestOn"]}


async def test_placing_with_it_does_what_was_promised(counter, world):
    offered = await option(world, together={"waitDays": 9})

    placed = await placed_by(counter, world, offered)

    key = uuid_of("Order", placed["id"])
    merge = await OrderMerge.get(order_id=key)
    assert (merge.location_id, merge.wait_days) == (world.locations["NYC"].id, 9)
    assert (placed["promisedDate"], placed["shipping"]["minor"]) == (offered["latestOn"], offered["price"]["minor"])
    assert await where(key) == {("scheduled", "CHI"): 2, ("scheduled", "NYC"): 3}
    await release(world.act(), ReleaseOrder(order_id=key))
    assert await where(key) == {("awaiting_transfer", "CHI"): 2, ("scheduled", "NYC"): 3}


async def test_the_place_where_it_comes_together_answers_for_the_promise(counter, world):
    await placed_by(counter, world, await option(world, together={}))

    assert [each["location"] for each in await scores(world, "LOCATION")] == [{"code": "NYC"}]


async def test_it_comes_together_where_it_was_promised_though_elsewhere_is_cheaper_by_now(counter, world):
    place = global_id("Location", world.locations["LAX"].id)
    offered = await option(world, together={"locationId": place})

    placed = await placed_by(counter, world, offered)

    assert offered["location"] == {"code": "LAX"}
    merge = await OrderMerge.get(order_id=uuid_of("Order", placed["id"]))
    assert merge.location_id == world.locations["LAX"].id


async def test_holding_it_keeps_the_units_where_they_lie(counter, world):
    offered = await option(world, together={})

    held = await hold(counter, world.viewer(), offered["id"])

    assert held["__typename"] == "DeliveryPromise"
    kept = {each.location_id: each.quantity for each in await Reservation.all()}
    assert kept == {world.locations["CHI"].id: 2, world.locations["NYC"].id: 3}


async def test_what_was_not_promised_so_cannot_be_placed_so(counter, world):
    apart, together = await option(world), await option(world, together={})
    place = global_id("Location", world.locations["LAX"].id)

    refused = [
        await placed_by(counter, world, offered, deliverTogether=wish)
        for offered, wish in ((apart, {}), (together, {"locationId": place}))
    ]

    assert [each["problems"] for each in refused] == [[{"path": ["promise"], "code": "OTHER_ORDER"}]] * 2


async def test_a_rule_makes_every_promise_so(counter, world):
    together = RuleConstraint(kind=ConstraintKind.DELIVER_TOGETHER, value=3)
    key = await draft_rule(world.act(), DraftRoutingRule(name="together", constraints=(together,)))
    wished = await option(world, together={"waitDays": 3})
    await activate_rule(world.act(), ActivateRoutingRule(rule_id=key))

    ruled = await option(world)

    assert {**ruled, "id": ""} == {**wished, "id": ""}


async def test_days_that_no_order_could_wait_and_customers_who_say_from_where_are_refused(world):
    place = global_id("Location", world.locations["LAX"].id)

    assert codes(await asked(world, together={"waitDays": 61})) == ["BAD_DAYS"]
    assert codes(await asked(world, world.viewer(Role.CUSTOMER), together={"locationId": place})) == ["FORBIDDEN"]
    assert (await asked(world, world.viewer(Role.CUSTOMER), together={}))["data"]["promise"]["options"]
