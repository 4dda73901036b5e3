"""What leaves a place together, as it is counted on and as it is offered."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from domain.promising.supply import SupplyKind


class OfferedUnits(NamedTuple):
    """`coming_on` None: they are there."""

    variant_id: UUID
    quantity: int
    kind: SupplyKind
    coming_on: date | None


@dataclass(frozen=True, slots=True)
class OfferedParcel:
    """What one location gives at one time. `ship_on` None where the customer collects it."""

    location_id: UUID
    units: tuple[OfferedUnits, ...]
    ready_at: datetime
    ship_on: date | None
    earliest_on: date
    latest_on: date
    cost_minor: int


class Load(NamedTuple):
    """Units that leave a place together; they may be worked on from `after` on (None: at once).

    They are brought to `via` first where the customer collects them there.
    """

    location_id: UUID
    after: date | None
    units: tuple[OfferedUnits, ...]
    via: UUID | None = None

    @property
    def quantity(self) -> int:
        return sum(units.quantity for units in self.units)

    @property
    def lines(self) -> int:
        return len({units.variant_id for units in self.units})
