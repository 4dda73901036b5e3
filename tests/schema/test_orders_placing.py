"""Placing orders and keeping carts through the graph, once per key, by those who may, at the channel's prices."""

import pytest

from actions import desk
from domain.orders import OrderOrigin
from domain.permissions import Role
from models import Order, Reservation
from resolvers.ids import global_id
from tests.schema.asking import ask, codes
from tests.world import World, customer, furnish

BOSTON = {
    "name": "Ann",
    "line1": "1 Main St",
    "city": "Boston",
    "country": "US",
    "latitude": 42.36,
    "longitude": -71.06,
}
PLACE = """mutation($input: PlaceOrderInput!, $key: String!) { placeOrder(input: $input) @idempotent(key: $key) {
    __typename
    ... on Order {
        id number status total { minor } customer { name } lines { sku units { status quantity location { code } } } }
    ... on InvalidInput { problems { path code } }
    ... on InsufficientStock { missing { sku units } }
    ... on Problem { code message } } }"""
KEEP = """mutation($input: ReserveCartInput!) { reserveCart(input: $input) {
    __typename ... on Problem { code }
    ... on Cart { cart reservations { quantity status variant { sku } } } } }"""
NAMED = """mutation($cart: String!) {{ {name}(input: {{cart: $cart}}) {{
    __typename ... on Problem {{ code }} ... on Cart {{ reservations {{ quantity }} }} }} }}"""


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


def wanted(world: World, *lines: tuple[str, int], **values) -> dict:
    return {
        "channelId": global_id("Channel", world.web.id),
        "lines": [
            {"variantId": global_id("Variant", world.variants[sku].id), "quantity": quantity} for sku, quantity in lines
        ],
        "shippingAddress": BOSTON,
        **values,
    }


async def place(counter, viewer, values: dict, key: str = "key-0001") -> dict:
    answer = await ask(PLACE, viewer, {"input": values, "key": key}, counter=counter)
    assert "errors" not in answer, answer
    return answer["data"]["placeOrder"]


async def keep(counter, world: World, viewer, quantity: int, cart: str = "cart-7", **more) -> dict:
    values = {
        "channelId": global_id("Channel", world.web.id),
        "cart": cart,
        "lines": [{"variantId": global_id("Variant", world.variants["MUG"].id), "quantity": quantity}],
        **more,
    }
    answer = await ask(KEEP, viewer, {"input": values}, counter=counter)
    assert "errors" not in answer, answer
    return answer["data"]["reserveCart"]


async def with_cart(name: str, viewer, cart: str = "cart-7") -> dict:
    answer = await ask(NAMED.format(name=name), viewer, {"cart": cart})
    assert "errors" not in answer, answer
    return answer["data"][name]


async def test_a_customer_places_an_order_for_themselves_without_saying_so(counter):
    world = await furnish()

    placed = await place(counter, world.viewer(Role.CUSTOMER), wanted(world, ("MUG", 2)))

    assert placed["status"] == "SCHEDULED"
    assert placed["total"]["minor"] == 2_000
    assert placed["customer"] == {"name": world.customer.name}
    in_new_york = {"status": "SCHEDULED", "quantity": 2, "location": {"code": "NYC"}}
    assert placed["lines"] == [{"sku": "MUG", "units": [in_new_york]}]
    assert (await Order.get()).origin is OrderOrigin.CUSTOMER


async def test_an_address_lies_where_its_postal_code_does(counter):
    world = await furnish()
    seattle = {**BOSTON, "city": "Seattle", "region": "WA", "postalCode": "98103", "latitude": None, "longitude": None}

    placed = await place(counter, world.viewer(), wanted(world, ("MUG", 1), shippingAddress=seattle))

    [units] = placed["lines"][0]["units"]
    assert units["location"] == {"code": "LAX"}


async def test_a_cart_is_kept_near_its_postal_code(counter):
    world = await furnish()

    await keep(counter, world, world.viewer(), 1, country="US", postalCode="98103")

    assert (await Reservation.get()).location_id == world.locations["LAX"].id


@pytest.mark.parametrize(
    ("role", "origin"),
    [(Role.AGENT, OrderOrigin.STAFF), (Role.PARTNER, OrderOrigin.PARTNER), (Role.ADMIN, OrderOrigin.STAFF)],
)
async def test_the_origin_of_an_order_is_who_placed_it(counter, role, origin):
    world = await furnish()

    await place(counter, world.viewer(role), wanted(world, ("MUG", 1)))

    assert (await Order.get()).origin is origin


async def test_the_same_key_places_one_order_and_another_key_another(counter):
    world = await furnish()
    values = wanted(world, ("MUG", 1))

    placed = [await place(counter, world.viewer(), values, key) for key in ("key-0001", "key-0001", "key-0002")]

    assert placed[0]["id"] == placed[1]["id"] != placed[2]["id"]
    assert await Order.all().count() == 2


async def test_an_order_without_a_key_is_not_placed(counter):
    world = await furnish()
    document = PLACE.replace("@idempotent(key: $key)", "").replace(", $key: String!", "")

    answer = await ask(document, world.viewer(), {"input": wanted(world, ("MUG", 1))}, counter=counter)

    assert codes(answer) == ["IDEMPOTENCY_KEY_REQUIRED"]
    assert await Order.all().count() == 0


