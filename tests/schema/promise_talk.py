"""What tests of promising ask the graph, and how."""

from datetime import date

from actions.promising import services, supplies
from actions.promising.services import ServiceZone
from resolvers.ids import global_id
from tests.schema.asking import ask
from tests.world import NOW, World

BOSTON = {"name": "Ann", "line1": "1 Main St", "city": "Boston", "region": "MA", "postalCode": "02108", "country": "US"}
THERE = {"country": "US", "region": "MA", "postalCode": "02108"}
OPTION = """id method carrier service serviceName location { code } shipOn earliestOn latestOn readyAt expiresAt confidence
    price { minor currency }
    parcels { location { code } shipOn latestOn units { variant { sku } quantity kind comingOn } }"""
PROMISE = f"""query ($channel: ID!, $lines: [PromiseLineInput!]!, $address: PromiseAddressInput, $methods: [PromiseMethod!],
        $cart: String, $wantedOn: Date) {{
    promise(channelId: $channel, lines: $lines, address: $address, methods: $methods, cart: $cart, wantedOn: $wantedOn) {{
        options {{ {OPTION} }}
        lines {{ variant {{ sku }} quantity availableOn missing supplies {{ comingOn quantity kind }} }} }} }}"""
HOLD = """mutation ($input: HoldPromiseInput!) { holdPromise(input: $input) {
    __typename
    ... on DeliveryPromise { id cart method latestOn expiresAt price { minor } parcels { location { code } } }
    ... on InvalidInput { problems { path code } } ... on Problem { code message } } }"""
PLACE = """mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) @idempotent(key: "order-0001") {
    __typename
    ... on Order { id promisedDate shipping { minor } promise { id method latestOn carrier }
        lines { units { status quantity location { code } } } }
    ... on InvalidInput { problems { path code } } ... on Problem { code message } } }"""
SCORES = """query ($by: PromiseScoreBy!) { promiseScores(by: $by, placedFrom: "2026-11-01", placedBefore: "2026-12-01") {
    key name location { code } promised shipped delivered shippedOnTime onTime late onTimeShare medianLatenessDays } }"""


def lines(world: World, **quantities: int) -> list:
    return [
        {"variantId": global_id("Variant", world.variants[sku].id), "quantity": units}
        for sku, units in quantities.items()
    ]


async def promise(world: World, viewer=None, *, now=NOW, address=THERE, **values) -> dict:
    given = {name: values.pop(name) for name in ("methods", "cart", "wantedOn") if name in values}
    variables = {
        "channel": global_id("Channel", world.web.id),
        "lines": lines(world, **(values or {"MUG": 2})),
        "address": address,
        **given,
    }
    answer = await ask(PROMISE, viewer or world.viewer(), variables, clock=lambda: now)
    assert "errors" not in answer, answer
    return answer["data"]["promise"]


async def first_option(world: World, viewer=None, **values) -> dict:
    return (await promise(world, viewer, **values))["options"][0]


async def hold(counter, viewer, option: str, *, now=NOW, cart: str = "cart-7") -> dict:
    answer = await ask(HOLD, viewer, {"input": {"cart": cart, "option": option}}, counter=counter, clock=lambda: now)
    assert "errors" not in answer, answer
    return answer["data"]["holdPromise"]


async def order(counter, world: World, viewer, *, now=NOW, goods=None, **values) -> dict:
    given = {
        "channelId": global_id("Channel", world.web.id),
        "lines": goods or lines(world, MUG=2),
        "shippingAddress": BOSTON,
        **values,
    }
    answer = await ask(PLACE, viewer, {"input": given}, counter=counter, clock=lambda: now)
    assert "errors" not in answer, answer
    return answer["data"]["placeOrder"]


async def announce(world: World, sku: str, at: str, quantity: int, on: date, **values) -> None:
    line = supplies.AnnouncedLine(
        variant_id=world.variants[sku].id,
        location_id=world.locations[at].id,
        quantity=quantity,
        expected_on=on,
        **values,
    )
    await supplies.announce(world.act(), supplies.AnnounceSupplies(lines=(line,), reference="PO-1"))


async def keep_service(world: World, code: str, **values) -> None:
    given = {"name": code.title(), "carrier": "ups", "zones": (ServiceZone(days_least=1, days_most=2, base_minor=900),)}
    await services.upsert_carrier_service(world.act(), services.UpsertCarrierService(code=code, **{**given, **values}))


async def scores(world: World, by: str, *, viewer=None, now=NOW) -> list:
    answer = await ask(SCORES, viewer or world.viewer(), {"by": by}, clock=lambda: now)
    assert "errors" not in answer, answer
    return answer["data"]["promiseScores"]
