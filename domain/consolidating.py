"""Which parcels could be one: what goes from one place, the same way, on the same day, to one person at one address.

Orders share a parcel only when nobody learns of another's: all have the same recipient's name at the address, or all are
one customer's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Generic, TypeVar
from uuid import UUID

from domain.shipping_rates import Rate

T = TypeVar("T")

MOST_GRAMS_TOGETHER: Final = 30_000
"""What one person lifts, and what parcel carriers take (UPS 70 lb, DHL 31.5 kg), rounded down."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Comparable: capitals and blanks make no other person and no other address."""

    customer_id: UUID | None
    name: str
    address: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """How and when it leaves: by the carrier's service that was promised, if one was, on the day it has to."""

    location_id: UUID
    carrier: str | None
    service: str | None
    ship_on: date | None


@dataclass(frozen=True, slots=True)
class Piece(Generic[T]):
    """Something to pack, or packed and not shipped: of one order or of several that share it already."""

    thing: T
    recipients: tuple[Recipient, ...]
    orders: frozenset[UUID]
    way: Way
    weight_grams: int
    rate: Rate

    @property
    def price_minor(self) -> int:
        return self.rate.price_minor(self.weight_grams)


@dataclass(frozen=True, slots=True)
class Consolidation(Generic[T]):
    """Pieces of at least two orders that could be one parcel, and what that would cost by the rate card."""

    pieces: tuple[Piece[T], ...]

    @property
    def weight_grams(self) -> int:
        return sum(piece.weight_grams for piece in self.pieces)

    @property
    def separately_minor(self) -> int:
        return sum(piece.price_minor for piece in self.pieces)

    @property
    def together_minor(self) -> int:
        return self.pieces[0].rate.price_minor(self.weight_grams)

    @property
    def saving_minor(self) -> int:
        return self.separately_minor - self.together_minor


def recipient(customer_id: UUID | None, name: str, address: Iterable[str]) -> Recipient:
    return Recipient(customer_id, _plain(name), tuple(_plain(part) for part in address))


def are_one(recipients: Sequence[Recipient]) -> bool:
    """Whether what is sent to these may share a parcel."""
    if len({each.address for each in recipients}) != 1:
        return False
    customers = {each.customer_id for each in recipients}
    return len({each.name for each in recipients}) == 1 or (len(customers) == 1 and None not in customers)


def consolidations(pieces: Sequence[Piece[T]]) -> list[Consolidation[T]]:
    """Each piece, in the given order, joins the first others that it may share a parcel with; the largest saving first.

    Only what saves something and brings several orders together is suggested.
    """
    parcels: list[list[Piece[T]]] = []
    for piece in pieces:
        for parcel in parcels:
            if _fits(piece, parcel):
                parcel.append(piece)
                break
        else:
            parcels.append([piece])
    found = [Consolidation(tuple(parcel)) for parcel in parcels]
    worth = [each for each in found if len(_orders(each.pieces)) > 1 and len(each.pieces) > 1 and each.saving_minor > 0]
    return sorted(worth, key=lambda each: -each.saving_minor)


def _fits(piece: Piece[T], parcel: Sequence[Piece[T]]) -> bool:
    recipients = [each for one in (*parcel, piece) for each in one.recipients]
    weight_grams = sum(one.weight_grams for one in parcel) + piece.weight_grams
    return parcel[0].way == piece.way and weight_grams <= MOST_GRAMS_TOGETHER and are_one(recipients)


def _orders(pieces: Iterable[Piece[T]]) -> set[UUID]:
    return {order for piece in pieces for order in piece.orders}


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
