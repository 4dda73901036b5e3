"""What waits for somebody's judgement is found by those who may judge it."""

import pytest

from actions.orders.holding import ApplyHold, ResolveHold, apply_hold, resolve_hold
from domain.holds import HoldKind
from domain.permissions import Role
from models import Hold, Order
from tests.schema.asking import ask
from tests.world import World, furnish
from tests.world.orders import new_order

pytestmark = pytest.mark.usefixtures("database")

LIST = """query($filter: HoldFilter) { holds(filter: $filter) {
    totalCount nodes { kind status reason order { number } } } }"""
PARKED = {"kind": ["UNROUTABLE"], "status": ["CREATED", "REJECTED"]}


async def held(world: World, kind: HoldKind, reason: str = "") -> Order:
    order = await new_order(world)
    await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=kind, reason=reason))
    return order


async def listed(world: World, role: Role = Role.ADMIN, **wanted) -> list[dict]:
    answer = await ask(LIST, world.viewer(role), {"filter": wanted or None})
    assert "errors" not in answer, answer
    return answer["data"]["holds"]["nodes"]


async def test_a_planner_finds_the_orders_that_nobody_could_serve():
    world = await furnish()
    await held(world, HoldKind.FRAUD)
    parked = await held(world, HoldKind.UNROUTABLE, "5 locations gave it back.")

    everything, waiting = await listed(world), await listed(world, **PARKED)

    assert [each["kind"] for each in everything] == ["FRAUD", "UNROUTABLE"]
    assert waiting == [
        {
            "kind": "UNROUTABLE",
            "status": "CREATED",
            "reason": "5 locations gave it back.",
            "order": {"number": parked.number},
        }
    ]


async def test_what_was_judged_does_not_wait_any_more():
    world = await furnish()
    order = await held(world, HoldKind.UNROUTABLE)
    hold = await Hold.get(order_id=order.id)
    await resolve_hold(world.act(), ResolveHold(order_id=order.id, hold_id=hold.id, resolution="It goes by van."))

    assert await listed(world, **PARKED) == []


async def test_holds_of_others_are_not_seen():
    mine, theirs = await furnish(), await furnish()
    await held(theirs, HoldKind.MANUAL)

    assert await listed(mine) == []
