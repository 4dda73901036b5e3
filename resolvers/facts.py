"""What of a fact's details a viewer may read: nothing that a field would not tell them."""

from typing import Any, Final

from strawberry import Parent

from domain.facts import FactKind
from domain.permissions import Permission
from models import LoggedFact
from resolvers.context import Info

PAYMENT_WORDS: Final = frozenset({"authorize_status", "charge_status"})
WORDS_OF_ORDERS: Final = frozenset({"number", "version", "status", "lines", "moves", "confirmed"})
"""What a payment's fact says of the order; the rest of it is about the payment."""


def details(root: Parent[LoggedFact], info: Info) -> Any:
    if Permission.READ_PAYMENTS in info.context.viewer.permissions:
        return root.payload
    if root.kind == FactKind.PAYMENT_CHANGED:
        return {name: value for name, value in root.payload.items() if name in WORDS_OF_ORDERS}
    return {name: value for name, value in root.payload.items() if name not in PAYMENT_WORDS}
