"""Which vendor is asked to ship what nobody has, and when.

Orders are chained to purchase orders: the vendor ships to the customer. Source: IBM Sterling Order Management, "Drop-ship"
and "Chained orders"; a vendor that declined a line is not asked for it again (HotWax `ExcludedOrderFacility`).

A kit is asked for whole, of one vendor that sells all of its components: else it would reach the customer in halves.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
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


class WaitingKits(NamedTuple):
    """So many kits wait, one of which has so many units of each line; the lines name their variants."""

    kits: int
    in_one: Mapping[UUID, int]
    variants: Mapping[UUID, UUID]


def share(waiting: Sequence[Waiting], offers: Iterable[Offer], kits: Sequence[WaitingKits] = ()) -> list[Asked]:
    """Who is asked for what, the vendors in their turn, each for as much as it takes; the rest goes on waiting.

    Kits come first, so that single units do not take from them what a vendor has; each goes to one vendor, whole.
    """
    in_turn = sorted(offers, key=lambda each: (each.turn, each.id))
    asked: list[Asked] = []
    for each_kit in kits:
        asked += _share_kits(each_kit, in_turn, asked)
    left = {each.line_id: each.quantity for each in waiting}
    for offer in in_turn:
        able = [each for each in waiting if each.variant_id == offer.variant_id and each.line_id not in offer.declined]
        wanted = sum(left[each.line_id] for each in able)
        before = _taken(offer, asked)
        taken = wanted if offer.maximum is None else min(wanted, offer.maximum - before)
        if before + taken < offer.minimum:
            continue
        for each in able:
            units = min(taken, left[each.line_id])
            if units:
                asked.append(Asked(offer, each.line_id, units))
                left[each.line_id] -= units
                taken -= units
    return asked


def _share_kits(wanted: WaitingKits, in_turn: Sequence[Offer], asked: Sequence[Asked]) -> list[Asked]:
    """A vendor's turn is that of the component whose turn comes last."""
    found: list[Asked] = []
    left = wanted.kits
    vendors: dict[UUID, dict[UUID, Offer]] = {}
    for offer in in_turn:
        able = [line for line, variant in wanted.variants.items() if variant == offer.variant_id]
        for line_id in able:
            if line_id not in offer.declined:
                # Whoever comes again goes behind those who are complete already.
                vendors[offer.vendor_id] = {**vendors.pop(offer.vendor_id, {}), line_id: offer}
    for of_lines in vendors.values():
        if of_lines.keys() != wanted.in_one.keys():
            continue
        kits = _kits_from(wanted, of_lines, [*asked, *found], left)
        left -= kits
        found += [Asked(offer, line, kits * wanted.in_one[line]) for line, offer in of_lines.items() if kits]
    return found


def _kits_from(wanted: WaitingKits, of_lines: Mapping[UUID, Offer], asked: Sequence[Asked], most: int) -> int:
    """How many of the kits the vendor takes; none where that is less of a component than it ships."""
    kits, least = most, 0
    for line_id, offer in of_lines.items():
        units, before = wanted.in_one[line_id], _taken(offer, asked)
        if offer.maximum is not None:
            kits = min(kits, max(0, offer.maximum - before) // units)
        least = max(least, -(-(offer.minimum - before) // units))
    return kits if kits >= least else 0


def _taken(offer: Offer, asked: Iterable[Asked]) -> int:
    return sum(each.quantity for each in asked if each.offer is offer)
