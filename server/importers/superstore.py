"""Import superstore orders through the real actions, as they happened: placed on the order date, shipped on the ship date.

An order is found again by its external id, so a second run does what the first did not get to and nothing twice. The file
has no streets, no stock and no delivery dates: addresses say so, every warehouse gets what the whole file sells of a
variant, and orders end as shipped.
"""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import ROUND_CEILING, Decimal
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

from actions import catalogue, channels, customers, inventory, locations, organizations
from actions.acting import Act
from actions.desk import Desk
from actions.fulfilment import waves
from actions.geocoding import locate
from actions.parcels import manifests
from domain.ids import new_id
from domain.orders import Capability, OrderOrigin
from domain.placing.commands import Address, OrderedLine, PlaceOrder
from models import Customer, Organization, Product, Variant
from models.channels import ChannelKind
from models.db import rows, tx
from models.locations import LocationKind
from server.importers.superstore_file import COUNTRIES, Contents, Line, Order, read, refuse, write_rejects
from server.progress import Progress

ACTOR: Final = "import:superstore"
CODE: Final = "superstore"
AT_ONCE: Final = 200
"""Rows of master data in one transaction, and orders handed to the desk together."""
ORDERED_AT: Final = time(10, tzinfo=UTC)
SHIPPED_AT: Final = time(18, tzinfo=UTC)
NO_STREET: Final = "(no street in the file)"

WAREHOUSES: Final = {
    "Central": ("Dallas", "Texas", "75201", "America/Chicago"),
    "East": ("Harrisburg", "Pennsylvania", "17101", "America/New_York"),
    "South": ("Atlanta", "Georgia", "30303", "America/New_York"),
    "West": ("Reno", "Nevada", "89501", "America/Los_Angeles"),
}

