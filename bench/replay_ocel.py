"""Replay an object-centric order log through the real actions, event by event, and compare what stands at the end.

    uv run python -m bench.replay_ocel FILE [--orders 200]

The log (`ocel:activity`, items, orders, packages as CSV) leaves SKUs, customers and locations empty. Invented here: every
item is one unit of a SKU of its own, one location ships everything, and orders that share a package belong to one customer.
What its activities became: an item out of stock is a short pick (one unit not found), reordering it a receipt that lets the
waiting order have it, a failed delivery a carrier's report, confirmation and reminders notes, payments are on account.
"""

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import uvloop

from actions import backorders, catalogue, channels, customers, desk, inventory, locations, organizations, prices
from actions.acting import Act
from actions.fulfilment import accepting, picking, releasing
from actions.gateways import Gateways
from actions.orders import noting
from actions.parcels import packing, shipping, tracking
from actions.payments import adding, authorizing, capturing
from bench.ocel_log import Event, Log, orders_of, read
from domain.fulfilment import DeclineReason
from domain.ids import new_id
from domain.orders import Capability, OrderOrigin
from domain.payments import Tender
from domain.placing.commands import Address, OrderedLine, PlaceOrder
from domain.tracking import TrackingCode
from models import OrderLine, Product, Variant
from models.channels import ChannelKind
from models.db import rows
from models.locations import LocationKind
from models.orders import NoteVisibility
from server.embedded import embedded_servers
from server.offline import tables
from server.progress import Progress
from server.settings import Settings

ACTOR = "replay"
CARRIER = "CARRIER"
HOME = {"line1": "1 Home Street", "city": "Boston", "region": "MA", "postal_code": "02108", "country": "US"}


