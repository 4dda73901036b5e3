"""A small graph that does every awkward thing, and bare clients to ask it."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from http.client import HTTPConnection

import strawberry
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from strawberry.types import Info
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from domain.errors import NotFound
from models.db import rows, tx
from schema.limits import QueryLimits
from schema.masking import MaskUnexpected, NoIntrospection
from server.api import Api
from server.auth import Authenticator
from server.http import GraphQLOverHttp
from server.serving import server_config
from server.settings import Settings
from server.websocket import GraphQLOverWebSocket
from tests.patience import PATIENCE_SECONDS
from tests.world.serving import Address, served

touched = []


@strawberry.type
class Query:
    @strawberry.field
    def one(self) -> int:
        return 1

    @strawberry.field
    def echo(self, text: str) -> str:
        return text

    @strawberry.field
    def bug(self) -> int | None:
        raise RuntimeError("hunter2")

    @strawberry.field
    def strict_bug(self) -> int:
        raise RuntimeError("hunter2")

    @strawberry.field
    def missing(self) -> int | None:
        raise NotFound("order", "R-1")

    @strawberry.field
    async def unlucky(self, trouble: str) -> int | None:
        return await meet(trouble)

    @strawberry.field
    def me(self, info: Info) -> str:
        return info.context.viewer.principal


async def meet(trouble: str) -> int:
    """What a real database does on a bad day; and a mistake of ours."""
    async with tx():
        match trouble:
            case "connection lost":
                await rows("SELECT pg_terminate_backend(pg_backend_pid())")
            case "statement timeout":
                await rows("SET LOCAL statement_timeout = '5ms'")
                await rows("SELECT pg_sleep(1)")
            case "failover":
                await rows("SET LOCAL transaction_read_only = on")
                await rows("CREATE TABLE nothing ()")
            case "too many connections":
                await rows("DO $$ BEGIN RAISE EXCEPTION 'sorry, too many clients' USING ERRCODE = '53300'; END $$")
            case "a value no connection takes":
                await rows("SELECT $1::int", ["hunter2"])
            case _:
                await rows("SELECT hunter2")
    return 1


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def unlucky(self, trouble: str) -> int:
        return await meet(trouble)

    @strawberry.mutation
    async def touch(self, seconds: float = 0) -> int:
        await asyncio.sleep(seconds)
        touched.append(seconds)
        return len(touched)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int = 1_000_000, seconds: float = 0.01) -> AsyncGenerator[int, None]:
        for number in range(to):
            yield number
            await asyncio.sleep(seconds)

    @strawberry.subscription
    async def contexts(self, info: Info) -> AsyncGenerator[str, None]:
        for _ in range(3):
            yield str(id(info.context.loaders))

    @strawberry.subscription
    async def unlucky(self, trouble: str) -> AsyncGenerator[int, None]:
        yield 1
        yield await meet(trouble)

    @strawberry.subscription
    async def noise(self) -> AsyncGenerator[str, None]:
        while True:
            yield "noise" * 20_000

    @strawberry.subscription
    async def principals(self, info: Info) -> AsyncGenerator[str, None]:
        while True:
            yield info.context.viewer.role
            await asyncio.sleep(0.05)


@asynccontextmanager
async def graph(settings: Settings, **changes) -> AsyncGenerator[Address, None]:
    """The transports of the product over the graph above."""
    settings = replace(settings, **changes)
    schema = strawberry.Schema(Query, Mutation, Subscription, extensions=[MaskUnexpected, QueryLimits, NoIntrospection])
    api = Api(
        schema=schema,
        authenticator=Authenticator(settings),
        hub=None,
        desk=None,
        gateways=None,
        clock=settings.clock,
        is_production=settings.is_production,
    )
    http, socket = GraphQLOverHttp(api), GraphQLOverWebSocket(api, settings.allowed_origins)

    async def post(request):
        return await http(request)

    async def open_socket(websocket):
        await socket(websocket)

    config = server_config(settings)
    config.app = Starlette(
        routes=[
            Route("/graphql", post, methods=["POST"]),
            WebSocketRoute("/graphql", open_socket),
        ]
    )
    config.lifespan = "off"
    async with served(config) as address:
        yield address


async def send(address: Address, body: bytes | dict, *, method: str = "POST", **headers):
    """(status, headers, decoded body) of one bare request."""

    def talk():
        connection = HTTPConnection("127.0.0.1", address.port, timeout=10)
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {"content-type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        connection.request(method, "/graphql", data, named)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        is_json = "json" in (response.getheader("content-type") or "")
        return response.status, dict(response.getheaders()), json.loads(text) if is_json else text.decode()

    return await asyncio.to_thread(talk)


@asynccontextmanager
async def socket_to(address: Address, *, init: object = None, **options) -> AsyncGenerator[ClientConnection, None]:
    """A socket after its handshake and, unless `init` is False, after connection_ack."""
    async with connect(address.socket, subprotocols=["graphql-transport-ws"], **options) as socket:
        if init is not False:
            await say(socket, {"type": "connection_init"} | ({"payload": init} if init is not None else {}))
            assert await hear(socket) == {"type": "connection_ack"}
        yield socket


async def say(socket: ClientConnection, message: object) -> None:
    await socket.send(message if isinstance(message, str | bytes) else json.dumps(message))


async def hear(socket: ClientConnection) -> dict:
    async with asyncio.timeout(PATIENCE_SECONDS):
        text = await socket.recv()
    assert isinstance(text, str), "browsers cannot read binary frames"
    return json.loads(text)


async def subscribe(socket: ClientConnection, query: str, name: str = "1", **payload) -> None:
    await say(socket, {"id": name, "type": "subscribe", "payload": {"query": query} | payload})


async def closing(socket: ClientConnection) -> tuple[int, str]:
    """Code and reason of the close, whatever is said before it."""
    with suppress(ConnectionClosed):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                await socket.recv()
    return socket.close_code, socket.close_reason
