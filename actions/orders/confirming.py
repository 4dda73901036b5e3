"""Confirm orders: the yes after which units may be released, by hand or as soon as the money is authorised.

An `AUTOMATIC` channel's orders are confirmed when placed. Whoever changes payments or resolves holds calls
`confirm_if_authorized` with the locked order, so that an `ON_AUTHORIZATION` channel's orders confirm themselves.
"""

from dataclasses import dataclass
from uuid import UUID

from actions.acting import Act, action
from actions.changing import OrderChange, lock_order, save
from domain.errors import IllegalTransition, NotPaid
from domain.facts import FactKind
from domain.holds import check_holds, stopped_by
from domain.lifecycle import OPEN, Action, by_rank
from domain.orders import ConfirmationPolicy
from domain.payments import AuthorizeStatus
from models import Channel, Order, Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmOrder:
    order_id: UUID
    expected_version: int | None = None


@action
async def confirm(act: Act, command: ConfirmOrder) -> UUID:
    """Confirming again changes nothing. Raises NotFound, Conflict, IllegalTransition, BlockedByHold or NotPaid."""
    change = await lock_order(act, command.order_id, command.expected_version)
    if change.order.confirmed_at is None:
        if not _is_open(change):
            raise IllegalTransition("confirm", change.order.status, by_rank(OPEN))
        check_holds(Action.CONFIRM, [hold.kind for hold in change.holds])
        await check_paid(change.order)
        await _mark_confirmed(act, change)
        await save(act, [change])
    return command.order_id


async def confirm_if_authorized(act: Act, change: OrderChange) -> None:
    """Confirm the locked order when only the money was waited for; the caller saves.

    Held orders stay unconfirmed until the hold is resolved.
    """
    order = change.order
    is_waiting = order.confirmed_at is None and order.authorize_status is AuthorizeStatus.FULL and _is_open(change)
    if not is_waiting or Action.CONFIRM in stopped_by(hold.kind for hold in change.holds):
        return
    if await _policy(order) is ConfirmationPolicy.ON_AUTHORIZATION:
        await _mark_confirmed(act, change)


def _is_open(change: OrderChange) -> bool:
    return any(units.place.status in OPEN for units in change.units())


async def check_paid(order: Order) -> None:
    """Raise NotPaid when the channel asks for the money first and it is not, or no longer, authorised in full."""
    if (
        order.authorize_status is AuthorizeStatus.FULL
        or await _policy(order) is not ConfirmationPolicy.ON_AUTHORIZATION
    ):
        return
    payments = await Payment.filter(order_id=order.id)
    covered = sum(payment.authorized_minor + payment.charged_minor for payment in payments)
    raise NotPaid(order.total_minor, covered, order.currency)


async def _policy(order: Order) -> ConfirmationPolicy:
    channel = await Channel.get(id=order.channel_id)
    return channel.confirmation


async def _mark_confirmed(act: Act, change: OrderChange) -> None:
    change.order.confirmed_at = act.now
    await Order.filter(id=change.order.id).update(confirmed_at=act.now)
    change.record(FactKind.ORDER_CONFIRMED, confirmed=True)
