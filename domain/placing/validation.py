"""Everything that is wrong with an order, all at once, each with the path of the input it is about."""

from collections.abc import Iterator, Mapping
from typing import Final
from uuid import UUID

from domain.errors import InputProblem
from domain.orders import FulfilmentMethod
from domain.placing.commands import Address, OrderedLine, PlaceOrder
from domain.placing.world import Buyer, ChannelTerms, Goods, Network

MAX_LINES: Final = 200
MAX_QUANTITY: Final = 99_999
MAX_AMOUNT_MINOR: Final = 10**12
MAX_TEXT: Final = 200


def problems(
    command: PlaceOrder,
    channel: ChannelTerms | None,
    network: Network,
    goods: Mapping[tuple[UUID, UUID], Goods],
    buyers: Mapping[UUID, Buyer],
) -> list[InputProblem]:
    """Empty when the order can be decided. `goods` by (variant, channel)."""
    if channel is None:
        return [InputProblem("channelId", "UNKNOWN_CHANNEL", "There is no such channel.")]
    found = [*_of_order(command, channel, buyers)]
    for at, line in enumerate(command.lines[:MAX_LINES]):
        found += _of_line(f"lines.{at}", line, goods.get((line.variant_id, channel.id)), channel, network)
    found += _of_addresses(command)
    return found


def _of_order(command: PlaceOrder, channel: ChannelTerms, buyers: Mapping[UUID, Buyer]) -> Iterator[InputProblem]:
    if not channel.is_active:
        yield InputProblem("channelId", "CHANNEL_CLOSED", "This channel takes no orders now.")
    if not 1 <= len(command.lines) <= MAX_LINES:
        yield InputProblem("lines", "LINE_COUNT", f"An order has 1 to {MAX_LINES} lines.")
    if command.customer_id is not None:
        buyer = buyers.get(command.customer_id)
        if buyer is None or buyer.organization_id != channel.organization_id:
            yield InputProblem("customerId", "UNKNOWN_CUSTOMER", "There is no such customer.")
        elif buyer.is_blocked:
            yield InputProblem("customerId", "CUSTOMER_BLOCKED", "This customer may not order.")
    for path, amount in (("orderDiscount", command.order_discount_minor), ("shipping", command.shipping_minor)):
        if not 0 <= amount <= MAX_AMOUNT_MINOR:
            yield InputProblem(path, "AMOUNT", "The amount must be at least 0 and not absurdly large.")
    texts = (("externalId", command.external_id, 64), ("cart", command.cart, 64))
    for path, text, longest in (*texts, ("customerName", command.customer_name, MAX_TEXT)):
        yield from _of_text(path, text, longest)
    yield from _of_text("customerEmail", command.customer_email, 254)


def _of_line(
    path: str, line: OrderedLine, goods: Goods | None, channel: ChannelTerms, network: Network
) -> Iterator[InputProblem]:
    if goods is None or goods.organization_id != channel.organization_id:
        yield InputProblem(f"{path}.variantId", "UNKNOWN_VARIANT", "There is no such variant.")
        return
    if not goods.is_active:
        yield InputProblem(f"{path}.variantId", "NOT_FOR_SALE", f"{goods.sku} is not for sale any more.")
    if goods.price_minor is None and line.unit_price_minor is None:
        yield InputProblem(f"{path}.variantId", "NO_PRICE", f"{goods.sku} has no price in this channel.")
    if not 1 <= line.quantity <= MAX_QUANTITY:
        yield InputProblem(f"{path}.quantity", "QUANTITY", f"The quantity must be 1 to {MAX_QUANTITY}.")
    if line.unit_price_minor is not None and not 0 <= line.unit_price_minor <= MAX_AMOUNT_MINOR:
        yield InputProblem(f"{path}.unitPrice", "AMOUNT", "The price must be at least 0 and not absurdly large.")
    if not 0 <= line.discount_minor <= MAX_AMOUNT_MINOR:
        yield InputProblem(f"{path}.discount", "AMOUNT", "The discount must be at least 0 and not absurdly large.")
    if line.method is FulfilmentMethod.PICKUP:
        yield from _of_pickup(path, line, channel, network)
    elif line.pickup_location_id is not None:
        yield InputProblem(f"{path}.pickupLocationId", "NOT_PICKUP", "Only a pickup line names a pickup location.")


def _of_pickup(path: str, line: OrderedLine, channel: ChannelTerms, network: Network) -> Iterator[InputProblem]:
    site = network.sites.get(line.pickup_location_id) if line.pickup_location_id else None
    if site is None or not channel.allows(site.id):
        yield InputProblem(f"{path}.pickupLocationId", "UNKNOWN_LOCATION", "Name a location of this channel.")
    elif not site.offers(FulfilmentMethod.PICKUP):
        yield InputProblem(f"{path}.pickupLocationId", "NO_PICKUP", "Nothing can be picked up at this location.")


def _of_addresses(command: PlaceOrder) -> Iterator[InputProblem]:
    ships = any(line.method is FulfilmentMethod.SHIP for line in command.lines)
    if ships and command.shipping_address is None:
        yield InputProblem("shippingAddress", "REQUIRED", "Lines that ship need an address to ship to.")
    if command.shipping_address is not None:
        yield from address_problems("shippingAddress", command.shipping_address)
    if command.billing_address is not None:
        yield from address_problems("billingAddress", command.billing_address)


def address_problems(path: str, address: Address) -> Iterator[InputProblem]:
    for name in ("name", "line1", "city"):
        text = getattr(address, name)
        if not text.strip():
            yield InputProblem(f"{path}.{name}", "REQUIRED", "This must not be empty.")
        yield from _of_text(f"{path}.{name}", text, 100 if name == "city" else MAX_TEXT)
    for name, longest in (("line2", MAX_TEXT), ("region", 100), ("postal_code", 20), ("phone", 32)):
        yield from _of_text(f"{path}.{_camel(name)}", getattr(address, name), longest)
    if not (len(address.country) == 2 and address.country.isascii() and address.country.isupper()):
        yield InputProblem(f"{path}.country", "COUNTRY", "Give the country as two capital letters (ISO 3166-1).")
    if (address.latitude is None) != (address.longitude is None):
        yield InputProblem(f"{path}.latitude", "POSITION", "Give both latitude and longitude, or neither.")
    elif not (-90 <= (address.latitude or 0) <= 90 and -180 <= (address.longitude or 0) <= 180):
        yield InputProblem(f"{path}.latitude", "POSITION", "This position is nowhere on earth.")


def _of_text(path: str, text: str | None, longest: int) -> Iterator[InputProblem]:
    if text is None:
        return
    if len(text) > longest:
        yield InputProblem(path, "TOO_LONG", f"At most {longest} characters.")
    if "\x00" in text:
        yield InputProblem(path, "BAD_CHARACTER", "NUL characters cannot be stored.")


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
