"""A location says yes to what it was asked for."""

from dataclasses import dataclass
from uuid import UUID

from actions.acting import Act, action
from actions.changing import OrderChange, save
from actions.fulfilment.progress import lock_fulfilment, store, tell, workable
from domain.facts import FactKind
from domain.lifecycle import Action
from models import Fulfilment


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptFulfilment:
    fulfilment_id: UUID
    expected_version: int | None = None


@action
async def accept(act: Act, command: AcceptFulfilment) -> UUID:
    """Take on all released units. Raises NotFound, Conflict, IllegalTransition."""
    change, fulfilment = await lock_fulfilment(act, command.fulfilment_id, command.expected_version)
    accept_all(act, change, fulfilment)
    tell(act, change, FactKind.FULFILMENT_ACCEPTED, fulfilment)
    await store([fulfilment])
    await save(act, [change])
    return fulfilment.id


def accept_all(act: Act, change: OrderChange, fulfilment: Fulfilment) -> None:
    """The caller tells and saves. Raises IllegalTransition."""
    for place, quantity in workable(change, fulfilment, Action.ACCEPT):
        change.move(Action.ACCEPT, place, quantity)
    fulfilment.accepted_at = fulfilment.accepted_at or act.now