@dataclass
class Replay:
    """Ids by what the log calls things."""

    log: Log
    counter: desk.Desk
    organization_id: UUID
    channel_id: UUID = field(default_factory=new_id)
    location_id: UUID = field(default_factory=new_id)
    variants: dict[str, UUID] = field(default_factory=dict)
    customers: dict[str, UUID] = field(default_factory=dict)
    orders: dict[str, UUID] = field(default_factory=dict)
    lines: dict[str, UUID] = field(default_factory=dict)
    parcels: dict[str, UUID] = field(default_factory=dict)

    def act(self, at: datetime) -> Act:
        return Act(organization_id=self.organization_id, actor=ACTOR, now=at)

    async def run(self) -> None:
        await self._furnish()
        steps = {
            "place order": self._place,
            "confirm order": self._note,
            "payment reminder": self._note,
            "pay order": self._pay,
            "item out of stock": self._short_pick,
            "reorder item": self._reorder,
            "pick item": self._pick,
            "create package": self._pack,
            "send package": self._ship,
            "failed delivery": self._track,
            "package delivered": self._track,
        }
        with Progress("Events", len(self.log.events)) as progress:
            for event in self.log.events:
                await steps[event.activity](event)
                progress.add()

    async def _furnish(self) -> None:
        act = self.act(self.log.events[0].at - timedelta(days=1))
        await organizations.create(
            act, organizations.CreateOrganization(code=f"replay-{new_id().hex[-8:]}", name="Replay")
        )
        self.location_id = await locations.upsert_location(
            act,
            locations.UpsertLocation(
                code="HOME", name="Home", kind=LocationKind.WAREHOUSE, country="US", postal_code="02108",
                time_zone="America/New_York", capabilities=(Capability.SHIP, Capability.RECEIVE),
            ),
        )  # fmt: skip
        self.channel_id = await channels.upsert_channel(
            act, channels.UpsertChannel(code="REPLAY", name="Replay", kind=ChannelKind.WEB, currency="EUR")
        )
        product = await catalogue.upsert_product(act, catalogue.UpsertProduct(code="ITEM", name="Item"))
        assert await Product.exists(id=product)
        for chunk in _chunks(self.log.order_of):
            await catalogue.upsert_variants(
                act, [catalogue.UpsertVariant(sku=item, name=f"Item {item}", product_id=product) for item in chunk]
            )
        self.variants = {
            each.sku: each.id for each in await Variant.filter(organization_id=self.organization_id).only("id", "sku")
        }
        for chunk in _chunks(self.log.order_of):
            await prices.set_prices(
                act,
                [
                    prices.SetPrice(
                        variant_id=self.variants[item],
                        channel_id=self.channel_id,
                        amount_minor=self.log.prices_minor[item],
                    )
                    for item in chunk
                ],
            )
            await inventory.receive(act, inventory.ReceiveStock(lines=tuple(self._unit(item) for item in chunk)))
        for customer in sorted(set(self.log.customer_of.values())):
            command = customers.CreateCustomer(name=f"Customer {customer}")
            self.customers[customer] = await customers.create_customer(act, command)

    def _unit(self, item: str) -> inventory.StockLine:
        return inventory.StockLine(variant_id=self.variants[item], location_id=self.location_id, quantity=1)

    async def _place(self, event: Event) -> None:
        customer = self.log.customer_of[event.order]
        command = PlaceOrder(
            channel_id=self.channel_id,
            origin=OrderOrigin.IMPORT,
            external_id=event.order,
            customer_id=self.customers[customer],
            shipping_address=Address(name=f"Customer {customer}", **HOME),
            lines=tuple(OrderedLine(variant_id=self.variants[item], quantity=1) for item in event.items),
        )
        order_id = await self.counter.place(self.act(event.at), command)
        self.orders[event.order] = order_id
        items = {variant: item for item, variant in self.variants.items() if item in event.items}
        for line in await OrderLine.filter(order_id=order_id):
            self.lines[items[line.variant_id]] = line.id
        await self._release(event, event.order)

    async def _release(self, event: Event, order: str) -> None:
        act = self.act(event.at)
        await releasing.release(act, releasing.ReleaseOrder(order_id=self.orders[order]))
        for found in await rows(
            "SELECT id FROM fulfilments WHERE order_id = $1 AND status = 'open'", [self.orders[order]]
        ):
            await accepting.accept(act, accepting.AcceptFulfilment(fulfilment_id=found["id"]))

    async def _short_pick(self, event: Event) -> None:
        short = picking.FoundLine(line_id=self.lines[event.items[0]], found=0)
        command = picking.ShortPick(
            fulfilment_id=await self._fulfilment(event.items[0]),
            lines=(short,),
            reason=DeclineReason.NOT_FOUND,
            exclude_until=event.at + timedelta(microseconds=1),
        )
        await picking.short_pick(self.act(event.at), command)

    async def _reorder(self, event: Event) -> None:
        item, act = event.items[0], self.act(event.at)
        await inventory.receive(act, inventory.ReceiveStock(lines=(self._unit(item),), reference="reorder"))
        await backorders.retry_backorders(act, [self.variants[item]])
        await self._release(event, self.log.order_of[item])

    async def _pick(self, event: Event) -> None:
        item = event.items[0]
        picked = picking.PickedLine(line_id=self.lines[item], quantity=1)
        command = picking.PickUnits(fulfilment_id=await self._fulfilment(item), lines=(picked,))
        await picking.pick(self.act(event.at), command)

    async def _pack(self, event: Event) -> None:
        contents = tuple(
            [
                packing.PackedUnits(fulfilment_id=await self._fulfilment(item), line_id=self.lines[item], quantity=1)
                for item in event.items
            ]
        )
        self.parcels[event.package] = await packing.pack(self.act(event.at), packing.PackParcel(contents=contents))

    async def _ship(self, event: Event) -> None:
        command = shipping.ShipParcel(
            parcel_id=self.parcels[event.package], carrier=CARRIER, tracking_number=event.package
        )
        await shipping.ship(self.act(event.at), command)

    async def _track(self, event: Event) -> None:
        failed = event.activity == "failed delivery"
        report = tracking.RecordTracking(
            carrier=CARRIER,
            tracking_number=event.package,
            code=TrackingCode.ATTEMPT_FAILED if failed else TrackingCode.DELIVERED,
            occurred_at=event.at,
            event_key=f"{event.activity} {event.at.isoformat()}",
        )
        await tracking.record_tracking_event(self.act(event.at), report)

    async def _note(self, event: Event) -> None:
        command = noting.AddNote(
            order_id=self.orders[event.order], text=event.activity, visibility=NoteVisibility.PUBLIC
        )
        await noting.add_note(self.act(event.at), command)

    async def _pay(self, event: Event) -> None:
        act, order_id, none = self.act(event.at), self.orders[event.order], Gateways({})
        await adding.add_payment(act, none, adding.AddPayment(order_id=order_id, tender=Tender.ACCOUNT))
        await authorizing.authorize(act, none, authorizing.AuthorizePayment(order_id=order_id))
        await capturing.capture(act, none, capturing.CapturePayment(order_id=order_id))

    async def _fulfilment(self, item: str) -> UUID:
        [found] = await rows("SELECT fulfilment_id FROM line_status WHERE line_id = $1", [self.lines[item]])
        fulfilment_id: UUID = found["fulfilment_id"]
        return fulfilment_id


