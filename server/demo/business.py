"""Found the demo's business through the real actions: places, channels, goods, prices, people, stock."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final, TypeVar
from uuid import UUID

from actions import catalogue, channels, customers, inventory, locations, organizations, prices
from actions.acting import Act
from actions.geocoding import all_places
from domain.ids import new_id
from domain.orders import Capability
from domain.placing.commands import Address
from models import Channel, Customer, CustomerAddress, Location, Organization, Product, Variant
from models.channels import ChannelKind
from models.locations import LocationKind
from server.demo.names import CHANNELS, COLOURS, FIRST_NAMES, KINDS, LAST_NAMES, MATERIALS, PLACES, STREETS
from server.progress import Progress

CODE: Final = "demo"
ACTOR: Final = "demo"
AT_ONCE: Final = 500
TAX_PPM: Final = {"NY": 88_750, "CA": 72_500, "TX": 62_500, "IL": 62_500, "WA": 65_000, "FL": 60_000, "MA": 62_500}
EVERYTHING: Final = (Capability.SHIP, Capability.PICKUP, Capability.RECEIVE, Capability.RETURNS)
IN_THE_WAREHOUSE: Final = (Capability.SHIP, Capability.RECEIVE)

T = TypeVar("T")


@dataclass(slots=True)
class Business:
    """What the simulation deals with, by id."""

    organization_id: UUID
    channels: dict[str, UUID]
    locations: dict[str, UUID]
    variants: list[UUID]
    buyers: list["Buyer"] = field(default_factory=list)

    def act(self, now: datetime, key: str | None = None) -> Act:
        return Act(organization_id=self.organization_id, actor=ACTOR, now=now, key=key)


@dataclass(frozen=True, slots=True)
class Buyer:
    id: UUID
    address: Address


async def found(*, products: int, people: int, luck: random.Random) -> None:
    """Raises AlreadyExists when there is a demo already."""
    now = datetime.now(UTC)
    act = Act(organization_id=new_id(), actor=ACTOR, now=now)
    await organizations.create(act, organizations.CreateOrganization(code=CODE, name="Ordergraph Demo Retail"))
    location_ids = await locations.upsert_locations(act, [_place(*place) for place in PLACES])
    channel_ids = await channels.upsert_channels(
        act,
        [
            channels.UpsertChannel(code=code, name=name, kind=ChannelKind(kind), currency="USD")
            for code, name, kind in CHANNELS
        ],
    )
    for region, rate_ppm in TAX_PPM.items():
        await prices.set_tax_rate(
            act, prices.SetTaxRate(tax_class="standard", country="US", region=region, rate_ppm=rate_ppm)
        )
    variants = await _goods(act, products, luck)
    await _prices(act, variants, channel_ids, luck)
    await _people(act, people, luck)
    await _stock(act, variants, location_ids, luck)


async def known() -> Business | None:
    """The demo's business if it was founded before."""
    organization = await Organization.get_or_none(code=CODE)
    if organization is None:
        return None
    ours: dict[str, Any] = {"organization_id": organization.id}
    business = Business(
        organization.id,
        channels={each.code: each.id for each in await Channel.filter(**ours)},
        locations={each.code: each.id for each in await Location.filter(**ours).order_by("code")},
        variants=[each.id for each in await Variant.filter(**ours).order_by("sku").only("id")],
    )
    of_whom = {
        each.customer_id: each for each in await CustomerAddress.filter(customer__organization_id=organization.id)
    }
    for customer in await Customer.filter(**ours).order_by("number").only("id", "name"):
        if home := of_whom.get(customer.id):
            business.buyers.append(Buyer(customer.id, _copied(home)))
    return business


def _place(code: str, name: str, kind: str, *where: str) -> locations.UpsertLocation:
    city, region, postal_code, time_zone = where
    return locations.UpsertLocation(
        code=code,
        name=name,
        kind=LocationKind(kind),
        city=city,
        region=region,
        postal_code=postal_code,
        country="US",
        time_zone=time_zone,
        capabilities=EVERYTHING if kind == "store" else IN_THE_WAREHOUSE,
    )


