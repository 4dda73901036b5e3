"""What a caller may be allowed to do, and which roles allow it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Permission(StrEnum):
    READ_CATALOGUE = "read_catalogue"
    READ_AVAILABILITY = "read_availability"
    READ_ORGANIZATION = "read_organization"
    READ_ORDERS = "read_orders"
    READ_PRIVATE_NOTES = "read_private_notes"
    READ_CUSTOMERS = "read_customers"
    READ_CONTACTS = "read_contacts"
    READ_STOCK = "read_stock"
    READ_FULFILMENTS = "read_fulfilments"
    READ_PAYMENTS = "read_payments"
    READ_STAFF = "read_staff"
    READ_ROUTING = "read_routing"
    PLACE_ORDERS = "place_orders"
    CHANGE_ORDERS = "change_orders"
    CANCEL_ORDERS = "cancel_orders"
    CONFIRM_ORDERS = "confirm_orders"
    PROPOSE_SUBSTITUTES = "propose_substitutes"
    ANSWER_SUBSTITUTES = "answer_substitutes"
    HOLD_ORDERS = "hold_orders"
    RELEASE_ORDERS = "release_orders"
    WRITE_NOTES = "write_notes"
    RESERVE_STOCK = "reserve_stock"
    CHANGE_STOCK = "change_stock"
    TRANSFER_STOCK = "transfer_stock"
    CHANGE_QUOTAS = "change_quotas"
    COUNT_STOCK = "count_stock"
    APPROVE_COUNTS = "approve_counts"
    READ_PURCHASING = "read_purchasing"
    CHANGE_PURCHASING = "change_purchasing"
    FULFIL = "fulfil"
    RECORD_TRACKING = "record_tracking"
    HANDLE_PAYMENTS = "handle_payments"
    CHANGE_CUSTOMERS = "change_customers"
    CHANGE_OWN_PROFILE = "change_own_profile"
    CHANGE_CATALOGUE = "change_catalogue"
    CHANGE_ORGANIZATION = "change_organization"
    CHANGE_ROUTING = "change_routing"


class Role(StrEnum):
    ADMIN = "admin"
    AGENT = "agent"
    STORE_ASSOCIATE = "store_associate"
    WAREHOUSE = "warehouse"
    PARTNER = "partner"
    CUSTOMER = "customer"
    ANONYMOUS = "anonymous"


_P = Permission
_PUBLIC: Final = frozenset({_P.READ_CATALOGUE, _P.READ_AVAILABILITY})
_AT_A_LOCATION: Final = _PUBLIC | {
    _P.READ_ORGANIZATION,
    _P.READ_ORDERS,
    _P.READ_STOCK,
    _P.READ_FULFILMENTS,
    _P.CHANGE_STOCK,
    _P.TRANSFER_STOCK,
    _P.COUNT_STOCK,
    _P.READ_PURCHASING,
    _P.FULFIL,
    _P.RECORD_TRACKING,
    _P.WRITE_NOTES,
    _P.PROPOSE_SUBSTITUTES,
}

PERMISSIONS_OF: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.ADMIN: frozenset(Permission),
    Role.AGENT: frozenset(Permission)
    - {
        _P.CHANGE_ORGANIZATION,
        _P.CHANGE_CATALOGUE,
        _P.CHANGE_STOCK,
        _P.TRANSFER_STOCK,
        _P.CHANGE_QUOTAS,
        _P.COUNT_STOCK,
        _P.APPROVE_COUNTS,
        _P.READ_PURCHASING,
        _P.CHANGE_PURCHASING,
        _P.FULFIL,
        _P.READ_STAFF,
        _P.CHANGE_ROUTING,
    },
    Role.STORE_ASSOCIATE: _AT_A_LOCATION | {_P.READ_CUSTOMERS, _P.READ_CONTACTS, _P.PLACE_ORDERS, _P.RESERVE_STOCK},
    Role.WAREHOUSE: _AT_A_LOCATION,
    # A partner's key names its scopes; these are the most it can be given.
    Role.PARTNER: frozenset(Permission)
    - {
        _P.CHANGE_ORGANIZATION,
        _P.READ_STAFF,
        _P.READ_PRIVATE_NOTES,
        _P.CHANGE_ROUTING,
        _P.CHANGE_QUOTAS,
        _P.CHANGE_OWN_PROFILE,
    },
    Role.CUSTOMER: _PUBLIC
    | {
        _P.READ_ORDERS,
        _P.READ_CUSTOMERS,
        _P.READ_CONTACTS,
        _P.READ_PAYMENTS,
        _P.PLACE_ORDERS,
        _P.CANCEL_ORDERS,
        _P.ANSWER_SUBSTITUTES,
        _P.RESERVE_STOCK,
        _P.CHANGE_OWN_PROFILE,
        _P.WRITE_NOTES,
    },
    Role.ANONYMOUS: _PUBLIC,
}
