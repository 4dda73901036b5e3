"""Whatever is sent is answered in plain words with a code, by no failure of ours, and leaves nothing half done."""

import asyncio
import base64
import json
from typing import Any
from uuid import UUID

import pytest

from domain.ids import new_id
from domain.permissions import Role
from models import Order, RelayState
from models.db import rows
from realtime.cursor import Cursor
from resolvers.ids import global_id
from tests.end_to_end.callers import BOSTON, Caller, caller
from tests.world import World, furnish

PLACE = """mutation($input: PlaceOrderInput!, $key: String!) { placeOrder(input: $input) @idempotent(key: $key) {
    __typename ... on Order { id } ... on Problem { code message } ... on InvalidInput { problems { path code } } } }"""
MOST_MINOR = 2**63 - 1


@pytest.fixture
async def world(database) -> World:
    return await furnish()


@pytest.fixture
async def admin(world, address) -> Caller:
    return await caller(world, address, Role.ADMIN)


def basket(world: World, **given: Any) -> dict[str, Any]:
    lines = [{"variantId": global_id("Variant", world.sku().id), "quantity": 1}]
    return {"channelId": global_id("Channel", world.web.id), "lines": lines, "shippingAddress": BOSTON} | given


async def done() -> list[int]:
    """What a placed order leaves behind; facts of the worker's jobs come when they come."""
    [found] = await rows(
        "SELECT (SELECT count(*) FROM orders) AS orders, (SELECT count(*) FROM stock_movements) AS movements,"
        " (SELECT sum(allocated) FROM stock_levels) AS allocated,"
        " (SELECT count(*) FROM (SELECT actor FROM outbox UNION ALL SELECT actor FROM event_log) AS facts"
        " WHERE actor NOT LIKE 'job:%') AS facts"
    )
    return list(found.values())


async def test_orders_that_cannot_be_are_refused_in_words_and_leave_nothing(world, admin):
    mug = global_id("Variant", world.sku().id)
    line = {"variantId": mug, "quantity": 1}
    wrong: list[dict[str, Any]] = [
        {"lines": []},
        {"lines": [line] * 500},
        {"lines": [line | {"quantity": 0}]},
        {"lines": [line | {"quantity": -1}]},
        {"lines": [line | {"quantity": 2**31 - 1}]},
        {"lines": [line | {"quantity": 2**31}]},
        {"lines": [line | {"quantity": 1.5}]},
        {"lines": [line | {"quantity": "1"}]},
        {"lines": [line | {"unitPriceMinor": MOST_MINOR}]},
        {"lines": [line | {"unitPriceMinor": MOST_MINOR, "quantity": 1_000_000}]},
        {"lines": [line | {"unitPriceMinor": -1}]},
        {"lines": [line | {"discountMinor": MOST_MINOR}]},
        {"lines": [line | {"method": "BY_PIGEON"}]},
        {"lines": [line | {"method": "PICKUP"}]},
        {"lines": [line | {"variantId": "nonsense"}]},
        {"lines": [line | {"variantId": "\0"}]},
        {"lines": [line | {"variantId": global_id("Channel", world.web.id)}]},
        {"lines": [line | {"variantId": global_id("Variant", new_id())}]},
        {"channelId": base64.b64encode(b"Channel:\xff\xfe").decode()},
        {"customerName": "a\0b"},
        {"customerName": "x" * 100_000},
        {"customerName": "\ud800"},
        {"externalId": "\0"},
        {"externalId": ""},
        {"externalId": " "},
        {"shippingAddress": None},
        {"shippingAddress": BOSTON | {"country": "XX" * 40}},
        {"shippingAddress": BOSTON | {"latitude": 1e308, "longitude": -1e308}},
        {"shippingAddress": BOSTON | {"latitude": 91}},
        {"shippingMinor": -1},
        {"orderDiscountMinor": MOST_MINOR},
        {"requestedDate": "2026-02-30"},
        {"requestedDate": "0000-00-00"},
        {"cart": "\0"},
        {"nobody": "knows this"},
    ]
    before = await done()

    for given in wrong:
        answer = await admin.ask(PLACE, input=basket(world, **given), key=str(new_id()))
        assert answer.status in {200, 400}, given
        assert "UNEXPECTED" not in answer.codes, given
        assert answer.body.get("errors") or answer.data["placeOrder"]["__typename"] in {"InvalidInput", "NotFound"}, (
            given
        )
        assert await done() == before, given


@pytest.mark.parametrize("key", ["", "\0" * 8, "x" * 10_000, "schlüssel"])
async def test_a_key_that_is_none_is_refused(world, admin, key):
    before = await done()

    answer = await admin.ask(PLACE, input=basket(world), key=key)

    assert answer.codes == ["BAD_IDEMPOTENCY_KEY"]
    assert await done() == before


