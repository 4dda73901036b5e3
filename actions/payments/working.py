"""What the periodic jobs of payments share: walk over the orders a query finds, one small piece of work after another."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from actions.acting import Act
from domain.errors import DomainError
from domain.lifecycle import LEFT
from models.db import rows

log = logging.getLogger("oms.payments")

ACTOR: Final = "job:payments"
PAGE: Final = 200
FIRST: Final = UUID(int=0)
RETRY_AFTER: Final = timedelta(hours=1)
"""So long after a refusal of the provider a job leaves the order alone."""

_GONE: Final = [word for status in sorted(LEFT) for word in (status.value, f"partially_{status.value}")]
SOMETHING_LEFT: Final = ", ".join(f"'{word}'" for word in _GONE)
"""What an order is called once units have left: the furthest units name it."""


@dataclass(frozen=True, slots=True)
class Found:
    """An order, or a payment, that a job found."""

    id: UUID
    organization_id: UUID

    def act(self, now: datetime) -> Act:
        return Act(organization_id=self.organization_id, actor=ACTOR, now=now)


async def each_found(sql: str, values: Sequence[Any], work: Callable[[Found], Awaitable[object]]) -> int:
    """Do `work` once for everything found; a refusal is logged and stops nothing. How many there were.

    The query's last two parameters are the id to go on from and the size of a page; it is read page by page in id
    order, so one round ends whatever the work changes.
    """
    count, last = 0, FIRST
    while True:
        page = [Found(row["id"], row["organization_id"]) for row in await rows(sql, [*values, last, PAGE])]
        for found in page:
            try:
                await work(found)
            except DomainError as refusal:
                log.warning("%s: %s", found.id, refusal)
        count += len(page)
        if len(page) < PAGE:
            return count
        last = page[-1].id
