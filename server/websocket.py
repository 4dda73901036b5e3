"""GraphQL over WebSocket, protocol graphql-transport-ws: many operations on one socket, each with its own context.

A bad document fails its operation and leaves the socket's others alone; only what breaks the protocol closes the
socket. Codes that clients retry: 4403 (access ended), 1012 (restart), 1013 (slow). Fatal for them: 44xx otherwise.
https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from graphql import ExecutionResult, GraphQLError
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.http.websocket_origin import is_same_origin, normalize_origin
from strawberry.types.graphql import OperationType

from domain import api_keys
from domain.viewer import Viewer
from realtime.waiting import set_within
from resolvers.context import Context
from schema.limits import operation_type
from schema.masking import SLOW_CONSUMER
from server.api import DATABASE_TROUBLE, Api, BadRequest, Request, payload_of, problem, request_in
from server.credentials import NotAuthenticated, bearer_of_payload

PROTOCOL: Final = "graphql-transport-ws"
INIT_SECONDS: Final = 10
RECHECK_SECONDS: Final = 1.5  # an API key may be revoked; with the seconds its row is trusted this makes less than 5
LONGEST_WAIT_SECONDS: Final = 24 * 3600  # a token only ends, and says when
SHORTEST_WAIT_SECONDS: Final = 0.01
MOST_OPERATIONS: Final = 100  # in flight on one socket
MOST_ID_CHARACTERS: Final = 128
SEND_SECONDS: Final = 30  # a client that takes nothing for so long is given up
CLOSE_SECONDS: Final = 2
FINISH_SECONDS: Final = 30  # for changes under way when the socket closes

log = logging.getLogger("oms.sockets")


class Closing(Exception):
    """Close the socket with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class GraphQLOverWebSocket:
    def __init__(self, api: Api, allowed_origins: tuple[str, ...]) -> None:
        self._api = api
        self._origins = {normalize_origin(origin) for origin in allowed_origins}

    async def __call__(self, socket: WebSocket) -> None:
        if not self._may_connect(socket):
            await socket.close(1008)  # before accepting: the handshake is answered with 403
        elif PROTOCOL not in socket.scope["subprotocols"]:
            await socket.accept()
            await socket.close(4406, "Subprotocol not acceptable")
        else:
            await socket.accept(PROTOCOL)
            await Connection(self._api, socket).serve()

    def _may_connect(self, socket: WebSocket) -> bool:
        """Browsers tell where a page came from; programs do not, and carry no cookies to misuse either."""
        origin = socket.headers.get("origin")
        if origin is None or is_same_origin(origin, socket.headers.get("host")):
            return True
        return normalize_origin(origin) in self._origins - {None}


@dataclass(slots=True)
class Operation:
    request: Request
    kind: OperationType | None
    context: Context
    task: asyncio.Task[None] | None = None

    def give_up(self) -> None:
        """A change that began is finished even when nobody waits for its answer."""
        if self.task is not None and self.kind is not OperationType.MUTATION:
            self.task.cancel()


