"""A merchant with a card provider, and short words for what the tests of payments do."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from actions.acting import Act
from actions.gateways import Gateways
from actions.orders.cancelling import CancelledLine, CancelOrder, cancel
from actions.payments.adding import AddPayment, add_payment
from actions.payments.authorizing import AuthorizePayment, authorize
from actions.payments.capturing import CapturePayment, capture
from actions.payments.refunding import RefundPayment, refund
from domain.lifecycle import Action
from domain.orders import ConfirmationPolicy
from domain.payments import Tender
from models import Channel, Order, OrderLine, Payment, PaymentEvent
from server.gateways import FakeGateway
from tests.world import World, channel, furnish
from tests.world.orders import new_order, released, walk


@dataclass
class Shop:
    world: World
    provider: FakeGateway = field(default_factory=FakeGateway)
    timeout_seconds: float = 2
    channel: Channel | None = None

    @property
    def gateways(self) -> Gateways:
        return Gateways({"cards": self.provider}, timeout_seconds=self.timeout_seconds)

    def act(self, key: str | None = None, *, after: timedelta = timedelta()) -> Act:
        act = self.world.act(key)
        return replace(act, now=act.now + after)

    async def order(self, **options: Any) -> Order:
        """Units by SKU, 10.00 USD each."""
        return await new_order(self.world, channel=self.channel, **options)

    async def release(self, order: Order) -> None:
        await released(self.world, order)

    async def ship(self, order: Order, quantity: int | None = None) -> None:
        await walk(self.world, order, Action.ACCEPT, Action.PICK, Action.PACK, Action.SHIP, quantity=quantity)

    async def cancel(self, order: Order, quantity: int) -> None:
        """Units of its first line."""
        lines = await OrderLine.filter(order_id=order.id).order_by("position")
        line = CancelledLine(line_id=lines[0].id, quantity=quantity)
        await cancel(self.act(), CancelOrder(order_id=order.id, lines=(line,)))

    async def card(self, order: Order, token: str = "visa", **options: Any) -> Payment:
        command = AddPayment(order_id=order.id, tender=Tender.CARD, gateway="cards", token=token, **options)
        return await Payment.get(id=await add_payment(self.act(), self.gateways, command))

    async def cash(self, order: Order, **options: Any) -> Payment:
        command = AddPayment(order_id=order.id, tender=Tender.CASH, **options)
        return await Payment.get(id=await add_payment(self.act(), self.gateways, command))

    async def authorize(self, order: Order, **options: Any) -> None:
        await authorize(self.act(), self.gateways, AuthorizePayment(order_id=order.id, **options))

    async def capture(self, order: Order, **options: Any) -> None:
        await capture(self.act(), self.gateways, CapturePayment(order_id=order.id, **options))

    async def refund(self, order: Order, amount_minor: int, **options: Any) -> None:
        command = RefundPayment(order_id=order.id, amount_minor=amount_minor, **options)
        await refund(self.act(), self.gateways, command)

    async def paid(self, *, token: str = "visa", **options: Any) -> tuple[Order, Payment]:
        """An order, authorised in full on a card."""
        order = await self.order(**options)
        payment = await self.card(order, token)
        await self.authorize(order)
        return await fresh(order), await fresh(payment)


async def new_shop(confirmation: ConfirmationPolicy | None = None, **parts: Any) -> Shop:
    """With a confirmation policy, its orders come through a channel that has it."""
    world = await furnish()
    of_its_own = await channel(world, "CARD", confirmation=confirmation) if confirmation else None
    return Shop(world, channel=of_its_own, **parts)


async def fresh(row: Any) -> Any:
    return await type(row).get(pk=row.pk)


async def money(payment: Payment) -> dict[str, int]:
    """The amounts that are not nothing, by their first word."""
    now = await Payment.get(pk=payment.pk)
    names = [name for name in vars(now) if name.endswith("_minor") and name != "limit_minor"]
    return {name.removesuffix("_minor"): getattr(now, name) for name in names if getattr(now, name)}


async def words(order: Order) -> tuple[str, str]:
    now = await Order.get(pk=order.pk)
    return now.authorize_status.value, now.charge_status.value


async def kinds(payment: Payment) -> list[str]:
    return [
        event.kind.value for event in await PaymentEvent.filter(payment_id=payment.id).order_by("recorded_at", "id")
    ]
