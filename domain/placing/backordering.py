"""Units that may wait for stock: how many of a variant, until when, and from when on it is sent at all.

A pre-order is a backorder with a label and a date to ship by, and one limit caps both; without a limit any number may wait
(Spree: `backorder_limit`). Before its launch a variant is given to nobody, whatever lies there (Dynamics 365: pre-orders
are held until the launch date, then stock is looked at, else they are backordered). A channel may have a launch of its own,
which holds there instead, and a limit of its own beside the one for all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from domain.errors import BackorderLimitExceeded

MOST_CANCEL_DAYS: Final = 3_650


@dataclass(slots=True)
class Terms:
    """Of one variant, or in `own` by channel. `waiting` units wait already, counted where there is a limit."""

    limit_units: int | None = None
    waiting: int = 0
    launches_at: datetime | None = None
    ships_by: date | None = None
    is_launched: bool = True
    own: dict[UUID, "Terms"] = field(default_factory=dict)

    def lift(self) -> None:
        """Without limits, here and in every channel."""
        for terms in (self, *self.own.values()):
            terms.limit_units = None

    def launch(self, channel_id: UUID) -> "Terms":
        """Those whose launch holds in the channel."""
        own = self.own.get(channel_id)
        return self if own is None or own.launches_at is None else own

    def limiting(self, channel_id: UUID) -> "list[Terms]":
        """Those that count what waits in the channel."""
        own = self.own.get(channel_id)
        return [self] if own is None else [self, own]

    @property
    def left(self) -> int | None:
        """How many more units may wait; None for any number."""
        return None if self.limit_units is None else max(0, self.limit_units - self.waiting)


TermsOf = Mapping[UUID, Terms]
"""By variant; most have none."""


class Waiting(NamedTuple):
    """`quantity` units of a variant that nobody has."""

    variant_id: UUID
    sku: str
    quantity: int


class Wait(NamedTuple):
    """How long a line's units may wait, and for which launch if for one."""

    since: datetime
    cancels_at: datetime | None
    launches_at: datetime | None
    ships_by: date | None

    def told(self) -> dict[str, str | None]:
        """As facts tell it."""
        names = ("cancels_at", "launches_at", "ships_by")
        return {name: value.isoformat() if (value := getattr(self, name)) else None for name in names}


def let_wait(waiting: Iterable[Waiting], terms: TermsOf, channel_id: UUID) -> None:
    """Count the units among those that wait, of the channel's too where it has a limit of its own.

    Raises BackorderLimitExceeded, with nothing counted, when they are too many.
    """
    units: dict[UUID, int] = {}
    skus: dict[UUID, str] = {}
    for each in waiting:
        if each.variant_id in terms:
            units[each.variant_id] = units.get(each.variant_id, 0) + each.quantity
            skus[each.variant_id] = each.sku
    left = {
        skus[variant]: min(allowed)
        for variant, wanted in units.items()
        if (allowed := [most for each in terms[variant].limiting(channel_id) if (most := each.left) is not None])
        and wanted > min(allowed)
    }
    if left:
        raise BackorderLimitExceeded(left)
    for variant, wanted in units.items():
        for limiting in terms[variant].limiting(channel_id):
            limiting.waiting += wanted


def wait_of(since: datetime, terms: Terms | None, cancel_days: int | None) -> Wait | None:
    """From `since` on; None where nothing is waited for but stock, for as long as it takes.

    A pre-order's days begin with its launch.
    """
    is_preorder = terms is not None and not terms.is_launched
    launches_at = terms.launches_at if terms and is_preorder else None
    if cancel_days is None and launches_at is None:
        return None
    cancels_at = None if cancel_days is None else max(since, launches_at or since) + timedelta(days=cancel_days)
    return Wait(since, cancels_at, launches_at, terms.ships_by if terms and is_preorder else None)
