"""A location says that it will bring an order what it was asked for."""

from dataclasses import dataclass
from uuid import UUID

from actions.acting import Act, action
from actions.forwarding.papers import lock_orders_of
from actions.transfers.papers import lock, save
from domain.transfers import TransferAction


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptTransfer:
    transfer_id: UUID
    expected_version: int | None = None


@action
async def accept(act: Act, command: AcceptTransfer) -> UUID:
    """Once, before anything of it left; sending it says the same. What the order wants later is asked for anew.

    Returns the transfer's id. Raises NotFound, Conflict or IllegalTransition.
    """
    await lock_orders_of(act, command.transfer_id)
    paper = await lock(act, TransferAction.ACCEPT, command.transfer_id, command.expected_version)
    paper.transfer.accepted_at = act.now
    return await save(act, paper)
