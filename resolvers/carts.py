"""Carts: whose they are, and what they keep."""

from dataclasses import dataclass, replace
from typing import Any, Final
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

CONFINED: Final = frozenset({Audience.AGENT, Audience.PARTNER})
"""Those who deal with the carts of their channels only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCart:
    cart: str


async def reserve(act: Act, desk: Desk, viewer: Viewer, command: ReserveCart) -> str:
    await check_own(viewer, command.cart, command.customer_id)
    await desk.reserve(act, command)
    return command.cart


async def extend(act: Act, viewer: Viewer, command: NamedCart) -> str:
    await check_own(viewer, command.cart, viewer.customer_id)
    await reservations.extend(act, command.cart)
    return command.cart


async def release(act: Act, viewer: Viewer, command: NamedCart) -> str:
    await check_own(viewer, command.cart, viewer.customer_id)
    await reservations.release(act, command.cart)
    return command.cart


async def check_own(viewer: Viewer, cart: str, customer_id: UUID | None) -> None:
    """Raise ReservationEnded, as if there were none, when the cart is another customer's or of a channel that is not
    the viewer's. A guest's becomes theirs.
    """
    kept = Reservation.filter(organization_id=viewer.organization_id, cart=cart, status=ReservationStatus.ACTIVE)
    if customer_id is not None and await kept.exclude(customer_id=customer_id).exists():
        raise ReservationEnded(cart)
    if viewer.audience in CONFINED and await kept.exclude(channel_id__in=viewer.channel_ids).exists():
        raise ReservationEnded(cart)


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
