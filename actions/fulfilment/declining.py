"""A location says no: its units go back, are taken off its books as far as the reason says, and are routed elsewhere."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from actions.acting import Act, action
from actions.fulfilment.giving_back import (
    GivenBack,
    check_until,
    counting_on,
    does_cascade,
    going_whole,
    settle,
    take_along,
)
from actions.fulfilment.progress import check_lines, find_fulfilments, lock_fulfilments, store, tell, workable
from actions.restocking import announces_freed
from domain.facts import FactKind
from domain.fulfilment import DeclineReason
from domain.lifecycle import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineFulfilment:
    """`line_ids` are order lines, all of them if none is named. Until `exclude_until` the location is not asked again for
    these lines; without it, as long as the reason suggests. `cascade`: every order that counts on the same goods here
    gives them back too. `may_split`: the rest of the work may go without what is declined; as the channel says if silent.
    """

    fulfilment_id: UUID
    reason: DeclineReason
    line_ids: tuple[UUID, ...] = ()
    cascade: bool | None = None
    may_split: bool | None = None
    exclude_until: datetime | None = None
    expected_version: int | None = None


@announces_freed
@action
async def decline(act: Act, command: DeclineFulfilment) -> UUID:
    """Give back what is not picked yet. Raises NotFound, Conflict, InvalidInput, IllegalTransition.

    OUT_OF_STOCK says that the shelf is empty of these variants: other orders that wait for them here are declined too.
    """
    check_until(act, command.exclude_until)
    [fulfilment] = (await find_fulfilments(act, [command.fulfilment_id])).values()
    cascades = does_cascade(command.reason, wanted=command.cascade)
    also = await counting_on(fulfilment, command.line_ids) if cascades else []
    expected = {fulfilment.id: command.expected_version}
    changes, found = await lock_fulfilments(act, expected, with_orders=also)
    fulfilment = found[fulfilment.id]
    change = changes[fulfilment.order_id]
    check_lines(change, fulfilment, command.line_ids, path="line_ids", name="").refuse()
    whole = await going_whole(changes, may_split=command.may_split)
    given = GivenBack(fulfilment.location_id, command.reason, cascades, whole)
    for line_id in command.line_ids or (None,):
        for units in workable(change, fulfilment, Action.DECLINE, line_id=line_id):
            given.take(change, Action.DECLINE, units)
    given.take_companions(change, fulfilment)
    fulfilment.decline_reason = command.reason
    tell(act, change, FactKind.FULFILMENT_DECLINED, fulfilment, reason=command.reason.value)
    await store([fulfilment, *await take_along(act, changes, given, fulfilment.id)])
    await settle(act, changes, given, command.exclude_until)
    return fulfilment.id
