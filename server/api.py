"""What both transports of the graph share: who asks, with what context, and what went wrong in words safe to send."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from graphql import GraphQLError
from strawberry import Schema
from tortoise.exceptions import DBConnectionError, OperationalError

import realtime.log
from actions.carriers import Carriers, nobody
from actions.desk import Desk
from actions.gateways import Gateways
from domain.viewer import Viewer
from realtime.hub import Hub
from resolvers.context import Context
from schema.masking import masked
from server.auth import Authenticator
from server.clock import Clock

DATABASE_TROUBLE = (*realtime.log.DATABASE_TROUBLE, OperationalError, DBConnectionError)
MOST_BYTES = 256 * 1024  # of a request's body or of a socket's message

log = logging.getLogger("oms.requests")


@dataclass(frozen=True, slots=True)
class Api:
    schema: Schema
    authenticator: Authenticator
    hub: Hub
    desk: Desk
    gateways: Gateways
    clock: Clock
    is_production: bool
    carriers: Carriers = field(default_factory=nobody)

    def context(self, viewer: Viewer) -> Context:
        """Fresh for each operation: loaders must not outlive what they have read."""
        return Context(
            viewer=viewer,
            clock=self.clock.now,
            hub=self.hub,
            counter=self.desk,
            gateways=self.gateways,
            carriers=self.carriers,
            is_production=self.is_production,
        )


@dataclass(frozen=True, slots=True)
class Request:
    """One operation as a client sent it, its parts of the right types."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None


class BadRequest(Exception):
    """The message is no GraphQL request; the words say what is missing."""


def request_in(message: object) -> Request:
    if not isinstance(message, dict):
        raise BadRequest("A request is one JSON object; several at once are not accepted.")
    query, variables, name = message.get("query"), message.get("variables"), message.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise BadRequest("`query` must be a string that holds a GraphQL document.")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest("`variables` must be an object.")
    if name is not None and not isinstance(name, str):
        raise BadRequest("`operationName` must be a string.")
    if not isinstance(message.get("extensions") or {}, dict):
        raise BadRequest("`extensions` must be an object.")
    return Request(query, variables, name)


def payload_of(result: Any, context: Context, name: str | None) -> dict[str, Any]:
    """As it is sent: `data` is left out when the operation never started."""
    errors = masked(result.errors, context, name) if result.errors else []
    payload: dict[str, Any] = {}
    if errors:
        payload["errors"] = formatted(errors)
    if result.data is not None or any(error.path is not None for error in errors):
        payload["data"] = result.data
    if result.extensions:
        payload["extensions"] = result.extensions
    return payload


def formatted(errors: Sequence[GraphQLError]) -> list[Mapping[str, Any]]:
    return [error.formatted for error in errors]


def problem(message: str, code: str, **more: object) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code, **more}}]}


def log_operation(request: Request, viewer: Viewer, payload: Mapping[str, Any], started: float) -> None:
    """Never the document or its variables: they hold what people typed."""
    failed = "errors" in payload
    level = logging.INFO if failed else logging.DEBUG
    if log.isEnabledFor(level):
        facts = {
            "operation": request.operation_name,
            "viewer": viewer.principal,
            "milliseconds": round((perf_counter() - started) * 1000, 1),
            "codes": [(error.get("extensions") or {}).get("code") for error in payload.get("errors", ())],
        }
        log.log(level, "Answered", extra=facts)
