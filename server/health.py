"""Whether this process lives, and whether it should be sent requests: two questions a load balancer asks."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from redis.asyncio import Redis
from starlette.requests import Request
from starlette.responses import Response
from tortoise.connection import get_connection

from models.db import rows
from realtime.broker import BROKER_TROUBLE
from server.api import DATABASE_TROUBLE
from server.clock import Clock
from server.migrating import applied, names_on_disk

CHECK_SECONDS: Final = 2.0  # a part that takes longer is not ready


class NotReady(Exception):
    """The words say what is wrong."""


@dataclass(frozen=True, slots=True)
class Health:
    """The broker only makes pushing quick: without it facts are read from the log, so it never fails the whole."""

    config: Mapping[str, Any]
    redis: "Redis"
    clock: Clock
    relay_lag_limit_seconds: float

    async def live(self, _: Request) -> Response:
        return Response(b'{"status":"live"}', media_type="application/json")

    async def ready(self, _: Request) -> Response:
        checks: dict[str, Callable[[], Awaitable[str]]] = {
            "database": self._database,
            "migrations": self._migrations,
            "relay": self._relay,
            "broker": self._broker,
        }
        answers = await asyncio.gather(*(_checked(check) for check in checks.values()))
        told = {name: {"ok": ok, "detail": detail} for name, (ok, detail) in zip(checks, answers, strict=True)}
        is_ready = told["database"]["ok"] and told["migrations"]["ok"]
        status = "ready" if is_ready and all(part["ok"] for part in told.values()) else "degraded"
        body = {"status": status if is_ready else "not ready", "checks": told}
        return Response(orjson.dumps(body), 200 if is_ready else 503, media_type="application/json")

    async def _database(self) -> str:
        await rows("SELECT 1 AS one")
        return "answers"

    async def _migrations(self) -> str:
        there = await applied(get_connection("default"))
        missing = [name for name in names_on_disk(self.config) if name not in there]
        if missing:
            raise NotReady(f"missing: {', '.join(missing)}; run oms.py migrate")
        return "up to date"

    async def _relay(self) -> str:
        found = await rows("SELECT recorded_at FROM outbox ORDER BY id LIMIT 1")
        if not found:
            return "nothing waits"
        lag = max(0.0, (self.clock.now() - found[0]["recorded_at"]).total_seconds())
        if lag > self.relay_lag_limit_seconds:
            raise NotReady(f"the oldest fact has waited {lag:.1f} s; is a worker running?")
        return f"the oldest fact has waited {lag:.1f} s"

    async def _broker(self) -> str:
        await self.redis.ping()
        return "answers"


async def _checked(check: Callable[[], Awaitable[str]]) -> tuple[bool, str]:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return True, await check()
    except NotReady as reason:
        return False, str(reason)
    except TimeoutError:
        return False, f"no answer within {CHECK_SECONDS:g} s"
    except (*DATABASE_TROUBLE, *BROKER_TROUBLE) as trouble:
        return False, type(trouble).__name__  # its words may hold an address or a password
