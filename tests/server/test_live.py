"""A client that nobody here wrote watches an order to its end over connections that break, and misses nothing."""

import asyncio
from datetime import UTC, datetime, timedelta

import jwt
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport

from domain.lifecycle import Action
from domain.permissions import Role
from models import LoggedFact
from realtime.cursor import Cursor
from resolvers.ids import global_id
from tests.patience import PATIENCE_SECONDS
from tests.world import furnish
from tests.world.orders import new_order, released, walk
from tests.world.serving import TOKEN_SECRET

WATCH = gql("""
subscription Watch($id: ID!, $after: String) {
  orderChanges(orderId: $id, after: $after) {
    cursor kind fact { kind details } order { status version }
  }
}""")
JOURNEY = [Action.ACCEPT, Action.PICK, Action.PACK, Action.SHIP, Action.DELIVER]


def client(address, organization_id) -> Client:
    claims = {
        "sub": "ann",
        "role": Role.ADMIN.value,
        "org": str(organization_id),
        "exp": (datetime.now(UTC) + timedelta(hours=1)).timestamp(),
    }
    credential = jwt.encode(claims, TOKEN_SECRET)
    return Client(
        transport=WebsocketsTransport(
            url=address.socket,
            init_payload={"authorization": f"Bearer {credential}"},
            subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
        )
    )


async def test_an_order_is_watched_to_delivered_over_breaking_connections_without_missing_a_fact(address):
    world = await furnish()
    order = await new_order(world, MUG=3, CHAIR=1)
    heard: list[dict] = []

    def is_over() -> bool:
        return bool(heard and heard[-1]["fact"] and heard[-1]["fact"]["details"]["status"] == "delivered")

    async def watch() -> None:
        cursor = None
        while not is_over():
            variables = {"id": global_id("Order", order.id), "after": cursor}
            async with client(address, world.organization_id) as session:
                async for answer in session.subscribe(WATCH, variable_values=variables):
                    heard.append(answer["orderChanges"])
                    cursor = heard[-1]["cursor"]
                    if is_over() or len(heard) % 2 == 0:
                        break  # the connection goes, whatever was on its way
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    while not heard:
        await asyncio.sleep(0.01)
    await released(world, order)
    for action in JOURNEY:
        await walk(world, order, action)
        await asyncio.sleep(0.03)
    await asyncio.wait_for(watching, PATIENCE_SECONDS)

    first, *changes = heard
    log = await LoggedFact.filter(order_id=order.id).order_by("seq")
    after_snapshot = [fact for fact in log if fact.seq > Cursor.parse(first["cursor"]).seq]
    assert (first["kind"], first["fact"]) == ("SNAPSHOT", None)
    assert [change["kind"] for change in changes] == ["CHANGED"] * len(after_snapshot)
    assert [change["fact"]["details"] for change in changes] == [fact.payload for fact in after_snapshot]
    assert [fact.payload["version"] for fact in log] == list(range(2, 9)), "placed, released and the journey"
    assert changes[-1]["order"] == {"status": "DELIVERED", "version": log[-1].payload["version"]}
