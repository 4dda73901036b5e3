"""Clients learn what they did wrong, and of our own mistakes only an id."""

import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import strawberry
from graphql import GraphQLError

from domain.errors import NotFound
from domain.viewer import Audience
from realtime.feed import SlowConsumer
from schema.limits import QueryLimits
from schema.masking import SLOW_CONSUMER, MaskUnexpected, NoIntrospection

SECRET = "postgresql://app:hunter2@db"


@strawberry.type
class Query:
    @strawberry.field
    def order(self) -> int:
        return 1

    @strawberry.field
    def bug(self, note: str = "") -> int:
        raise RuntimeError(f"could not connect to {SECRET} {note}")

    @strawberry.field
    def missing(self) -> int:
        raise NotFound("order", "R-1")

    @strawberry.field
    def refused(self) -> int:
        raise GraphQLError("Not like this.")


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def bugs(self) -> AsyncGenerator[int, None]:
        yield 1
        raise RuntimeError(SECRET)

    @strawberry.subscription
    async def slow(self) -> AsyncGenerator[int, None]:
        raise SlowConsumer
        yield 1


@dataclass
class Context:
    is_production: bool = False
    audience: Audience = Audience.ANONYMOUS

    @property
    def viewer(self):
        return SimpleNamespace(principal="key:k1", audience=self.audience)


@pytest.fixture
def schema():
    extensions = [QueryLimits, NoIntrospection, MaskUnexpected]
    return strawberry.Schema(Query, subscription=Subscription, extensions=extensions)


async def test_a_bug_is_an_id_that_is_in_the_log_with_operation_and_viewer(schema, caplog):
    with caplog.at_level(logging.ERROR, logger="oms.graph"):
        result = await schema.execute("query Look { bug }", context_value=Context())

    error = result.errors[0]
    assert error.message == "Something went wrong on our side."
    assert error.extensions["code"] == "UNEXPECTED"
    assert error.path == ["bug"]
    (line,) = [record for record in caplog.records if record.name == "oms.graph"]
    assert (line.error_id, line.operation, line.viewer) == (error.extensions["errorId"], "Look", "key:k1")
    assert "test_masking.py" in line.trace[-1]


async def test_production_logs_hold_neither_secrets_nor_literals(schema, caplog):
    with caplog.at_level(logging.DEBUG, logger="oms.graph"):
        await schema.execute('{ bug(note: "my card number") }', context_value=Context(is_production=True))

    (line,) = [record for record in caplog.records if record.name == "oms.graph"]
    assert "hunter2" not in str(vars(line))
    assert "card" not in str(vars(line))


async def test_a_refusal_is_told_with_its_code(schema):
    result = await schema.execute("{ missing }", context_value=Context())

    assert result.errors[0].message == "The order was not found; there is none, or it belongs to somebody else."
    assert result.errors[0].extensions == {"code": "NOT_FOUND", "kind": "order", "key": "R-1"}


async def test_an_error_meant_for_the_client_is_left_alone(schema):
    result = await schema.execute("{ refused }", context_value=Context(is_production=True))

    assert result.errors[0].message == "Not like this."


@pytest.mark.parametrize("document", ["{ ordr }", "{", '{ order(a: "x") }', "query ($a: Nope) { order }"])
async def test_mistakes_in_the_document_are_explained(schema, document):
    result = await schema.execute(document, context_value=Context())

    assert result.errors
    assert "our side" not in result.errors[0].message


async def test_suggestions_are_for_development_only(schema):
    development = await schema.execute("{ ordr }", context_value=Context())
    production = await schema.execute("{ ordr }", context_value=Context(is_production=True))

    assert "Did you mean 'order'?" in development.errors[0].message
    assert production.errors[0].message == "Cannot query field 'ordr' on type 'Query'."


@pytest.mark.parametrize("document", ["{ __schema { types { name } } }", '{ order t: __type(name: "Query") { name } }'])
async def test_in_production_a_stranger_may_not_read_the_schema(schema, document):
    stranger = await schema.execute(document, context_value=Context(is_production=True))
    staff = await schema.execute(document, context_value=Context(is_production=True, audience=Audience.ADMIN))
    again = await schema.execute(document, context_value=Context(is_production=True))

    assert stranger.errors[0].extensions == {"code": "UNAUTHENTICATED"}
    assert staff.errors is None
    assert again.errors


async def test_typename_is_no_introspection(schema):
    result = await schema.execute("{ __typename }", context_value=Context(is_production=True))

    assert result.data == {"__typename": "Query"}


async def test_a_bug_in_a_subscription_is_masked_too(schema):
    results = [result async for result in await schema.stream("subscription { bugs }", context_value=Context())]

    assert [result.data for result in results] == [{"bugs": 1}, None]
    assert results[1].errors[0].extensions["code"] == "UNEXPECTED"


async def test_a_subscriber_that_is_let_go_is_told_so(schema):
    results = [result async for result in await schema.stream("subscription { slow }", context_value=Context())]

    assert results[0].errors[0].extensions == {"code": SLOW_CONSUMER}
