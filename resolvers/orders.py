"""Orders: what can be done next, what was cancelled, and what callers may decide for themselves when they place one."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from strawberry import Parent

from actions.acting import Act
from actions.desk import Desk
from actions.orders import recalling
from actions.orders.noting import AddNote
from actions.orders.recalling import AnswerCancellation
from actions.substituting import at_once
from domain.errors import Forbidden
from domain.fulfilment import OTHER_WAY
from domain.holds import HoldKind, stopped_by
from domain.lifecycle import Action, UnitStatus, available_actions
from domain.orders import FulfilmentMethod, OrderOrigin
from domain.permissions import Permission
from domain.placing.commands import PlaceOrder
from domain.pricing import PricedLine, units_cost
from domain.viewer import Audience, Viewer
from models import CancellationRequest, Order, OrderLine
from models.merging import WAITED_FOR
from models.orders import NoteVisibility
from resolvers.carts import check_own
from resolvers.context import Info
from resolvers.fulfilment import check_locations, is_confined
from resolvers.promising.choosing import promised_order
from resolvers.sources import Sql

ORIGIN_OF = {
    Audience.ADMIN: OrderOrigin.STAFF,
    Audience.AGENT: OrderOrigin.STAFF,
    Audience.LOCATION: OrderOrigin.STAFF,
    Audience.PARTNER: OrderOrigin.PARTNER,
    Audience.CUSTOMER: OrderOrigin.CUSTOMER,
}
PRICE_MAKERS = frozenset({Audience.ADMIN, Audience.AGENT, Audience.PARTNER})
"""Who may give another price, discount or shipping than the channel's."""

_STANDS = f"s.line_id || ' ' || s.status || ' ' || l.method || coalesce(' ' || ({WAITED_FOR}), '')"
STANDING = Sql(
    f"(SELECT array_agg(DISTINCT {_STANDS})"
    " FROM line_status s JOIN order_lines l ON l.id = s.line_id WHERE s.order_id = {row}.id)"
)
STANDING_OF_LINE = Sql(
    f"(SELECT array_agg(DISTINCT {_STANDS})"
    " FROM line_status s JOIN order_lines l ON l.id = s.line_id WHERE s.line_id = {row}.id)"
)
HELD = Sql(
    "(SELECT array_agg(coalesce(h.line_id::text, '') || ' ' || h.kind)"
    " FROM holds h WHERE h.order_id = {row}.id AND h.status <> 'resolved')"
)
HELD_LINE = Sql(
    "(SELECT array_agg(coalesce(h.line_id::text, '') || ' ' || h.kind) FROM holds h"
    " WHERE h.order_id = {row}.order_id AND (h.line_id IS NULL OR h.line_id = {row}.id) AND h.status <> 'resolved')"
)
CONFIRMED = Sql("(SELECT o.confirmed_at IS NOT NULL FROM orders o WHERE o.id = {row}.order_id)")
CANCELLED = Sql(
    "(SELECT array_agg(ARRAY[l.quantity, l.total_minor, l.tax_minor, c.units]) FROM order_lines l JOIN ("
    " SELECT s.line_id, sum(s.quantity) AS units FROM line_status s"
    " WHERE s.order_id = {row}.id AND s.status = 'cancelled' GROUP BY s.line_id) c ON c.line_id = l.id)"
)


async def actions_of_order(root: Parent[Order], info: Info) -> list[Action]:
    standing = await info.context.loaders.computed(STANDING, root)
    held = await info.context.loaders.computed(HELD, root)
    return _possible(standing, held, is_confirmed=root.confirmed_at is not None, now=info.context.clock())


async def actions_of_line(root: Parent[OrderLine], info: Info) -> list[Action]:
    loaders = info.context.loaders
    is_confirmed = await loaders.computed(CONFIRMED, root)
    possible = _possible(
        await loaders.computed(STANDING_OF_LINE, root),
        await loaders.computed(HELD_LINE, root),
        is_confirmed=is_confirmed,
        now=info.context.clock(),
    )
    return [action for action in possible if action is not Action.CONFIRM]


