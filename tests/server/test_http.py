"""GraphQL over HTTP: every answer is one a client can understand."""

import json
import logging
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from domain.ids import new_id
from models import Organization
from server.http import preferred
from server.settings import Environment
from tests.server.talking import graph, send, touched
from tests.world.serving import TOKEN_SECRET

MODERN = "application/graphql-response+json"


@pytest.fixture
async def organization(database):
    return await Organization.create(id=new_id(), code="acme", name="Acme", currency="USD")


@pytest.fixture
async def address(settings, organization):
    async with graph(settings) as address:
        yield address


async def test_a_query_is_answered(address):
    status, headers, answer = await send(address, {"query": "{ one }"})

    assert (status, answer) == (200, {"data": {"one": 1}})
    assert headers["content-type"] == "application/json; charset=utf-8"


async def test_variables_and_operation_names_are_used(address):
    query = "query A { one } query B($t: String!) { echo(text: $t) }"

    _, _, answer = await send(address, {"query": query, "variables": {"t": "☃"}, "operationName": "B"})

    assert answer == {"data": {"echo": "☃"}}


async def test_a_mutation_changes_something(address):
    before = len(touched)

    status, _, _ = await send(address, {"query": "mutation { touch }"})

    assert (status, len(touched)) == (200, before + 1)


@pytest.mark.parametrize(
    ("accept", "media_type", "status"),
    [
        ("application/json", "application/json", 200),
        (MODERN, MODERN, 400),
        (f"{MODERN}, application/json;q=0.9", MODERN, 400),
        (f"{MODERN};q=0.1, application/json", "application/json", 200),
        ("*/*", "application/json", 200),
    ],
)
async def test_a_document_that_cannot_run_has_no_data(address, accept, media_type, status):
    answered, headers, answer = await send(address, {"query": "{ nothing }"}, accept=accept)

    assert answered == status
    assert headers["content-type"].startswith(media_type)
    assert "data" not in answer


async def test_a_field_that_failed_leaves_the_others(address):
    status, _, answer = await send(address, {"query": "{ one bug }"}, accept=MODERN)

    assert status == 200
    assert answer["data"] == {"one": 1, "bug": None}
    assert answer["errors"][0]["extensions"]["errorId"]
    assert "hunter2" not in json.dumps(answer)


async def test_a_required_field_that_failed_is_no_request_error(address):
    status, _, answer = await send(address, {"query": "{ strictBug }"}, accept=MODERN)

    assert status == 200
    assert answer["data"] is None


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[", b"null", b"5", b'"x"', b"[" * 50_000, b"\xff", b'{"query":1}', b'{"query":""}', b"{}",
        b'{"query":"{one}","variables":[]}', b'{"query":"{one}","variables":"x"}',
        b'{"query":"{one}","operationName":1}', b'{"query":"{one}","extensions":"x"}',
        b'[{"query":"{one}"},{"query":"{one}"}]',
    ],
)  # fmt: skip
async def test_what_is_no_request_is_a_400_in_json(address, body):
    status, _, answer = await send(address, body)

    assert status == 400
    assert answer["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}


TROUBLE = ["connection lost", "statement timeout", "failover", "too many connections"]


@pytest.mark.parametrize("kind", ["query", "mutation"])
@pytest.mark.parametrize("trouble", TROUBLE)
async def test_a_bad_day_of_the_database_is_worth_another_try(address, caplog, kind, trouble):
    query = f"{kind} Try($trouble: String!) {{ unlucky(trouble: $trouble) }}"

    with caplog.at_level(logging.INFO, logger="oms.graph"):
        status, _, answer = await send(address, {"query": query, "variables": {"trouble": trouble}})

    assert status == 200
    [error] = answer["errors"]
    assert error["extensions"] == {"code": "UNAVAILABLE", "retryable": True}
    assert "with the same key" in error["message"]
    [line] = [record for record in caplog.records if record.name == "oms.graph"]
    assert (line.levelname, line.operation, line.exc_info) == ("WARNING", "Try", None)
    assert not hasattr(line, "trace")


@pytest.mark.parametrize("mistake", ["a value no connection takes", "a statement that is wrong"])
async def test_a_mistake_of_ours_is_not_worth_another_try(address, mistake):
    query = "query ($trouble: String!) { unlucky(trouble: $trouble) }"

    _, _, answer = await send(address, {"query": query, "variables": {"trouble": mistake}})

    assert answer["errors"][0]["extensions"]["code"] == "UNEXPECTED"
    assert "hunter2" not in json.dumps(answer)


@pytest.mark.parametrize("environment", list(Environment))
@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"query": "{ one"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ on }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "{ echo(text: 5) }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query ($t: String!) { echo(text: $t) }"}, "BAD_USER_INPUT"),
        ({"query": "query A { one } query B { one }"}, "OPERATION_RESOLUTION_FAILURE"),
    ],
)
async def test_a_request_that_cannot_run_has_the_code_of_the_field(settings, organization, environment, request_, code):
    async with graph(settings, environment=environment) as address:
        _, _, answer = await send(address, request_)

    assert [error["extensions"]["code"] for error in answer["errors"]] == [code]
    assert "Did you mean" not in json.dumps(answer) or environment is not Environment.PRODUCTION


