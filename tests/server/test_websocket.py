"""GraphQL over WebSocket: the protocol to the letter, and one mistake never costs another operation."""

import asyncio
import json
import logging
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from domain import api_keys
from domain.ids import new_id
from domain.permissions import Role
from models import ApiKey, Organization
from models import Role as RoleRow
from server import api_keys as server_api_keys
from server import websocket
from tests.patience import PATIENCE_SECONDS
from tests.server.talking import closing, graph, hear, say, socket_to, subscribe, touched
from tests.world.serving import TOKEN_SECRET


@pytest.fixture
async def organization(database):
    return await Organization.create(id=new_id(), code="acme", name="Acme", currency="USD")


@pytest.fixture
async def address(settings, organization):
    async with graph(settings, allowed_origins=("https://shop.example",)) as address:
        yield address


def token(seconds: float = 3600, **claims) -> str:
    body = {"sub": "u1", "role": "admin", "exp": datetime.now(UTC).timestamp() + seconds} | claims
    return jwt.encode(body, TOKEN_SECRET)


class TestOperations:
    async def test_a_query_is_one_result_and_complete(self, address):
        async with socket_to(address) as socket:
            await subscribe(socket, "{ one }")

            assert await hear(socket) == {"id": "1", "type": "next", "payload": {"data": {"one": 1}}}
            assert await hear(socket) == {"id": "1", "type": "complete"}

    async def test_a_subscription_is_many_results_and_complete(self, address):
        async with socket_to(address) as socket:
            await subscribe(socket, "subscription { count(to: 3) }", "s")

            heard = [await hear(socket) for _ in range(4)]

        assert [message["payload"]["data"]["count"] for message in heard[:3]] == [0, 1, 2]
        assert heard[3] == {"id": "s", "type": "complete"}

    async def test_complete_ends_a_subscription_and_frees_its_id(self, address):
        async with socket_to(address) as socket:
            await subscribe(socket, "subscription { count }")
            await hear(socket)
            await say(socket, {"id": "1", "type": "complete"})
            await subscribe(socket, "{ me }")

            async with asyncio.timeout(PATIENCE_SECONDS):
                while (await hear(socket)).get("payload") != {"data": {"me": "anonymous"}}:
                    pass

    async def test_every_event_is_read_with_fresh_loaders(self, address):
        async with socket_to(address) as socket:
            await subscribe(socket, "subscription { contexts }")

            seen = {(await hear(socket))["payload"]["data"]["contexts"] for _ in range(3)}

        assert len(seen) > 1

    async def test_a_change_that_began_is_finished_when_the_client_leaves(self, address):
        before = len(touched)
        async with socket_to(address) as socket:
            await subscribe(socket, "mutation { touch(seconds: 0.3) }", "a")
            await subscribe(socket, "mutation { touch(seconds: 0.3) }", "b")
            await asyncio.sleep(0.1)
            await say(socket, {"id": "a", "type": "complete"})

        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(touched) < before + 2:
                await asyncio.sleep(0.02)

        assert len(touched) == before + 2

    @pytest.mark.parametrize(
        ("payload", "code"),
        [
            ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
            ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
            ({"query": "query A { one } query B { one }"}, "OPERATION_RESOLUTION_FAILURE"),
            ({"query": "{ one }", "operationName": "B"}, "OPERATION_RESOLUTION_FAILURE"),
            ({"query": "{one}" + "{" * 500}, "GRAPHQL_PARSE_FAILED"),
            ({"query": ""}, "BAD_REQUEST"),
            ({"query": None}, "BAD_REQUEST"),
            ({"query": "{ one }", "variables": []}, "BAD_REQUEST"),
            ({"query": "{ one }", "operationName": 7}, "BAD_REQUEST"),
            ({"query": "query ($t: String!) { echo(text: $t) }"}, "BAD_USER_INPUT"),
        ],
    )
    async def test_a_bad_document_fails_alone(self, address, payload, code):
        async with socket_to(address) as socket:
            await subscribe(socket, "subscription { count(seconds: 0.05) }", "other")
            await hear(socket)
            await say(socket, {"id": "bad", "type": "subscribe", "payload": payload})

            while (answer := await hear(socket))["id"] != "bad":
                pass
            assert answer["type"] == "error"
            assert answer["payload"][0]["extensions"]["code"] == code
            assert (await hear(socket))["id"] == "other"

    async def test_a_bug_is_an_id(self, address):
        async with socket_to(address) as socket:
            await subscribe(socket, "{ bug }")

            answer = await hear(socket)

        assert answer["payload"]["errors"][0]["extensions"]["errorId"]
        assert "hunter2" not in json.dumps(answer)

    async def test_there_is_a_limit_to_operations_on_one_socket(self, address):
        async with socket_to(address) as socket:
            for number in range(websocket.MOST_OPERATIONS + 1):
                await subscribe(socket, "subscription { count(seconds: 60) }", str(number))

            heard = [await hear(socket) for _ in range(websocket.MOST_OPERATIONS + 1)]

        refused = [message for message in heard if message["type"] == "error"]
        assert [message["id"] for message in refused] == [str(websocket.MOST_OPERATIONS)]
        assert refused[0]["payload"][0]["extensions"] == {"code": "TOO_MANY_OPERATIONS"}


