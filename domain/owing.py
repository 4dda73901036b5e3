"""What of an order is owed when: nothing for what still lies there, all that left, never what was cancelled.

Money is captured when goods leave (IBM Sterling: the shipment starts settlement). Shipping is charged in full with the
first shipment and is not owed when everything was cancelled. A line's units are worth their `pricing.unit_shares`, those
that were cancelled the first of them, as their facts tell; the remainder goes with the last unit of all, so that what
left and what was cancelled add up to the line whatever happened first.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.payments import PaymentAmounts


@dataclass(frozen=True, slots=True, kw_only=True)
class LineStanding:
    """How many of a line's units left and how many were cancelled; the others may still go either way."""

    quantity: int
    total_minor: int
    left: int
    cancelled: int


def shipped_minor(lines: Iterable[LineStanding], shipping_minor: int) -> int:
    """What may be captured by now, in all. `shipping_minor` includes its tax."""
    lines = list(lines)
    goods = sum(_left_minor(line) for line in lines)
    return goods + shipping_minor if any(line.left for line in lines) else goods


def cancelled_minor(lines: Iterable[LineStanding], shipping_minor: int) -> int:
    """What is no longer owed: the cancelled units, and shipping once nothing else is left."""
    lines = list(lines)
    goods = sum(_first_units_minor(line, line.cancelled) for line in lines)
    return goods + shipping_minor if all(line.cancelled == line.quantity for line in lines) else goods


def is_finished(lines: Iterable[LineStanding]) -> bool:
    """Nothing is left to ship."""
    return all(line.left + line.cancelled == line.quantity for line in lines)


def granted_minor(total_minor: int, cancelled: int, amounts: PaymentAmounts) -> int:
    """What is not owed of the total: what was cancelled, and refunds given for other reasons.

    A refund of what was captured for cancelled units is not counted a second time.
    """
    given_back = amounts.refunded_minor + amounts.refund_pending_minor
    explained = min(given_back, max(0, amounts.captured_minor - (total_minor - cancelled)))
    return cancelled + given_back - explained


def _left_minor(line: LineStanding) -> int:
    if line.left and line.left + line.cancelled == line.quantity:
        return line.total_minor - _first_units_minor(line, line.cancelled)
    return _first_units_minor(line, line.left)


def _first_units_minor(line: LineStanding, units: int) -> int:
    """What the first `units` of a line cost: the last unit of all takes the remainder."""
    return line.total_minor if units == line.quantity else units * (line.total_minor // line.quantity)