async def test_an_operation_that_is_not_there_is_named(address):
    status, _, answer = await send(address, {"query": "query A { one }", "operationName": "B"})

    assert status == 400
    assert answer["errors"][0]["message"] == "The document has no operation of that name."


async def test_a_subscription_is_shown_the_way(address):
    status, _, answer = await send(address, {"query": "subscription { count }"})

    assert status == 400
    assert "graphql-transport-ws" in answer["errors"][0]["message"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
async def test_only_post_is_allowed(address, method):
    status, headers, _ = await send(address, b"", method=method)

    assert (status, headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain;application/json",
     "application/json; charset=utf-16"],
)  # fmt: skip
async def test_what_a_web_page_can_send_unasked_is_refused(address, content_type):
    status, _, _ = await send(address, {"query": "mutation { touch }"}, content_type=content_type)

    assert status == 415


async def test_a_client_that_takes_neither_media_type_is_told(address):
    assert (await send(address, {"query": "{one}"}, accept="text/html"))[0] == 406


@pytest.mark.parametrize("blanks", [300_000, 10_000_000])
async def test_a_body_beyond_the_limit_is_refused_in_words_that_arrive(address, blanks):
    status, _, answer = await send(address, b'{"query":"' + b" " * blanks + b'{one}"}')

    assert status == 413
    assert answer["errors"] == [
        {
            "message": "The body has more than 262144 bytes. Send what is in it with several requests.",
            "extensions": {"code": "BODY_TOO_LARGE"},
        }
    ]


async def test_a_bomb_is_refused(address):
    bomb = "{...f0}" + "".join(f"fragment f{i} on Query{{...f{i + 1} ...f{i + 1}}}" for i in range(50))

    _, _, answer = await send(address, {"query": bomb + "fragment f50 on Query{one}"})

    assert answer["errors"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"


class TestCallers:
    def token(self, **claims):
        body = {"sub": "u1", "role": "admin", "exp": datetime.now(UTC) + timedelta(hours=1)} | claims
        return jwt.encode(body, TOKEN_SECRET)

    async def test_without_credentials_are_strangers(self, address):
        assert (await send(address, {"query": "{me}"}))[2] == {"data": {"me": "anonymous"}}

    async def test_with_a_token_are_who_it_says(self, address):
        _, _, answer = await send(address, {"query": "{me}"}, authorization=f"Bearer {self.token()}")

        assert answer == {"data": {"me": "u1"}}

    @pytest.mark.parametrize("header", ["Bearer nonsense", "Basic eDp5", "Bearer ogk_a_b", "Bearer"])
    async def test_with_bad_credentials_are_told_by_status_and_header(self, address, header):
        status, headers, answer = await send(address, {"query": "{me}"}, authorization=header)

        assert status == 401
        assert headers["www-authenticate"] == 'Bearer error="invalid_token"'
        assert answer["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}

    async def test_with_an_expired_token_are_told_so(self, address):
        old = self.token(exp=datetime.now(UTC) - timedelta(seconds=1))

        _, _, answer = await send(address, {"query": "{me}"}, authorization=f"Bearer {old}")

        assert answer["errors"][0]["message"] == "The token has expired."


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "application/json"),
        ("application/json", "application/json"),
        (MODERN, MODERN),
        (f"application/json, {MODERN}", MODERN),
        (f"{MODERN};q=x, application/json;q=0.1", "application/json"),
        ("application/*", "application/json"),
        ("application/json;q=0", None),
        ("text/html", None),
        ("image/webp,*/*;q=0.8", "application/json"),
    ],
)
def test_the_media_type_follows_the_clients_wish(accept, chosen):
    assert preferred(accept) == chosen
