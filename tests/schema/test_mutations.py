"""The word `action`, on a small action of its own."""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

import pytest
import strawberry

import models
from actions.acting import Act
from actions.acting import action as act_action
from domain.errors import Conflict, Forbidden, InsufficientStock, InvalidInput, NotFound
from domain.permissions import Permission, Role
from domain.viewer import Audience, Viewer
from models.channels import ChannelKind
from resolvers.context import Context
from resolvers.ids import global_id
from schema.build import AREAS, build
from schema.enums import ChannelKind as PublishedKind
from schema.fields import root
from schema.inputs import command_of, given, ref
from schema.mutations import action
from tests.resolvers.world import World, furnish
from tests.schema.asking import ask, codes, messages

pytestmark = pytest.mark.usefixtures("database")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    sku: str
    quantity: int = 1
    at_location_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameChannel:
    channel_id: UUID
    name: str
    kind: ChannelKind = ChannelKind.WEB
    expected_version: int | None = None
    wishes: tuple[Wish, ...] = ()


done: list[tuple[Act, RenameChannel]] = []


@act_action
async def rename(act: Act, command: RenameChannel) -> UUID:
    channel = await models.Channel.get(id=command.channel_id)
    if command.expected_version not in (None, channel.version):
        raise Conflict("channel", command.expected_version, channel.version)
    if command.wishes:
        raise InsufficientStock({wish.sku: wish.quantity for wish in command.wishes})
    if command.name == "overflow":
        raise NotFound("channel", command.channel_id)
    if command.name == "forbidden":
        raise Forbidden("Not today.")
    done.append((act, command))
    await models.Channel.filter(id=channel.id).update(name=command.name, version=channel.version + 1)
    return channel.id


def on_behalf(viewer: Viewer, command: RenameChannel) -> RenameChannel:
    if viewer.audience is Audience.AGENT:
        raise NotFound("channel", "of an agent")
    return command


@strawberry.input(description="What somebody wants.")
class WishInput:
    sku: str = given("Which.", at_most=8)
    quantity: int = given("How many.", default=1, at_least=1)
    at_location_id: strawberry.ID | None = ref("Where.", "Location", default=None)


@strawberry.input(description="A new name for a channel.")
class RenameChannelInput:
    channel_id: strawberry.ID = ref("The channel.", "Channel")
    name: str = given("Its new name.")
    kind: PublishedKind | None = given("Its kind.", default=strawberry.UNSET)
    expected_version: int | None = given("The version you read.", default=strawberry.UNSET)
    wishes: list[WishInput] | None = given("Wishes.", default=strawberry.UNSET, at_most=3)


@root
class RenamingMutations:
    rename_channel: Annotated["Channel", strawberry.lazy("schema.channels")] = action(  # noqa: F821
        "Give a channel another name.",
        rename,
        RenameChannelInput,
        refuses=(InsufficientStock,),
        needs=Permission.CHANGE_ORGANIZATION,
        prepare=on_behalf,
    )
    rename_once: Annotated["Channel", strawberry.lazy("schema.channels")] = action(  # noqa: F821
        "The same, but only with a key.",
        rename,
        RenameChannelInput,
        needs=Permission.CHANGE_ORGANIZATION,
        needs_key=True,
    )


schema = build((*AREAS, sys.modules[__name__]))

RENAME = """
mutation ($input: RenameChannelInput!) {
  renameChannel(input: $input) {
    __typename
    ... on Channel { id name version }
    ... on Problem { code message }
    ... on InvalidInput { problems { path code } }
    ... on InsufficientStock { missing { sku units } }
    ... on Conflict { kind expectedVersion actualVersion }
    ... on NotFound { kind key }
  }
}
"""
WITH_KEY = "mutation ($input: RenameChannelInput!, $key: String!) { renameOnce(input: $input) @idempotent(key: $key) { __typename ... on Channel { version } } }"


@pytest.fixture
async def world() -> World:
    done.clear()
    return await furnish(orders=0)


def channel_id(world: World, at: int = 0) -> str:
    return global_id("Channel", world.of(models.Channel)[at].id)


