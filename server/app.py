"""Wires settings, database, broker, graph and worker into one ASGI application."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket
from strawberry.http.ides import get_graphql_ide_html
from tortoise import Tortoise
from tortoise.context import TortoiseContext

from actions import desk, outbox
from actions.desk import Desk
from actions.gateways import Gateways
from models.config import tortoise_config
from realtime import broker
from realtime.broker import RemoteWaker
from realtime.hub import Hub
from schema.build import schema
from schema.check import problems
from server.api import Api
from server.auth import Authenticator
from server.background import background
from server.carriers import carriers_of
from server.documents.serving import Documents, document_routes
from server.gateways import providers
from server.health import Health
from server.http import GraphQLOverHttp
from server.jobs import jobs
from server.settings import Settings
from server.websocket import GraphQLOverWebSocket
from server.worker import working

GRAPH_PATH = "/graphql"
IDE_PATH = "/graphiql"


Beside = Callable[[Desk, Gateways], AbstractAsyncContextManager[None]]
"""What else runs in the process while it serves."""


def create_app(settings: Settings, *, beside: Beside | None = None) -> Starlette:
    """`settings` hold both URLs; the tables are up to date."""
    middleware = []
    if settings.allowed_origins:
        cors = Middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type"],
        )
        middleware.append(cors)
    return Starlette(routes=_routes(settings), middleware=middleware, lifespan=_lifespan(settings, beside))


def _routes(settings: Settings) -> list[BaseRoute]:
    routes: list[BaseRoute] = [
        Route(GRAPH_PATH, _graph, methods=["POST"]),
        WebSocketRoute(GRAPH_PATH, _graph_socket),
        *document_routes(),
        Route("/livez", _live),
        Route("/readyz", _ready),
    ]
    if not settings.is_production:
        routes.append(Route(IDE_PATH, _ide))
    return routes


async def _graph(request: Request) -> Response:
    http: GraphQLOverHttp = request.state.http
    return await http(request)


async def _graph_socket(socket: WebSocket) -> None:
    await socket.state.socket(socket)


async def _live(request: Request) -> Response:
    health: Health = request.state.health
    return await health.live(request)


async def _ready(request: Request) -> Response:
    health: Health = request.state.health
    return await health.ready(request)


async def _ide(_: Request) -> Response:
    page = get_graphql_ide_html(graphql_ide="graphiql")
    return HTMLResponse(page.replace('window.location.href.split("?")[0]', f'window.location.origin + "{GRAPH_PATH}"'))


def _lifespan(
    settings: Settings, beside: Beside | None
) -> Callable[[Starlette], AbstractAsyncContextManager[dict[str, Any]]]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[dict[str, Any], None]:
        async with AsyncExitStack() as stack:
            yield await _start(settings, beside, stack)

    return lifespan


async def _start(settings: Settings, beside: Beside | None, stack: AsyncExitStack) -> dict[str, Any]:
    """Everything that must be closed is on the stack, in the order of its opening."""
    size = settings.database_pool_size
    config = tortoise_config(settings.database_url, pool_size=size, ready=size)
    await stack.enter_async_context(TortoiseContext())
    # Requests run in tasks that do not descend from this one, so the connections must be found without its context.
    await Tortoise.init(config=config, _enable_global_fallback=True)
    if wrong := problems(schema._schema):  # noqa: SLF001 - Strawberry has no public name for it
        raise RuntimeError(f"The graph and the tables disagree: {'; '.join(wrong)}.")
    redis = broker.connect(settings.redis_url)
    stack.push_async_callback(redis.aclose)
    hub = Hub(settings.database_url, settings.redis_url)
    await hub.start()
    stack.push_async_callback(hub.close)
    opened = await stack.enter_async_context(desk.opened(settings.database_url))
    gateways, carriers = providers(settings), carriers_of(settings)
    if settings.worker_inside:
        await stack.enter_async_context(working(settings, jobs(gateways, carriers)))
    else:
        await stack.enter_async_context(_waking_remotely(RemoteWaker(redis)))
    if beside is not None:
        await stack.enter_async_context(beside(opened, gateways))
    api = Api(
        schema=schema,
        authenticator=Authenticator(settings),
        hub=hub,
        desk=opened,
        gateways=gateways,
        carriers=carriers,
        clock=settings.clock,
        is_production=settings.is_production,
    )
    return {
        "http": GraphQLOverHttp(api),
        "documents": Documents(api),
        "socket": GraphQLOverWebSocket(api, settings.allowed_origins),
        "health": Health(config, redis, settings.clock, settings.relay_lag_limit_seconds),
    }


@asynccontextmanager
async def _waking_remotely(waker: RemoteWaker) -> AsyncGenerator[None, None]:
    """The relay runs in another process: call it through the broker."""
    outbox.wakers.append(waker.wake)
    try:
        async with background(asyncio.create_task(waker.run())):
            yield
    finally:
        outbox.wakers.remove(waker.wake)
