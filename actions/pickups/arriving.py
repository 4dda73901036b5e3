"""At the kerb: the customer says that they are there, where they stand, and what they drive."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from actions.acting import Act, action
from actions.changing import save
from actions.fulfilment.progress import lock_fulfilment, store, tell
from domain.facts import FactKind
from domain.fulfilment import check_arrival
from domain.validation import Checks

LONGEST: Final = 100
"""Characters of a spot or a vehicle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceArrival:
    """`spot` is where the customer waits, `vehicle` how to know them."""

    fulfilment_id: UUID
    spot: str = ""
    vehicle: str = ""
    expected_version: int | None = None


@action
async def announce_arrival(act: Act, command: AnnounceArrival) -> UUID:
    """The location's queue shows it. Said again it moves the spot, and the first time of arrival stays.

    Raises NotFound, Conflict, InvalidInput, and IllegalTransition for what is shipped or has nothing to collect.
    """
    checks = Checks()
    checks.text("spot", command.spot, longest=LONGEST, is_required=False)
    checks.text("vehicle", command.vehicle, longest=LONGEST, is_required=False)
    checks.refuse()
    change, fulfilment = await lock_fulfilment(act, command.fulfilment_id, command.expected_version)
    check_arrival(fulfilment.method, fulfilment.status)
    fulfilment.arrived_at = fulfilment.arrived_at or act.now
    fulfilment.arrival_spot, fulfilment.arrival_vehicle = command.spot, command.vehicle
    await fulfilment.save(update_fields=["arrived_at", "arrival_spot", "arrival_vehicle"])
    tell(act, change, FactKind.CUSTOMER_ARRIVED, fulfilment)
    await store([fulfilment])
    await save(act, [change])
    return fulfilment.id
