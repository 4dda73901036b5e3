"""A location says that it cannot bring an order what it was to bring: the goods are looked for elsewhere."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from actions.acting import Act, action
from actions.forwarding.papers import give_up, lock_orders_of
from actions.fulfilment.giving_back import GivenBack, check_until, does_cascade
from actions.restocking import announces_freed
from actions.transfers.papers import lock
from domain.fulfilment import DeclineReason
from domain.transfers import TransferAction


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineTransfer:
    """`cascade` and `exclude_until` as in declining a fulfilment."""

    transfer_id: UUID
    reason: DeclineReason
    cascade: bool | None = None
    exclude_until: datetime | None = None
    expected_version: int | None = None


@announces_freed
@action
async def decline(act: Act, command: DeclineTransfer) -> UUID:
    """Before anything of it left. Returns the transfer's id. Raises NotFound, Conflict, InvalidInput, IllegalTransition."""
    check_until(act, command.exclude_until)
    cascades = does_cascade(command.reason, wanted=command.cascade)
    changes = await lock_orders_of(act, command.transfer_id, cascades=cascades)
    paper = await lock(act, TransferAction.DECLINE, command.transfer_id, command.expected_version)
    given = GivenBack(paper.transfer.origin_id, command.reason, cascades)
    return await give_up(act, changes, paper, given, command.exclude_until)