async def rename_with(viewer, **given) -> dict:
    answer = await ask(RENAME, viewer, {"input": given}, of=schema)
    assert "errors" not in answer, answer
    return answer["data"]["renameChannel"]


async def test_the_changed_thing_is_read_anew_by_the_same_declarations(world) -> None:
    key = channel_id(world)

    answer = await rename_with(world.viewers()[Role.ADMIN], channelId=key, name="New")

    assert answer == {"__typename": "Channel", "id": key, "name": "New", "version": 2}
    act, command = done[0]
    assert (act.actor, act.organization_id, act.key) == (
        "test:admin",
        world.of(models.Channel)[0].organization_id,
        None,
    )
    assert command.kind is ChannelKind.WEB
    assert command.wishes == ()


async def test_a_refusal_is_an_answer_with_its_data(world) -> None:
    admin, key = world.viewers()[Role.ADMIN], channel_id(world)

    short = await rename_with(admin, channelId=key, name="x", wishes=[{"sku": "b", "quantity": 2}, {"sku": "a"}])
    stale = await rename_with(admin, channelId=key, name="x", expectedVersion=7)

    assert short == {
        "__typename": "InsufficientStock",
        "code": "INSUFFICIENT_STOCK",
        "message": "Not enough stock: 1 × a, 2 × b short.",
        "missing": [{"sku": "a", "units": 1}, {"sku": "b", "units": 2}],
    }
    assert stale["__typename"] == "Conflict"
    assert (stale["kind"], stale["expectedVersion"], stale["actualVersion"]) == ("channel", 7, 1)
    assert (await models.Channel.get(id=world.of(models.Channel)[0].id)).version == 1


async def test_every_problem_of_an_input_is_listed_with_its_path(world) -> None:
    answer = await rename_with(
        world.viewers()[Role.ADMIN],
        channelId="nonsense",
        name="x" * 201,
        wishes=[
            {"sku": "fine", "quantity": 0},
            {"sku": "far too long", "atLocationId": channel_id(world)},
            {"sku": "\0"},
        ],
    )

    assert answer["__typename"] == "InvalidInput"
    assert answer["problems"] == [
        {"path": ["channelId"], "code": "BAD_ID"},
        {"path": ["name"], "code": "TOO_LARGE"},
        {"path": ["wishes", "0", "quantity"], "code": "TOO_SMALL"},
        {"path": ["wishes", "1", "sku"], "code": "TOO_LARGE"},
        {"path": ["wishes", "1", "atLocationId"], "code": "BAD_ID"},
        {"path": ["wishes", "2", "sku"], "code": "BAD_TEXT"},
    ]


async def test_what_is_too_much_is_counted_in_its_own_unit() -> None:
    given = RenameChannelInput(
        channel_id=global_id("Channel", uuid4()), name="x" * 201, wishes=[WishInput(sku="a", quantity=0)] * 4
    )

    with pytest.raises(InvalidInput) as refusal:
        command_of(RenameChannel, given)

    assert [problem.message for problem in refusal.value.problems] == [
        "It has 201 characters; give at most 200.",
        "It has 4 items; give at most 3.",
        "0 is less than 1.",
        "0 is less than 1.",
        "0 is less than 1.",
        "0 is less than 1.",
    ]


async def test_a_list_has_bounds_of_its_own(world) -> None:
    answer = await rename_with(
        world.viewers()[Role.ADMIN], channelId=channel_id(world), name="x", wishes=[{"sku": "a"}] * 4
    )

    assert answer["problems"] == [{"path": ["wishes"], "code": "TOO_LARGE"}]


async def test_what_an_id_names_must_be_visible_to_the_viewer(world) -> None:
    foreign = global_id("Channel", world.rows[models.Channel][-1].id)
    nobody = global_id("Channel", uuid4())
    agent = world.viewers()[Role.AGENT]  # may see the first two channels

    for viewer, key in (
        (world.viewers()[Role.ADMIN], foreign),
        (world.viewers()[Role.ADMIN], nobody),
        (agent, channel_id(world, 2)),
    ):
        answer = await rename_with(viewer, channelId=key, name="Mine now")
        assert (answer["__typename"], answer["kind"], answer["key"]) == ("NotFound", "channel", key)
    assert done == []


