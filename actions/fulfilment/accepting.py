"""A location says yes to what it was asked for."""

from dataclasses import dataclass
from uuid import UUID

from actions.acting import Act, action
from actions.changing import save
from actions.fulfilment.progress import lock_fulfilment, store, tell, workable
from domain.facts import FactKind
from domain.lifecycle import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptFulfilment:
    fulfilment_id: UUID
    expected_version: int | None = None


@action
async def accept(act: Act, command: AcceptFulfilment) -> UUID:
    """Take on all released units. Raises NotFound, Conflict, IllegalTransition."""
    change, fulfilment = await lock_fulfilment(act, command.fulfilment_id, command.expected_version)
    for place, quantity in workable(change, fulfilment, Action.ACCEPT):
        change.move(Action.ACCEPT, place, quantity)
    fulfilment.accepted_at = fulfilment.accepted_at or act.now
    tell(act, change, FactKind.FULFILMENT_ACCEPTED, fulfilment)
    await store([fulfilment])
    await save(act, [change])
    return fulfilment.id
