"""A merchant with a card provider, and short words for what the tests of payments do."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from actions.acting import Act
from actions.gateways import Gateways
from actions.payments.adding import AddPayment, add_payment
from actions.payments.authorizing import AuthorizePayment, authorize
from actions.payments.capturing import CapturePayment, capture
from actions.payments.refunding import RefundPayment, refund
from domain.orders import ConfirmationPolicy
from domain.payments import Tender
from models import Order, Payment, PaymentEvent
from server.gateways import FakeGateway
from tests.actions.world import World, new_world


@dataclass
class Shop:
    world: World
    provider: FakeGateway = field(default_factory=FakeGateway)
    timeout_seconds: float = 2

    @property
    def gateways(self) -> Gateways:
        return Gateways({"cards": self.provider}, timeout_seconds=self.timeout_seconds)

    def act(self, key: str | None = None, *, after: timedelta = timedelta()) -> Act:
        act = self.world.act(key)
        return replace(act, now=act.now + after)

    async def order(self, **quantities: int) -> Order:
        return await self.world.order(**quantities)

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

    async def paid(self, *, token: str = "visa", **quantities: int) -> tuple[Order, Payment]:
        """An order, authorised in full on a card."""
        order = await self.order(**quantities)
        payment = await self.card(order, token)
        await self.authorize(order)
        return await fresh(order), await fresh(payment)


async def new_shop(confirmation: ConfirmationPolicy = ConfirmationPolicy.AUTOMATIC) -> Shop:
    return Shop(await new_world(confirmation=confirmation))


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
