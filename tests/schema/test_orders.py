"""Orders through the graph: who sees what of them, how they are found, and their time line."""

import pytest

from actions.orders.cancelling import CancelledLine, CancelOrder, cancel
from actions.orders.holding import ApplyHold, apply_hold
from actions.orders.noting import AddNote, add_note
from domain.holds import HoldKind
from domain.lifecycle import UnitStatus
from domain.permissions import Role
from models import LoggedFact, Order, OrderLine, OutboxFact
from models.orders import NoteVisibility
from realtime.facts import FACT_COLUMNS
from resolvers.ids import global_id
from tests.schema.asking import ask, codes
from tests.world import World, channel, customer, furnish
from tests.world.fulfilment import open_fulfilment, picked, pickup_fulfilment
from tests.world.orders import line, new_order, released, schedule

pytestmark = pytest.mark.usefixtures("database")

NUMBERS = "query($sort: OrderSort!, $filter: OrderFilter) { orders(sort: $sort, filter: $filter) { nodes { number } } }"


def oid(order: Order) -> str:
    return global_id("Order", order.id)


async def read(fields: str, viewer, order: Order) -> dict:
    answer = await ask(f"query($id: ID!) {{ order(id: $id) {{ {fields} }} }}", viewer, {"id": oid(order)})
    assert "errors" not in answer, answer
    return answer["data"]["order"]


async def listed(viewer, sort: str = "OLDEST", **narrowed) -> list[str]:
    answer = await ask(NUMBERS, viewer, {"sort": sort, "filter": narrowed})
    assert "errors" not in answer, answer
    return [node["number"] for node in answer["data"]["orders"]["nodes"]]


async def log_everything() -> None:
    """What the relay does: facts get their place in the log."""
    for fact in await OutboxFact.all().order_by("id"):
        await LoggedFact.create(seq=fact.id, **{name: getattr(fact, name) for name in FACT_COLUMNS})


async def test_an_order_shows_where_each_unit_stands():
    world = await furnish()
    order = await new_order(world, MUG=5, LAMP=1, waiting=UnitStatus.BACKORDERED)
    await schedule(world, order, "MUG", 2, "CHI")
    fulfilment = await released(world, order, at="CHI")
    await schedule(world, order, "MUG", 1, "NYC")

    shown = await read(
        "number status version lines { sku quantity status units { status quantity location { code } fulfilmentId } }"
        " fulfilments { number }",
        world.viewer(),
        order,
    )

    in_chicago = {"location": {"code": "CHI"}, "fulfilmentId": global_id("Fulfilment", fulfilment.id)}
    nowhere = {"location": None, "fulfilmentId": None}
    assert shown == {
        "number": order.number,
        "status": "PARTIALLY_RELEASED",
        "version": (await Order.get(id=order.id)).version,
        "lines": [
            {
                "sku": "MUG",
                "quantity": 5,
                "status": "PARTIALLY_RELEASED",
                "units": [
                    {"status": "BACKORDERED", "quantity": 2, **nowhere},
                    {"status": "RELEASED", "quantity": 2, **in_chicago},
                    {"status": "SCHEDULED", "quantity": 1, "location": {"code": "NYC"}, "fulfilmentId": None},
                ],
            },
            {
                "sku": "LAMP",
                "quantity": 1,
                "status": "BACKORDERED",
                "units": [{"status": "BACKORDERED", "quantity": 1, **nowhere}],
            },
        ],
        "fulfilments": [{"number": fulfilment.number}],
    }


async def test_money_stays_as_billed_and_the_cancelled_value_is_told_beside_it():
    """A line of 3 units for 10.00: two cancelled units come to 6.66, all three to 10.00."""
    world = await furnish()
    order = await new_order(world, MUG=3)
    mugs = await line(order)
    await OrderLine.filter(id=mugs.id).update(discount_minor=2_000, total_minor=1_000)

    told = []
    for quantity in (2, 1):
        lines = (CancelledLine(line_id=mugs.id, quantity=quantity),)
        await cancel(world.act(), CancelOrder(order_id=order.id, lines=lines))
        told.append(await read("total { minor currency } cancelledValue { minor currency }", world.viewer(), order))

    assert [each["cancelledValue"] for each in told] == [
        {"minor": 666, "currency": "USD"},
        {"minor": 1_000, "currency": "USD"},
    ]
    assert [each["total"]["minor"] for each in told] == [3_000, 3_000]


