"""Every mutation of the graph against every role: what is another's is not found, and nothing happens to it."""

import itertools
from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    get_named_type,
    get_nullable_type,
    is_required_input_field,
)
from strawberry.utils.str_converters import to_camel_case

import models
from domain.ids import new_id
from domain.permissions import Role
from models.db import rows
from resolvers.declared import BACKREF
from resolvers.ids import global_id
from schema.inputs import Ref
from tests.end_to_end.callers import Caller
from tests.end_to_end.scene import CONFINED, GRAPH, HIDDEN, Scene, scene, settings, some, things, world

__all__ = ["scene", "settings", "things", "world"]

PLAIN = {
    "String": "x", "Int": 1, "Float": 1.0, "Boolean": True, "Minor": 1, "JSON": {}, "ID": "x",
    "DateTime": "2026-11-02T15:00:00Z", "Date": "2026-11-02",
}  # fmt: skip
CUSTOMERS_CHANGES = {
    "addCustomerAddress", "addNote", "addPayment", "announceArrival", "answerPickup", "answerSubstitution",
    "authorizePayment", "cancelOrder", "draftOrder", "extendCart",
    "holdPromise", "placeDraft", "placeOrder", "releaseCart", "removeCustomerAddress", "removeCustomerContact",
    "replaceCustomerAddress", "requestCancellation", "reserveCart", "setCustomerContact", "updateCustomer",
}  # fmt: skip


Path = tuple[str, ...]


def refs(kind: GraphQLInputObjectType, at: Path = ()) -> Iterator[tuple[Path, str]]:
    """Where an input names things, and of what type."""
    for each in kind.extensions[BACKREF].fields:
        name = to_camel_case(each.python_name)
        if rule := each.metadata.get(Ref):
            yield (*at, name), rule.name
        elif isinstance(below := get_named_type(kind.fields[name].type), GraphQLInputObjectType):
            yield from refs(below, (*at, name))


def minimal(kind: Any, ids: dict[Path, str], at: Path = ()) -> Any:
    """What the input needs to be well-formed, and what lies on the way to the ids that are given."""
    kind = get_nullable_type(kind)
    if isinstance(kind, GraphQLList):
        return [minimal(kind.of_type, ids, at)]
    if at in ids:
        return ids[at]
    if isinstance(kind, GraphQLInputObjectType):
        wanted = {path[: len(at) + 1] for path in ids if path[: len(at)] == at}
        return {
            name: minimal(field.type, ids, (*at, name))
            for name, field in kind.fields.items()
            if is_required_input_field(field) or (*at, name) in wanted
        }
    return next(iter(kind.values)) if isinstance(kind, GraphQLEnumType) else PLAIN[kind.name]


def changes() -> Iterator[tuple[str, GraphQLInputObjectType, str]]:
    for name, change in GRAPH.mutation_type.fields.items():
        kind = get_named_type(change.args["input"].type)
        document = f"""mutation($input: {kind.name}!, $key: String!) {{
            {name}(input: $input) @idempotent(key: $key) {{ __typename ... on Problem {{ code }} }} }}"""
        yield name, kind, document


async def outcome(who: Caller, document: str, given: Any) -> str:
    """The name of the refusal or of what was changed."""
    answer = await who.ask(document, input=given, key=str(new_id()))
    assert answer.status == 200
    if answer.codes:
        [code] = set(answer.codes)
        return code
    [changed] = answer.data.values()
    return changed["__typename"]


async def told() -> list[tuple[str, str]]:
    """Every fact that somebody other than the worker brought about; facts are never taken back."""
    found = await rows("SELECT actor, kind FROM event_log UNION ALL SELECT actor, kind FROM outbox")
    return sorted((row["actor"], row["kind"]) for row in found if not row["actor"].startswith("job:"))


async def try_others_things(scene: Scene, role: Role, others: dict[str, set[str]], of: set[str]) -> dict[str, str]:
    """Each change with each id in it, in turn, of another's thing; what came of it but for plain refusals."""
    came = {}
    for name, kind, document in changes():
        named = dict(refs(kind))
        needed = {path: some(scene.own, of) for path, of in named.items()}
        for path, wanted in named.items():
            if wanted in of and others.get(wanted):
                minimal_ids = {each: key for each, key in needed.items() if is_needed(kind, each)}
                given = minimal(kind, minimal_ids | {path: some(others, wanted)})
                answer = await outcome(scene.callers[role], document, given)
                if answer not in {"NotFound", "FORBIDDEN", "Forbidden"}:
                    came[f"{role}: {name}({'.'.join(path)})"] = answer
    return came


