"""Random selections of the real schema, each audience: the compiled plan and the plain executor give the same answer."""

import json
import os
import random
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from graphql import GraphQLObjectType, TypeInfo, TypeInfoVisitor, Visitor, parse, visit
from tortoise import Tortoise

import models
from domain.permissions import Permission, Role
from resolvers import scopes
from resolvers.declared import BACKREF, source_of
from resolvers.ids import global_id
from resolvers.plan import writer
from resolvers.plan.reader import Reader
from schema.build import schema
from schema.catalogue import Product, Variant
from tests.resolvers.world import World, furnish
from tests.schema.asking import ask, messages
from tests.schema.random_documents import Writer
from tests.schema.test_mutations import RENAME, channel_id
from tests.schema.test_mutations import schema as renaming

pytestmark = pytest.mark.usefixtures("database")
DOCUMENTS = int(os.environ.get("DOCUMENTS", "60"))
GRAPH = schema._schema


@pytest.fixture
async def reader(database_url) -> AsyncGenerator[Reader, None]:
    async with asyncpg.create_pool(database_url, min_size=1, max_size=2) as pool:
        yield Reader(schema, pool)


def written(world: World, luck: random.Random) -> tuple[str, dict[str, Any]]:
    paper = Writer(GRAPH, world, luck)
    text = paper.document()
    return text, {**paper.variables, "on": luck.random() < 0.5}


def spelled(answer: Any) -> str:
    """In the same order, too; whether a whole number is written `0` or `0.0` makes no difference in JSON."""
    return json.dumps(answer).replace(".0,", ",").replace(".0}", "}")


async def differences(reader: Reader, world: World, seed: int, documents: int) -> tuple[int, list[str]]:
    """(how many plans answered, documents that were answered otherwise)."""
    luck, compiled, wrong = random.Random(seed), 0, []
    for _ in range(documents):
        text, variables = written(world, luck)
        for role, viewer in world.viewers().items():
            expected = await ask(text, viewer, variables)

            try:
                body = await reader.read(text, variables, None, viewer)
            except asyncpg.PostgresError as error:
                wrong.append(f"{role}: {text}\n{variables}\n{error}")
                continue
            if body is None:
                continue
            compiled += 1
            if spelled(json.loads(body)) != spelled(expected):
                wrong.append(f"{role}: {text}\n{variables}\n{body.decode()}\n{expected}")
    return compiled, wrong


@pytest.mark.parametrize("seed", range(3))
async def test_both_give_the_same_answers(reader: Reader, seed: int) -> None:
    world = await furnish(seed=seed)

    compiled, wrong = await differences(reader, world, seed, DOCUMENTS)

    assert not wrong, "\n\n".join(wrong[:3])
    assert compiled > DOCUMENTS * len(world.viewers()) * 0.6


async def test_what_plans_leave_is_python_or_an_error(reader: Reader) -> None:
    world, luck = await furnish(), random.Random(9)
    left = 0
    for _ in range(DOCUMENTS):
        text, variables = written(world, luck)
        admin = world.viewers()[Role.ADMIN]
        if await reader.read(text, variables, None, admin) is None:
            left += 1
            answer = await ask(text, admin, variables)
            assert answer.get("errors") or is_python(text), text

    assert left < DOCUMENTS / 2


def is_python(text: str) -> bool:
    """Whether the document asks for a field that only Python can answer."""
    info, found = TypeInfo(GRAPH), []

    class Look(Visitor):
        def enter_field(self, *_: Any) -> None:
            each = info.get_field_def()
            if isinstance(info.get_parent_type(), GraphQLObjectType) and each and BACKREF in each.extensions:
                found.append(source_of(each) is None)

    visit(parse(text), TypeInfoVisitor(info, Look()))
    return any(found)


async def test_a_plan_that_forgets_a_scope_is_caught(reader: Reader, monkeypatch) -> None:
    world = await furnish()
    monkeypatch.setattr(writer.Writer, "_visible", lambda *_: [])

    _, wrong = await differences(reader, world, 1, 20)

    assert wrong


async def test_a_plan_that_trusts_any_way_to_a_row_is_caught(reader: Reader, monkeypatch) -> None:
    world = await furnish()
    monkeypatch.setattr(writer.Writer, "_is_implied", lambda *_: True)

    _, wrong = await differences(reader, world, 1, 40)

    assert wrong


