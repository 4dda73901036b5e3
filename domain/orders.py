"""Words about orders that rules and tables share."""

from enum import StrEnum


class OrderOrigin(StrEnum):
    """Who made the order, whatever the channel."""

    CUSTOMER = "customer"
    STAFF = "staff"
    PARTNER = "partner"
    IMPORT = "import"
    SIMULATION = "simulation"


class FulfilmentMethod(StrEnum):
    SHIP = "ship"
    PICKUP = "pickup"


class AddressKind(StrEnum):
    SHIPPING = "shipping"
    BILLING = "billing"


class ConfirmationPolicy(StrEnum):
    """When a placed order may be released: at once, when its total is authorised, or when somebody confirms it."""

    AUTOMATIC = "automatic"
    ON_AUTHORIZATION = "on_authorization"
    MANUAL = "manual"


class Capability(StrEnum):
    """What a location can do for an order."""

    SHIP = "ship"
    PICKUP = "pickup"
    RECEIVE = "receive"
    RETURNS = "returns"
    HAZMAT = "hazmat"


class PickupStock(StrEnum):
    """What an order for collection at a location may be served from (Spree Commerce `pickup_stock_policy`)."""

    LOCAL = "local"
    """What lies there."""
    ANY = "any"
    """What lies there, and what other locations have: it is brought there (ship to store)."""