async def _goods(act: Act, count: int, luck: random.Random) -> list[UUID]:
    kinds = [(category, thing) for category, things in KINDS.items() for thing in things]
    commands = []
    for at in range(count):
        category, thing = kinds[at % len(kinds)]
        name = f"{luck.choice(MATERIALS)} {thing} {luck.choice(COLOURS)}"
        commands.append(catalogue.UpsertProduct(code=f"P{at + 1:05}", name=name, category=category))
    for chunk in chunks(commands):
        await catalogue.upsert_products(act, chunk)
    made: list[UUID] = []
    with Progress("Products", count) as progress:
        for goods in chunks(await Product.filter(organization_id=act.organization_id).order_by("code")):
            variants = [
                catalogue.UpsertVariant(
                    sku=f"SKU-{product.code}",
                    product_id=product.id,
                    name=product.name,
                    weight_grams=luck.randrange(100, 6_000, 50),
                )
                for product in goods
            ]
            made += await catalogue.upsert_variants(act, variants)
            progress.add(len(variants))
    return made


async def _prices(act: Act, variants: list[UUID], channel_ids: list[UUID], luck: random.Random) -> None:
    commands = []
    for variant_id in variants:
        amount = luck.randrange(499, 19_999, 50)
        commands += [
            prices.SetPrice(variant_id=variant_id, channel_id=channel_id, amount_minor=amount)
            for channel_id in channel_ids
        ]
    with Progress("Prices", len(commands)) as progress:
        for chunk in chunks(commands):
            await prices.set_prices(act, chunk)
            progress.add(len(chunk))


async def _people(act: Act, count: int, luck: random.Random) -> None:
    states = {place[4] for place in PLACES} | {"PA", "OH", "VA", "NC", "MI", "AZ", "OR", "MN", "WI", "TN"}
    homes = [each for each in all_places() if each["state"] in states and each["zip_code_type"] == "STANDARD"]
    commands = []
    for at in range(count):
        name = f"{luck.choice(FIRST_NAMES)} {luck.choice(LAST_NAMES)}"
        commands.append(
            customers.CreateCustomer(
                name=name,
                email=f"{name.lower().replace(' ', '.')}.{at}@example.com",
                addresses=(_home(name, luck.choice(homes), luck),),
            )
        )
    with Progress("Customers", count) as progress:
        for chunk in chunks(commands):
            await customers.create_customers(act, chunk)
            progress.add(len(chunk))


def _home(name: str, place: dict[str, Any], luck: random.Random) -> customers.Address:
    return customers.Address(
        name=name,
        line1=f"{luck.randrange(1, 999)} {luck.choice(STREETS)}",
        city=place["city"],
        region=place["state"],
        postal_code=place["zip_code"],
        country="US",
        latitude=float(place["lat"]),
        longitude=float(place["long"]),
        is_default_shipping=True,
        is_default_billing=True,
    )


async def _stock(act: Act, variants: list[UUID], location_ids: list[UUID], luck: random.Random) -> None:
    """Warehouses carry everything in depth, stores two thirds of it, a few of each."""
    lines = []
    for variant_id in variants:
        for at, location_id in enumerate(location_ids):
            is_warehouse = PLACES[at][2] == "warehouse"
            units = luck.randrange(20, 80) if is_warehouse else luck.choice((0, 3, 6))
            if units:
                lines.append(inventory.StockLine(variant_id=variant_id, location_id=location_id, quantity=units))
    with Progress("Stock", len(lines)) as progress:
        for at, chunk in enumerate(chunks(lines)):
            await inventory.receive(
                act, inventory.ReceiveStock(lines=tuple(chunk), reference=f"opening stock {at + 1}")
            )
            progress.add(len(chunk))


def _copied(home: CustomerAddress) -> Address:
    return Address(**{name: getattr(home, name) for name in Address.__slots__})


def chunks(items: Iterable[T], size: int = AT_ONCE) -> Iterator[list[T]]:
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
