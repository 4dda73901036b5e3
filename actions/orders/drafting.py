"""Drafts: orders somebody is still writing. They are priced, and hold no stock until they are placed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from actions import reference, routing
from actions.acting import Act, action
from actions.backordering.waits import check_limits
from actions.changing import OrderChange, lock_order, save
from actions.forwarding import asking
from actions.orders import external
from actions.orders.confirming import confirm_if_authorized
from actions.orders.kits import WRITE_KITS, with_components
from actions.orders.placing import NUMBER_PREFIX
from actions.orders.reading import NUMBERS, read_buyers, read_goods_and_kits
from actions.orders.rows import WRITE, FirstUnits, NewOrder, Rows
from actions.substituting import consents
from actions.swift_ids import swift_maker
from domain.errors import InvalidInput
from domain.facts import FactKind
from domain.lifecycle import Action, UnitStatus
from domain.merging import Merge
from domain.orders import AddressKind, ConfirmationPolicy
from domain.placing.commands import Address, OrderedLine, PlaceOrder, Together
from domain.placing.decision import Decided, Market, price
from domain.placing.kits import OrderedKit, Sold
from domain.placing.validation import problems, shape_problems
from domain.routing.rules.values import DecisionKind
from models import Order, OrderAddress, OrderMerge
from models.db import Fetching, execute

LATER: Final = frozenset({"shippingAddress"})
"""What a draft may lack until it is placed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceDraft:
    order_id: UUID
    expected_version: int | None = None


@action
async def draft(act: Act, command: PlaceOrder) -> UUID:
    """Keep the order as a draft at today's prices; the first order of a known external id. Nothing is reserved.

    Raises InvalidInput and ExternalIdReused.
    """
    named = (command.channel_id, command.external_id) if command.external_id else None
    content = external.content_of(command) if named else None
    first = (await external.first_orders(Fetching, [named])).get(named) if named else None
    if named and first:
        return first.sent_again(named[1], content or "")
    market, command, kits = await _checked(act, command, later=LATER)
    goods = [market.goods_of(line.variant_id) for line in command.lines]
    buyers = await read_buyers(Fetching, [command.customer_id] if command.customer_id else [])
    buyer = buyers[command.customer_id] if command.customer_id else None
    rows = Rows(swift_maker())
    [numbered] = await Fetching.fetch(NUMBERS, 1)
    new = NewOrder(
        id=rows.make_id(),
        act=act,
        command=command,
        channel=market.channel,
        number=f"{NUMBER_PREFIX}{numbered['nextval']}",
        decided=Decided(goods, price(command, goods, market), [], [], [], kits=kits),
        line_ids=[rows.make_id() for _ in command.lines],
        units=[FirstUnits(at, UnitStatus.DRAFT, None, line.quantity) for at, line in enumerate(command.lines)],
        customer_name=command.customer_name or (buyer.name if buyer else ""),
        customer_email=command.customer_email or (buyer.email if buyer else None),
        kind=FactKind.ORDER_DRAFTED,
    )
    if wish := command.deliver_together:
        new.merge = Merge.asked(act.now, wish.wait_days, wish.location_id)
    rows.add(new)
    await execute(WRITE, rows.parameters([], act))
    if named:
        await execute(external.KEEP, external.kept([external.First(new.id, content)]))
    await consents.write(new)
    await asking.write(new)
    if rows.kits:
        await execute(WRITE_KITS, rows.kits.parameters())
    return new.id


@action
async def place_draft(act: Act, command: PlaceDraft) -> UUID:
    """Check the draft again, place it at its prices and route it; what has no stock becomes backordered.

    Raises NotFound, Conflict, IllegalTransition when it is no draft any more, InvalidInput, and BackorderLimitExceeded.
    """
    change = await lock_order(act, command.order_id, command.expected_version)
    for units in change.units():
        change.move(Action.PLACE, units.place, units.quantity)
    market, _, _ = await _checked(act, await _as_ordered(change), later=frozenset())
    order = change.order
    is_confirmed = market.channel.confirmation is ConfirmationPolicy.AUTOMATIC
    order.placed_at, order.confirmed_at = act.now, act.now if is_confirmed else None
    await Order.filter(id=order.id).update(placed_at=order.placed_at, confirmed_at=order.confirmed_at)
    change.record(FactKind.ORDER_PLACED, confirmed=is_confirmed)
    await confirm_if_authorized(act, change)
    await routing.route(act, change, DecisionKind.PLACED)
    await check_limits(act, change)
    await save(act, [change])
    return order.id


async def _checked(
    act: Act, command: PlaceOrder, *, later: frozenset[str]
) -> tuple[Market, PlaceOrder, Sequence[OrderedKit]]:
    """What it is decided against, and the command with lines of components in the place of its kits."""
    network = await reference.network(Fetching, act.organization_id)
    channel = network.channels.get(command.channel_id)
    wanted = {(line.variant_id, command.channel_id) for line in command.lines}
    goods, kits = await read_goods_and_kits(Fetching, wanted)
    buyers = await read_buyers(Fetching, [command.customer_id] if command.customer_id else [])
    found = shape_problems(command) + problems(command, channel, network, goods, buyers)
    wrong = [each for each in found if each.path not in later]
    if wrong or channel is None:
        raise InvalidInput(wrong)
    command, ordered = with_components(command, Sold(channel.id, goods, kits))
    return Market(channel, network, goods, {}), command, ordered


async def _as_ordered(change: OrderChange) -> PlaceOrder:
    """The draft as the command that would place it."""
    order = change.order
    merge = await OrderMerge.get_or_none(order_id=order.id)
    addresses = {each.kind: _address(each) for each in await OrderAddress.filter(order_id=order.id)}
    return PlaceOrder(
        channel_id=order.channel_id,
        lines=_ordered_lines(change),
        external_id=order.external_id,
        customer_id=order.customer_id,
        customer_name=order.customer_name,
        customer_email=order.customer_email,
        shipping_address=addresses.get(AddressKind.SHIPPING),
        billing_address=addresses.get(AddressKind.BILLING),
        deliver_together=Together(location_id=merge.location_id, wait_days=merge.wait_days) if merge else None,
    )


def _ordered_lines(change: OrderChange) -> tuple[OrderedLine, ...]:
    lines: Sequence[OrderedLine] = [
        OrderedLine(
            variant_id=line.variant_id,
            quantity=line.quantity,
            unit_price_minor=line.unit_price_minor,
            method=line.method,
            pickup_location_id=line.pickup_location_id,
        )
        for line in change.lines.values()
    ]
    return tuple(lines)


def _address(row: OrderAddress) -> Address:
    return Address(**{name: getattr(row, name) for name in Address.__slots__})
