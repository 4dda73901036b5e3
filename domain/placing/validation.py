"""Everything that is wrong with an order, all at once, each with the path of the input it is about.

`shape_problems` needs nothing but the command, so it is asked before the command queues; `problems` needs what the
command refers to.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final
from uuid import UUID

from domain.errors import InputProblem
from domain.merging import MOST_WAIT_DAYS
from domain.orders import FulfilmentMethod
from domain.placing.commands import Address, PlaceOrder, Together
from domain.placing.world import Buyer, ChannelTerms, Goods, Network

MAX_LINES: Final = 200
MAX_QUANTITY: Final = 99_999
MAX_AMOUNT_MINOR: Final = 10**12
MAX_TEXT: Final = 200
AMOUNT_MESSAGE: Final = "The amount must be at least 0 and not absurdly large."


def shape_problems(command: PlaceOrder) -> list[InputProblem]:
    """What is wrong with the command alone, whatever is known."""
    found = [*_of_order(command)]
    for at, line in enumerate(command.lines[:MAX_LINES]):
        if line.quantity < 1 or line.quantity > MAX_QUANTITY:
            message = f"The quantity must be 1 to {MAX_QUANTITY}."
            found.append(InputProblem(f"lines.{at}.quantity", "QUANTITY", message))
        if line.unit_price_minor is not None and not 0 <= line.unit_price_minor <= MAX_AMOUNT_MINOR:
            found.append(InputProblem(f"lines.{at}.unitPrice", "AMOUNT", AMOUNT_MESSAGE))
        if not 0 <= line.discount_minor <= MAX_AMOUNT_MINOR:
            found.append(InputProblem(f"lines.{at}.discount", "AMOUNT", AMOUNT_MESSAGE))
        if line.pickup_location_id is not None and line.method is not FulfilmentMethod.PICKUP:
            message = "Only a pickup line names a pickup location."
            found.append(InputProblem(f"lines.{at}.pickupLocationId", "NOT_PICKUP", message))
    found += _of_addresses(command)
    if command.deliver_together is not None:
        found += _of_waiting(command, command.deliver_together)
    return found


def problems(
    command: PlaceOrder,
    channel: ChannelTerms | None,
    network: Network,
    goods: Mapping[tuple[UUID, UUID], Goods],
    buyers: Mapping[UUID, Buyer],
) -> list[InputProblem]:
    """What is wrong with the command for what it refers to. `goods` by (variant, channel)."""
    if channel is None:
        return [InputProblem("channelId", "UNKNOWN_CHANNEL", "There is no such channel.")]
    found = []
    if not channel.is_active:
        found.append(InputProblem("channelId", "CHANNEL_CLOSED", "This channel takes no orders now."))
    if command.customer_id is not None:
        found += _of_buyer(buyers.get(command.customer_id), channel)
    for at, line in enumerate(command.lines[:MAX_LINES]):
        item = goods.get((line.variant_id, channel.id))
        if (
            item is None
            or item.organization_id != channel.organization_id
            or not item.is_active
            or (item.price_minor is None and line.unit_price_minor is None)
        ):
            found.append(_of_goods(f"lines.{at}.variantId", item, channel))
        if line.method is FulfilmentMethod.PICKUP:
            found += pickup_problems(f"lines.{at}", line.pickup_location_id, channel, network)
    if command.deliver_together is not None:
        found += [
            replace(each, path=f"deliverTogether.{each.path}")
            for each in merge_problems(command.deliver_together.location_id, channel, network)
        ]
    return found


def merge_problems(location_id: UUID | None, channel: ChannelTerms, network: Network) -> Iterator[InputProblem]:
    """What keeps an order of the channel from being delivered together from there; None is wherever that costs least."""
    if location_id is None:
        return
    site = network.sites.get(location_id)
    if site is None or not channel.allows(site.id):
        yield InputProblem("locationId", "UNKNOWN_LOCATION", "Name a location of this channel.")
    elif not site.offers(FulfilmentMethod.SHIP):
        yield InputProblem("locationId", "NO_SHIPPING", "Nothing is shipped from this location.")


def _of_order(command: PlaceOrder) -> Iterator[InputProblem]:
    if not 1 <= len(command.lines) <= MAX_LINES:
        yield InputProblem("lines", "LINE_COUNT", f"An order has 1 to {MAX_LINES} lines.")
    if command.external_id is not None and not command.external_id.strip():
        yield InputProblem("externalId", "REQUIRED", "Leave it out where the channel has no name for the order.")
    for path, amount in (("orderDiscount", command.order_discount_minor), ("shipping", command.shipping_minor)):
        if not 0 <= amount <= MAX_AMOUNT_MINOR:
            yield InputProblem(path, "AMOUNT", AMOUNT_MESSAGE)
    for path, text, longest in (
        ("externalId", command.external_id, 64),
        ("cart", command.cart, 64),
        ("customerName", command.customer_name, MAX_TEXT),
        ("customerEmail", command.customer_email, 254),
    ):
        yield from _of_text(path, text, longest)


def _of_buyer(buyer: Buyer | None, channel: ChannelTerms) -> Iterator[InputProblem]:
    if buyer is None or buyer.organization_id != channel.organization_id:
        yield InputProblem("customerId", "UNKNOWN_CUSTOMER", "There is no such customer.")
    elif buyer.is_blocked:
        yield InputProblem("customerId", "CUSTOMER_BLOCKED", "This customer may not order.")


def _of_goods(path: str, item: Goods | None, channel: ChannelTerms) -> InputProblem:
    if item is None or item.organization_id != channel.organization_id:
        return InputProblem(path, "UNKNOWN_VARIANT", "There is no such variant.")
    if not item.is_active:
        return InputProblem(path, "NOT_FOR_SALE", f"{item.sku} is not for sale any more.")
    return InputProblem(path, "NO_PRICE", f"{item.sku} has no price in this channel.")


def pickup_problems(
    path: str, location_id: UUID | None, channel: ChannelTerms, network: Network
) -> Iterator[InputProblem]:
    """What keeps goods of the channel from being collected there."""
    site = network.sites.get(location_id) if location_id else None
    if site is None or not channel.allows(site.id):
        yield InputProblem(f"{path}.pickupLocationId", "UNKNOWN_LOCATION", "Name a location of this channel.")
    elif not site.offers(FulfilmentMethod.PICKUP):
        yield InputProblem(f"{path}.pickupLocationId", "NO_PICKUP", "Nothing can be picked up at this location.")


def _of_waiting(command: PlaceOrder, together: Together) -> Iterator[InputProblem]:
    if not 1 <= together.wait_days <= MOST_WAIT_DAYS:
        message = f"What has come waits 1 to {MOST_WAIT_DAYS} days for the rest."
        yield InputProblem("deliverTogether.waitDays", "DAYS", message)
    if all(line.method is not FulfilmentMethod.SHIP for line in command.lines):
        yield InputProblem("deliverTogether", "NOTHING_SHIPS", "Only what ships is delivered together.")


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
    yield from position_problems(f"{path}.latitude", address.latitude, address.longitude)


def position_problems(path: str, latitude: float | None, longitude: float | None) -> Iterator[InputProblem]:
    if (latitude is None) != (longitude is None):
        yield InputProblem(path, "POSITION", "Give both latitude and longitude, or neither.")
    elif not (-90 <= (latitude or 0) <= 90 and -180 <= (longitude or 0) <= 180):
        yield InputProblem(path, "POSITION", "This position is nowhere on earth.")


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
