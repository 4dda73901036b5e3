"""Add a way of paying to an order."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from actions.acting import Act, action
from actions.gateways import Gateways
from actions.payments.asking import MAX_PAYMENTS
from actions.payments.books import close_book, open_book
from domain.errors import InputProblem, InvalidInput
from domain.payments import Tender
from models import Payment

WITHOUT_PROVIDER: Final = frozenset({Tender.CASH, Tender.ACCOUNT})
"""Money that is counted by hand or billed later; every other tender has a provider that must be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPayment:
    """Charged in ascending `sequence`, never above `limit_minor`; `token` names the card or account at the provider."""

    order_id: UUID
    tender: Tender
    gateway: str = ""
    token: str = ""
    sequence: int = 0
    limit_minor: int | None = None
    expected_version: int | None = None


async def add_payment(act: Act, gateways: Gateways, command: AddPayment) -> UUID:
    """The payment's id. No money moves yet. Raises InvalidInput, NotFound or Conflict."""
    _check(gateways, command)
    return await _add(act, command)


@action
async def _add(act: Act, command: AddPayment) -> UUID:
    book = await open_book(act, command.order_id, expected_version=command.expected_version)
    if len(book.payments) >= MAX_PAYMENTS:
        raise InvalidInput([InputProblem("orderId", "TOO_MANY", f"An order has at most {MAX_PAYMENTS} payments.")])
    payment = Payment(
        organization_id=act.organization_id,
        order_id=command.order_id,
        tender=command.tender,
        gateway=command.gateway,
        token=command.token,
        sequence=command.sequence,
        limit_minor=command.limit_minor,
        currency=book.order.currency,
        created_at=act.now,
        version=0,
    )
    await payment.save(force_create=True)
    book.add(payment)
    await close_book(act, book)
    return payment.id


def _check(gateways: Gateways, command: AddPayment) -> None:
    problems = []
    if command.tender in WITHOUT_PROVIDER:
        if command.gateway:
            problems.append(InputProblem("gateway", "NOT_NEEDED", f"{command.tender} has no payment provider."))
    else:
        if command.gateway not in gateways.by_name:
            known = ", ".join(sorted(gateways.by_name)) or "none"
            problems.append(
                InputProblem("gateway", "UNKNOWN_GATEWAY", f"There is no {command.gateway!r}; there is {known}.")
            )
        if not command.token:
            problems.append(InputProblem("token", "MISSING", f"{command.tender} needs the provider's token."))
    if command.limit_minor is not None and command.limit_minor <= 0:
        problems.append(InputProblem("limit_minor", "TOO_SMALL", "A limit is more than nothing."))
    if problems:
        raise InvalidInput(problems)
