"""Kits: sold as one, made of several; what their components cost, and how many whole ones stand where.

A kit has no stock of its own. When it is ordered it becomes lines of its components, which everything after that works
on; its price is shared among them once, so that no later refund has to share it again.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, TypeVar

from domain.lifecycle import RANK, UnitStatus
from domain.money import split

MAX_COMPONENTS: Final = 20
MAX_UNITS_EACH: Final = 999
"""Units of one component in one kit."""

Key = TypeVar("Key")


class Share(NamedTuple):
    """One component line of a kit: `discount_minor` is off the whole line, cents that a unit price cannot say included."""

    unit_price_minor: int
    discount_minor: int


class ToShare(NamedTuple):
    """Units in one kit, and what a unit costs by itself; None where it is not sold alone."""

    units: int
    price_minor: int | None


def shared_price(kits: int, unit_price_minor: int, discount_minor: int, parts: Sequence[ToShare]) -> list[Share]:
    """The components' lines of so many kits: together they cost what the kits cost less their discount, to the cent.

    One kit's price is split by what its components cost alone, by largest remainder, so that every kit is shared alike.
    Components that are not sold alone weigh like the cheapest that is; if none is, every unit weighs the same.
    """
    of_one = split(unit_price_minor, weights(parts))
    amounts = [kits * amount for amount in of_one]
    discounts = split(min(discount_minor, sum(amounts)), amounts)
    shares = []
    for part, amount, discount in zip(parts, of_one, discounts, strict=True):
        each = -(-amount // part.units)
        shares.append(Share(each, kits * (each * part.units - amount) + discount))
    return shares


def weights(parts: Sequence[ToShare]) -> list[int]:
    stand_in = min((part.price_minor for part in parts if part.price_minor is not None), default=1)
    found = [part.units * (stand_in if part.price_minor is None else part.price_minor) for part in parts]
    return found if any(found) else [part.units for part in parts]


def whole_kits(units: Mapping[Key, int], in_one: Mapping[Key, int]) -> int:
    """How many kits can be put together of so many units of each component."""
    return min(units.get(each, 0) // needed for each, needed in in_one.items())


class Come(NamedTuple):
    """Units of a component: those that arrived undamaged and that somebody waited for, and those that never will."""

    arrived: int
    lost: int


def kits_come(units: Mapping[Key, Come], in_one: Mapping[Key, int]) -> Come | None:
    """Of kits under way so many are there whole, and so many can never be; what is still under way makes whole ones.

    None where part of a kit is there and the rest of it still to come.
    """
    whole = whole_kits({each: come.arrived for each, come in units.items()}, in_one)
    broken = max(-(-units[each].lost // needed) for each, needed in in_one.items())
    is_apart = any(sum(units[each]) > (whole + broken) * needed for each, needed in in_one.items())
    return None if is_apart else Come(whole, broken)


def standing_kits(
    standing: Mapping[Key, Mapping[UnitStatus, int]], in_one: Mapping[Key, int], kits: int
) -> dict[UnitStatus, int]:
    """In which status how many kits stand: a kit is as far as the component of it that is least far.

    `standing` has every unit of every component's line. The counts sum to `kits`.
    """
    present = sorted({status for at in standing.values() for status in at}, key=RANK.__getitem__)
    found: dict[UnitStatus, int] = {}
    reached = kits
    for status, further in zip(present, [*present[1:], None], strict=True):
        beyond = 0
        if further is not None:
            so_far = {
                each: sum(units for at, units in standing.get(each, {}).items() if RANK[at] >= RANK[further])
                for each in in_one
            }
            beyond = whole_kits(so_far, in_one)
        if reached > beyond:
            found[status] = reached - beyond
        reached = beyond
    return found