async def cancelled_minor(order: Order, info: Info) -> int:
    """What the cancelled units of an order were billed at, tax included."""
    cancelled = await info.context.loaders.computed(CANCELLED, order)
    return sum(_cost(*row) for row in cancelled or ())


async def place(act: Act, desk: Desk, viewer: Viewer, command: PlaceOrder) -> UUID:
    if command.cart is not None:
        await check_own(viewer, command.cart, command.customer_id)
    return await at_once.place(act, desk, await promised_order(act, command))


async def answer_cancellation(act: Act, viewer: Viewer, command: AnswerCancellation) -> UUID:
    """Raises Forbidden when the request is another location's to answer."""
    if is_confined(viewer):
        asked = CancellationRequest.filter(id=command.request_id).values_list("fulfilment__location_id", flat=True)
        check_locations(viewer, await asked)
    return await recalling.answer_cancellation(act, command)


def as_ordered_by(viewer: Viewer, command: PlaceOrder) -> PlaceOrder:
    """The order as this viewer may place it: customers for themselves, at the channel's prices. Raises Forbidden."""
    if viewer.audience not in PRICE_MAKERS and _makes_prices(command):
        raise Forbidden("You cannot set prices, discounts or shipping.")
    if viewer.audience is Audience.CUSTOMER:
        if command.customer_id not in (None, viewer.customer_id):
            raise Forbidden("You can order only for yourself.")
        if command.promised_date is not None:
            raise Forbidden("You cannot promise yourself a date: give the date you wish.")
        if command.external_id is not None:
            raise Forbidden("The external id is the channel's own number for the order; you cannot choose it.")
        if command.deliver_together is not None and command.deliver_together.location_id is not None:
            raise Forbidden("You can ask for one delivery, but not from where.")
        command = replace(command, customer_id=viewer.customer_id)
    return replace(command, origin=ORIGIN_OF[viewer.audience])


def as_noted_by(viewer: Viewer, command: AddNote) -> AddNote:
    """Who cannot read private notes writes public ones, whatever was asked for."""
    if Permission.READ_PRIVATE_NOTES in viewer.permissions:
        return command
    return replace(command, visibility=NoteVisibility.PUBLIC)


def _makes_prices(command: PlaceOrder) -> bool:
    by_line = any(line.unit_price_minor is not None or line.discount_minor for line in command.lines)
    return by_line or bool(command.order_discount_minor or command.shipping_minor)


def _possible(standing: list[str] | None, held: list[str] | None, *, is_confirmed: bool, now: datetime) -> list[Action]:
    """`standing` says "line status method" and `held` "line kind", the line empty where the whole order is held.

    What waits for the rest of its order says until which second.
    """
    statuses: defaultdict[tuple[str, FulfilmentMethod, bool], set[UnitStatus]] = defaultdict(set)
    for text in standing or ():
        line, status, method, *until = text.split(" ")
        waits = any(now.timestamp() < float(second) for second in until)
        statuses[line, FulfilmentMethod(method), waits].add(UnitStatus(status))
    holds = [text.partition(" ") for text in held or ()]
    possible: set[Action] = set()
    for (line, method, waits), present in statuses.items():
        stopped = stopped_by(HoldKind(kind) for at, _, kind in holds if at in ("", line)) | OTHER_WAY[method]
        if waits:
            stopped |= {Action.RELEASE}
        possible.update(available_actions(present, stopped, is_confirmed=is_confirmed))
    return [action for action in Action if action in possible]


def _cost(quantity: int, total_minor: int, tax_minor: int, cancelled: Any) -> int:
    line = PricedLine(quantity, 0, 0, 0, 0, total_minor - tax_minor, tax_minor, total_minor)
    return units_cost(line, already=0, units=int(cancelled)).total_minor
