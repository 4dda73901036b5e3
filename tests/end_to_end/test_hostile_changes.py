"""Every mutation and every field with what nobody should send: whatever it is, the answer says what is wrong with it."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_non_null_type,
    is_required_argument,
)

from domain.ids import new_id
from domain.permissions import Role
from tests.end_to_end.callers import Answer
from tests.end_to_end.scene import GRAPH, Scene, scene, settings, some, things, world
from tests.end_to_end.test_who_changes_what import changes, is_needed, minimal, refs

__all__ = ["scene", "settings", "things", "world"]

HOSTILE: dict[str, list[Any]] = {
    "String": ["", "\0", "x" * 5_000, "\U0001f69a" * 70],
    "Int": [-1, 0, 2**31 - 1],
    "Minor": [-1, 0, 10**15, 10**18],
    "Float": [1e308, 91.5],
    "Boolean": [True, False],
    "JSON": ["text", [], {"\0": "\0"}, {"a": ["b"] * 5_000}, {"weekly": 1}],
    "ID": ["", "\0", "T3JkZXI6"],
    "DateTime": ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "noon"],
    "Date": ["0001-01-01", "9999-12-31", "2026-02-30"],
}
SHARES = 4
"""Changes come in so many tests, each with a world of its own: what one spoils is whole for the next."""


def variations(kind: Any, given: Any) -> Iterator[Any]:
    """The input with one of its fields, however deep, as it should not be, or null."""
    kind = get_nullable_type(kind)
    if isinstance(kind, GraphQLList):
        yield []
        for inner in variations(kind.of_type, given[0] if given else None):
            yield [inner]
    elif isinstance(kind, GraphQLInputObjectType):
        for name, field in kind.fields.items():
            if not is_non_null_type(field.type):
                yield (given or {}) | {name: None}
            for value in variations(field.type, (given or {}).get(name)):
                yield (given or {}) | {name: value}
    elif not isinstance(kind, GraphQLEnumType):
        yield from HOSTILE[kind.name]


def well_formed(scene: Scene, kind: GraphQLInputObjectType) -> dict[str, Any]:
    return minimal(kind, {path: some(scene.own, of) for path, of in refs(kind) if is_needed(kind, path)})


def is_ours(answer: Answer) -> bool:
    """Whether it says that we failed, or nothing that a client could act on."""
    return bool({"UNEXPECTED", "UNAVAILABLE"} & set(answer.codes)) or answer.status not in {200, 400}


@pytest.mark.parametrize("share", range(SHARES))
async def test_no_change_fails_whatever_it_is_given(scene, share):
    wrong = []

    for name, kind, document in islice(changes(), share, None, SHARES):
        given = well_formed(scene, kind)
        for hostile in ({}, given, *variations(kind, given)):
            answer = await scene.callers[Role.ADMIN].ask(document, input=hostile, key=str(new_id()))
            if is_ours(answer):
                wrong.append((name, str(hostile)[:300], answer.body))

    assert wrong == []


def questions(scene: Scene) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each field of the query with its arguments as they should be, and with each of them as it should not."""
    for name, field in GRAPH.query_type.fields.items():
        needed = {each: value.type for each, value in field.args.items() if is_required_argument(value)}
        plain = {
            each: some(scene.own, "Channel") if each == "channelId" else minimal(kind, {})
            for each, kind in needed.items()
        }
        for given in (
            plain,
            *(
                {**plain, each: value}
                for each, one in field.args.items()
                for value in variations(one.type, plain.get(each))
            ),
        ):
            told = ", ".join(f"${each}: {field.args[each].type}" for each in given)
            said = ", ".join(f"{each}: ${each}" for each in given)
            selection = "" if is_leaf_type(get_named_type(field.type)) else "{ __typename }"
            yield f"query{f'({told})' if told else ''} {{ {name}{f'({said})' if said else ''} {selection} }}", given


async def test_no_question_fails_whatever_it_is_about(scene):
    wrong = []

    for document, given in questions(scene):
        answer = await scene.callers[Role.ADMIN].ask(document, **given)
        if is_ours(answer):
            wrong.append((document, str(given)[:300], answer.body))

    assert wrong == []
