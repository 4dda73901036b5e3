"""An option handed back: opened, found to stand still, held for a cart, or turned into the order it was made for."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from actions.acting import Act
from actions.desk import Desk
from actions.promising import keeping
from actions.promising.opening import check_stands, opened
from domain.errors import Forbidden, InputProblem, InvalidInput
from domain.orders import FulfilmentMethod
from domain.placing.commands import CartLine, PlaceOrder, ReserveCart, Together
from domain.promising.promise import Promised
from domain.routing.values import Method
from domain.viewer import Audience, Viewer
from models import IdempotencyKey
from resolvers.carts import CONFINED, check_own


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPromise:
    """`option` as it was offered. The cart keeps what lies there already, where it was promised from, and nothing else."""

    cart: str
    option: str
    customer_id: UUID | None = None


def as_held_by(viewer: Viewer, command: HoldPromise) -> HoldPromise:
    """Customers hold for themselves. Raises Forbidden."""
    if viewer.audience is not Audience.CUSTOMER:
        return command
    if command.customer_id not in (None, viewer.customer_id):
        raise Forbidden("You can hold only for yourself.")
    return replace(command, customer_id=viewer.customer_id)


async def hold(act: Act, desk: Desk, viewer: Viewer, command: HoldPromise) -> UUID:
    """The promise's id.

    Raises InvalidInput, PromiseEnded, Forbidden for another's channel, and InsufficientStock when the units are gone
    meanwhile.
    """
    promised = await opened(act, command.option, path="option")
    check_stands(act, promised)
    if viewer.audience in CONFINED and promised.channel_id not in viewer.channel_ids:
        raise Forbidden("You can hold in your own channels only.")
    await check_own(viewer, command.cart, command.customer_id)
    store = promised.location_id if promised.method is Method.PICKUP else None
    lines = [
        CartLine(
            variant_id=variant_id,
            quantity=units,
            method=FulfilmentMethod.PICKUP if store else FulfilmentMethod.SHIP,
            location_id=location_id,
            pickup_location_id=store,
        )
        for (variant_id, location_id), units in promised.there().items()
    ]
    await desk.reserve(
        act,
        ReserveCart(
            channel_id=promised.channel_id,
            cart=command.cart,
            lines=tuple(lines),
            customer_id=command.customer_id,
            country=promised.country,
            region=promised.region,
            latitude=promised.latitude,
            longitude=promised.longitude,
        ),
    )
    return await keeping.keep(replace(act, key=None), promised, command.customer_id, command.cart)


async def promised_order(act: Act, command: PlaceOrder) -> PlaceOrder:
    """The order with the day, the way and the price that were promised for it.

    Raises InvalidInput when the promise was made for something else, and PromiseEnded unless the very same request was
    answered already.
    """
    if command.promise is None:
        return command
    promised = await opened(act, command.promise, path="promise")
    if wrong := _misfit(command, promised) or _unlike(command, promised):
        raise InvalidInput([InputProblem("promise", "OTHER_ORDER", wrong)])
    if act.key is None or not await IdempotencyKey.exists(id=act.key_id()):
        check_stands(act, promised)
    kept = await keeping.keep(replace(act, key=None), promised, command.customer_id, command.cart)
    is_bound = promised.method is Method.SAME_DAY
    lines = [replace(line, location_id=promised.location_id) if is_bound else line for line in command.lines]
    return replace(
        command,
        lines=tuple(lines),
        shipping_address=_located(command, promised),
        shipping_minor=command.shipping_minor or promised.price_minor,
        promised_date=promised.latest_on,
        promise_id=kept,
        allow_backorder=command.allow_backorder and not is_bound,
        deliver_together=_together(promised),
    )


def _together(promised: Promised) -> Together | None:
    if promised.wait_days is None:
        return None
    return Together(location_id=promised.location_id, wait_days=promised.wait_days)


def _misfit(command: PlaceOrder, promised: Promised) -> str | None:
    wanted: dict[UUID, int] = {}
    for line in command.lines:
        wanted[line.variant_id] = wanted.get(line.variant_id, 0) + line.quantity
    if command.channel_id != promised.channel_id or wanted != dict(promised.wanted):
        return "It was promised for other goods or in another channel."
    store = promised.location_id if promised.method is Method.PICKUP else None
    if any(line.pickup_location_id != store for line in command.lines):
        return "It was promised by another way, or to be collected elsewhere."
    address = command.shipping_address
    if address is None or store is not None:
        return None
    if not promised.goes_to(address.country, address.postal_code):
        return "It was promised for another address."
    return None


def _unlike(command: PlaceOrder, promised: Promised) -> str | None:
    """What was promised without one delivery cannot have one: its days are others."""
    if command.deliver_together is None:
        return None
    if promised.wait_days is None:
        return "It was not promised to be delivered together."
    if command.deliver_together.location_id not in (None, promised.location_id):
        return "It was promised to come together elsewhere."
    return None


def _located(command: PlaceOrder, promised: Promised) -> Any:
    """Where the promise took the address to be, so that routing sees it in the same place."""
    address = command.shipping_address
    if address is None or address.latitude is not None:
        return address
    return replace(address, latitude=promised.latitude, longitude=promised.longitude)