STATE: Final = """
SELECT o.external_id, o.id, bool_or(s.status = 'scheduled') AS waits FROM orders o
JOIN line_status s ON s.order_id = o.id WHERE o.channel_id = $1 AND o.external_id IS NOT NULL GROUP BY o.id"""
RECEIVED: Final = """
SELECT l.variant_id, l.location_id, sum(m.quantity)::int AS quantity
FROM stock_levels l JOIN stock_movements m ON m.stock_level_id = l.id
WHERE l.organization_id = $1 AND m.kind = 'received' AND m.actor = $2 GROUP BY l.id"""
TOTALS: Final = """
SELECT count(DISTINCT o.id)::int AS orders, count(*)::int AS lines, coalesce(sum(l.quantity), 0)::int AS quantity,
       coalesce(sum(l.total_minor), 0)::bigint AS sales_minor
FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE o.channel_id = $1 AND o.external_id IS NOT NULL"""
"""Orders that were placed there since have no number of the file's kind."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shop:
    """Where the orders go: ids by what the file calls things."""

    organization_id: UUID
    channel_id: UUID
    variants: Mapping[tuple[str, str], UUID]
    customers: Mapping[str, UUID]

    def act(self, day: date, at: time, key: str | None = None) -> Act:
        now = datetime.combine(day, at)
        return Act(organization_id=self.organization_id, actor=ACTOR, now=now, key=key)


async def import_file(desk: Desk, path: Path, *, rejects: Path, skip_bad: bool) -> bool:
    """Whether the database agrees with the file afterwards. Raises BrokenFile, with nothing imported."""
    contents = read(path)
    if contents.rejects:
        write_rejects(contents.rejects, rejects)
        if not skip_bad:
            raise refuse(path, contents.rejects, rejects)
    shop = await _furnish(contents)
    await _place(desk, shop, contents)
    await _fulfil(shop, contents)
    return await _compare(shop, contents)


async def _furnish(contents: Contents) -> Shop:
    """Everything the orders refer to; what is there already stays as it is."""
    organization = await Organization.get_or_none(code=CODE)
    if organization is None:
        act = Act(organization_id=new_id(), actor=ACTOR, now=datetime.now(UTC))
        await organizations.create(act, organizations.CreateOrganization(code=CODE, name="Superstore"))
        organization = await Organization.get(code=CODE)
    act = Act(organization_id=organization.id, actor=ACTOR, now=organization.created_at)
    warehouses = await locations.upsert_locations(act, [_warehouse(region) for region in WAREHOUSES])
    channel_id = await channels.upsert_channel(
        act, channels.UpsertChannel(code=CODE, name="Superstore orders", kind=ChannelKind.WEB, currency="USD")
    )
    variants = await _upsert_goods(act, contents)
    shop = Shop(organization.id, channel_id, variants, await _create_customers(act, contents))
    await _stock(act, shop, contents, warehouses)
    return shop


def _warehouse(region: str) -> locations.UpsertLocation:
    city, state, postal_code, time_zone = WAREHOUSES[region]
    return locations.UpsertLocation(
        code=region.upper(),
        name=f"{region} warehouse",
        kind=LocationKind.WAREHOUSE,
        city=city,
        region=state,
        postal_code=postal_code,
        country="US",
        time_zone=time_zone,
        capabilities=(Capability.SHIP, Capability.RECEIVE),
    )


async def _upsert_goods(act: Act, contents: Contents) -> dict[tuple[str, str], UUID]:
    """A product per product id; where one id goes by several names, each name is a variant of it: ID, ID-2, …"""
    names: dict[str, dict[str, Line]] = defaultdict(dict)
    for line in _lines(contents):
        names[line.product].setdefault(line.name, line)
    products = [
        catalogue.UpsertProduct(code=code, name=next(iter(found)), category=next(iter(found.values())).category)
        for code, found in names.items()
    ]
    for goods in _chunks(products):
        await catalogue.upsert_products(act, goods)
    product_ids = {each.code: each.id for each in await Product.filter(organization_id=act.organization_id)}
    skus = {
        (code, name): code if at == 1 else f"{code}-{at}"
        for code, found in names.items()
        for at, name in enumerate(found, 1)
    }
    variants = [
        catalogue.UpsertVariant(sku=sku, product_id=product_ids[code], name=name) for (code, name), sku in skus.items()
    ]
    for chunk in _chunks(variants):
        await catalogue.upsert_variants(act, chunk)
    ids = {each.sku: each.id for each in await Variant.filter(organization_id=act.organization_id)}
    return {pair: ids[sku] for pair, sku in skus.items()}


async def _create_customers(act: Act, contents: Contents) -> dict[str, UUID]:
    known = {each.number: each.id for each in await Customer.filter(organization_id=act.organization_id)}
    heads = {order.head.customer: order.head for order in contents.orders}
    commands = [
        customers.CreateCustomer(number=number, name=head.customer_name, segment=head.segment)
        for number, head in heads.items()
        if number not in known
    ]
    for chunk in _chunks(commands):
        for command, customer_id in zip(chunk, await customers.create_customers(act, chunk), strict=True):
            assert command.number is not None
            known[command.number] = customer_id
    return known


async def _stock(act: Act, shop: Shop, contents: Contents, warehouses: Sequence[UUID]) -> None:
    """Every warehouse has received what the file sells; a corrected file brings what it sells more than before."""
    sold: dict[UUID, int] = defaultdict(int)
    for line in _lines(contents):
        sold[shop.variants[line.product, line.name]] += line.quantity
    received = {
        (row["variant_id"], row["location_id"]): row["quantity"]
        for row in await rows(RECEIVED, [act.organization_id, ACTOR])
    }
    lines = [
        inventory.StockLine(variant_id=variant_id, location_id=warehouse, quantity=missing)
        for variant_id, quantity in sorted(sold.items())
        for warehouse in warehouses
        if (missing := quantity - received.get((variant_id, warehouse), 0)) > 0
    ]
    for chunk in _chunks(lines):
        await inventory.receive(act, inventory.ReceiveStock(lines=tuple(chunk), reference="superstore file"))


async def _place(desk: Desk, shop: Shop, contents: Contents) -> None:
    placed = {row["external_id"] for row in await rows(STATE, [shop.channel_id])}
    missing = [order for order in contents.orders if order.head.id not in placed]
    with Progress("Placing orders", len(missing)) as progress:
        for chunk in _chunks(sorted(missing, key=lambda order: order.head.ordered)):
            await asyncio.gather(*(desk.place(_ordered(shop, order), _command(shop, order)) for order in chunk))
            progress.add(len(chunk))


def _ordered(shop: Shop, order: Order) -> Act:
    return shop.act(order.head.ordered, ORDERED_AT, f"superstore-{order.head.id}")


def _command(shop: Shop, order: Order) -> PlaceOrder:
    head = order.head
    position = locate("US", head.postal_code)
    address = Address(
        name=head.customer_name,
        line1=NO_STREET,
        city=head.city,
        region=head.state,
        postal_code=head.postal_code,
        country=COUNTRIES[head.country],
        latitude=position.latitude if position else None,
        longitude=position.longitude if position else None,
    )
    return PlaceOrder(
        channel_id=shop.channel_id,
        origin=OrderOrigin.IMPORT,
        external_id=head.id,
        customer_id=shop.customers[head.customer],
        shipping_address=address,
        promised_date=head.shipped,
        allow_backorder=False,
        lines=tuple(
            _ordered_line(shop, line, sales) for line, sales in zip(order.lines, order.sales_minor, strict=True)
        ),
    )


def _ordered_line(shop: Shop, line: Line, sales_minor: int) -> OrderedLine:
    """The list price a unit is that before discount, rounded up to a cent; the discount is what then is too much."""
    before_discount = Decimal(sales_minor) / (1 - line.discount)
    unit_price = int((before_discount / line.quantity).to_integral_value(ROUND_CEILING))
    return OrderedLine(
        variant_id=shop.variants[line.product, line.name],
        quantity=line.quantity,
        unit_price_minor=unit_price,
        discount_minor=unit_price * line.quantity - sales_minor,
    )


async def _fulfil(shop: Shop, contents: Contents) -> None:
    """Release to hand-over on the ship date, all orders of a day and mode in one transaction."""
    waiting = {row["external_id"]: row["id"] for row in await rows(STATE, [shop.channel_id]) if row["waits"]}
    waves_of: dict[tuple[date, str], list[UUID]] = defaultdict(list)
    for order in contents.orders:
        if order.head.id in waiting:
            waves_of[order.head.shipped, order.head.mode].append(waiting[order.head.id])
    with Progress("Shipping orders", len(waiting)) as progress:
        for (day, mode), order_ids in sorted(waves_of.items()):
            for chunk in _chunks(order_ids):
                await _ship(shop.act(day, SHIPPED_AT), mode, chunk)
                progress.add(len(chunk))


async def _ship(act: Act, mode: str, order_ids: Sequence[UUID]) -> None:
    async with tx():
        fulfilments = await waves.release_wave(act, order_ids)
        await waves.accept_wave(act, fulfilments)
        await waves.pick_wave(act, fulfilments)
        parcels = await manifests.pack_wave(act, fulfilments)
        entries = tuple(
            manifests.ManifestEntry(parcel_id=parcel, tracking_number=f"SUP{parcel.hex}") for parcel in parcels
        )
        await manifests.ship_manifest(act, manifests.ShipManifest(carrier=CODE, service=mode, entries=entries))


async def _compare(shop: Shop, contents: Contents) -> bool:
    [found] = await rows(TOTALS, [shop.channel_id])
    wanted = {
        "orders": len(contents.orders),
        "lines": contents.lines,
        "quantity": contents.quantity,
        "sales_minor": contents.sales_minor,
    }
    out = sys.stdout
    out.write(f"{'':12}{'file':>16}{'database':>16}\n")
    for name, value in wanted.items():
        shown = (f"{each / 100:,.2f}" if name == "sales_minor" else f"{each:,}" for each in (value, found[name]))
        out.write(f"{name.removesuffix('_minor'):12}" + "".join(f"{each:>16}" for each in shown) + "\n")
    if agreed := all(found[name] == value for name, value in wanted.items()):
        out.write("The database agrees with the file.\n")
    else:
        out.write("The database does not agree with the file: was another file imported into this channel before?\n")
    return agreed


def _lines(contents: Contents) -> Iterator[Line]:
    return (line for order in contents.orders for line in order.lines)


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while chunk := list(islice(rest, AT_ONCE)):
        yield chunk