async def test_a_plan_that_reads_another_column_is_caught(reader: Reader, monkeypatch) -> None:
    world = await furnish()
    real = writer.Row.column
    monkeypatch.setattr(writer.Row, "column", lambda row, name: real(row, "id" if name == "name" else name))

    _, wrong = await differences(reader, world, 1, 60)

    assert wrong


@pytest.mark.parametrize("role", [Role.ADMIN, Role.ANONYMOUS])
@pytest.mark.parametrize(("size", "start", "end", "more"), [
    ("first", "after", "endCursor", "hasNextPage"),
    ("last", "before", "startCursor", "hasPreviousPage"),
])  # fmt: skip
async def test_both_page_alike_in_every_sort(reader: Reader, role, size, start, end, more) -> None:
    world = await furnish()
    viewer = world.viewers()[role]
    for name, each in GRAPH.query_type.fields.items():
        if "sort" not in each.args:
            continue
        for sort in each.args["sort"].type.of_type.values:
            query = f"query ($n: Int, $c: String) {{ {name}({size}: $n, {start}: $c, sort: {sort}) {{ totalCount edges {{ cursor }} nodes {{ __typename }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
            cursor, pages = None, 0
            while pages < 20:
                variables = {"n": 7, "c": cursor}
                body = await reader.read(query, variables, None, viewer)
                answer = json.loads(body) if body else None
                assert answer == await ask(query, viewer, variables), (name, sort)
                pages += 1
                cursor = answer["data"][name]["pageInfo"][end]
                if not answer["data"][name]["pageInfo"][more]:
                    break


async def test_a_cursor_of_another_list_is_left_to_the_plain_executor(reader: Reader) -> None:
    world = await furnish(orders=0)

    assert await reader.read('{ products(after: "x") { totalCount } }', None, None, world.viewers()[Role.ADMIN]) is None


async def test_a_plan_refuses_what_the_viewer_may_not_ask(reader: Reader) -> None:
    world = await furnish(orders=0)
    admin = world.viewers()[Role.ADMIN]
    blind = replace(admin, permissions=admin.permissions - {Permission.READ_ORGANIZATION})

    assert await reader.read("{ channels { nodes { version } } }", None, None, admin) is not None
    assert await reader.read("{ channels { nodes { version } } }", None, None, blind) is None


async def test_a_stored_code_the_schema_has_no_word_for_is_an_error_never_broken_json(reader: Reader) -> None:
    world = await furnish(orders=0)
    await Tortoise.get_connection("default").execute_script("UPDATE channels SET kind = 'lost' WHERE code = 'web'")
    query = '{ channelByCode(code: "web") { kind } }'

    assert await reader.read(query, None, None, world.viewers()[Role.ADMIN]) is None
    assert messages(await ask(query, world.viewers()[Role.ADMIN]))


async def test_a_promised_row_out_of_scope_is_an_error_never_broken_json(reader: Reader, monkeypatch) -> None:
    world = await furnish(orders=0)
    closed = replace(Product.__graph__, scope=scopes.Rows())
    monkeypatch.setattr(Product, "__graph__", closed)
    variant = world.of(models.Variant)[0]
    query = f'{{ variant(id: "{global_id(Variant.__graph__.name, variant.id)}") {{ sku product {{ name }} }} }}'

    answer = await ask(query, world.viewers()[Role.ADMIN])

    assert await reader.read(query, None, None, world.viewers()[Role.ADMIN]) is None
    assert answer["data"] == {"variant": None}
    assert [error["path"] for error in answer["errors"]] == [["variant", "product"]]


async def test_a_payload_is_read_like_any_row(database_url) -> None:
    world = await furnish(orders=0)
    admin, key = world.viewers()[Role.ADMIN], channel_id(world)
    variables = {"input": {"channelId": key, "name": "New"}}

    payload = await ask(RENAME, admin, variables, of=renaming)
    channel = await models.Channel.get(id=world.of(models.Channel)[0].id)
    async with asyncpg.create_pool(database_url, min_size=1, max_size=1) as pool:
        body = await Reader(renaming, pool).read_row(RENAME, variables, None, admin, channel)
        hidden = await Reader(renaming, pool).read_row(
            RENAME,
            variables,
            None,
            replace(admin, audience="customer", role=Role.CUSTOMER),
            world.rows[models.Channel][-1],
        )

    assert json.loads(body) == payload
    assert hidden is None