async def test_a_key_used_for_another_order_is_refused(world, admin):
    first = await admin.ask(PLACE, input=basket(world), key="one-and-only")
    before = await done()

    other = await admin.ask(PLACE, input=basket(world, shippingMinor=1), key="one-and-only")
    same = await admin.ask(PLACE, input=basket(world), key="one-and-only")

    assert other.data["placeOrder"]["__typename"] == "KeyReused"
    assert same.data == first.data
    assert await done() == before


async def test_lists_are_asked_for_sensibly_or_refused(admin):
    cursor = base64.b64encode(b'["x"]').decode()
    wrong = [
        "first: 0", "first: -1", "first: 101", "first: 2147483648", "last: 1000000", "first: 1, last: 1",
        'after: ""', 'after: "nonsense"', f'after: "{cursor}"', 'before: "\\u0000"', f'after: "{"A" * 5_000}"',
        "sort: SIDEWAYS", 'filter: {number: "\\u0000"}', 'filter: {channelIds: ["x"]}', 'filter: {placedFrom: "noon"}',
        'filter: {placedFrom: "9999-12-31T23:59:59-23:59"}', 'filter: {placedFrom: "2026-11-02T15:00:00"}',
        'filter: {placedFrom: "0001-01-01T00:00:00+23:59"}',
    ]  # fmt: skip

    for arguments in wrong:
        answer = await admin.ask(f"{{ orders({arguments}) {{ totalCount nodes {{ id }} }} }}")
        assert answer.status == 200, arguments
        assert "UNEXPECTED" not in answer.codes, arguments
        assert answer.body.get("errors"), arguments


@pytest.mark.parametrize("text", ["", "x", "\0", "T3JkZXI6", "é" * 9, "A" * 100_000, global_id("Nothing", UUID(int=1))])
async def test_what_is_no_id_is_called_so(admin, text):
    for field in ("node", "order", "variant"):
        answer = await admin.ask(f"query($id: ID!) {{ {field}(id: $id) {{ id }} }}", id=text)
        assert answer.codes == ["BAD_ID"], field
        assert len(answer.body["errors"][0]["message"]) < 200


async def test_a_cursor_from_before_everything_kept_says_so_and_starts_anew(world, admin):
    order = await admin.ask(PLACE, input=basket(world), key=str(new_id()))
    document = "subscription($after: String!) { orders(after: $after) { kind orders { id } } }"
    epoch = (await RelayState.get()).epoch

    for gone in (Cursor(UUID(int=7), 3), Cursor(epoch, 10**12)):
        async with admin.watching(document, after=str(gone)) as messages:
            first = await messages.next()
        assert first == {"kind": "RESYNC", "orders": [{"id": order.data["placeOrder"]["id"]}]}


async def test_bodies_that_are_no_requests_are_refused_by_status(admin):
    bodies = {
        b"": 400, b"null": 400, b"[]": 400, b'{"query": 1}': 400, b"{" * 100_000: 400, b"\xff\xfe": 400,
        json.dumps({"query": "{ viewer { principal } }" + " " * 10_000_000}).encode(): 413,
        json.dumps({"query": "{ a" * 5_000}).encode(): 200,
        json.dumps({"query": "query($a: [[[[Int]]]]) { __typename }", "variables": {"a": [[]]}}).encode(): 200,
        json.dumps({"query": "{ viewer { principal } }", "variables": {"x": "\ud800"}}).encode(): 400,
    }  # fmt: skip

    for body, status in bodies.items():
        answer = await admin.post(body)
        assert answer.status == status, body[:60]
    assert (await admin.ask("{ viewer { role } }")).data == {"viewer": {"role": "ADMIN"}}


async def test_credentials_that_are_none_are_refused_by_status(address, world):
    for credential in ("x", "ogk_", f"ogk_{'a' * 12}_{'b' * 43}", "e30.e30.", "a" * 8_000):
        answer = await Caller(address, credential).ask("{ viewer { role } }")
        assert (answer.status, answer.codes) == (401, ["UNAUTHENTICATED"]), credential


async def test_a_caller_who_leaves_in_the_middle_leaves_a_whole_order_or_none(world, admin):
    """The answer is nobody's any more; the order is placed once, and the key still answers with it."""
    key = str(new_id())
    asking = asyncio.create_task(admin.ask(PLACE, input=basket(world), key=key))
    while not await Order.all().count() and not asking.done():
        await asyncio.sleep(0)
    asking.cancel()

    answer = await admin.ask(PLACE, input=basket(world), key=key)

    assert answer.data["placeOrder"]["id"] == global_id("Order", (await Order.get()).id)
