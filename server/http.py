"""GraphQL over HTTP as its specification says: POST and JSON only, one operation a request, media type by Accept."""

from time import perf_counter
from typing import Any, Final

import orjson
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from schema.masking import TRY_AGAIN, UNAVAILABLE
from server.api import (
    DATABASE_TROUBLE,
    MOST_BYTES,
    Api,
    BadRequest,
    Request,
    log_operation,
    payload_of,
    problem,
    request_in,
)
from server.credentials import NotAuthenticated, bearer

MODERN: Final = "application/graphql-response+json"
LEGACY: Final = "application/json"
READS: Final = frozenset({OperationType.QUERY, OperationType.MUTATION})
RETRY_AFTER_SECONDS: Final = "1"
MOST_DROPPED_BYTES: Final = 16 * 1024 * 1024  # of a body that is too large anyway


class BodyTooLarge(Exception):
    """The body has more than `MOST_BYTES`."""


class GraphQLOverHttp:
    """Modern answers carry the status in HTTP too; legacy ones say 200 to every well-formed request."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def __call__(self, http: HttpRequest) -> Response:
        media_type = preferred(http.headers.get("accept", ""))
        if media_type is None:
            return _refusal(406, LEGACY, f"This address answers with {MODERN} or {LEGACY}.", "NOT_ACCEPTABLE")
        if not _is_json(http.headers.get("content-type", "")):
            return _refusal(415, media_type, f"Send {LEGACY}.", "UNSUPPORTED_MEDIA_TYPE")
        try:
            response = await self._answered(http, media_type)
        except BadRequest as wrong:
            response = _refusal(400, media_type, str(wrong), "BAD_REQUEST")
        except BodyTooLarge:
            told = f"The body has more than {MOST_BYTES} bytes. Send what is in it with several requests."
            response = _refusal(413, media_type, told, "BODY_TOO_LARGE")
        except ClientDisconnect:
            response = Response(status_code=400)  # nobody reads it
        except NotAuthenticated as refusal:
            response = _refusal(401, media_type, str(refusal), "UNAUTHENTICATED")
            mistaken = ' error="invalid_token"' if "authorization" in http.headers else ""
            response.headers["www-authenticate"] = f"Bearer{mistaken}"
        except DATABASE_TROUBLE:
            response = _answer(503, media_type, problem(TRY_AGAIN, UNAVAILABLE, retryable=True))
            response.headers["retry-after"] = RETRY_AFTER_SECONDS
        return response

    async def _answered(self, http: HttpRequest, media_type: str) -> Response:
        started = perf_counter()
        viewer = await self._api.authenticator.viewer(bearer(http.headers.get("authorization")))
        try:
            request = request_in(orjson.loads(await body_of(http)))
        except orjson.JSONDecodeError:
            raise BadRequest("The body must be JSON.") from None
        context = self._api.context(viewer)
        result = await self._executed(request, context)
        payload = payload_of(result, context, request.operation_name)
        log_operation(request, viewer, payload, started)
        status = 400 if media_type == MODERN and "data" not in payload else 200
        return _answer(status, media_type, payload)

    async def _executed(self, request: Request, context: Any) -> Any:
        try:
            return await self._api.schema.execute(
                request.query,
                variable_values=request.variables,
                context_value=context,
                operation_name=request.operation_name,
                allowed_operation_types=READS,
            )
        except InvalidOperationTypeError:
            raise BadRequest(
                "Subscriptions run over WebSocket: connect to this address with the protocol graphql-transport-ws."
            ) from None
        except CannotGetOperationTypeError:
            raise BadRequest("The document has no operation of that name.") from None
        except MissingQueryError:
            raise BadRequest("`query` must be a string that holds a GraphQL document.") from None


async def body_of(http: HttpRequest) -> bytes:
    """Raises BodyTooLarge, after taking in the rest: whoever is cut off while sending never reads the answer."""
    size, parts = 0, []
    async for part in http.stream():
        size += len(part)
        if size <= MOST_BYTES:
            parts.append(part)
        elif size > MOST_DROPPED_BYTES:
            break
    if size > MOST_BYTES:
        raise BodyTooLarge
    return b"".join(parts)


def preferred(accept: str) -> str | None:
    """The media type to answer with; None when the client takes neither. Without a wish it is the legacy one."""
    weights: dict[str, float] = {}
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if name:
            weights[name] = _weight(parameters)
    if not weights:
        return LEGACY
    anything = max(weights.get("*/*", 0), weights.get("application/*", 0))
    modern, legacy = weights.get(MODERN, 0), weights.get(LEGACY, anything)
    if modern == legacy == 0:
        return None
    return MODERN if modern >= legacy else LEGACY


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0
    return 1


def _is_json(content_type: str) -> bool:
    name, *parameters = (piece.strip().lower() for piece in content_type.split(";"))
    charsets = [parameter[8:].strip('"') for parameter in parameters if parameter.startswith("charset=")]
    return name == LEGACY and all(charset in ("utf-8", "utf8") for charset in charsets)


def _answer(status: int, media_type: str, payload: dict[str, Any]) -> Response:
    return Response(orjson.dumps(payload), status, media_type=f"{media_type}; charset=utf-8")


def _refusal(status: int, media_type: str, message: str, code: str) -> Response:
    return _answer(status, media_type, problem(message, code))