class Connection:
    """One socket, from its first message to its end. Whatever closes it does so by raising Closing in `serve`."""

    def __init__(self, api: Api, socket: WebSocket) -> None:
        self._api, self._socket = api, socket
        self._credential: str | None = None
        self._viewer: Viewer | None = None
        self._was_initialised = asyncio.Event()
        self._operations: dict[str, Operation] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._running: set[asyncio.Task[None]] = set()  # those of them that run operations, given up ones included
        self._closing: asyncio.Future[Closing] = asyncio.get_running_loop().create_future()
        self._actions: Mapping[str, Callable[[dict[str, Any]], Coroutine[Any, Any, None]]] = {
            "connection_init": self._initialise,
            "ping": self._pong,
            "pong": self._ignore,
            "subscribe": self._subscribe,
            "complete": self._complete,
        }

    async def serve(self) -> None:
        reading: asyncio.Future[Any] = self._start(self._read())
        self._start(self._await_initialisation())
        ends: set[asyncio.Future[Any]] = {reading, self._closing}
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in self._tasks - self._running:
                task.cancel()
            for operation in self._operations.values():
                operation.give_up()
            if self._closing.done():
                await self._close(self._closing.result())
            await self._finish()

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Closing as closing:
            self._end_with(closing)
        except Exception:
            log.exception("A socket is closed after something unexpected")
            self._end_with(Closing(1011, "Something went wrong on our side."))

    def _end_with(self, closing: Closing) -> None:
        if not self._closing.done():
            self._closing.set_result(closing)

    async def _close(self, closing: Closing) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._socket.close(closing.code, closing.reason)

    async def _finish(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=FINISH_SECONDS)

    async def _read(self) -> None:
        while True:
            event = await self._socket.receive()
            if event["type"] == "websocket.disconnect":
                return
            await self._obey(_message_in(event))

    async def _obey(self, message: dict[str, Any]) -> None:
        action = self._actions.get(message["type"])
        if action is None:
            raise Closing(4400, "Unknown message type")
        await action(message)

    async def _initialise(self, message: dict[str, Any]) -> None:
        payload = message.get("payload")
        if payload is not None and not isinstance(payload, dict):
            raise Closing(4400, "The payload of connection_init must be an object")
        if self._was_initialised.is_set():
            raise Closing(4429, "Too many initialisation requests")
        self._was_initialised.set()
        try:
            self._credential = bearer_of_payload(payload or {})
            self._viewer = await self._api.authenticator.viewer(self._credential)
        except NotAuthenticated as refusal:
            raise Closing(4401, _reason(refusal)) from None
        except DATABASE_TROUBLE:
            raise Closing(1013, "The database cannot be reached. Try again.") from None
        await self._send({"type": "connection_ack"})
        self._start(self._watch_credential())

    async def _pong(self, _message: dict[str, Any]) -> None:
        await self._send({"type": "pong"})

    async def _ignore(self, _message: dict[str, Any]) -> None:
        return

    async def _subscribe(self, message: dict[str, Any]) -> None:
        name = _operation_id(message)
        if self._viewer is None:
            raise Closing(4401, "Unauthorized")
        if name in self._operations:
            raise Closing(4409, f"Subscriber for {name} already exists"[:120])
        if not isinstance(message.get("payload"), dict):
            raise Closing(4400, "The payload of subscribe must be an object")
        try:
            request = request_in(message["payload"])
        except BadRequest as wrong:
            await self._send({"id": name, "type": "error", "payload": problem(str(wrong), "BAD_REQUEST")["errors"]})
            return
        if len(self._running) >= MOST_OPERATIONS:
            refusal = problem(f"At most {MOST_OPERATIONS} operations may run on one socket.", "TOO_MANY_OPERATIONS")
            await self._send({"id": name, "type": "error", "payload": refusal["errors"]})
            return
        kind = operation_type(self._api.schema, request.query, request.operation_name)
        operation = self._operations[name] = Operation(request, kind, self._api.context(self._viewer))
        operation.task = self._start(self._run(name, operation))
        self._running.add(operation.task)
        operation.task.add_done_callback(self._running.discard)

    async def _complete(self, message: dict[str, Any]) -> None:
        """Unknown ids are no mistake: the operation may have ended while the message was on its way."""
        if operation := self._operations.pop(_operation_id(message), None):
            operation.give_up()

    async def _run(self, name: str, operation: Operation) -> None:
        try:
            await self._stream(name, operation)
        except Closing:
            raise
        except Exception as bug:  # noqa: BLE001 - the operation fails, the socket lives; `masked` logs it
            outcome = ExecutionResult(None, [GraphQLError(str(bug), original_error=bug)])
            payload = payload_of(outcome, operation.context, operation.request.operation_name)
            await self._end(name, operation, {"type": "error", "payload": payload["errors"]})
        finally:
            if self._operations.get(name) is operation:
                del self._operations[name]

    async def _stream(self, name: str, operation: Operation) -> None:
        has_begun = False
        results = await self._api.schema.stream(
            operation.request.query,
            variable_values=operation.request.variables,
            context_value=operation.context,
            operation_name=operation.request.operation_name,
        )
        async with contextlib.aclosing(results):
            async for result in results:
                payload = payload_of(result, operation.context, operation.request.operation_name)
                if not has_begun and "data" not in payload:
                    await self._end(name, operation, {"type": "error", "payload": payload["errors"]})
                    return
                has_begun = True
                await self._next(name, operation, payload)
        await self._end(name, operation, {"type": "complete"})

    async def _next(self, name: str, operation: Operation, payload: dict[str, Any]) -> None:
        if any((error.get("extensions") or {}).get("code") == SLOW_CONSUMER for error in payload.get("errors", ())):
            raise Closing(1013, "You read slower than facts arrive. Resume from your last cursor.")
        if self._operations.get(name) is operation:
            await self._send({"id": name, "type": "next", "payload": payload})
        operation.context.forget()  # the next event must not see what this one has read

    async def _end(self, name: str, operation: Operation, message: dict[str, Any]) -> None:
        """The id is free again before the client hears of the end."""
        if self._operations.get(name) is operation:
            del self._operations[name]
            await self._send({"id": name, **message})

    async def _send(self, message: dict[str, Any]) -> None:
        """As text: browsers' clients cannot read binary frames."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._socket.send_text(orjson.dumps(message).decode())
        except TimeoutError:
            raise Closing(1013, "You read slower than we can send.") from None
        except (WebSocketDisconnect, RuntimeError):  # uvicorn raises the latter after the other side's close
            raise Closing(1001, "gone") from None

    async def _await_initialisation(self) -> None:
        if not await set_within(self._was_initialised, INIT_SECONDS):
            raise Closing(4408, "Connection initialisation timeout")

    async def _watch_credential(self) -> None:
        """End the socket when its credential ends or is taken away."""
        while (wait := self._seconds_to_recheck()) is not None:
            await asyncio.sleep(wait)
            try:
                viewer = await self._api.authenticator.viewer(self._credential)
            except NotAuthenticated as refusal:
                raise Closing(4403, _reason(refusal)) from None
            except DATABASE_TROUBLE:
                continue  # nobody can be asked; the next look will tell
            if viewer != self._viewer:
                self._adopt(viewer)

    def _seconds_to_recheck(self) -> float | None:
        """None when nothing can change: strangers stay strangers."""
        if self._credential is None or self._viewer is None:
            return None
        longest = LONGEST_WAIT_SECONDS if api_keys.split(self._credential) is None else RECHECK_SECONDS
        if self._viewer.expires_at is None:
            return longest
        left = (self._viewer.expires_at - self._api.clock.now()).total_seconds()
        return min(max(left, SHORTEST_WAIT_SECONDS), longest)

    def _adopt(self, viewer: Viewer) -> None:
        """What the caller may do has changed: it counts for open subscriptions from their next event on."""
        self._viewer = viewer
        for operation in self._operations.values():
            operation.context.viewer = viewer
            operation.context.forget()


def _message_in(event: Mapping[str, Any]) -> dict[str, Any]:
    text = event.get("text")
    if text is None:
        raise Closing(4400, "Messages must be text")
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Closing(4400, "Messages must be JSON") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise Closing(4400, "A message must be an object with a type")
    return message


def _operation_id(message: Mapping[str, Any]) -> str:
    name = message.get("id")
    if not isinstance(name, str) or not 0 < len(name) <= MOST_ID_CHARACTERS:
        raise Closing(4400, f"A message's id must be a string of 1 to {MOST_ID_CHARACTERS} characters")
    return name


def _reason(refusal: NotAuthenticated) -> str:
    """A close frame holds 123 bytes of reason at most."""
    return str(refusal).encode()[:120].decode(errors="ignore")