async def differences(replay: Replay) -> list[str]:
    """What stands in the tables and the facts, against the log; empty when they agree."""
    log, organization = replay.log, replay.organization_id
    found = []
    for name, wanted, sql in (
        (
            "orders delivered",
            log.count("place order"),
            "SELECT count(*) AS n FROM orders WHERE organization_id = $1 AND status = 'delivered'",
        ),
        (
            "orders paid",
            log.count("pay order"),
            "SELECT count(*) AS n FROM orders WHERE organization_id = $1 AND charge_status = 'full'",
        ),
        (
            "items",
            len(log.order_of),
            "SELECT count(*) AS n FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE o.organization_id = $1",
        ),
        (
            "failed deliveries",
            log.count("failed delivery"),
            "SELECT count(*) AS n FROM tracking_events e JOIN parcels p ON p.id = e.parcel_id WHERE p.organization_id = $1 AND e.code = 'attempt_failed'",
        ),
        (
            "stock-outs",
            log.count("item out of stock"),
            "SELECT count(*) AS n FROM outbox WHERE organization_id = $1 AND kind = 'units_short_picked'",
        ),
    ):
        [row] = await rows(sql, [organization])
        if row["n"] != wanted:
            found.append(f"{name}: {row['n']} here, {wanted} in the log")
    return found + await _parcel_differences(replay) + await _story_differences(replay)


async def _parcel_differences(replay: Replay) -> list[str]:
    items = {line_id: item for item, line_id in replay.lines.items()}
    carried = defaultdict(set)
    for row in await rows(
        "SELECT p.tracking_number, l.line_id FROM parcels p JOIN parcel_lines l ON l.parcel_id = p.id WHERE p.organization_id = $1",
        [replay.organization_id],
    ):
        carried[row["tracking_number"]].add(items[row["line_id"]])
    wanted = {package: set(items) for package, items in replay.log.packages.items()}
    return [
        f"parcel {package}: {sorted(carried[package] ^ wanted.get(package, set()))} differ"
        for package in sorted(set(carried) | set(wanted))
        if carried[package] != wanted.get(package)
    ]


TOLD = {
    "order_placed": "place order",
    "units_short_picked": "item out of stock",
    "units_picked": "pick item",
    "units_packed": "create package",
    "units_shipped": "send package",
    "units_delivered": "package delivered",
    "note_added": "note",
}


async def _story_differences(replay: Replay) -> list[str]:
    """Every order's time line tells the log's activities at the log's times."""
    names = {order_id: order for order, order_id in replay.orders.items()}
    told, wanted = defaultdict(set), defaultdict(set)
    for row in await rows(
        "SELECT order_id, kind, recorded_at FROM outbox WHERE organization_id = $1 AND order_id IS NOT NULL",
        [replay.organization_id],
    ):
        if row["kind"] in TOLD:
            told[names[row["order_id"]]].add((TOLD[row["kind"]], row["recorded_at"]))
    for event in replay.log.events:
        activity = "note" if event.activity in {"confirm order", "payment reminder"} else event.activity
        if activity in TOLD.values():
            for order in orders_of(event, replay.log):
                wanted[order].add((activity, event.at))
    return [
        f"order {order}: {sorted(told[order] ^ wanted[order])[:4]}" for order in wanted if told[order] != wanted[order]
    ]


def _chunks(items: Iterable[str]) -> list[list[str]]:
    listed = list(items)
    return [listed[at : at + 400] for at in range(0, len(listed), 400)]


async def main_async(settings: Settings, path: Path, orders: int | None) -> int:
    log = read(path, orders=orders)
    async with tables(settings) as counter:
        replay = Replay(log, counter, new_id())
        await replay.run()
        found = await differences(replay)
    shared = sum(len({log.order_of[item] for item in items}) > 1 for items in log.packages.values())
    print(
        f"{log.count('place order')} orders, {len(log.order_of)} items, {len(log.packages)} parcels ({shared} of several orders), "
        f"{log.count('item out of stock')} stock-outs, {log.count('failed delivery')} failed deliveries"
    )
    print("\n".join(found[:50]) if found else "Every order's state, its time line and every parcel agree with the log.")
    return 1 if found else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--orders", type=int, help="about so many orders instead of all")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, embedded_servers(Path(folder), fsync=False) as (database_url, _):
        return uvloop.run(main_async(Settings(database_url=database_url), arguments.file, arguments.orders))


if __name__ == "__main__":
    raise SystemExit(main())