async def test_what_can_be_done_is_what_fits_the_way_the_units_reach_the_customer():
    world = await furnish()
    shipped = await picked(world, await open_fulfilment(world, MUG=1))
    collected = await picked(world, await pickup_fulfilment(world, MUG=1))

    fields = "availableActions lines { availableActions }"
    orders = [await Order.get(id=each.order_id) for each in (shipped, collected)]
    found = [await read(fields, world.viewer(), order) for order in orders]

    packing, ready = ["PACK", "RECALL"], ["PACK", "MAKE_READY", "RECALL"]
    assert [each["availableActions"] for each in found] == [packing, ready]
    assert [each["lines"][0]["availableActions"] for each in found] == [packing, ready]


async def test_what_can_be_done_follows_units_holds_and_confirmation():
    world = await furnish()
    fresh = await new_order(world, is_confirmed=False)
    held = await new_order(world, MUG=1, LAMP=1)
    for kind in (HoldKind.FRAUD, HoldKind.PENDING_CHANGE):
        await apply_hold(world.act(), ApplyHold(order_id=held.id, kind=kind, line_id=(await line(held)).id))
    over = await new_order(world)
    await cancel(world.act(), CancelOrder(order_id=over.id))

    fields = "availableActions lines { availableActions }"
    found = [await read(fields, world.viewer(), order) for order in (fresh, held, over)]

    both = ["RELEASE", "CANCEL"]
    assert found == [
        {
            "availableActions": ["CONFIRM", "CANCEL"],
            "lines": [{"availableActions": ["CANCEL"]}],
        },
        {"availableActions": both, "lines": [{"availableActions": []}, {"availableActions": both}]},
        {"availableActions": [], "lines": [{"availableActions": []}]},
    ]


async def test_a_customer_sees_only_their_own_orders():
    world = await furnish()
    own = await new_order(world, customer=world.customer)
    other = await new_order(world, customer=await customer(world, email="bob@example.com"))
    guest = await new_order(world)
    ada = world.viewer(Role.CUSTOMER)

    assert await listed(ada) == [own.number]
    assert [await read("number", ada, order) for order in (own, other, guest)] == [{"number": own.number}, None, None]


async def test_an_agent_sees_the_orders_of_their_channels():
    world = await furnish()
    ours = await new_order(world)
    await new_order(world, channel=world.channels["SHOP"])
    agent = world.viewer(Role.AGENT, channel_ids=(world.web.id,))

    assert await listed(agent) == [ours.number]


async def test_a_store_sees_the_orders_it_has_units_of():
    world = await furnish()
    here, _ = await new_order(world, at="CHI"), await new_order(world, at="NYC")
    store = world.viewer(Role.STORE_ASSOCIATE, location_ids=(world.locations["CHI"].id,))

    assert await listed(store) == [here.number]


async def test_private_notes_need_their_own_permission():
    world = await furnish()
    order = await new_order(world, customer=world.customer)
    for text, visibility in (("Hello!", NoteVisibility.PUBLIC), ("Bad payer.", NoteVisibility.PRIVATE)):
        await add_note(world.act(), AddNote(order_id=order.id, text=text, visibility=visibility))
    private = "query($id: ID!) { order(id: $id) { privateNotes { text } } }"

    staff = await read("notes { text } privateNotes { text author }", world.viewer(Role.AGENT), order)
    ada = await read("notes { text }", world.viewer(Role.CUSTOMER), order)
    refused = await ask(private, world.viewer(Role.CUSTOMER), {"id": oid(order)})

    assert staff == {"notes": [{"text": "Hello!"}], "privateNotes": [{"text": "Bad payer.", "author": "staff:test"}]}
    assert ada == {"notes": [{"text": "Hello!"}]}
    assert codes(refused) == ["FORBIDDEN"]


@pytest.mark.parametrize(
    ("field", "role"),
    [
        ("holds { kind }", Role.CUSTOMER),
        ("privateNotes { text }", Role.PARTNER),
        ("authorizeStatus", Role.WAREHOUSE),
        ("customerEmail", Role.WAREHOUSE),
        ("addresses { line1 }", Role.WAREHOUSE),
        ("customer { name }", Role.WAREHOUSE),
    ],
)
async def test_some_fields_are_not_for_everybody(field, role):
    world = await furnish()
    order = await new_order(world, customer=world.customer)

    answer = await ask(f"query($id: ID!) {{ order(id: $id) {{ {field} }} }}", world.viewer(role), {"id": oid(order)})

    assert (answer["data"], codes(answer)) == (None, ["FORBIDDEN"])


