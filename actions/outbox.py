"""Record facts beside the rows that make them true, and wake whoever publishes them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import orjson

from domain.facts import Fact
from models.db import execute, in_transaction

COLUMNS: Final = (
    "organization_id",
    "kind",
    "order_id",
    "fulfilment_id",
    "location_id",
    "variant_id",
    "customer_id",
    "channel_id",
    "payload",
    "actor",
    "recorded_at",
)
TYPES: Final = ("uuid", "text", "uuid", "uuid", "uuid", "uuid", "uuid", "uuid", "text", "text", "timestamptz")

wakers: list[Callable[[], None]] = []
"""Called after every commit that recorded facts; the process that runs the relay puts its `wake` here."""

_INSERT: Final = (
    f"INSERT INTO outbox ({', '.join(COLUMNS)}) "
    f"SELECT {', '.join('payload::jsonb' if name == 'payload' else name for name in COLUMNS)} "
    f"FROM unnest({', '.join(f'${at}::{kind}[]' for at, kind in enumerate(TYPES, 1))}) "
    f"WITH ORDINALITY AS fact({', '.join(COLUMNS)}, n) ORDER BY n"
)


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
        await execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])


def wake() -> None:
    for waker in wakers:
        waker()
