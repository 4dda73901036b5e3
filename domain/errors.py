"""Every way a business rule can say no.

DomainError
├── InvalidInput          what was sent cannot be used; lists every problem with its path
├── NotFound              there is no such thing, or the caller may not see it
├── Forbidden             the caller may not do this to that
├── Conflict              the thing changed since it was read
├── KeyReused             an idempotency key was used before with other arguments
├── ExternalIdReused      the channel's own number stands for another order
├── Overloaded            too much is waiting; try again
├── IllegalTransition     units cannot move so
├── BlockedByHold         a hold stops this
├── InsufficientStock     fewer units are free than wanted
├── BackorderLimitExceeded  no more units of a variant may wait for stock
├── StockCommitted        units are promised to orders and cannot be taken away
├── CountChanged          there are not as many units as the caller counted on
├── ReservationEnded      the cart's hold expired, was released or was used
├── PromiseEnded          what was offered does not stand any more; ask anew
├── NoVendor              no vendor ships to the customer what the order waits for
├── NotPaid               the order's payment does not cover this
├── PaymentRefused        the gateway declined
├── PaymentUnknown        the gateway did not answer; the outcome will be found out
├── CarrierRefused        the carrier does not take the parcel, or the label back
├── CarrierUnknown        the carrier did not answer; it will be asked again
├── AmountExceeded        more money than there is to move
└── AlreadyExists         a unique name is taken
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

MOST_LISTED: Final = 4
"""Statuses that a sentence lists; of more the refusal has the list, and the sentence says what is in the way."""


class DomainError(Exception):
    """A refusal the caller can act on; anything else is a bug. `code` is stable and machine-readable."""

    code: ClassVar[str]


@dataclass(frozen=True, slots=True)
class InputProblem:
    """`path` leads to the input field, dots and list positions: `lines.2.quantity`."""

    path: str
    code: str
    message: str


def located(path: str, message: str) -> str:
    """The message behind its path; what is wrong with all that was sent has none."""
    return f"{path}: {message}" if path else message


class InvalidInput(DomainError):
    code = "INVALID_INPUT"

    def __init__(self, problems: Sequence[InputProblem]) -> None:
        super().__init__(" ".join(located(problem.path, problem.message) for problem in problems))
        self.problems = tuple(problems)


class NotFound(DomainError):
    code = "NOT_FOUND"

    """`key` is how it was named, as data: most are ids, which say nothing to a reader."""

    def __init__(self, kind: str, key: object) -> None:
        super().__init__(f"The {kind} was not found; there is none, or it belongs to somebody else.")
        self.kind, self.key = kind, key


class Forbidden(DomainError):
    code = "FORBIDDEN"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Conflict(DomainError):
    code = "CONFLICT"

    def __init__(self, kind: str, expected_version: int, actual_version: int) -> None:
        super().__init__(
            f"The {kind} was changed: you expected version {expected_version}, it is now {actual_version}. Read it again."
        )
        self.kind, self.expected_version, self.actual_version = kind, expected_version, actual_version


class KeyReused(DomainError):
    code = "KEY_REUSED"

    def __init__(self, key: str) -> None:
        super().__init__(f"The idempotency key {key!r} was used before with other arguments. Use a new key.")
        self.key = key


class ExternalIdReused(DomainError):
    code = "EXTERNAL_ID_REUSED"

    def __init__(self, external_id: str) -> None:
        super().__init__(
            f"The channel placed another order as {external_id!r} before. Send that again, or use a new id."
        )
        self.external_id = external_id


class Overloaded(DomainError):
    code = "OVERLOADED"

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} commands are waiting already. Try again with the same idempotency key.")
        self.waiting = waiting


class IllegalTransition(DomainError):
    code = "ILLEGAL_TRANSITION"

    def __init__(self, action: str, was: str, allowed_from: Sequence[str]) -> None:
        wanted = (
            "" if len(allowed_from) > MOST_LISTED else "; it must be " + " or ".join(allowed_from).replace("_", " ")
        )
        super().__init__(f"Cannot {action} what is {was.replace('_', ' ')}{wanted}.")
        self.action, self.was, self.allowed_from = action, was, tuple(allowed_from)


class BlockedByHold(DomainError):
    code = "BLOCKED_BY_HOLD"

    def __init__(self, action: str, kinds: Sequence[str]) -> None:
        why = f"held for {', '.join(kinds)}. Resolve the hold first." if kinds else "the order is held."
        super().__init__(f"Cannot {action}: {why}")
        self.action, self.kinds = action, tuple(kinds)


class InsufficientStock(DomainError):
    code = "INSUFFICIENT_STOCK"

    def __init__(self, missing: Mapping[str, int]) -> None:
        listed = ", ".join(f"{units} × {sku}" for sku, units in sorted(missing.items()))
        super().__init__(f"Not enough stock: {listed} short.")
        self.missing = dict(missing)


class BackorderLimitExceeded(DomainError):
    code = "BACKORDER_LIMIT_EXCEEDED"

    def __init__(self, left: Mapping[str, int]) -> None:
        listed = ", ".join(f"{units} × {sku}" for sku, units in sorted(left.items()))
        super().__init__(f"Not so many units may wait for stock: at most {listed} more. Order fewer.")
        self.left = dict(left)


class StockCommitted(DomainError):
    code = "STOCK_COMMITTED"

    def __init__(self, sku: str, committed: int, on_hand: int) -> None:
        super().__init__(
            f"There would be {on_hand} units of {sku} for {committed} that are committed to orders and carts, set aside, "
            "damaged or held back. Let the location decline or short-pick those orders first."
        )
        self.sku, self.committed, self.on_hand = sku, committed, on_hand


class CountChanged(DomainError):
    code = "COUNT_CHANGED"

    def __init__(self, sku: str, expected_on_hand: int, actual_on_hand: int) -> None:
        super().__init__(
            f"You expected {expected_on_hand} units of {sku} on hand, there are {actual_on_hand}. Count again."
        )
        self.sku, self.expected_on_hand, self.actual_on_hand = sku, expected_on_hand, actual_on_hand


class ReservationEnded(DomainError):
    code = "RESERVATION_ENDED"

    def __init__(self, cart: str) -> None:
        super().__init__(f"Nothing is reserved for cart {cart!r} any more. Reserve again.")
        self.cart = cart


class PromiseEnded(DomainError):
    code = "PROMISE_ENDED"

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason} Ask for a new promise.")
        self.reason = reason


class NoVendor(DomainError):
    code = "NO_VENDOR"

    def __init__(self, skus: Sequence[str]) -> None:
        super().__init__(
            f"No vendor that may be asked ships so few or so many of {', '.join(skus)} to customers. Make an offer known first."
        )
        self.skus = tuple(skus)


class NotPaid(DomainError):
    code = "NOT_PAID"

    def __init__(self, needed_minor: int, covered_minor: int, currency: str) -> None:
        super().__init__(f"{needed_minor} {currency} minor units are needed, {covered_minor} are covered.")
        self.needed_minor, self.covered_minor, self.currency = needed_minor, covered_minor, currency


class PaymentRefused(DomainError):
    code = "PAYMENT_REFUSED"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The payment was declined: {reason}.")
        self.reason = reason


class PaymentUnknown(DomainError):
    code = "PAYMENT_UNKNOWN"

    def __init__(self, reference: str) -> None:
        super().__init__(f"The gateway did not answer for {reference!r}. It will be asked again; do not pay twice.")
        self.reference = reference


class CarrierRefused(DomainError):
    code = "CARRIER_REFUSED"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The carrier refused: {reason}.")
        self.reason = reason


class CarrierUnknown(DomainError):
    code = "CARRIER_UNKNOWN"

    def __init__(self, reference: str) -> None:
        super().__init__(f"The carrier did not answer for {reference!r}. It will be asked again; do not buy twice.")
        self.reference = reference


class AmountExceeded(DomainError):
    code = "AMOUNT_EXCEEDED"

    def __init__(self, wanted_minor: int, available_minor: int, currency: str) -> None:
        super().__init__(
            f"{wanted_minor} {currency} minor units are more than the {available_minor} that can be moved."
        )
        self.wanted_minor, self.available_minor, self.currency = wanted_minor, available_minor, currency


class AlreadyExists(DomainError):
    code = "ALREADY_EXISTS"

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"There is {'an' if kind[0] in 'aeiou' else 'a'} {kind} {key!r} already.")
        self.kind, self.key = kind, key