async def test_what_an_id_in_a_list_names_must_be_visible_too(world) -> None:
    theirs = global_id("Location", world.rows[models.Location][-1].id)

    answer = await rename_with(
        world.viewers()[Role.ADMIN],
        channelId=channel_id(world),
        name="x",
        wishes=[{"sku": "a", "atLocationId": theirs}],
    )

    assert (answer["__typename"], answer["key"]) == ("NotFound", theirs)


async def test_resolvers_may_refuse_on_the_viewers_behalf(world) -> None:
    answer = await rename_with(world.viewers()[Role.AGENT], channelId=channel_id(world), name="x")

    assert (answer["__typename"], answer["key"]) == ("NotFound", "of an agent")
    assert done == []


async def test_a_refusal_that_was_not_announced_keeps_its_code(world) -> None:
    answer = await ask(
        RENAME, world.viewers()[Role.ADMIN], {"input": {"channelId": channel_id(world), "name": "forbidden"}}, of=schema
    )

    assert (messages(answer), codes(answer)) == (["Not today."], ["FORBIDDEN"])


async def test_a_change_without_its_permission_never_runs(world) -> None:
    customer = world.viewers()[Role.CUSTOMER]
    weak = Viewer(
        audience=customer.audience, principal="x", organization_id=customer.organization_id, role=customer.role,
        permissions=frozenset(Permission) - {Permission.CHANGE_ORGANIZATION},
    )  # fmt: skip

    answer = await ask(RENAME, weak, {"input": {"channelId": channel_id(world), "name": "x"}}, of=schema)

    assert codes(answer) == ["FORBIDDEN"]
    assert done == []


async def test_the_same_key_has_one_effect_and_one_answer(world) -> None:
    admin = world.viewers()[Role.ADMIN]
    variables = {"input": {"channelId": channel_id(world), "name": "Once"}, "key": "key-of-mine"}

    answers = [await ask(WITH_KEY, admin, variables, of=schema) for _ in range(2)]
    reused = await ask(WITH_KEY, admin, variables | {"input": variables["input"] | {"name": "Twice"}}, of=schema)

    assert answers == [{"data": {"renameOnce": {"__typename": "Channel", "version": 2}}}] * 2
    assert reused == {"data": {"renameOnce": {"__typename": "KeyReused"}}}
    assert [act.key for act, _ in done] == ["key-of-mine"]


async def test_a_missing_key_is_asked_for_with_a_hint(world) -> None:
    answer = await ask(
        WITH_KEY.replace(" @idempotent(key: $key)", "").replace(", $key: String!", ""),
        world.viewers()[Role.ADMIN],
        {"input": {"channelId": channel_id(world), "name": "Once"}},
        of=schema,
    )

    assert codes(answer) == ["IDEMPOTENCY_KEY_REQUIRED"]
    assert "@idempotent(key:" in messages(answer)[0]
    assert done == []


@pytest.mark.parametrize("key", ["short", "x" * 129, "with space", "tab\there", "ключ-ключ"])
async def test_a_malformed_key_is_refused(world, key) -> None:
    answer = await ask(
        WITH_KEY,
        world.viewers()[Role.ADMIN],
        {"input": {"channelId": channel_id(world), "name": "Once"}, "key": key},
        of=schema,
    )

    assert codes(answer) == ["BAD_IDEMPOTENCY_KEY"]


async def test_an_act_takes_place_when_the_clock_says(world) -> None:
    context = Context(viewer=world.viewers()[Role.ADMIN], clock=lambda: NOW)

    await schema.execute(RENAME, {"input": {"channelId": channel_id(world), "name": "x"}}, context_value=context)

    assert done[0][0].now == NOW


def test_an_input_that_does_not_fill_its_command_stops_the_start() -> None:
    @strawberry.input
    class Wrong:
        channel_id: strawberry.ID = ref("The channel.", "Channel")
        nam: str = given("Misspelt.")

    with pytest.raises(TypeError, match="nam is not a field of RenameChannel, name is needed by RenameChannel"):
        action("x", rename, Wrong, needs=Permission.CHANGE_ORGANIZATION)