class TestProtocol:
    async def test_ping_is_answered_before_and_after_the_acknowledgement(self, address):
        async with socket_to(address, init=False) as socket:
            await say(socket, {"type": "ping"})
            assert await hear(socket) == {"type": "pong"}
            await say(socket, {"type": "connection_init"})
            await say(socket, {"type": "pong"})
            await say(socket, {"type": "ping", "payload": {"a": 1}})
            assert [await hear(socket) for _ in range(2)] == [{"type": "connection_ack"}, {"type": "pong"}]

    @pytest.mark.parametrize("payload", [{}, {"other": 1}, None])
    async def test_connection_init_may_say_nothing(self, address, payload):
        async with socket_to(address, init=False) as socket:
            await say(socket, {"type": "connection_init", "payload": payload})

            assert await hear(socket) == {"type": "connection_ack"}

    @pytest.mark.parametrize(
        "message",
        [
            "", "{", "[]", "5", "null", '"x"', b"\x00", "[" * 50_000, "{}", '{"type":5}', '{"type":null}',
            '{"type":"nonsense"}', '{"type":"subscribe"}', '{"type":"subscribe","id":[]}',
            '{"type":"subscribe","id":""}', '{"type":"subscribe","id":"1"}', '{"type":"subscribe","id":"1","payload":[]}',
            '{"type":"complete"}', '{"type":"complete","id":{}}', '{"type":"complete","id":"' + "x" * 200 + '"}',
        ],
        ids=lambda message: repr(message)[:40],
    )  # fmt: skip
    async def test_what_breaks_the_protocol_closes_with_4400(self, address, message, caplog):
        with caplog.at_level(logging.ERROR):
            async with socket_to(address) as socket:
                await say(socket, message)

                code, reason = await closing(socket)

        assert code == 4400
        assert reason
        assert caplog.records == []

    async def test_completing_what_is_unknown_is_no_mistake(self, address):
        async with socket_to(address) as socket:
            await say(socket, {"type": "complete", "id": "ghost"})
            await subscribe(socket, "{ one }")

            assert (await hear(socket))["type"] == "next"

    async def test_a_message_beyond_the_limit_closes_with_1009(self, address):
        async with socket_to(address) as socket:
            await say(socket, json.dumps({"type": "ping", "payload": "x" * 300_000}))

            assert (await closing(socket))[0] == 1009

    async def test_an_operation_before_the_acknowledgement_closes_with_4401(self, address):
        async with socket_to(address, init=False) as socket:
            await subscribe(socket, "{ one }")

            assert (await closing(socket))[0] == 4401

    async def test_two_operations_of_one_id_close_with_4409(self, address):
        async with socket_to(address) as socket:
            await subscribe(socket, "subscription { count }")
            await subscribe(socket, "subscription { count }")

            assert await closing(socket) == (4409, "Subscriber for 1 already exists")

    async def test_two_initialisations_close_with_4429(self, address):
        async with socket_to(address) as socket:
            await say(socket, {"type": "connection_init"})

            assert (await closing(socket))[0] == 4429

    async def test_silence_closes_with_4408(self, address, monkeypatch):
        monkeypatch.setattr(websocket, "INIT_SECONDS", 0.1)
        async with socket_to(address, init=False) as socket:
            assert (await closing(socket))[0] == 4408

    @pytest.mark.parametrize("protocols", [["graphql-ws"], None])
    async def test_another_subprotocol_closes_with_4406(self, address, protocols):
        async with connect(address.socket, subprotocols=protocols) as socket:
            assert (await closing(socket))[0] == 4406


class TestOrigins:
    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://shop.example.evil", "x"])
    async def test_a_page_of_another_origin_may_not_connect(self, address, origin):
        with pytest.raises(InvalidStatus, match="403"):
            await connect(address.socket, subprotocols=["graphql-transport-ws"], origin=origin)

    async def test_pages_of_our_own_and_of_listed_origins_may(self, address):
        for origin in (address.http, "https://shop.example", "https://SHOP.example:443"):
            async with socket_to(address, origin=origin):
                pass