def is_needed(kind: GraphQLInputObjectType, path: Path) -> bool:
    field = kind.fields[path[0]]
    below = get_named_type(field.type)
    return is_required_input_field(field) and (len(path) == 1 or is_needed(below, path[1:]))


async def test_nothing_of_another_organization_can_be_changed_or_named_in_a_change(scene):
    before = await told()
    came: dict[str, str] = {}

    for role in Role:
        came |= await try_others_things(scene, role, scene.foreign, set(scene.foreign))

    assert came == {}
    assert await told() == before


async def test_nobody_changes_or_names_what_is_not_theirs_to_see(scene):
    before = await told()
    came: dict[str, str] = {}

    for role in CONFINED:
        came |= await try_others_things(scene, role, scene.hidden, HIDDEN[role])

    assert came == {}
    assert await told() == before


async def test_stock_is_changed_at_ones_own_location_only(scene):
    came: dict[str, str] = {}

    for role in (Role.STORE_ASSOCIATE, Role.WAREHOUSE):
        came |= await try_others_things(scene, role, scene.hidden, {"Location"})

    assert [name for name in came if "tock" in name] == []


async def test_what_customers_and_strangers_may_change_at_all(scene):
    """Named here a second time, so that a right given by mistake is seen."""
    may: dict[Role, set[str]] = {Role.CUSTOMER: set(), Role.ANONYMOUS: set()}
    for role, (name, kind, document) in itertools.product(may, changes()):
        named = {path: some(scene.foreign, of) for path, of in refs(kind) if is_needed(kind, path)}
        if await outcome(scene.callers[role], document, minimal(kind, named)) != "FORBIDDEN":
            may[role].add(name)

    assert may == {Role.CUSTOMER: CUSTOMERS_CHANGES, Role.ANONYMOUS: set()}


async def test_what_is_named_by_a_text_is_not_anothers_either(scene, world):
    """Carts and tracking numbers are no ids, so nothing but the action itself looks whose they are."""
    ada, clerk = scene.callers[Role.CUSTOMER], scene.callers[Role.WAREHOUSE]
    lines = [{"variantId": some(scene.own, "Variant"), "quantity": 1}]
    cart = {"channelId": global_id("Channel", world.web.id), "cart": "of-bob", "lines": lines}
    bob = {"customerId": some(scene.hidden, "Customer")}
    kept = await scene.callers[Role.ADMIN].change("reserveCart", "ReserveCartInput", "", **cart, **bob)
    far = await models.Parcel.get(location=world.locations["LAX"])
    report = {"carrier": far.carrier, "trackingNumber": far.tracking_number, "code": "DELIVERED", "eventKey": "x"}
    report["occurredAt"] = world.now.isoformat()

    taken = [
        await ada.change("reserveCart", "ReserveCartInput", "", **cart),
        await ada.change("extendCart", "NamedCartInput", "", cart=cart["cart"]),
        await ada.change("releaseCart", "NamedCartInput", "", cart=cart["cart"]),
    ]
    delivered = await clerk.change("recordTrackingEvent", "RecordTrackingInput", "", **report)

    shop = {"channelId": global_id("Channel", world.channels["SHOP"].id), "cart": "of-the-shop", "lines": lines}
    assert (await scene.callers[Role.ADMIN].change("reserveCart", "ReserveCartInput", "", **shop))[
        "__typename"
    ] == "Cart"
    for role in (Role.AGENT, Role.PARTNER):
        elsewhere = {"channelId": global_id("Channel", world.web.id), "cart": "of-the-shop", "lines": lines}
        taken.append(await scene.callers[role].change("reserveCart", "ReserveCartInput", "", **elsewhere))
        taken.append(await scene.callers[role].change("releaseCart", "NamedCartInput", "", cart="of-the-shop"))

    assert kept["__typename"] == "Cart"
    assert {answer["__typename"] for answer in taken} <= {"Forbidden", "NotFound", "ReservationEnded"}
    assert await models.Reservation.filter(cart__in=["of-bob", "of-the-shop"], status="active").count() == 2
    assert delivered["__typename"] in {"Forbidden", "NotFound"}
    assert (await models.Parcel.get(id=far.id)).delivered_at is None
