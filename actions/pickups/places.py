"""Where units go that cannot be collected where they should: another counter, or an address."""

from collections.abc import Mapping
from uuid import UUID

from actions import reference
from actions.acting import Act
from actions.changing import OrderChange
from actions.geocoding import located
from domain.orders import AddressKind, FulfilmentMethod
from domain.placing.commands import Address
from domain.placing.validation import address_problems
from domain.promising.promise import Promised
from domain.routing.values import Method
from domain.validation import Checks
from models import CustomerAddress, ExcludedLocation, Order, OrderAddress, PickupQuestion
from models.db import Fetching

COMPARED = ("name", "line1", "line2", "city", "region", "postal_code", "country")


def in_one(change: OrderChange, question: PickupQuestion) -> Mapping[UUID, int]:
    """Units by line of one of what the question counts: of a line's units, or of kits."""
    for kit in change.kits:
        if kit.id == question.kit_id:
            return kit.in_one
    return {question.line_id: 1}


def variant_of(change: OrderChange, question: PickupQuestion) -> UUID:
    """What the question is about: a line's variant, or the kit."""
    for kit in change.kits:
        if kit.id == question.kit_id:
            return kit.variant_id
    return change.lines[question.line_id].variant_id


async def check_place(
    act: Act, change: OrderChange, question: PickupQuestion, location_id: UUID | None, checks: Checks
) -> None:
    """Notes what speaks against collecting there, but for stock."""
    network = await reference.network(Fetching, act.organization_id)
    site = network.sites.get(location_id) if location_id else None
    path, lines = "pickup_location_id", list(in_one(change, question))
    if site is None or not network.channels[change.order.channel_id].allows(site.id):
        checks.note(path, "UNKNOWN_LOCATION", "Name a location of this channel.")
    elif not site.offers(FulfilmentMethod.PICKUP):
        checks.note(path, "NO_PICKUP", "Nothing can be picked up at this location.")
    elif await ExcludedLocation.filter(line_id__in=lines, location_id=site.id, until__gt=act.now).exists():
        checks.note(path, "GAVE_IT_BACK", "This location gave the units back: name another one.")


async def address_to_ship_to(
    change: OrderChange, given: Address | None, checks: Checks | None = None
) -> Address | None:
    """The order's, else the given one, else the customer's by default; None when nobody knows one.

    Notes an address that cannot be used, is missing, or is not the one that the order ships to already.
    """
    checks = checks or Checks()
    known = await OrderAddress.get_or_none(order_id=change.order.id, kind=AddressKind.SHIPPING)
    if known is not None:
        if given is not None and _comparable(given) != _comparable(_address(known)):
            said = "Other units of the order ship to another address already: leave it out, or choose otherwise."
            checks.note("shipping_address", "OTHER_ADDRESS", said)
        return _address(known)
    if given is None and change.order.customer_id is not None:
        usual = CustomerAddress.filter(customer_id=change.order.customer_id, is_default_shipping=True)
        found = await usual.order_by("id").first()
        given = _address(found) if found else None
    if given is None:
        checks.note("shipping_address", "REQUIRED", "Units that ship need an address to ship to.")
        return None
    checks.problems.extend(address_problems("shipping_address", given))
    return given


def check_option(
    order: Order, promised: Promised, address: Address, wanted: Mapping[UUID, int], checks: Checks
) -> None:
    """Notes what an option was not offered for: these goods in this order, shipped, to this address."""
    is_fitting = (promised.channel_id, promised.currency) == (order.channel_id, order.currency)
    if not is_fitting or dict(promised.wanted) != wanted:
        checks.note("option", "OTHER_ORDER", "It was offered for other goods or in another channel.")
    elif promised.method is not Method.SHIP or promised.wait_days is not None:
        checks.note(
            "option", "OTHER_WAY", "It was offered for goods that are not shipped by a carrier's usual service."
        )
    elif not promised.goes_to(address.country, address.postal_code):
        checks.note("option", "OTHER_ADDRESS", "It was offered for another address.")


async def keep_address(change: OrderChange, address: Address | None) -> None:
    """The order's copy, unless it has one."""
    assert address is not None, "what ships has an address"
    if await OrderAddress.exists(order_id=change.order.id, kind=AddressKind.SHIPPING):
        return
    address = located(address)
    values = {name: getattr(address, name) for name in Address.__slots__}
    await OrderAddress.create(order_id=change.order.id, kind=AddressKind.SHIPPING, **values)


def _address(row: OrderAddress | CustomerAddress) -> Address:
    return Address(**{name: getattr(row, name) for name in Address.__slots__})


def _comparable(address: Address) -> tuple[str, ...]:
    return tuple(" ".join(getattr(address, name).casefold().split()) for name in COMPARED)
