"""Which vendor is asked to ship what nobody has, and when.

Orders are chained to purchase orders: the vendor ships to the customer. Source: IBM Sterling Order Management, "Drop-ship"
and "Chained orders"; a vendor that declined a line is not asked for it again (HotWax `ExcludedOrderFacility`).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One vendor's for one variant. `lead_time_days` is the vendor's own where the offer has none.

    It takes from `minimum` to `maximum` units of an order, and none of the order lines in `declined`.
    """

    id: UUID
    vendor_id: UUID
    vendor_code: str
    location_id: UUID
    variant_id: UUID
    unit_cost_minor: int
    currency: str
    lead_time_days: int
    rank: int = 0
    minimum: int = 1
    maximum: int | None = None
    declined: Collection[UUID] = ()

    @property
    def turn(self) -> tuple[int, int, str]:
        """The merchant's rank, then the fastest; never a tie."""
        return self.rank, self.lead_time_days, self.vendor_code


class Waiting(NamedTuple):
    line_id: UUID
    variant_id: UUID
    quantity: int


class Asked(NamedTuple):
    offer: Offer
    line_id: UUID
    quantity: int


def share(waiting: Sequence[Waiting], offers: Iterable[Offer]) -> list[Asked]:
    """Who is asked for what, the vendors in their turn, each for as much as it takes; the rest goes on waiting."""
    left = {each.line_id: each.quantity for each in waiting}
    asked = []
    for offer in sorted(offers, key=lambda each: (each.turn, each.id)):
        able = [each for each in waiting if each.variant_id == offer.variant_id and each.line_id not in offer.declined]
        wanted = sum(left[each.line_id] for each in able)
        taken = wanted if offer.maximum is None else min(wanted, offer.maximum)
        if taken < offer.minimum:
            continue
        for each in able:
            units = min(taken, left[each.line_id])
            if units:
                asked.append(Asked(offer, each.line_id, units))
                left[each.line_id] -= units
                taken -= units
    return asked
