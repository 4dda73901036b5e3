"""What a cart shall keep, against what it keeps already."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from domain.errors import InputProblem, InsufficientStock, InvalidInput
from domain.orders import FulfilmentMethod
from domain.placing.commands import OrderedLine, ReserveCart
from domain.placing.decision import Market, missing_skus, plan_lines
from domain.placing.kits import NO_KITS, Kits, Sold, exploded, kit_problems
from domain.placing.validation import MAX_LINES, MAX_QUANTITY, pickup_problems, position_problems
from domain.placing.world import Kept, Shelf
from domain.routing.rules.choosing import ANYBODY, Asker

MAX_CART: Final = 64


@dataclass(frozen=True, slots=True)
class KeptChange:
    """The cart keeps `after` units on the shelf from now on; `kept` is what it kept there before, if anything."""

    shelf: Shelf
    kept: Kept | None
    after: int

    @property
    def delta(self) -> int:
        return self.after - (self.kept.quantity if self.kept else 0)


def plan_cart(
    command: ReserveCart, market: Market, kept: Sequence[Kept], asker: Asker = ANYBODY, *, kits: Kits = NO_KITS
) -> list[KeptChange]:
    """Take and give back units on the locked shelves; raises InvalidInput or InsufficientStock with nothing changed.

    Of `asker` the segment and the moment count; country and region are the command's. For `kits` their components are
    kept, so many of each at one location as make whole kits.
    """
    if problems := cart_problems(command, market, kits):
        raise InvalidInput(problems)
    own = {(each.shelf.variant_id, each.shelf.location_id): each for each in kept}
    asked = [
        OrderedLine(
            variant_id=line.variant_id,
            quantity=line.quantity,
            method=FulfilmentMethod.PICKUP if line.pickup_location_id else line.method,
            pickup_location_id=line.pickup_location_id,
            location_id=line.location_id,
        )
        for line in command.lines
    ]
    lines, ordered = exploded(asked, Sold(market.channel.id, market.goods, kits)) if kits else (tuple(asked), ())
    asker = asker._replace(country=command.country, region=command.region)
    plan = plan_lines(lines, (command.latitude, command.longitude), market, own, asker, kits=ordered)
    if plan.unserved:
        raise InsufficientStock(missing_skus(plan, [market.goods_of(line.variant_id) for line in lines], ordered))
    wanted: dict[tuple[UUID, UUID], int] = {}
    for line, _, location_id, quantity in plan.assignments:
        place = (lines[line].variant_id, location_id)
        wanted[place] = wanted.get(place, 0) + quantity
    changes = [
        KeptChange(market.shelves[variant_id][location_id], own.get((variant_id, location_id)), quantity)
        for (variant_id, location_id), quantity in wanted.items()
    ]
    changes += [KeptChange(each.shelf, each, 0) for place, each in own.items() if place not in wanted]
    for change in changes:
        change.shelf.available -= change.delta
        change.shelf.reserved_delta += change.delta
    return changes


def cart_problems(command: ReserveCart, market: Market, kits: Kits = NO_KITS) -> list[InputProblem]:
    found = []
    if not 1 <= len(command.cart) <= MAX_CART or "\x00" in command.cart:
        found.append(InputProblem("cart", "CART", f"A cart is named with 1 to {MAX_CART} characters."))
    if not market.channel.is_active:
        found.append(InputProblem("channelId", "CHANNEL_CLOSED", "This channel takes no orders now."))
    if len(command.lines) > MAX_LINES:
        found.append(InputProblem("lines", "LINE_COUNT", f"A cart has at most {MAX_LINES} lines."))
    for at, line in enumerate(command.lines[:MAX_LINES]):
        goods = market.goods.get((line.variant_id, market.channel.id))
        if goods is None or goods.organization_id != market.channel.organization_id or not goods.is_active:
            found.append(InputProblem(f"lines.{at}.variantId", "UNKNOWN_VARIANT", "There is no such variant for sale."))
        if not 1 <= line.quantity <= MAX_QUANTITY:
            found.append(InputProblem(f"lines.{at}.quantity", "QUANTITY", f"The quantity must be 1 to {MAX_QUANTITY}."))
        if line.pickup_location_id is not None:
            found += pickup_problems(f"lines.{at}", line.pickup_location_id, market.channel, market.network)
    found += position_problems("latitude", command.latitude, command.longitude)
    if kits:
        lines = [(line.variant_id, line.quantity) for line in command.lines]
        found += kit_problems(lines, Sold(market.channel.id, market.goods, kits))
    return found
