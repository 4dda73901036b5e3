"""What is asked for: an order, a draft, a cart's reservation. Plain values, checked by `validation`."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from domain.merging import DEFAULT_WAIT_DAYS
from domain.orders import FulfilmentMethod, OrderOrigin


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where goods or bills go. Without coordinates the distance to it is unknown and every location seems far."""

    name: str
    line1: str
    city: str
    country: str
    line2: str = ""
    region: str = ""
    postal_code: str = ""
    phone: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedLine:
    """`unit_price_minor` None means the channel's price; `discount_minor` is off the whole line, before tax rules.

    With `location_id`, only that location may serve the line. `allow_substitutes`: where it cannot be served, automatic
    substitutes may be sent for it.
    """

    variant_id: UUID
    quantity: int
    unit_price_minor: int | None = None
    discount_minor: int = 0
    method: FulfilmentMethod = FulfilmentMethod.SHIP
    pickup_location_id: UUID | None = None
    location_id: UUID | None = None
    allow_substitutes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """What ships of an order leaves in one delivery: from the location, or from where that costs least.

    What has come there waits so many days for the rest.
    """

    location_id: UUID | None = None
    wait_days: int = DEFAULT_WAIT_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder:
    """One order as the channel hands it in; amounts in minor units of the channel's currency.

    `cart` names the reservations that become this order's allocations. Without `allow_backorder` an order that cannot be
    served whole from stock is refused. `promise` is the option that the customer chose, sealed as it was offered;
    `promise_id` is what is kept of it.
    """

    channel_id: UUID
    lines: tuple[OrderedLine, ...]
    origin: OrderOrigin = OrderOrigin.CUSTOMER
    external_id: str | None = None
    customer_id: UUID | None = None
    customer_name: str = ""
    customer_email: str | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    order_discount_minor: int = 0
    shipping_minor: int = 0
    cart: str | None = None
    requested_date: date | None = None
    promised_date: date | None = None
    allow_backorder: bool = True
    promise: str | None = None
    promise_id: UUID | None = None
    deliver_together: Together | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CartLine:
    """With `location_id`, the units are kept there or not at all; `pickup_location_id` is where they will be collected."""

    variant_id: UUID
    quantity: int
    method: FulfilmentMethod = FulfilmentMethod.SHIP
    location_id: UUID | None = None
    pickup_location_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveCart:
    """Keep exactly these units for the cart: more is added, less is given back, what is not named is released.

    The kept units expire after the channel's time to live, counted anew from now. Customer, country and region are for
    choosing routing rules, as an order's are; without coordinates the postal code's are taken.
    """

    channel_id: UUID
    cart: str
    lines: tuple[CartLine, ...]
    customer_id: UUID | None = None
    country: str = ""
    region: str = ""
    postal_code: str = ""
    latitude: float | None = None
    longitude: float | None = None
