"""Papers over HTTP, for whoever may read what stands on them: the same credentials as the graph, the same row scopes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from domain.errors import DomainError, NotFound
from domain.viewer import Viewer
from resolvers import documents
from server.api import DATABASE_TROUBLE, Api, problem
from server.credentials import NotAuthenticated, bearer
from server.documents import pdf, zpl

PDF: Final = "application/pdf"
ZPL: Final = "application/zpl"
MOST_AT_ONCE: Final = 2
"""Papers printed at the same time; others wait their turn, so that a stack of them never keeps the graph from its own."""


@dataclass(frozen=True, slots=True)
class Paper:
    """`read` what stands on it as the viewer sees it, `printed` to bytes in a thread of its own."""

    path: str
    media_type: str
    read: Callable[[Viewer, UUID], Awaitable[Any]]
    printed: Callable[[Any], bytes]


PAPERS: Final = (
    Paper("/documents/parcels/{id:uuid}/label.pdf", PDF, documents.shipping_label, pdf.label),
    Paper("/documents/parcels/{id:uuid}/label.zpl", ZPL, documents.shipping_label, lambda it: zpl.label(it).encode()),
    Paper("/documents/fulfilments/{id:uuid}/packing-slip.pdf", PDF, documents.packing_slip, pdf.packing_slip),
    Paper("/documents/fulfilments/{id:uuid}/pick-list.pdf", PDF, documents.pick_list, pdf.pick_list),
    Paper("/documents/waves/{id:uuid}/pick-list.pdf", PDF, documents.wave_list, pdf.pick_list),
)


class Documents:
    def __init__(self, api: Api) -> None:
        self._api = api
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def __call__(self, paper: Paper, http: Request) -> Response:
        try:
            viewer = await self._api.authenticator.viewer(bearer(http.headers.get("authorization")))
            key: UUID = http.path_params["id"]
            value = await paper.read(viewer, key)
            async with self._turns:
                content = await asyncio.to_thread(paper.printed, value)
        except NotAuthenticated as refusal:
            mistaken = ' error="invalid_token"' if "authorization" in http.headers else ""
            return _refusal(401, str(refusal), "UNAUTHENTICATED", {"www-authenticate": f"Bearer{mistaken}"})
        except DomainError as refusal:
            return _refusal(404 if isinstance(refusal, NotFound) else 409, str(refusal), refusal.code)
        except DATABASE_TROUBLE:
            said = "The database cannot be reached. Try again."
            return _refusal(503, said, "UNAVAILABLE", {"retry-after": "1"})
        return Response(content, media_type=paper.media_type, headers=_headers(paper, key))


def document_routes() -> list[BaseRoute]:
    return [Route(paper.path, _endpoint(paper), methods=["GET"]) for paper in PAPERS]


def _endpoint(paper: Paper) -> Callable[[Request], Awaitable[Response]]:
    async def answer(http: Request) -> Response:
        served: Documents = http.state.documents
        return await served(paper, http)

    return answer


def _headers(paper: Paper, key: UUID) -> dict[str, str]:
    name = paper.path.rpartition("/")[2]
    return {
        "content-disposition": f'inline; filename="{key}-{name}"',
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
    }


def _refusal(status: int, message: str, code: str, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(problem(message, code)), status, headers, "application/json; charset=utf-8")
