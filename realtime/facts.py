"""A numbered fact as this folder passes it on, and how a batch of them travels over the broker."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

FACT_COLUMNS = (
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


@dataclass(frozen=True, slots=True)
class RecordedFact:
    """`seq` has no gaps: the fact after 7 is 8. The fields are FACT_COLUMNS in order."""

    seq: int
    organization_id: UUID
    kind: str
    order_id: UUID | None
    fulfilment_id: UUID | None
    location_id: UUID | None
    variant_id: UUID | None
    customer_id: UUID | None
    channel_id: UUID | None
    payload: dict[str, Any]
    actor: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """`head` is the newest fact there was when this was sent; a batch without facts is a heartbeat."""

    head: int
    facts: tuple[RecordedFact, ...] = ()


def from_row(row: asyncpg.Record) -> RecordedFact:
    """`row` is seq and FACT_COLUMNS, with the payload as JSON text."""
    return RecordedFact(**{**row, "payload": orjson.loads(row["payload"])})


def encode_batch(head: int, rows: Sequence[asyncpg.Record]) -> bytes:
    """The payload's text goes through untouched; it is parsed once, by the hub."""
    return orjson.dumps([head, [_wire(row) for row in rows]], default=str)


def decode_batch(message: bytes) -> Batch:
    head, facts = orjson.loads(message)
    return Batch(head, tuple(_fact(values) for values in facts))


def _wire(row: asyncpg.Record) -> list[Any]:
    *columns, payload, actor, recorded_at = row
    return [*columns, orjson.Fragment(payload), actor, recorded_at]


def _fact(values: list[Any]) -> RecordedFact:
    seq, organization_id, kind, order_id, fulfilment_id, location_id, variant_id, customer_id, *rest = values
    channel_id, payload, actor, recorded_at = rest
    return RecordedFact(
        seq,
        UUID(organization_id),
        kind,
        _id(order_id),
        _id(fulfilment_id),
        _id(location_id),
        _id(variant_id),
        _id(customer_id),
        _id(channel_id),
        payload,
        actor,
        datetime.fromisoformat(recorded_at),
    )


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None
