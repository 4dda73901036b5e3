"""A small valid world, made by the real actions: what a test needs, and only what it names.

    world = await furnish()
    order = PlaceOrder(channel_id=world.web.id, …)

`furnish` makes one organization with two channels, three locations across the US, four variants with prices and stock
everywhere, and a customer with an address. The functions below it add one thing each, with valid defaults.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

from actions import catalogue, channels, customers, inventory, locations, organizations, prices
from actions.acting import Act
from domain.ids import new_id
from domain.orders import Capability
from domain.permissions import PERMISSIONS_OF, Role
from domain.viewer import AUDIENCE_OF, Viewer
from models import Channel, Customer, CustomerAddress, Location, Product, StockLevel, Variant
from models.channels import ChannelKind
from models.locations import LocationKind

NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
"""A Monday morning in New York."""

_numbers = count(1)

PLACES: Mapping[str, Mapping[str, Any]] = {
    "NYC": {"city": "New York", "region": "NY", "postal_code": "10001", "time_zone": "America/New_York"},
    "CHI": {"city": "Chicago", "region": "IL", "postal_code": "60601", "time_zone": "America/Chicago"},
    "LAX": {"city": "Los Angeles", "region": "CA", "postal_code": "90001", "time_zone": "America/Los_Angeles"},
}
EVERYTHING = (Capability.SHIP, Capability.PICKUP, Capability.RECEIVE, Capability.RETURNS)


@dataclass(kw_only=True)
class World:
    organization_id: UUID
    now: datetime = NOW
    channels: dict[str, Channel] = field(default_factory=dict)
    locations: dict[str, Location] = field(default_factory=dict)
    variants: dict[str, Variant] = field(default_factory=dict)
    customer: Customer | None = None

    def act(self, key: str | None = None, *, actor: str = "staff:test", now: datetime | None = None) -> Act:
        return Act(organization_id=self.organization_id, actor=actor, now=now or self.now, key=key)

    def viewer(self, role: Role = Role.ADMIN, **limits: Any) -> Viewer:
        """Somebody of that role; agents and partners get every channel, stores and warehouses every location."""
        limits.setdefault("channel_ids", tuple(channel.id for channel in self.channels.values()))
        limits.setdefault("location_ids", tuple(location.id for location in self.locations.values()))
        if role is Role.CUSTOMER and self.customer:
            limits.setdefault("customer_id", self.customer.id)
        limits.setdefault("permissions", PERMISSIONS_OF[role])
        return Viewer(
            audience=AUDIENCE_OF[role],
            principal=f"{role.value}:test",
            organization_id=self.organization_id,
            role=role,
            **limits,
        )

    @property
    def web(self) -> Channel:
        return self.channels["WEB"]

    def sku(self, at: int = 0) -> Variant:
        return list(self.variants.values())[at]

    async def level(self, sku: str, location: str) -> StockLevel:
        """The counters as they are now."""
        return await StockLevel.get(variant=self.variants[sku], location=self.locations[location])


async def furnish(*, units: int = 10, price_minor: int = 1_000) -> World:
    """`units` of every variant at every location; every variant costs `price_minor` US cents in both channels."""
    world = await found()
    for code in PLACES:
        await place(world, code)
    for code, kind in (("WEB", ChannelKind.WEB), ("SHOP", ChannelKind.STORE)):
        await channel(world, code, kind=kind)
    for sku in ("MUG", "SHIRT", "LAMP", "CHAIR"):
        await variant(world, sku, price_minor=price_minor)
    await stock(world, {(sku, code): units for sku in world.variants for code in world.locations} if units else {})
    world.customer = await customer(world)
    return world


async def found(code: str | None = None) -> World:
    """An organization with its standard roles, and nothing else."""
    act = Act(organization_id=new_id(), actor="setup", now=NOW)
    command = organizations.CreateOrganization(code=code or f"org-{next(_numbers)}", name="Example Retail")
    return World(organization_id=await organizations.create(act, command))


async def place(world: World, code: str, **values: Any) -> Location:
    """A warehouse that can do everything, in New York unless the code names one of PLACES."""
    given = {
        "name": f"Location {code}",
        "kind": LocationKind.WAREHOUSE,
        "country": "US",
        "capabilities": EVERYTHING,
        **PLACES.get(code, PLACES["NYC"]),
        **values,
    }
    key = await locations.upsert_location(world.act(), locations.UpsertLocation(code=code, **given))
    world.locations[code] = await Location.get(id=key)
    return world.locations[code]


async def channel(world: World, code: str, **values: Any) -> Channel:
    """A web shop in US dollars that every location serves; pass `location_ids` to limit it."""
    given = {"name": f"Channel {code}", "kind": ChannelKind.WEB, "currency": "USD", **values}
    key = await channels.upsert_channel(world.act(), channels.UpsertChannel(code=code, **given))
    world.channels[code] = await Channel.get(id=key)
    return world.channels[code]


async def variant(world: World, sku: str, *, price_minor: int | None = 1_000, **values: Any) -> Variant:
    """A variant of 500 grams under a product of its own, sold in every channel unless `price_minor` is None."""
    product = await catalogue.upsert_product(
        world.act(), catalogue.UpsertProduct(code=f"P-{sku}", name=f"Product {sku}", category="Goods")
    )
    given = {"name": f"Variant {sku}", "weight_grams": 500, "product_id": product, **values}
    key = await catalogue.upsert_variant(world.act(), catalogue.UpsertVariant(sku=sku, **given))
    world.variants[sku] = await Variant.get(id=key)
    for each in world.channels.values() if price_minor is not None else ():
        await price(world, sku, each, price_minor or 0)
    return world.variants[sku]


async def product(world: World, code: str, **values: Any) -> Product:
    command = catalogue.UpsertProduct(code=code, **{"name": f"Product {code}", **values})
    return await Product.get(id=await catalogue.upsert_product(world.act(), command))


async def price(world: World, sku: str, channel: Channel, amount_minor: int) -> None:
    command = prices.SetPrice(variant_id=world.variants[sku].id, channel_id=channel.id, amount_minor=amount_minor)
    await prices.set_price(world.act(), command)


async def stock(world: World, units: Mapping[tuple[str, str], int]) -> None:
    """Receive units by (sku, location code)."""
    lines = tuple(
        inventory.StockLine(variant_id=world.variants[sku].id, location_id=world.locations[code].id, quantity=quantity)
        for (sku, code), quantity in units.items()
        if quantity
    )
    if lines:
        await inventory.receive(world.act(), inventory.ReceiveStock(lines=lines, reference="first stock"))


async def customer(world: World, **values: Any) -> Customer:
    """Ada in Boston, with one address for shipping and billing."""
    given = {"name": "Ada Example", "email": "ada@example.com", "addresses": (address(),), **values}
    return await Customer.get(id=await customers.create_customer(world.act(), customers.CreateCustomer(**given)))


def address(**values: Any) -> customers.Address:
    given = {
        "name": "Ada Example",
        "line1": "1 Beacon Street",
        "city": "Boston",
        "region": "MA",
        "postal_code": "02108",
        "country": "US",
        "is_default_shipping": True,
        "is_default_billing": True,
        **values,
    }
    return customers.Address(**given)


async def addresses(customer: Customer) -> list[CustomerAddress]:
    return await CustomerAddress.filter(customer=customer).order_by("id")
