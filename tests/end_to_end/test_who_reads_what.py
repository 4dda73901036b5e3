"""Every query and subscription against every role: what is another's is not shown, counted or told of."""

import itertools
from typing import Any

import pytest
from gql.transport.exceptions import TransportQueryError
from graphql import get_named_type

import models
from actions.orders.noting import AddNote, add_note
from domain.permissions import Role
from models.orders import NoteVisibility
from resolvers.ids import global_id
from tests.end_to_end.scene import (
    CONFINED,
    GRAPH,
    HIDDEN,
    OF_ORDERS,
    Scene,
    newest_order,
    scene,
    settings,
    some,
    things,
    world,
)

__all__ = ["scene", "settings", "things", "world"]


async def test_nobody_reads_what_is_not_theirs_to_see(scene):
    assert {role: await shown_to(scene, role) for role in Role} == {role: {} for role in Role}


async def shown_to(scene: Scene, role: Role) -> dict[str, Any]:
    who, denied = scene.callers[role], HIDDEN.get(role, set())
    hidden = [key for name, keys in scene.hidden.items() if name in denied for key in keys]
    foreign = [key for name, keys in scene.foreign.items() for key in keys]
    asked = {f"node({key})": ("node", key) for key in (*hidden, *foreign)}
    for name in by_id():
        of = get_named_type(GRAPH.query_type.fields[name].type).name
        for key in scene.foreign[of] | (scene.hidden[of] if of in denied else set()):
            asked[f"{name}({key})"] = (name, key)

    shown = {}
    for words, (name, key) in asked.items():
        answer = await who.ask(f"query($id: ID!) {{ {name}(id: $id) {{ __typename }} }}", id=key)
        if answer.codes != ["FORBIDDEN"] and answer.data[name] is not None:
            shown[words] = answer.body
    return shown


async def test_the_same_questions_show_their_own_to_those_who_may(scene):
    for role, of in {
        Role.ADMIN: {*OF_ORDERS - {"Note", "PrivateNote"}, "Channel", "Customer", "StockLevel", "Staff", "ApiKey"},
        Role.AGENT: {"Order", "Fulfilment", "Parcel", "Payment", "Customer"},
        Role.PARTNER: {"Order", "Fulfilment", "Parcel", "Payment", "Customer"},
        Role.STORE_ASSOCIATE: {"Order", "Fulfilment", "Parcel", "StockLevel", "Customer"},
        Role.WAREHOUSE: {"Order", "Fulfilment", "Parcel", "StockLevel"},
        Role.CUSTOMER: {"Order", "Parcel", "Payment", "Customer", "CustomerAddress"},
        Role.ANONYMOUS: {"Product", "Variant"},
    }.items():
        for name in of:
            for key in scene.own[name]:
                answer = await scene.callers[role].ask("query($id: ID!) { node(id: $id) { __typename id } }", id=key)
                assert answer.data == {"node": {"__typename": name, "id": key}}, (role, name)


async def test_no_list_holds_what_is_not_theirs_to_see(scene):
    lists = [
        name
        for name, field in GRAPH.query_type.fields.items()
        if get_named_type(field.type).name.endswith("Connection")
    ]
    for role in Role:
        secret = set().union(*scene.foreign.values(), *(scene.hidden[name] for name in HIDDEN.get(role, ())))
        shown = {}
        for name in lists:
            answer = await scene.callers[role].ask(f"{{ {name}(first: 100) {{ nodes {{ id }} totalCount }} }}")
            if answer.codes != ["FORBIDDEN"]:
                shown[name] = {row["id"] for row in answer.data[name]["nodes"]}
                assert answer.data[name]["totalCount"] == len(shown[name])

        assert not secret & set().union(*shown.values()), role
        assert {"products", "variants", "channels"} <= set(shown), role


async def test_numbers_do_not_find_what_is_not_theirs_to_see(scene, world):
    order = await newest_order(world, "SHOP")
    fulfilment = await models.Fulfilment.get(order_id=order.id)
    parcel = await models.Parcel.get(location=world.locations["LAX"])
    questions = [
        f'orderByNumber(number: "{order.number}")',
        f'fulfilmentByNumber(number: "{fulfilment.number}")',
        f'parcelByNumber(number: "{parcel.number}")',
        f'parcelByTracking(carrier: "{parcel.carrier}", trackingNumber: "{parcel.tracking_number}")',
    ]

    for role in CONFINED:
        answers = [await scene.callers[role].ask(f"{{ found: {question} {{ id }} }}") for question in questions]
        assert all(answer.codes == ["FORBIDDEN"] or answer.data["found"] is None for answer in answers), role
    for question in questions:
        assert (await scene.callers[Role.ADMIN].ask(f"{{ found: {question} {{ id }} }}")).data["found"]


async def test_nobody_watches_what_is_not_theirs_to_see(scene):
    watched = {
        "subscription($id: ID!) { orderChanges(orderId: $id) { order { id } } }": "Order",
        "subscription($id: ID!) { fulfilmentQueue(locationId: $id) { fulfilments { id } } }": "Location",
    }
    heard = {}
    for (document, of), role in itertools.product(watched.items(), Role):
        if (
            role is Role.ADMIN
            or of in HIDDEN[role]
            or (of == "Location" and role in {Role.STORE_ASSOCIATE, Role.WAREHOUSE})
        ):
            key = some(scene.foreign if role is Role.ADMIN else scene.hidden, of)
            with pytest.raises(TransportQueryError) as refused:
                async with scene.callers[role].watching(document, id=key) as messages:
                    await messages.next()
            heard[role, of] = refused.value.errors[0]["extensions"]["code"]

    assert set(heard.values()) == {"NOT_FOUND", "FORBIDDEN"}
    assert {role for role, of in heard if of == "Order"} == set(Role)
    assert [heard[role, "Location"] for role in (Role.STORE_ASSOCIATE, Role.WAREHOUSE)] == ["NOT_FOUND"] * 2


async def test_the_news_of_all_orders_leaves_out_what_is_not_theirs_to_see(scene, world):
    mine, others = await newest_order(world, "WEB"), await newest_order(world, "SHOP")
    document = "subscription { orders { fact { kind orderId } orders { id } } }"

    for role in (Role.AGENT, Role.PARTNER, Role.STORE_ASSOCIATE, Role.WAREHOUSE, Role.CUSTOMER):
        async with scene.callers[role].watching(document) as messages:
            snapshot = await messages.next()
            for order in (others, mine):
                await add_note(world.act(), AddNote(order_id=order.id, text="New", visibility=NoteVisibility.PUBLIC))
            first = await messages.next()

        assert {row["id"] for row in snapshot["orders"]} == scene.own["Order"], role
        assert first["orders"] == [{"id": global_id("Order", mine.id)}], role


def by_id() -> list[str]:
    return [name for name, field in GRAPH.query_type.fields.items() if "id" in field.args and name != "node"]
