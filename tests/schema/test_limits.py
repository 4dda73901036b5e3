"""No document, however small or clever, keeps the process busy; every honest one passes."""

import sys
from itertools import count

import pytest
import strawberry
from graphql import get_introspection_query
from strawberry.types.graphql import OperationType

from schema.limits import (
    KEPT_DOCUMENTS,
    MOST_ALIASES,
    MOST_COST,
    MOST_DEPTH,
    KnownDocuments,
    Passed,
    QueryLimits,
    known_documents,
    operation_type,
)

MOST_CALLS = 200_000
"""Of Python functions; the worst of these documents takes 80,000, unbounded ones millions."""


@strawberry.type
class Node:
    name: str = "n"

    @strawberry.field
    def next(self) -> "Node":
        return Node()

    @strawberry.field
    def nodes(self, first: int | None = None, last: int | None = None) -> list["Node"]:
        return [Node()]


@strawberry.type
class Query:
    @strawberry.field
    def node(self) -> Node:
        return Node()

    @strawberry.field
    def nodes(self, first: int | None = None) -> list[Node]:
        return [Node()]

    @strawberry.field
    def a(self) -> int:
        return 1


@strawberry.type
class Mutation:
    @strawberry.mutation
    def touch(self) -> int:
        return 1


@pytest.fixture
def schema():
    return strawberry.Schema(Query, Mutation, extensions=[QueryLimits])


def spread_bomb(levels: int, inside: str = "a") -> str:
    doubled = "".join(f"fragment f{i} on Query{{...f{i + 1} ...f{i + 1}}}" for i in range(levels))
    return f"{{...f0}}{doubled}fragment f{levels} on Query{{{inside}}}"


def nested(levels: int) -> str:
    return "{node{" + "next{" * (levels - 2) + "name" + "}" * levels


async def messages(schema, document: str, **arguments) -> list[str]:
    result = await schema.execute(document, **arguments)
    return [error.message for error in result.errors or []]


async def test_an_honest_document_passes(schema):
    assert await messages(schema, "{ a node { name next { name } } nodes(first: 10) { name } }") == []


async def test_the_introspection_of_every_tool_passes(schema):
    assert await messages(schema, get_introspection_query(descriptions=True, input_value_deprecation=True)) == []


async def test_depth_up_to_the_limit_passes_and_one_more_is_refused(schema):
    assert await messages(schema, nested(MOST_DEPTH)) == []
    assert await messages(schema, nested(MOST_DEPTH + 1)) == [
        f"The depth of this operation is {MOST_DEPTH + 1}; at most {MOST_DEPTH} is allowed."
    ]


async def test_page_sizes_multiply_into_the_cost(schema):
    assert await messages(schema, "{ nodes(first: 100) { nodes(first: 100) { name } } }") == []
    refused = await messages(schema, "{ nodes(first: 100) { nodes(last: 200) { name } } }")

    assert refused == [f"The cost of this operation is 20101; at most {MOST_COST} is allowed."]


async def test_a_page_size_in_a_variable_counts_with_its_value_each_time(schema):
    document = "query ($n: Int) { nodes(first: $n) { nodes(first: $n) { name } } }"

    assert await messages(schema, document, variable_values={"n": 10}) == []
    assert len(await messages(schema, document, variable_values={"n": 1000})) == 1
    assert await messages(schema, document, variable_values={"n": 10}) == []


async def test_a_refusal_says_so_in_its_code(schema):
    result = await schema.execute(nested(50))

    assert result.errors[0].extensions == {"code": "QUERY_TOO_COMPLEX"}


@pytest.mark.parametrize(
    "bomb",
    [
        spread_bomb(22),
        spread_bomb(100),
        spread_bomb(300),
        "{...f0}" + "".join(f"fragment f{i} on Query{{...f{i + 1}}}" for i in range(400)) + "fragment f400 on Query{a}",
        "{...f} fragment f on Query { ...g } fragment g on Query { ...f }",
        "{" + "a " * 2_000 + "}",
        "{" + " ".join(f"a{i}: a" for i in range(MOST_ALIASES + 1)) + "}",
        "{" + " ".join(f"x{i}: __typename" for i in range(MOST_ALIASES + 1)) + "}",
        "{a " + "@skip(if: false) " * 100 + "}",
        "{" + "...{" * 150 + "a" + "}" * 151,
        "{" * 1_000,
        "query " + "@a" * 900 + "{a}",
        "{ nodes(first: 2147483647) { nodes(first: 2147483647) { nodes(first: 2147483647) { name } } } }",
        "query ($n: Int = 99999) { nodes(first: $n) { nodes(first: $n) { nodes(first: $n) { name } } } }",
        "{" + "__schema{types{name}} " * 21 + "}",
        "{" + " ".join(f"s{i}: __schema{{types{{fields{{type{{name}}}}}}}}" for i in range(12)) + "}",
        "{" + "unknown " * 1_000 + "}",
        "{ node {" + "name next { name } " * 500 + "} }",
        "{" + "...{node{name}}" * 200 + "}",
    ],
    ids=lambda bomb: f"{bomb[:20]}~{len(bomb)}",
)
async def test_a_bomb_is_refused_with_little_work(schema, bomb):
    calls = count()
    sys.setprofile(lambda _, event, __: next(calls) if event == "call" else None)
    try:
        errors = await messages(schema, bomb)
    finally:
        sys.setprofile(None)

    assert 1 <= len(errors) <= 6
    assert next(calls) < MOST_CALLS


async def test_at_most_five_problems_are_listed(schema):
    errors = await messages(schema, "{" + " ".join(f"wrong{i}" for i in range(15)) + "}")

    assert len(errors) == 6
    assert errors[-1].startswith("Too many validation errors")


async def test_several_operations_need_a_name(schema):
    document = "query A { a } query B { node { name } }"

    assert await messages(schema, document) == ["There are several operations: say in operationName which one to run."]
    assert (await schema.execute(document, operation_name="A")).data == {"a": 1}


async def test_only_what_passed_is_kept(schema):
    for document in ("{ a }", "{ a }", "{ wrong }", nested(50), "{", spread_bomb(22)):
        await schema.execute(document)

    assert len(known_documents(schema)) == 1


async def test_a_kept_document_is_neither_parsed_nor_validated_again(schema):
    await schema.execute("{ a }")
    document = known_documents(schema).get("{ a }").document

    result = await schema.execute("{ a }")

    assert result.data == {"a": 1}
    assert known_documents(schema).get("{ a }").document is document


async def test_a_syntax_error_is_an_error_on_a_stream_too(schema):
    results = [result async for result in await schema.stream("{ a")]

    assert results[0].errors[0].message.startswith("Syntax Error")


def test_the_document_used_longest_ago_is_forgotten_first():
    known = KnownDocuments(most=2)
    for text in ("a", "b"):
        known.keep(text, Passed(None, depends_on_variables=False))
    known.get("a")

    known.keep("c", Passed(None, depends_on_variables=False))

    assert known.get("b") is None
    assert known.get("a") is not None
    assert len(known) == 2 < KEPT_DOCUMENTS


def test_the_kind_of_an_operation_is_known_before_it_runs(schema):
    document = "query A { a } mutation B { touch }"

    assert operation_type(schema, document, "B") is OperationType.MUTATION
    assert operation_type(schema, document, None) is OperationType.QUERY
    assert operation_type(schema, document, "C") is None
    assert operation_type(schema, "{", None) is None
