"""What every action shares: who acts and when, one transaction, one effect per idempotency key, retries after lost races.

    @action
    async def accept(act: Act, command: AcceptFulfilment) -> UUID: ...

The decorated function runs inside the transaction, raises only DomainErrors, and returns the id of what it changed, or
the ids of what it changed in the order of a list that was given. A
refusal rolls everything back, the key included, so the same key may be used again once the reason is gone.
"""

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Concatenate, Final, ParamSpec, TypeVar
from uuid import UUID

import orjson
from tortoise.exceptions import IntegrityError

from actions import outbox
from domain.errors import KeyReused
from models import IdempotencyKey
from models.db import retryable, tx, violated

ATTEMPTS: Final = 5
RETRY_SECONDS: Final = 0.02

P = ParamSpec("P")
Changed = TypeVar("Changed", UUID, list[UUID])


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who acts (`actor` is a viewer's principal, or a job's name), for which organization, at what moment (aware UTC)."""

    organization_id: UUID
    actor: str
    now: datetime
    key: str | None = None

    def key_id(self) -> str:
        return f"{self.organization_id}/{self.actor}/{self.key}"


def action(
    function: Callable[Concatenate[Act, P], Awaitable[Changed]],
) -> Callable[Concatenate[Act, P], Awaitable[Changed]]:
    """Run in one transaction, and once only per idempotency key.

    Again after a deadlock or a lost connection, and where somebody else wrote meanwhile what may be there once only: then
    the action finds it there, and says so.
    """
    name = f"{function.__module__.removeprefix('actions.')}.{function.__name__}"

    @wraps(function)
    async def run(act: Act, /, *args: P.args, **kwargs: P.kwargs) -> Changed:
        marked = fingerprint(name, args, kwargs) if act.key else ""
        for attempt in range(ATTEMPTS):
            try:
                async with tx():
                    known = await _known(act, marked)
                    if known is not None:
                        return known  # type: ignore[return-value] # the same operation returned it
                    changed = await function(act, *args, **kwargs)
                    await _remember(act, marked, changed)
            except Exception as error:
                lost_race = retryable(error) or (isinstance(error, IntegrityError) and violated(error) is not None)
                if not lost_race or attempt == ATTEMPTS - 1:
                    raise
                await asyncio.sleep(RETRY_SECONDS * 2**attempt * random.random())  # noqa: S311 - jitter
            else:
                outbox.wake()
                return changed
        raise AssertionError("the last attempt returns or raises")

    return run


def fingerprint(operation: str, *arguments: object) -> str:
    """The same for the same operation and arguments, in every process; arguments are dataclasses and plain values."""
    text = orjson.dumps([operation, arguments], default=str, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()


async def _known(act: Act, marked: str) -> UUID | list[UUID] | None:
    if act.key is None:
        return None
    stored = await IdempotencyKey.get_or_none(id=act.key_id())
    if stored is None:
        return None
    if stored.fingerprint != marked:
        raise KeyReused(act.key)
    if "ids" in stored.result:
        return [UUID(each) for each in stored.result["ids"]]
    return UUID(stored.result["id"])


async def _remember(act: Act, marked: str, changed: UUID | list[UUID]) -> None:
    if act.key is not None:
        result = {"id": str(changed)} if isinstance(changed, UUID) else {"ids": [str(each) for each in changed]}
        await IdempotencyKey.create(id=act.key_id(), fingerprint=marked, result=result, created_at=act.now)
