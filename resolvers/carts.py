"""Carts: whose they are, and what they keep."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from actions import reservations
from actions.acting import Act
from actions.desk import Desk
from domain.errors import Forbidden, ReservationEnded
from domain.placing.commands import ReserveCart
from domain.stock import ReservationStatus
from domain.viewer import Audience, Viewer
from models import Reservation
from resolvers.context import Info
from resolvers.scopes import seen
from resolvers.visible import RESERVATIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCart:
    """`customer_id` is the customer who asks, None when staff do."""

    cart: str
    customer_id: UUID | None = None


async def reserve(act: Act, desk: Desk, command: ReserveCart) -> str:
    await check_own(act, command.cart, command.customer_id)
    await desk.reserve(act, command)
    return command.cart


async def extend(act: Act, command: NamedCart) -> str:
    await check_own(act, command.cart, command.customer_id)
    await reservations.extend(act, command.cart)
    return command.cart


async def release(act: Act, command: NamedCart) -> str:
    await check_own(act, command.cart, command.customer_id)
    await reservations.release(act, command.cart)
    return command.cart


async def check_own(act: Act, cart: str, customer_id: UUID | None) -> None:
    """Raise ReservationEnded when the cart is another customer's, as if there were none. A guest's becomes theirs."""
    if customer_id is None:
        return
    kept = Reservation.filter(organization_id=act.organization_id, cart=cart, status=ReservationStatus.ACTIVE)
    if await kept.exclude(customer_id=customer_id).exists():
        raise ReservationEnded(cart)


def own_cart(viewer: Viewer, command: NamedCart) -> NamedCart:
    return replace(command, customer_id=viewer.customer_id) if viewer.audience is Audience.CUSTOMER else command


def as_reserved_by(viewer: Viewer, command: ReserveCart) -> ReserveCart:
    """Customers reserve for themselves. Raises Forbidden."""
    if viewer.audience is not Audience.CUSTOMER:
        return command
    if command.customer_id not in (None, viewer.customer_id):
        raise Forbidden("You can reserve only for yourself.")
    return replace(command, customer_id=viewer.customer_id)


async def kept_for(info: Info, cart: str) -> list[Any]:
    """What the cart keeps now, as far as the viewer may see it."""
    found: list[Any] = (
        await seen(Reservation, RESERVATIONS, info.context.viewer)
        .filter(cart=cart, status=ReservationStatus.ACTIVE)
        .order_by("id")
    )
    return found
