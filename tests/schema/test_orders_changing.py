"""Changing orders through the graph: who may, what is refused, and what the answer says."""

import pytest

from actions.orders.holding import ApplyHold, apply_hold
from domain.holds import HoldKind, HoldStatus
from domain.lifecycle import UnitStatus
from domain.permissions import Role
from models import CancellationRequest, Hold, Order, OrderNote
from models.orders import CancellationStatus, NoteVisibility
from resolvers.ids import global_id
from tests.schema.asking import ask, codes
from tests.world import World, customer, furnish
from tests.world.orders import line, new_order, released, schedule, units

pytestmark = pytest.mark.usefixtures("database")

CANCEL = """mutation($input: CancelOrderInput!) { cancelOrder(input: $input) {
    __typename
    ... on Order { status version lines { units { status quantity } } cancellationRequests { quantity status reason } }
    ... on IllegalTransition { message allowedFrom }
    ... on BlockedByHold { kinds }
    ... on Conflict { expectedVersion actualVersion }
    ... on InvalidInput { problems { path code } }
    ... on NotFound { kind } } }"""


def oid(order: Order) -> str:
    return global_id("Order", order.id)


async def change(name: str, fields: str, viewer, **values) -> dict:
    """The answer of one mutation, with the code of a refusal."""
    document = f"""mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{
        __typename ... on Problem {{ code }} {fields} }} }}"""
    answer = await ask(document, viewer, {"input": values})
    assert "errors" not in answer, answer
    return answer["data"][name]


async def cancel(viewer, **values) -> dict:
    answer = await ask(CANCEL, viewer, {"input": values})
    assert "errors" not in answer, answer
    return answer["data"]["cancelOrder"]


async def asked_to_stop(world: World, at: str = "NYC") -> CancellationRequest:
    order = await new_order(world, MUG=2, at=at)
    await released(world, order, at=at)
    await cancel(world.viewer(), orderId=oid(order))
    return await CancellationRequest.get(order_id=order.id)


async def test_cancelling_a_mixed_order_says_what_is_cancelled_and_what_is_asked_for():
    world = await furnish()
    order = await new_order(world, MUG=3, waiting=UnitStatus.BACKORDERED)
    await schedule(world, order, "MUG", 1, "NYC")
    await released(world, order)

    answer = await cancel(world.viewer(Role.AGENT), orderId=oid(order), reason="too late")

    assert answer["status"] == "RELEASED"
    assert answer["lines"] == [
        {"units": [{"status": "CANCELLED", "quantity": 2}, {"status": "RELEASED", "quantity": 1}]}
    ]
    assert answer["cancellationRequests"] == [{"quantity": 1, "status": "REQUESTED", "reason": "too late"}]


async def test_a_customer_cancels_their_own_order_and_nobody_elses():
    world = await furnish()
    own = await new_order(world, customer=world.customer)
    other = await new_order(world, customer=await customer(world, email="bob@example.com"))
    ada = world.viewer(Role.CUSTOMER)

    answers = [await cancel(ada, orderId=oid(order)) for order in (own, other)]

    assert [answer["__typename"] for answer in answers] == ["Order", "NotFound"]
    assert await units(other) == {UnitStatus.SCHEDULED: 1}


async def test_part_of_a_line_is_cancelled():
    world = await furnish()
    order = await new_order(world, MUG=3)
    mugs = global_id("OrderLine", (await line(order)).id)

    await cancel(world.viewer(), orderId=oid(order), lines=[{"lineId": mugs, "quantity": 1}])

    assert await units(order) == {UnitStatus.SCHEDULED: 2, UnitStatus.CANCELLED: 1}


async def test_every_problem_of_a_cancellation_is_listed_with_its_path():
    world = await furnish()
    order, other = await new_order(world, MUG=1), await new_order(world)
    mugs, theirs = [global_id("OrderLine", (await line(each)).id) for each in (order, other)]
    lines = [{"lineId": mugs, "quantity": 5}, {"lineId": theirs}]

    answer = await cancel(world.viewer(), orderId=oid(order), lines=lines)

    assert answer["problems"] == [
        {"path": ["lines", "0", "quantity"], "code": "OUT_OF_RANGE"},
        {"path": ["lines", "1", "lineId"], "code": "UNKNOWN_LINE"},
    ]


async def test_an_order_changed_since_it_was_read_is_not_cancelled():
    world = await furnish()
    order = await new_order(world)

    answer = await cancel(world.viewer(), orderId=oid(order), expectedVersion=1)

    assert answer == {"__typename": "Conflict", "expectedVersion": 1, "actualVersion": order.version}
    assert await units(order) == {UnitStatus.SCHEDULED: 1}


async def test_who_only_works_at_a_location_cannot_cancel():
    world = await furnish()
    order = await new_order(world)

    answer = await ask(CANCEL, world.viewer(Role.STORE_ASSOCIATE), {"input": {"orderId": oid(order)}})

    assert codes(answer) == ["FORBIDDEN"]
    assert await units(order) == {UnitStatus.SCHEDULED: 1}