async def test_orders_are_found_by_number_and_by_what_their_channel_calls_them():
    world = await furnish()
    order = await new_order(world)
    await Order.filter(id=order.id).update(external_id="A-1")
    query = """query($number: String!, $channel: ID!, $other: ID!) {
        orderByNumber(number: $number) { id }
        byExternal: orderByExternalId(channelId: $channel, externalId: "A-1") { id }
        elsewhere: orderByExternalId(channelId: $other, externalId: "A-1") { id } }"""
    ids = {"channel": global_id("Channel", world.web.id), "other": global_id("Channel", world.channels["SHOP"].id)}

    answer = await ask(query, world.viewer(), {"number": order.number, **ids})

    assert answer["data"] == {"orderByNumber": {"id": oid(order)}, "byExternal": {"id": oid(order)}, "elsewhere": None}


async def test_orders_are_narrowed_and_sorted():
    world = await furnish()
    first = await new_order(world, MUG=2, placed_at=world.now.replace(day=1))
    second = await new_order(world, MUG=3, placed_at=world.now.replace(day=2), customer=world.customer)
    third = await new_order(
        world, placed_at=world.now.replace(day=3), channel=await channel(world, "PHONE"), waiting=UnitStatus.BACKORDERED
    )
    everyone = [first.number, second.number, third.number]
    admin = world.viewer()

    assert await listed(admin) == everyone
    assert await listed(admin, "NEWEST") == everyone[::-1]
    assert await listed(admin, "LARGEST") == [second.number, first.number, third.number]
    assert await listed(admin, status=["BACKORDERED"]) == [third.number]
    assert await listed(admin, channelIds=[global_id("Channel", world.web.id)]) == everyone[:2]
    assert await listed(admin, customerIds=[global_id("Customer", world.customer.id)]) == [second.number]
    assert await listed(admin, placedFrom=second.placed_at.isoformat()) == everyone[1:]
    assert await listed(admin, placedBefore=second.placed_at.isoformat()) == everyone[:1]
    assert await listed(admin, number=second.number.lower()) == [second.number]


async def test_a_time_line_is_read_page_by_page_from_either_end():
    world = await furnish()
    order = await new_order(world)
    for kind in (HoldKind.FRAUD, HoldKind.CREDIT):
        await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=kind))
    await new_order(world)
    await log_everything()
    page = "events(first: 2, after: $after, sort: NEWEST) { nodes { kind actor } pageInfo { hasNextPage endCursor } }"
    query = f"query($id: ID!, $after: String) {{ order(id: $id) {{ {page} }} }}"

    first = (await ask(query, world.viewer(), {"id": oid(order)}))["data"]["order"]["events"]
    after = first["pageInfo"]["endCursor"]
    second = (await ask(query, world.viewer(), {"id": oid(order), "after": after}))["data"]["order"]["events"]

    assert first["nodes"] == [{"kind": "HOLD_APPLIED", "actor": "staff:test"}] * 2
    assert first["pageInfo"]["hasNextPage"]
    assert [node["kind"] for node in second["nodes"]] == ["ORDER_PLACED"]
    assert not second["pageInfo"]["hasNextPage"]


async def test_only_the_office_hears_of_private_notes():
    world = await furnish()
    order = await new_order(world, customer=world.customer)
    await add_note(world.act(), AddNote(order_id=order.id, text="Bad payer."))
    await log_everything()

    heard = {
        role: [
            node["kind"]
            for node in (await read("events { nodes { kind } }", world.viewer(role), order))["events"]["nodes"]
        ]
        for role in (Role.ADMIN, Role.AGENT, Role.PARTNER, Role.CUSTOMER)
    }

    everything = ["ORDER_PLACED", "NOTE_ADDED"]
    assert heard == {
        Role.ADMIN: everything,
        Role.AGENT: everything,
        Role.PARTNER: ["ORDER_PLACED"],
        Role.CUSTOMER: ["ORDER_PLACED"],
    }


async def test_a_customer_has_their_orders():
    world: World = await furnish()
    order = await new_order(world, customer=world.customer)
    query = "query($id: ID!) { customer(id: $id) { orders(sort: LARGEST) { nodes { number customer { name } } } } }"

    answer = await ask(query, world.viewer(Role.CUSTOMER), {"id": global_id("Customer", world.customer.id)})

    assert answer["data"]["customer"]["orders"]["nodes"] == [
        {"number": order.number, "customer": {"name": world.customer.name}}
    ]
