"""What a client is told when something goes wrong: refusals in full, bugs as an id that is also in the log."""

import logging
import re
import traceback
from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import uuid4

from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import StreamExecutionResult

from domain.errors import DomainError
from domain.viewer import Audience
from models.db import unavailable
from realtime.feed import SlowConsumer
from schema.errors import data_of, said
from schema.limits import OPERATION_UNCLEAR

UNEXPECTED: Final = "UNEXPECTED"
SLOW_CONSUMER: Final = "SLOW_CONSUMER"
UNAVAILABLE: Final = "UNAVAILABLE"
PARSE_FAILED: Final = "GRAPHQL_PARSE_FAILED"
BAD_INPUT: Final = "BAD_USER_INPUT"
"""Of a variable. Codes of requests are those the field has: apollographql.com/docs/apollo-server/data/errors."""
TRY_AGAIN: Final = "The database cannot be reached. Try again, with the same key."
CLIENTS_FAULT: Final = (
    GraphQLError,
    DomainError,
    MissingQueryError,
    CannotGetOperationTypeError,
    InvalidOperationTypeError,
)
SUGGESTION: Final = re.compile(r" ?Did you mean [^?]*\?")
INTROSPECTION: Final = re.compile(r"\b__(schema|type)\b")

log = logging.getLogger("oms.graph")


class MaskUnexpected(SchemaExtension):
    """Replaces every error that is not the client's doing, in results and in every event of a subscription."""

    def on_operation(self) -> Iterator[None]:
        yield
        self._mask(self.execution_context.result)

    def on_stream_result(self, result: StreamExecutionResult) -> Iterator[None]:
        self._mask(result)
        yield

    def _mask(self, result: Any) -> None:
        if errors := getattr(result, "errors", None):
            context = self.execution_context
            result.errors = masked(errors, context.context, context.operation_name)


class NoIntrospection(SchemaExtension):
    """In production only those who say who they are may look at the shape of the graph."""

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        if (
            _is_production(context.context)
            and context.context.viewer.audience is Audience.ANONYMOUS
            and INTROSPECTION.search(context.query or "")
        ):
            refusal = GraphQLError("Sign in to read the schema.", extensions={"code": "UNAUTHENTICATED"})
            context.pre_execution_errors = [*(context.pre_execution_errors or []), refusal]
        yield


def masked(errors: Sequence[GraphQLError], context: Any, operation_name: str | None) -> list[GraphQLError]:
    """Safe to send. What is masked is logged, once, with the id that is sent; masking again changes nothing."""
    return [_masked(error, context, operation_name) for error in errors]


def _masked(error: GraphQLError, context: Any, operation_name: str | None) -> GraphQLError:
    original = error.original_error
    if isinstance(original, DomainError):
        return _like(error, said(original), data_of(original))
    if isinstance(original, SlowConsumer):
        return _like(error, "You read slower than facts arrive. Resume from your last cursor.", {"code": SLOW_CONSUMER})
    if unavailable(original):
        _log_trouble(original, context, operation_name)
        return _like(error, TRY_AGAIN, {"code": UNAVAILABLE, "retryable": True})
    if _is_unexpected(error):
        error_id = uuid4().hex
        _log(original, error_id, context, operation_name)
        return _like(error, "Something went wrong on our side.", {"code": UNEXPECTED, "errorId": error_id})
    message = SUGGESTION.sub("", error.message) if _is_production(context) else error.message
    code = _code_of_request(error)
    if message == error.message and code is None:
        return error
    return _like(error, message, error.extensions or {"code": code})


def _code_of_request(error: GraphQLError) -> str | None:
    """Of an error that is about the request, and did not get its code where it was found."""
    if error.path is not None or "code" in (error.extensions or {}):
        return None
    if isinstance(error, GraphQLSyntaxError):
        return PARSE_FAILED
    is_unclear = isinstance(error.original_error, CannotGetOperationTypeError | InvalidOperationTypeError)
    return OPERATION_UNCLEAR if is_unclear else BAD_INPUT


def _is_unexpected(error: GraphQLError) -> bool:
    """A value a scalar could not read has a cause too, but points at the document and at no place in the result."""
    if error.original_error is None or isinstance(error.original_error, CLIENTS_FAULT):
        return False
    return error.path is not None or not error.nodes


def _like(error: GraphQLError, message: str, extensions: dict[str, Any] | None) -> GraphQLError:
    return GraphQLError(
        message, error.nodes, source=error.source, positions=error.positions, path=error.path, extensions=extensions
    )


def _log_trouble(error: Exception | None, context: Any, operation_name: str | None) -> None:
    """One line without a trace: nothing is wrong with our code."""
    facts: dict[str, Any] = {
        "operation": operation_name,
        "viewer": getattr(getattr(context, "viewer", None), "principal", None),
        "error": type(error).__qualname__,
        "sqlstate": getattr(error, "sqlstate", None),
    }
    log.warning("The database cannot be reached", extra={name: value for name, value in facts.items() if value})


def _log(error: Exception | None, error_id: str, context: Any, operation_name: str | None) -> None:
    """Where it happened and of what kind; an exception's own words may hold what a client sent or a password."""
    facts: dict[str, Any] = {
        "error_id": error_id,
        "operation": operation_name,
        "viewer": getattr(getattr(context, "viewer", None), "principal", None),
        "error": type(error).__qualname__,
        "sqlstate": getattr(error, "sqlstate", None),
        "trace": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in _frames(error)],
    }
    if not _is_production(context):
        facts["words"] = str(error)
    log.error("Unexpected error", extra={name: value for name, value in facts.items() if value is not None})


def _frames(error: Exception | None) -> list[traceback.FrameSummary]:
    return list(traceback.extract_tb(error.__traceback__)) if error is not None else []


def _is_production(context: Any) -> bool:
    return bool(getattr(context, "is_production", False))