async def test_a_location_answers_for_itself_only():
    world = await furnish()
    request = await asked_to_stop(world)
    values = {"requestId": global_id("CancellationRequest", request.id), "accept": True}
    chicago, new_york = [
        world.viewer(Role.WAREHOUSE, location_ids=(world.locations[code].id,)) for code in ("CHI", "NYC")
    ]

    elsewhere = await change("answerCancellation", "", chicago, **values)
    here = await change("answerCancellation", "... on Order { status }", new_york, **values)

    assert elsewhere["code"] == "NOT_FOUND"
    assert here == {"__typename": "Order", "status": "CANCELLED"}


async def test_a_location_that_shares_an_order_still_answers_for_itself_only():
    world = await furnish()
    order = await new_order(world, MUG=2, waiting=UnitStatus.BACKORDERED)
    for code in ("NYC", "CHI"):
        await schedule(world, order, "MUG", 1, code)
    await released(world, order, at="NYC")
    await cancel(
        world.viewer(),
        orderId=oid(order),
        lines=[{"lineId": global_id("OrderLine", (await line(order)).id), "quantity": 2}],
    )
    request = await CancellationRequest.get()
    chicago = world.viewer(Role.WAREHOUSE, location_ids=(world.locations["CHI"].id,))

    values = {"requestId": global_id("CancellationRequest", request.id), "accept": True}
    answer = await change("answerCancellation", "... on Forbidden { reason }", chicago, **values)

    assert answer["__typename"] in {"Forbidden", "NotFound"}
    assert (await CancellationRequest.get()).status is CancellationStatus.REQUESTED


async def test_one_location_is_asked_to_stop():
    world = await furnish()
    order = await new_order(world, MUG=2, customer=world.customer)
    fulfilment = await released(world, order)

    answer = await change(
        "requestCancellation",
        "... on Order { cancellationRequests { quantity fulfilmentId } }",
        world.viewer(Role.CUSTOMER),
        fulfilmentId=global_id("Fulfilment", fulfilment.id),
    )

    asked = {"quantity": 2, "fulfilmentId": global_id("Fulfilment", fulfilment.id)}
    assert answer["cancellationRequests"] == [asked]


async def test_holds_are_put_on_judged_and_taken_off():
    world = await furnish()
    order = await new_order(world)
    agent = world.viewer(Role.AGENT)
    holds = "... on Order { holds { id kind status reason resolution } }"

    put_on = await change("applyHold", holds, agent, orderId=oid(order), kind="FRAUD", reason="new address")
    hold = put_on["holds"][0]["id"]
    judged = await change("rejectHold", holds, agent, orderId=oid(order), holdId=hold, reason="stolen card")
    taken_off = await change("resolveHold", holds, agent, orderId=oid(order), holdId=hold, resolution="it was hers")

    steps = [(answer["holds"][0]["status"], answer["holds"][0]["resolution"]) for answer in (put_on, judged, taken_off)]
    assert steps == [("CREATED", ""), ("REJECTED", "stolen card"), ("RESOLVED", "it was hers")]


async def test_the_same_hold_twice_is_refused_and_a_hold_of_another_order_not_found():
    world = await furnish()
    order, other = await new_order(world), await new_order(world)
    await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=HoldKind.FRAUD))
    hold = await Hold.get()
    admin = world.viewer()

    twice = await change("applyHold", "", admin, orderId=oid(order), kind="FRAUD")
    lost = await change("resolveHold", "", admin, orderId=oid(other), holdId=global_id("Hold", hold.id))

    assert [twice["code"], lost["code"]] == ["ALREADY_EXISTS", "NOT_FOUND"]
    assert (await Hold.get()).status is HoldStatus.CREATED


async def test_an_order_is_confirmed_unless_it_is_held():
    world = await furnish()
    free, held = [await new_order(world, is_confirmed=False) for _ in range(2)]
    await apply_hold(world.act(), ApplyHold(order_id=held.id, kind=HoldKind.CREDIT))
    fields = "... on Order { confirmedAt } ... on BlockedByHold { kinds }"

    answers = [await change("confirmOrder", fields, world.viewer(), orderId=oid(order)) for order in (free, held)]

    assert answers[0]["confirmedAt"]
    assert answers[1] == {"__typename": "BlockedByHold", "code": "BLOCKED_BY_HOLD", "kinds": ["credit"]}


async def test_a_customer_does_not_confirm_or_hold():
    world = await furnish()
    order = await new_order(world, customer=world.customer, is_confirmed=False)
    confirm = "mutation($id: ID!) { confirmOrder(input: {orderId: $id}) { __typename } }"
    hold = "mutation($id: ID!) { applyHold(input: {orderId: $id, kind: MANUAL}) { __typename } }"

    answers = [await ask(each, world.viewer(Role.CUSTOMER), {"id": oid(order)}) for each in (confirm, hold)]

    assert [codes(answer) for answer in answers] == [["FORBIDDEN"], ["FORBIDDEN"]]


async def test_what_a_customer_writes_is_public():
    world = await furnish()
    order = await new_order(world, customer=world.customer)

    for role in (Role.CUSTOMER, Role.AGENT):
        await change("addNote", "", world.viewer(role), orderId=oid(order), text=role.value)

    visibility = {note.text: note.visibility for note in await OrderNote.all()}
    assert visibility == {"customer": NoteVisibility.PUBLIC, "agent": NoteVisibility.PRIVATE}
