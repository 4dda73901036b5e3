"""Customers as clients see them, their address book, and how it is changed."""

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry
from strawberry import UNSET
from strawberry.scalars import JSON

import models
from actions import customers as book
from domain.errors import AlreadyExists, Forbidden
from domain.permissions import Permission
from resolvers import customers
from resolvers.visible import CUSTOMERS, PARTS_OF_CUSTOMERS
from schema.enums import ContactKind, CustomerKind
from schema.fields import column, connection, find, graph, many, root, via
from schema.filters import equals, matches
from schema.inputs import given, ref
from schema.later import Order
from schema.mutations import action
from schema.nodes import Node
from schema.order_lists import OrderFilter, OrderSort
from schema.values import Connection, Money

CONTACTS = Permission.READ_CONTACTS


@graph(models.CustomerAddress, "An address in a customer's book.", scope=PARTS_OF_CUSTOMERS, needs=CONTACTS)
class CustomerAddress(Node):
    label: str = column("What the customer calls it, such as home.")
    name: str = column("Who lives or works there.")
    line1: str = column("Street and number.")
    line2: str = column("What else finds the door.")
    city: str = column("City.")
    region: str = column("State, province or region.")
    postal_code: str = column("Postal code.")
    country: str = column("ISO 3166 code of the country.")
    phone: str | None = column("A phone number for the carrier.")
    latitude: float | None = column("Degrees north, where the place is known.")
    longitude: float | None = column("Degrees east, where the place is known.")
    is_default_shipping: bool = column("Whether parcels go there unless told.")
    is_default_billing: bool = column("Whether bills go there unless told.")
    version: int = column("Counts its changes.")


@graph(models.CustomerContact, "A way to reach a customer.", scope=PARTS_OF_CUSTOMERS, needs=CONTACTS)
class CustomerContact(Node):
    kind: ContactKind = column("By what way.")
    value: str = column("The address or number.")
    is_opted_in: bool = column("Whether it may be used for more than the customer's orders.")


@graph(models.Customer, "Someone who orders.", scope=CUSTOMERS, needs=Permission.READ_CUSTOMERS)
class Customer(Node):
    number: str = column("The number by which people know the customer.")
    kind: CustomerKind = column("A person or a company.")
    name: str = column("What the customer is called.")
    email: str | None = column("Where confirmations go.", needs=CONTACTS)
    phone: str | None = column("Where to call.", needs=CONTACTS)
    locale: str = column("Language and region, such as en-US.")
    segment: str = column("The group the merchant counts the customer to.")
    preferences: JSON = column("What the customer prefers, as the channels wrote it.")
    is_blocked: bool = column("Whether new orders are refused.")
    created_at: datetime = column("Since when the customer is known.")
    version: int = column("Counts changes of profile, addresses and contacts together.")
    addresses: list[CustomerAddress] = many("The address book.", order_by="id")
    contacts: list[CustomerContact] = many("Ways to reach the customer.", order_by="kind")
    orders: Connection[Order] = connection("What was ordered.", sort=OrderSort, where=OrderFilter)
    order_count: int = via(
        "How many orders you may see, without drafts and cancelled ones.",
        customers.order_count,
        needs=Permission.READ_ORDERS,
    )
    volume: list[Money] = via(
        "What those orders come to, in each currency.", customers.volume, needs=Permission.READ_ORDERS
    )


@strawberry.enum(description="How customers may be listed.")
class CustomerSort(Enum):
    NAME = "name"
    NUMBER = "number"
    NEWEST = "-created_at"


@strawberry.input(description="Which customers.")
class CustomerFilter:
    number: str | None = equals("number")
    name: str | None = matches("name")
    email: str | None = matches("email", needs=CONTACTS)
    phone: str | None = matches("phone", needs=CONTACTS)


@root
class CustomerQueries:
    customer: Customer | None = find("The customer with this id.")
    customer_by_number: Customer | None = find("The customer with this number.", number=str)
    customers: Connection[Customer] = connection("Customers you may see.", sort=CustomerSort, where=CustomerFilter)


@strawberry.input(description="An address as a customer writes it.")
class AddressInput:
    name: str = given("Who lives or works there.")
    line1: str = given("Street and number.")
    line2: str | None = given("What else finds the door.", default=UNSET)
    city: str = given("City.", at_most=100)
    region: str | None = given("State, province or region.", default=UNSET, at_most=100)
    postal_code: str | None = given("Postal code; in the US it puts the address on the map.", default=UNSET, at_most=20)
    country: str = given("ISO 3166 code of the country.", at_most=2)
    phone: str | None = given("A phone number for the carrier.", default=UNSET, at_most=32)
    label: str | None = given("What the customer calls it, such as home.", default=UNSET, at_most=64)
    latitude: float | None = given("Degrees north, if known better.", default=UNSET)
    longitude: float | None = given("Degrees east, if known better.", default=UNSET)
    is_default_shipping: bool | None = given("Whether parcels go there unless told.", default=UNSET)
    is_default_billing: bool | None = given("Whether bills go there unless told.", default=UNSET)