async def test_everything_that_is_wrong_is_told_at_once(counter):
    world = await furnish()
    address = {**BOSTON, "city": " ", "country": "us"}

    refused = await place(
        counter, world.viewer(), wanted(world, ("MUG", 0), ("LAMP", 100_000), shippingAddress=address)
    )

    assert refused["__typename"] == "InvalidInput"
    assert {".".join(problem["path"]) for problem in refused["problems"]} == {
        "lines.0.quantity",
        "lines.1.quantity",
        "shippingAddress.city",
        "shippingAddress.country",
    }
    assert await Order.all().count() == 0


async def test_what_may_not_wait_for_stock_is_refused_with_what_is_short(counter):
    world = await furnish(units=1)

    refused = await place(counter, world.viewer(), wanted(world, ("MUG", 5), allowBackorder=False))

    assert refused["missing"] == [{"sku": "MUG", "units": 2}]
    assert await Order.all().count() == 0


@pytest.mark.parametrize(
    "values",
    [
        {"orderDiscountMinor": 1},
        {"shippingMinor": 1},
        {"promisedDate": "2026-12-01"},
    ],
)
async def test_customers_do_not_make_prices_or_promises(counter, values):
    world = await furnish()

    refused = await place(counter, world.viewer(Role.CUSTOMER), wanted(world, ("MUG", 1), **values))

    assert refused["code"] == "FORBIDDEN"
    assert await Order.all().count() == 0


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.STORE_ASSOCIATE])
async def test_a_price_of_ones_own_is_for_the_office(counter, role):
    world = await furnish()
    values = wanted(world, ("MUG", 1))
    values["lines"][0]["unitPriceMinor"] = 1

    refused = await place(counter, world.viewer(role), values)
    placed = await place(counter, world.viewer(Role.AGENT), values, "key-0002")

    assert refused["code"] == "FORBIDDEN"
    assert placed["total"]["minor"] == 1


async def test_nobody_orders_for_a_customer_they_do_not_see(counter):
    world = await furnish()
    bob = await customer(world, email="bob@example.com")

    refused = await place(
        counter, world.viewer(Role.CUSTOMER), wanted(world, ("MUG", 1), customerId=global_id("Customer", bob.id))
    )

    assert refused["code"] == "NOT_FOUND"
    assert await Order.all().count() == 0


async def test_a_draft_is_written_down_and_placed_later(counter):
    world = await furnish()
    draft = """mutation($input: DraftOrderInput!) { draftOrder(input: $input) {
        __typename ... on Order { id status availableActions } ... on Problem { message } } }"""
    placing = """mutation($id: ID!) { placeDraft(input: {orderId: $id}) {
        __typename ... on Order { status } ... on IllegalTransition { was } } }"""
    agent = world.viewer(Role.AGENT)

    answer = await ask(draft, agent, {"input": wanted(world, ("MUG", 1))})
    assert "errors" not in answer, answer
    drafted = answer["data"]["draftOrder"]
    placed = [(await ask(placing, agent, {"id": drafted["id"]}))["data"]["placeDraft"] for _ in range(2)]

    assert (drafted["status"], drafted["availableActions"]) == ("DRAFT", ["PLACE", "CANCEL"])
    assert placed == [
        {"__typename": "Order", "status": "SCHEDULED"},
        {"__typename": "IllegalTransition", "was": "scheduled"},
    ]


async def test_a_cart_keeps_its_units_until_they_become_the_order(counter):
    world = await furnish(units=1)
    ada = world.viewer(Role.CUSTOMER)

    kept = await keep(counter, world, ada, 3)
    sold_out = await place(counter, world.viewer(), wanted(world, ("MUG", 1), allowBackorder=False), "key-0002")
    placed = await place(counter, ada, wanted(world, ("MUG", 3), cart="cart-7"))

    assert sum(each["quantity"] for each in kept["reservations"]) == 3
    assert sold_out["code"] == "INSUFFICIENT_STOCK"
    assert placed["status"] == "SCHEDULED"
    assert await Reservation.filter(status="active").count() == 0


async def test_a_cart_keeps_exactly_what_was_named_last(counter):
    world = await furnish()
    ada = world.viewer(Role.CUSTOMER)

    await keep(counter, world, ada, 3)
    kept = await keep(counter, world, ada, 1)

    assert kept == {
        "__typename": "Cart",
        "cart": "cart-7",
        "reservations": [{"quantity": 1, "status": "ACTIVE", "variant": {"sku": "MUG"}}],
    }


async def test_a_cart_is_kept_longer_and_given_back(counter):
    world = await furnish()
    ada = world.viewer(Role.CUSTOMER)
    await keep(counter, world, ada, 2)
    before = await Reservation.get()

    extended = await with_cart("extendCart", ada)
    after = await Reservation.get()
    released = await with_cart("releaseCart", ada)
    again = await with_cart("releaseCart", ada)

    assert extended["reservations"] == [{"quantity": 2}]
    assert after.expires_at > before.expires_at
    assert released["reservations"] == []
    assert again["code"] == "RESERVATION_ENDED"


async def test_the_cart_of_another_customer_is_not_touched(counter):
    world = await furnish()
    bob = await customer(world, email="bob@example.com")
    await keep(counter, world, world.viewer(Role.CUSTOMER), 2)
    thief = world.viewer(Role.CUSTOMER, customer_id=bob.id)

    answers = [
        await keep(counter, world, thief, 1),
        await with_cart("extendCart", thief),
        await with_cart("releaseCart", thief),
        await place(counter, thief, wanted(world, ("MUG", 2), cart="cart-7")),
    ]

    assert [answer["code"] for answer in answers] == ["RESERVATION_ENDED"] * 4
    assert (await Reservation.get()).quantity == 2
