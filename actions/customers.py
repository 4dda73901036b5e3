"""Customers, their address book and the ways to reach them. What is changed here never changes an order's copies.

A customer with addresses and contacts is one thing with one version: every change locks the customer and counts it up.
Facts tell the profile without addresses and contacts, which only those who may read contacts shall see.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.geocoding import locate
from actions.upserting import MAX_ENTRIES, Json, Row, Table, amend, given, plain, refuse, write
from domain.errors import AlreadyExists, NotFound
from domain.facts import Fact, FactKind
from domain.ids import id_maker, new_id
from domain.validation import KEEP, Checks, Keep
from models.customers import ContactKind, CustomerKind
from models.db import execute, rows

MAX_ADDRESSES: Final = 100
MAX_CONTACTS: Final = 50

CUSTOMERS: Final = Table(name="customers", kind="customer", code="number", defaults={})
SHOWN_IN_FACTS: Final = ("id", "number", "kind", "name", "locale", "segment", "is_blocked", "version")

NEXT_NUMBERS: Final = "SELECT 'C-' || nextval('customer_numbers') AS number FROM generate_series(1, $1)"
INSERT: Final = """
INSERT INTO customers SELECT * FROM jsonb_populate_recordset(NULL::customers, $1::jsonb)
ON CONFLICT (organization_id, number) DO NOTHING RETURNING number"""
COUNT_UP: Final = "UPDATE customers SET version = version + 1 WHERE id = $1"
ONE_ADDRESS: Final = "SELECT version FROM customer_addresses WHERE id = $1 AND customer_id = $2"
NO_DEFAULT: Final = {
    "is_default_shipping": "UPDATE customer_addresses SET is_default_shipping = false, version = version + 1 "
    "WHERE customer_id = $1 AND id <> $2 AND is_default_shipping",
    "is_default_billing": "UPDATE customer_addresses SET is_default_billing = false, version = version + 1 "
    "WHERE customer_id = $1 AND id <> $2 AND is_default_billing",
}
SET_CONTACT: Final = """
INSERT INTO customer_contacts (id, customer_id, kind, value, is_opted_in) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (customer_id, kind, value) DO UPDATE SET is_opted_in = excluded.is_opted_in"""
REMOVE_CONTACT: Final = """
DELETE FROM customer_contacts WHERE customer_id = $1 AND kind = $2 AND value = $3 RETURNING id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Without a position, a US postal code gives one; otherwise there is none."""

    name: str
    line1: str
    line2: str = ""
    city: str
    region: str = ""
    postal_code: str = ""
    country: str
    phone: str | None = None
    label: str = ""
    latitude: float | None = None
    longitude: float | None = None
    is_default_shipping: bool = False
    is_default_billing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCustomer:
    """`number` is given by the sequence unless it is known elsewhere already."""

    name: str
    number: str | None = None
    kind: CustomerKind = CustomerKind.PERSON
    email: str | None = None
    phone: str | None = None
    locale: str = "en-US"
    segment: str = ""
    preferences: Mapping[str, Any] | None = None
    addresses: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateCustomer:
    customer_id: UUID
    name: str | Keep = KEEP
    kind: CustomerKind | Keep = KEEP
    email: str | Keep | None = KEEP
    phone: str | Keep | None = KEEP
    locale: str | Keep = KEEP
    segment: str | Keep = KEEP
    preferences: Mapping[str, Any] | Keep = KEEP
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockCustomer:
    """A blocked customer can place no orders."""

    customer_id: UUID
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnblockCustomer:
    customer_id: UUID
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAddress:
    customer_id: UUID
    address: Address
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceAddress:
    """The whole address anew, under the id it has."""

    customer_id: UUID
    address_id: UUID
    address: Address
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveAddress:
    customer_id: UUID
    address_id: UUID
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetContact:
    """A way to reach the customer; naming it again changes whether it may be used for more than orders."""

    customer_id: UUID
    kind: ContactKind
    value: str
    is_opted_in: bool = False
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveContact:
    customer_id: UUID
    kind: ContactKind
    value: str
    expected_version: int | None = None


@action
async def create_customer(act: Act, command: CreateCustomer) -> UUID:
    """Raises InvalidInput, or AlreadyExists for a number that is taken."""
    [made] = await _create(act, [(command, Checks())])
    return made


@action
async def create_customers(act: Act, commands: Sequence[CreateCustomer]) -> list[UUID]:
    return await _create(act, list(Checks().beside(commands)))


@action
async def update_customer(act: Act, command: UpdateCustomer) -> UUID:
    checks = Checks()
    _check_profile(command, checks)
    checks.refuse()
    values = given(
        name=command.name,
        kind=command.kind,
        email=command.email or None,
        phone=command.phone or None,
        locale=command.locale,
        segment=command.segment,
        preferences=command.preferences,
    )
    row = await amend(act, CUSTOMERS, command.customer_id, values, command.expected_version)
    await _record(act, [row] if row.is_changed else [])
    return row.id


@action
async def block(act: Act, command: BlockCustomer) -> UUID:
    return await _set_blocked(act, command, is_blocked=True)


@action
async def unblock(act: Act, command: UnblockCustomer) -> UUID:
    return await _set_blocked(act, command, is_blocked=False)


@action
async def add_address(act: Act, command: AddAddress) -> UUID:
    """The customer. Raises InvalidInput, NotFound or Conflict; so do all below."""
    row = await _touch(act, command.customer_id, command.expected_version)
    checks = Checks()
    _check_address(command.address, checks.below("address"))
    known = await rows("SELECT count(*)::int AS n FROM customer_addresses WHERE customer_id = $1", [row.id])
    if known[0]["n"] >= MAX_ADDRESSES:
        checks.note("address", "TOO_MANY", f"A customer has at most {MAX_ADDRESSES} addresses.")
    checks.refuse()
    await _keep_address(_address(row.id, new_id(), command.address))
    await _record(act, [row], changed="addresses")
    return row.id


@action
async def replace_address(act: Act, command: ReplaceAddress) -> UUID:
    row = await _touch(act, command.customer_id, command.expected_version)
    checks = Checks()
    _check_address(command.address, checks.below("address"))
    checks.refuse()
    known = await rows(ONE_ADDRESS, [command.address_id, row.id])
    if not known:
        raise NotFound("address", command.address_id)
    anew = _address(row.id, command.address_id, command.address)
    await _keep_address({**anew, "version": known[0]["version"] + 1})
    await _record(act, [row], changed="addresses")
    return row.id


@action
async def remove_address(act: Act, command: RemoveAddress) -> UUID:
    row = await _touch(act, command.customer_id, command.expected_version)
    if not await rows(ONE_ADDRESS, [command.address_id, row.id]):
        raise NotFound("address", command.address_id)
    await execute("DELETE FROM customer_addresses WHERE id = $1", [command.address_id])
    await _record(act, [row], changed="addresses")
    return row.id


@action
async def set_contact(act: Act, command: SetContact) -> UUID:
    row = await _touch(act, command.customer_id, command.expected_version)
    checks = Checks()
    check = checks.email if command.kind is ContactKind.EMAIL else checks.phone
    check("value", command.value, is_required=True)
    known = await rows("SELECT kind, value FROM customer_contacts WHERE customer_id = $1", [row.id])
    if len(known) >= MAX_CONTACTS and {"kind": command.kind, "value": command.value} not in known:
        checks.note("value", "TOO_MANY", f"A customer has at most {MAX_CONTACTS} contacts.")
    checks.refuse()
    await execute(SET_CONTACT, [new_id(), row.id, command.kind.value, command.value, command.is_opted_in])
    await _record(act, [row], changed="contacts")
    return row.id


@action
async def remove_contact(act: Act, command: RemoveContact) -> UUID:
    row = await _touch(act, command.customer_id, command.expected_version)
    if not await rows(REMOVE_CONTACT, [row.id, command.kind.value, command.value]):
        raise NotFound("contact", command.value)
    await _record(act, [row], changed="contacts")
    return row.id


async def _create(act: Act, commands: Sequence[tuple[CreateCustomer, Checks]]) -> list[UUID]:
    assert len(commands) <= MAX_ENTRIES, f"at most {MAX_ENTRIES} at a time"
    for command, checks in commands:
        _check_profile(command, checks)
        _check_new(command, checks)
    refuse(checks for _, checks in commands)
    missing = sum(command.number is None for command, _ in commands)
    fresh = iter([row["number"] for row in await rows(NEXT_NUMBERS, [missing])])
    make = id_maker(len(commands))
    made = [_customer(act, make(), command.number or next(fresh), command) for command, _ in commands]
    written = {row["number"] for row in await rows(INSERT, [plain(made)])}
    for row in made:
        if row["number"] not in written:
            raise AlreadyExists("customer", row["number"])
        written.remove(row["number"])
    addresses = [
        _address(row["id"], new_id(), address)
        for row, (command, _) in zip(made, commands, strict=True)
        for address in command.addresses
    ]
    await write("customer_addresses", addresses)
    found = [Row({**row, "id": str(row["id"])}, is_changed=True) for row in made]
    await _record(act, found)
    return [row.id for row in found]


async def _set_blocked(act: Act, command: BlockCustomer | UnblockCustomer, *, is_blocked: bool) -> UUID:
    row = await amend(act, CUSTOMERS, command.customer_id, {"is_blocked": is_blocked}, command.expected_version)
    await _record(act, [row] if row.is_changed else [])
    return row.id


async def _touch(act: Act, customer_id: UUID, expected_version: int | None) -> Row:
    """The customer, locked and counted up for a change of what belongs to it."""
    row = await amend(act, CUSTOMERS, customer_id, {}, expected_version)
    row.values["version"] += 1
    await execute(COUNT_UP, [customer_id])
    return row


async def _keep_address(address: Json) -> None:
    for name, sql in NO_DEFAULT.items():
        if address[name]:
            await execute(sql, [address["customer_id"], address["id"]])
    await write("customer_addresses", [address])


async def _record(act: Act, found: Sequence[Row], **details: Any) -> None:
    facts = [
        Fact(
            kind=FactKind.CUSTOMER_CHANGED,
            customer_id=row.id,
            payload={"customer": {name: row.values[name] for name in SHOWN_IN_FACTS}, **details},
        )
        for row in found
    ]
    await outbox.record(act.organization_id, act.actor, act.now, facts)


def _check_profile(command: CreateCustomer | UpdateCustomer, checks: Checks) -> None:
    checks.text("name", command.name, longest=200)
    checks.email("email", command.email)
    checks.phone("phone", command.phone)
    checks.text("locale", command.locale, longest=16)
    checks.text("segment", command.segment, longest=64, is_required=False)
    if command.preferences is not None:
        checks.json("preferences", command.preferences)


def _check_new(command: CreateCustomer, checks: Checks) -> None:
    if command.number is not None:
        checks.code("number", command.number)
    if not checks.size("addresses", command.addresses, most=MAX_ADDRESSES):
        return
    for address, below in checks.below("addresses").beside(command.addresses):
        _check_address(address, below)
    for name in NO_DEFAULT:
        chosen = [at for at, address in enumerate(command.addresses) if getattr(address, name)]
        for at in chosen[1:]:
            checks.note(f"addresses.{at}.{name}", "DUPLICATE", "Only one address can be the default.")


def _check_address(address: Address, checks: Checks) -> None:
    for name, longest in (("name", 200), ("line1", 200), ("city", 100)):
        checks.text(name, getattr(address, name), longest=longest)
    for name, longest in (("line2", 200), ("region", 100), ("postal_code", 20), ("label", 64)):
        checks.text(name, getattr(address, name), longest=longest, is_required=False)
    checks.country("country", address.country)
    checks.phone("phone", address.phone)
    checks.degrees("latitude", address.latitude, most=90)
    checks.degrees("longitude", address.longitude, most=180)
    if (address.latitude is None) != (address.longitude is None):
        checks.note("longitude", "REQUIRED", "Give both latitude and longitude, or neither.")


def _customer(act: Act, customer_id: UUID, number: str, command: CreateCustomer) -> Json:
    return {
        "id": customer_id,
        "organization_id": act.organization_id,
        "number": number,
        "kind": command.kind.value,
        "name": command.name,
        "email": command.email or None,
        "phone": command.phone or None,
        "locale": command.locale,
        "segment": command.segment,
        "preferences": dict(command.preferences or {}),
        "is_blocked": False,
        "created_at": act.now,
        "version": 1,
    }


def _address(customer_id: UUID, address_id: UUID, address: Address) -> Json:
    values = {field.name: getattr(address, field.name) for field in fields(address)}
    if address.latitude is None:
        found = locate(address.country, address.postal_code)
        values |= {"latitude": found.latitude, "longitude": found.longitude} if found else {}
    return {"id": address_id, "customer_id": customer_id, **values, "phone": address.phone or None, "version": 1}
