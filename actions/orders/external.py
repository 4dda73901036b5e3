"""The channel's own number of an order: the same sent again is the same order, something else under it is refused.

What was sent is kept as a fingerprint beside the order, for as long as the order; one without it came before fingerprints
were kept, and answers whatever is sent.
"""

from collections.abc import Iterable, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Any, Final
from uuid import UUID

from actions.acting import fingerprint
from actions.bulk import Columns, arrays, insert_sql
from domain.errors import ExternalIdReused
from domain.placing.commands import PlaceOrder

COLUMNS: Final[Columns] = {"order_id": "uuid", "fingerprint": "text"}
KEEP: Final = insert_sql("external_contents", COLUMNS, 1)
FIRST: Final = """
SELECT o.channel_id, o.external_id, o.id, c.fingerprint FROM unnest($1::uuid[], $2::text[]) AS u(channel_id, external_id)
JOIN orders o ON o.channel_id = u.channel_id AND o.external_id = u.external_id
LEFT JOIN external_contents c ON c.order_id = o.id"""

ExternalId = tuple[UUID, str]
"""A channel and its own number for an order."""


@dataclass(frozen=True, slots=True)
class First:
    """The order that a channel placed first under a number, and the content it sent."""

    order_id: UUID
    content: str | None

    def sent_again(self, external_id: str, content: str) -> UUID:
        """The order. Raises ExternalIdReused when this is another one."""
        if self.content not in (None, content):
            raise ExternalIdReused(external_id)
        return self.order_id


def content_of(command: PlaceOrder) -> str:
    """Without what was left out, so that fields that commands get later do not make an old order a new one."""
    return fingerprint("external", _said(command))


async def first_orders(connection: Any, ids: Sequence[ExternalId]) -> dict[ExternalId, First]:
    if not ids:
        return {}
    found = await connection.fetch(FIRST, *map(list, zip(*ids, strict=True)))
    return {(row["channel_id"], row["external_id"]): First(row["id"], row["fingerprint"]) for row in found}


def kept(first: Iterable[First]) -> Sequence[Sequence[Any]]:
    """The parameters of KEEP."""
    return arrays([(each.order_id, each.content) for each in first], COLUMNS)


def _said(value: Any) -> Any:
    if is_dataclass(value):
        given = {each.name: (getattr(value, each.name), each) for each in fields(value)}
        return {
            name: _said(said) for name, (said, each) in given.items() if each.default is MISSING or said != each.default
        }
    return [_said(each) for each in value] if isinstance(value, tuple) else value