@strawberry.input(description="A new customer.")
class CreateCustomerInput:
    name: str = given("What the customer is called.")
    number: str | None = given("A number known elsewhere; the next free one if silent.", default=UNSET, at_most=64)
    kind: CustomerKind | None = given("A person unless told.", default=UNSET)
    email: str | None = given("Where confirmations go.", default=UNSET, at_most=254)
    phone: str | None = given("Where to call.", default=UNSET, at_most=32)
    locale: str | None = given("Language and region; en-US unless told.", default=UNSET, at_most=16)
    segment: str | None = given("The group the merchant counts the customer to.", default=UNSET, at_most=64)
    preferences: JSON | None = given("What the customer prefers, an object.", default=UNSET)
    addresses: list[AddressInput] | None = given("The first addresses.", default=UNSET, at_most=book.MAX_ADDRESSES)


WHOM = "The customer."
VERSION = "The version you read; refused if it has changed since."


@strawberry.input(description="A customer's profile; what is silent stays.")
class UpdateCustomerInput:
    customer_id: strawberry.ID = ref(WHOM, "Customer")
    name: str | None = given("What the customer is called.", default=UNSET)
    kind: CustomerKind | None = given("A person or a company; for the merchant to say.", default=UNSET)
    email: str | None = given("Where confirmations go; null for nowhere.", default=UNSET, at_most=254)
    phone: str | None = given("Where to call; null for nowhere.", default=UNSET, at_most=32)
    locale: str | None = given("Language and region, such as en-US.", default=UNSET, at_most=16)
    segment: str | None = given("The customer's group; for the merchant to say.", default=UNSET, at_most=64)
    preferences: JSON | None = given("All that the customer prefers, an object.", default=UNSET)
    expected_version: int | None = given(VERSION, default=UNSET)


@strawberry.input(description="Which customer.")
class OneCustomerInput:
    customer_id: strawberry.ID = ref(WHOM, "Customer")
    expected_version: int | None = given(VERSION, default=UNSET)


@strawberry.input(description="A new address for the book.")
class AddAddressInput:
    customer_id: strawberry.ID = ref(WHOM, "Customer")
    address: AddressInput = given("The address.")
    expected_version: int | None = given(VERSION, default=UNSET)


@strawberry.input(description="An address in the book, written anew.")
class ReplaceAddressInput:
    customer_id: strawberry.ID = ref(WHOM, "Customer")
    address_id: strawberry.ID = ref("The address in the book.", "CustomerAddress")
    address: AddressInput = given("The whole address as it shall be.")
    expected_version: int | None = given(VERSION, default=UNSET)


@strawberry.input(description="An address that leaves the book.")
class RemoveAddressInput:
    customer_id: strawberry.ID = ref(WHOM, "Customer")
    address_id: strawberry.ID = ref("The address in the book.", "CustomerAddress")
    expected_version: int | None = given(VERSION, default=UNSET)


@strawberry.input(description="A way to reach a customer, new or known.")
class SetContactInput:
    customer_id: strawberry.ID = ref(WHOM, "Customer")
    kind: ContactKind = given("By what way.")
    value: str = given("The address or number.", at_most=254)
    is_opted_in: bool | None = given("Whether it may be used for more than orders.", default=UNSET)
    expected_version: int | None = given(VERSION, default=UNSET)


@strawberry.input(description="A way that shall not be used any more.")
class RemoveContactInput:
    customer_id: strawberry.ID = ref(WHOM, "Customer")
    kind: ContactKind = given("By what way.")
    value: str = given("The address or number.", at_most=254)
    expected_version: int | None = given(VERSION, default=UNSET)


def _own(description: str, does: Any, takes: type[Any]) -> Any:
    """Needs what customers and staff both have; who may change whom is for `on_own_behalf` to say."""
    return action(
        description,
        does,
        takes,
        refuses=(Forbidden,),
        needs=Permission.READ_CUSTOMERS,
        prepare=customers.on_own_behalf,
    )


@root
class CustomerMutations:
    create_customer: Customer = action(
        "Make a customer known.",
        book.create_customer,
        CreateCustomerInput,
        refuses=(AlreadyExists,),
        needs=Permission.CHANGE_CUSTOMERS,
    )
    update_customer: Customer = _own("Change a profile.", book.update_customer, UpdateCustomerInput)
    add_customer_address: Customer = _own(
        "Add an address to the book; orders keep the address they were placed with.", book.add_address, AddAddressInput
    )
    replace_customer_address: Customer = _own(
        "Write an address anew; orders keep the address they were placed with.",
        book.replace_address,
        ReplaceAddressInput,
    )
    remove_customer_address: Customer = _own(
        "Take an address out of the book.", book.remove_address, RemoveAddressInput
    )
    set_customer_contact: Customer = _own(
        "Keep a way to reach the customer, and whether it may be used.", book.set_contact, SetContactInput
    )
    remove_customer_contact: Customer = _own(
        "Forget a way to reach the customer.", book.remove_contact, RemoveContactInput
    )
    block_customer: Customer = action(
        "Refuse new orders of the customer.", book.block, OneCustomerInput, needs=Permission.CHANGE_CUSTOMERS
    )
    unblock_customer: Customer = action(
        "Take new orders of the customer again.", book.unblock, OneCustomerInput, needs=Permission.CHANGE_CUSTOMERS
    )
