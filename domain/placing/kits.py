"""Kits in an order or a cart: what is wrong with them, the lines of their components, and how those are routed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple
from uuid import UUID

from domain.errors import InputProblem
from domain.kits import ToShare, shared_price
from domain.placing.commands import OrderedLine
from domain.placing.validation import MAX_LINES, MAX_QUANTITY
from domain.placing.world import Goods
from domain.routing.kits import Bundle


class Component(NamedTuple):
    """One kit has `quantity` units of the variant."""

    variant_id: UUID
    quantity: int


Kits = Mapping[UUID, Sequence[Component]]
"""By the kit's variant; empty where none of the goods is a kit."""
NO_KITS: Final[Kits] = {}


@dataclass(frozen=True, slots=True)
class OrderedKit:
    """Kits of one sort as they were ordered; `lines` are the positions of their components' lines."""

    goods: Goods
    quantity: int
    unit_price_minor: int
    discount_minor: int
    lines: tuple[int, ...]
    in_one: tuple[int, ...]

    @property
    def bundle(self) -> Bundle:
        return Bundle(self.goods.id, self.goods.category, self.quantity, self.lines, self.in_one)


@dataclass(frozen=True, slots=True)
class Sold:
    """The goods of one channel, with what the kits among them are made of; `goods` by (variant, channel)."""

    channel_id: UUID
    goods: Mapping[tuple[UUID, UUID], Goods]
    kits: Kits

    def of(self, variant_id: UUID) -> Goods:
        return self.goods[variant_id, self.channel_id]


def kit_problems(lines: Sequence[tuple[UUID, int]], sold: Sold) -> Iterator[InputProblem]:
    """`lines` are variants and quantities; what else is wrong with them is not asked here."""
    count = 0
    for at, (variant_id, quantity) in enumerate(lines):
        parts = sold.kits.get(variant_id)
        count += 1 if parts is None else len(parts)
        if parts is None:
            continue
        if not parts:
            yield InputProblem(f"lines.{at}.variantId", "NOT_FOR_SALE", "This kit is being changed: ask again.")
        for part in parts:
            component = sold.goods.get((part.variant_id, sold.channel_id))
            if component is None or not component.is_active:
                why = f"{component.sku if component else 'Something'} in this kit is not for sale any more."
                yield InputProblem(f"lines.{at}.variantId", "NOT_FOR_SALE", why)
            if quantity * part.quantity > MAX_QUANTITY:
                why = f"So many kits have more than {MAX_QUANTITY} units of a component."
                yield InputProblem(f"lines.{at}.quantity", "QUANTITY", why)
    if count > MAX_LINES:
        why = f"With the components of its kits it has {count} lines, and {MAX_LINES} are allowed."
        yield InputProblem("lines", "LINE_COUNT", why)


def exploded(lines: Sequence[OrderedLine], sold: Sold) -> tuple[tuple[OrderedLine, ...], tuple[OrderedKit, ...]]:
    """The lines with those of components in the place of their kits. The kits are sound, see `kit_problems`."""
    found: list[OrderedLine] = []
    kits = []
    for line in lines:
        parts = sold.kits.get(line.variant_id)
        if not parts:
            found.append(line)
            continue
        goods = sold.of(line.variant_id)
        price = line.unit_price_minor if line.unit_price_minor is not None else goods.price_minor or 0
        first = len(found)
        found += _component_lines(line, price, parts, sold)
        kits.append(
            OrderedKit(
                goods=goods,
                quantity=line.quantity,
                unit_price_minor=price,
                discount_minor=min(line.discount_minor, line.quantity * price),
                lines=tuple(range(first, len(found))),
                in_one=tuple(part.quantity for part in parts),
            )
        )
    return tuple(found), tuple(kits)


def _component_lines(
    line: OrderedLine, unit_price_minor: int, parts: Sequence[Component], sold: Sold
) -> Iterator[OrderedLine]:
    to_share = [ToShare(part.quantity, sold.of(part.variant_id).price_minor) for part in parts]
    shares = shared_price(line.quantity, unit_price_minor, line.discount_minor, to_share)
    for part, share in zip(parts, shares, strict=True):
        yield replace(
            line,
            variant_id=part.variant_id,
            quantity=line.quantity * part.quantity,
            unit_price_minor=share.unit_price_minor,
            discount_minor=share.discount_minor,
        )
