"""Record facts beside the rows that make them true, and wake whoever publishes them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import orjson

from actions.bulk import arrays, insert_sql
from domain.facts import Fact
from models.db import execute, in_transaction

COLUMNS: Final = {
    "organization_id": "uuid",
    "kind": "text",
    "order_id": "uuid",
    "fulfilment_id": "uuid",
    "location_id": "uuid",
    "variant_id": "uuid",
    "customer_id": "uuid",
    "channel_id": "uuid",
    "payload": "jsonb",
    "actor": "text",
    "recorded_at": "timestamptz",
}

wakers: list[Callable[[], None]] = []
"""Called after every commit that recorded facts; the process that runs the relay puts its `wake` here."""

_INSERT: Final = insert_sql("outbox", COLUMNS, 1)


def fact_row(organization_id: UUID, actor: str, now: datetime, fact: Fact) -> tuple[object, ...]:
    """The values of COLUMNS."""
    return (
        organization_id,
        fact.kind.value,
        fact.order_id,
        fact.fulfilment_id,
        fact.location_id,
        fact.variant_id,
        fact.customer_id,
        fact.channel_id,
        orjson.dumps(fact.payload).decode(),
        actor,
        now,
    )


async def record(organization_id: UUID, actor: str, now: datetime, facts: Sequence[Fact]) -> None:
    """Must be called inside the transaction that makes the facts true, under the lock of what they are about."""
    assert in_transaction(), "facts are recorded with the rows that make them true"
    if facts:
        rows = [fact_row(organization_id, actor, now, fact) for fact in facts]
        await execute(_INSERT, arrays(rows, COLUMNS))


def wake() -> None:
    for waker in wakers:
        waker()