class TestCredentials:
    @pytest.mark.parametrize("name", ["Authorization", "authorization"])
    async def test_come_in_the_first_message(self, address, name):
        async with socket_to(address, init={name: f"Bearer {token()}"}) as socket:
            await subscribe(socket, "{ me }")

            assert (await hear(socket))["payload"] == {"data": {"me": "u1"}}

    @pytest.mark.parametrize("init", [{"token": "nonsense"}, {"Authorization": "nonsense"}, {"token": {"a": 1}}])
    async def test_that_are_bad_close_with_4401(self, address, init):
        async with socket_to(address, init=False) as socket:
            await say(socket, {"type": "connection_init", "payload": init})

            assert (await closing(socket))[0] == 4401

    async def test_that_end_close_with_4403_and_not_before(self, address):
        credential = token(seconds=3)
        async with socket_to(address, init={"token": credential}) as socket:
            await subscribe(socket, "subscription { count }")

            assert await closing(socket) == (4403, "The token has expired.")
        assert datetime.now(UTC).timestamp() >= int(jwt.decode(credential, options={"verify_signature": False})["exp"])

    async def test_that_are_revoked_close_with_4403(self, address, organization, monkeypatch):
        monkeypatch.setattr(websocket, "RECHECK_SECONDS", 0.05)
        monkeypatch.setattr(server_api_keys, "TRUSTED_SECONDS", 0.05)
        key = await self.key(organization)
        async with socket_to(address, init={"token": "ogk_k1_s3cret"}) as socket:
            await ApiKey.filter(id=key.id).update(revoked_at=datetime.now(UTC))

            assert (await closing(socket))[0] == 4403

    async def test_whose_role_changes_count_from_the_next_event_on(self, address, organization, monkeypatch):
        monkeypatch.setattr(websocket, "RECHECK_SECONDS", 0.05)
        monkeypatch.setattr(server_api_keys, "TRUSTED_SECONDS", 0.05)
        key = await self.key(organization)
        async with socket_to(address, init={"token": "ogk_k1_s3cret"}) as socket:
            await subscribe(socket, "subscription { principals }")
            first = (await hear(socket))["payload"]["data"]["principals"]
            await RoleRow.filter(id=key.role_id).update(kind=Role.WAREHOUSE)

            async with asyncio.timeout(PATIENCE_SECONDS):
                while (await hear(socket))["payload"]["data"]["principals"] == first:
                    pass

        assert first == "partner"

    def test_are_looked_at_often_enough_to_end_within_five_seconds(self):
        assert websocket.RECHECK_SECONDS + server_api_keys.TRUSTED_SECONDS < 5

    async def key(self, organization) -> ApiKey:
        role = await RoleRow.create(id=new_id(), organization=organization, code="p", name="p", kind=Role.PARTNER)
        return await ApiKey.create(
            id=new_id(), organization=organization, role=role, name="k", prefix="k1",
            secret_hash=api_keys.hashed("s3cret"), expires_at=datetime.now(UTC) + timedelta(days=1),
        )  # fmt: skip


@pytest.mark.parametrize("kind", ["query", "mutation", "subscription"])
async def test_a_bad_day_of_the_database_ends_the_operation_and_not_the_socket(settings, organization, kind):
    async with graph(settings) as address, socket_to(address) as socket:
        await subscribe(socket, f'{kind} {{ unlucky(trouble: "connection lost") }}')
        if kind == "subscription":
            assert (await hear(socket))["payload"] == {"data": {"unlucky": 1}}
        answer = await hear(socket)
        assert (await hear(socket))["type"] == "complete"
        await subscribe(socket, "{ one }", "2")

        assert (await hear(socket))["payload"] == {"data": {"one": 1}}

    [error] = answer["payload"]["errors"]
    assert error["extensions"] == {"code": "UNAVAILABLE", "retryable": True}


async def test_a_restart_closes_with_1012_which_clients_retry(settings, organization):
    async with graph(settings) as address:
        socket = await connect(address.socket, subprotocols=["graphql-transport-ws"])
        await say(socket, {"type": "connection_init"})
        await hear(socket)
        await subscribe(socket, "subscription { count }")

    assert (await closing(socket))[0] == 1012


async def test_a_client_that_takes_nothing_is_given_up(settings, organization, monkeypatch):
    monkeypatch.setattr(websocket, "SEND_SECONDS", 0.3)
    monkeypatch.setattr(websocket, "CLOSE_SECONDS", 0.3)
    async with graph(settings) as address, socket_to(address) as socket:
        await subscribe(socket, "subscription { noise }")
        await asyncio.sleep(1.5)

        assert (await closing(socket))[0] in (1006, 1013)
