"""A small business with corners, written row by row: guests, odd names, shared parcels, another organization's twins."""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from tortoise.models import Model

import models
from domain.facts import FactKind
from domain.fulfilment import FulfilmentStatus
from domain.holds import HoldKind, HoldStatus
from domain.ids import new_id
from domain.lifecycle import OrderStatus, UnitStatus
from domain.orders import FulfilmentMethod, OrderOrigin
from domain.payments import PaymentEventKind, Tender
from domain.permissions import PERMISSIONS_OF, Permission, Role
from domain.promising.offers import Confidence
from domain.promising.supply import SupplyKind
from domain.routing.values import Method
from domain.stock import MovementKind
from domain.tracking import TrackingCode
from domain.viewer import AUDIENCE_OF, Viewer
from tests.resolvers.kits import KITS, KITS_OF_ORDERS, add_kits, add_kits_of_orders
from tests.resolvers.packing import PACKED, PACKING, add_packed, add_packing
from tests.resolvers.papers import PAPERS, add_chained, add_papers
from tests.resolvers.planning import PLANS, add_plans

US, THEM = UUID(int=1), UUID(int=2)
ODD_NAMES = ['Ann "the\\ one"', "Søren\nnewline", "\u2028 日本 😀", "O'Brien {row} $1 %s", ""]
START = datetime(2026, 11, 1, 12, tzinfo=UTC)
BY_TIME = [timedelta(0), timedelta(microseconds=120_000), timedelta(microseconds=123_456), timedelta(minutes=3)]
AT_A_LOCATION = [UnitStatus.RELEASED, UnitStatus.PICKED, UnitStatus.SHIPPED, UnitStatus.DELIVERED]

PARENTS_FIRST = [
    models.Organization, models.Location, models.Channel, models.Customer, models.CustomerAddress, models.CustomerContact,
    models.Role, models.Staff, models.ApiKey, models.TaxRate, models.Product, models.Variant, models.Price, models.Substitute,
    *KITS,
    models.StockLevel, *PACKING, models.ExpectedSupply, models.CarrierService, models.PromiseRule, models.SafetyRule, models.Promise,
    models.Order, models.OrderAddress, models.OrderLine, models.OrderNote, models.Hold, models.Fulfilment,
    models.LineStatus, models.FulfilmentLine, models.Parcel, models.ParcelLine, models.TrackingEvent, models.Payment,
    models.PaymentEvent, models.StockMovement, models.Reservation, models.CancellationRequest, models.ExcludedLocation,
    models.LoggedFact, *KITS_OF_ORDERS, *PAPERS, *PLANS, *PACKED,
]  # fmt: skip


@dataclass(slots=True)
class World:
    """Every row by its table, `us` first."""

    luck: random.Random
    rows: dict[type[Model], list[Any]] = field(default_factory=dict)

    def add(self, row: Model) -> Any:
        self.rows.setdefault(type(row), []).append(row)
        return row

    def of(self, model: type[Model], organization: UUID = US) -> list[Any]:
        return [row for row in self.rows.get(model, []) if getattr(row, "organization_id", US) == organization]

    def viewers(self) -> dict[str, Viewer]:
        """One of each audience. Permissions are complete, so that rows alone make the difference."""
        channels, locations = self.of(models.Channel), self.of(models.Location)
        confined = {
            Role.AGENT: {"channel_ids": (channels[0].id, channels[1].id)},
            Role.PARTNER: {"channel_ids": (channels[1].id,)},
            Role.STORE_ASSOCIATE: {"location_ids": (locations[0].id, locations[2].id)},
            Role.CUSTOMER: {"customer_id": self.of(models.Customer)[0].id},
        }
        return {role: viewer(role, **confined.get(role, {})) for role in Role if role is not Role.WAREHOUSE}


def viewer(role: Role, *, allowed: frozenset[Permission] | None = None, **confined: Any) -> Viewer:
    return Viewer(
        audience=AUDIENCE_OF[role],
        principal=f"test:{role}",
        organization_id=US,
        permissions=frozenset(Permission) if allowed is None else allowed,
        role=role,
        **confined,
    )


def as_granted(seeing: Viewer) -> Viewer:
    """The same viewer with what its role really allows."""
    return viewer(
        seeing.role,
        allowed=PERMISSIONS_OF[seeing.role],
        channel_ids=seeing.channel_ids,
        location_ids=seeing.location_ids,
        customer_id=seeing.customer_id,
    )


async def furnish(*, orders: int = 40, seed: int = 1) -> World:
    """Writes the rows past the actions, to reach corners that they keep rare."""
    world = World(random.Random(seed))
    for organization, share in ((US, orders), (THEM, orders // 4)):
        _furnish_organization(world, organization)
        for at in range(share):
            _order(world, organization, at)
        add_plans(world, organization)
        add_chained(world, organization)
        add_kits_of_orders(world, organization)
        add_packed(world, organization)
    for model in sorted(world.rows, key=PARENTS_FIRST.index):
        await model.bulk_create(world.rows[model])
    allowed = await models.Location.filter(organization_id=US, code__in=("l0", "l1", "l3"))
    for channel in await models.Channel.filter(organization_id=US, code__in=("web", "store")):
        await channel.locations.add(*allowed)
    return world


def _furnish_organization(world: World, organization: UUID) -> None:
    world.add(models.Organization(id=organization, code=f"org{organization.int}", name="Org", currency="USD"))
    for at, kind in enumerate(("web", "store", "phone", "marketplace")):
        world.add(
            models.Channel(
                organization_id=organization, code=kind, name=ODD_NAMES[at], kind=kind, currency="USD", is_active=at < 3
            )
        )
    for at, kind in enumerate(("store", "warehouse", "vendor", "third_party")):
        world.add(
            models.Location(
                organization_id=organization, code=f"l{at}", name=ODD_NAMES[at], kind=kind, country="US", latitude=at / 3,
                longitude=-1e-7 * (at + 1), time_zone="UTC", capabilities=["ship", "pickup"][:at],
                daily_capacity_units=at or None, is_active=at < 3,
            )
        )  # fmt: skip
    for at, name in enumerate(ODD_NAMES):
        person = models.Customer(
            organization_id=organization, number=f"C{at}", name=name, email=f"C{at}@Example.org" if at % 2 else None
        )
        world.add(person)
        world.add(models.CustomerAddress(customer_id=person.id, name=name, line1="1 Main St", city="X", country="US"))
        world.add(models.CustomerContact(customer_id=person.id, kind="email", value=f"{at}@x", is_opted_in=at > 1))
    _catalogue(world, organization)
    _staff(world, organization)
    _carts(world, organization)
    _promising(world, organization)
    add_papers(world, organization)
    add_packing(world, organization)


def _staff(world: World, organization: UUID) -> None:
    for at, kind in enumerate((Role.ADMIN, Role.AGENT, Role.PARTNER)):
        role = world.add(
            models.Role(
                organization_id=organization, code=kind.value, name=ODD_NAMES[at], kind=kind,
                permissions=list(Permission)[:at],
            )
        )  # fmt: skip
        staff = world.add(
            models.Staff(organization_id=organization, role_id=role.id, email=f"s{at}@x", name=ODD_NAMES[at])
        )
        world.add(
            models.ApiKey(
                organization_id=organization, role_id=role.id, staff_id=staff.id if at else None, name=ODD_NAMES[at],
                prefix=f"{organization.int}-{at}", secret_hash="0" * 64, scopes=["read_orders"][:at],
                expires_at=START if at else None,
            )
        )  # fmt: skip
    for tax_class in ("standard", "food"):
        world.add(models.TaxRate(organization_id=organization, tax_class=tax_class, country="US", rate_ppm=82_500))


def _carts(world: World, organization: UUID) -> None:
    customers = world.of(models.Customer, organization)
    for at, level in enumerate(world.of(models.StockLevel, organization)[:6]):
        world.add(
            models.Reservation(
                organization_id=organization, channel_id=world.of(models.Channel, organization)[at % 3].id,
                customer_id=customers[0].id if at % 2 else None, cart=f"cart{at // 2}", stock_level_id=level.id,
                variant_id=level.variant_id, location_id=level.location_id, quantity=1, created_at=START,
                expires_at=START + BY_TIME[at % 4],
            )
        )  # fmt: skip


def _promising(world: World, organization: UUID) -> None:
    channels, locations = world.of(models.Channel, organization), world.of(models.Location, organization)
    variants, customers = world.of(models.Variant, organization), world.of(models.Customer, organization)
    for at, variant in enumerate(variants[:6]):
        world.add(
            models.ExpectedSupply(
                organization_id=organization, variant_id=variant.id, location_id=locations[at % 4].id,
                kind=list(SupplyKind)[1 + at % 3], quantity=at + 1, expected_on=date(2026, 12, 1 + at % 2),
                announced_at=START,
            )
        )  # fmt: skip
    for at in range(4):
        optional = {"location_id": locations[at].id} if at % 2 else {}
        world.add(
            models.CarrierService(
                organization_id=organization, code=f"s{at}", name=ODD_NAMES[at], carrier="ups", cut_off="14:00",
                pickup_time="17:00", pickup_days=["mon", "tue"][:at], channel_id=channels[at].id if at % 2 else None,
                zones=[{"up_to_km": None, "days_least": at, "days_most": at}], price_minor=at or None,
                is_active=at < 3,
            )
        )  # fmt: skip
        world.add(
            models.PromiseRule(
                organization_id=organization, code=f"r{at}", lead_time_minutes=at, pickup_ready_minutes=at,
                buffer_days=at, valid_minutes=1, past_due_days=at, forward_days=at or None, **optional,
            )
        )  # fmt: skip
        named = {"variant_id": variants[at].id, "kind": SupplyKind.PLANNED, "method": Method.SHIP} if at % 2 else {}
        world.add(models.SafetyRule(organization_id=organization, code=f"k{at}", percent=at, **named, **optional))
        parcel = {
            "location_id": str(locations[at].id), "ready_at": START.isoformat(), "ship_on": None, "cost_minor": at,
            "units": [{"variant_id": str(variants[at].id), "quantity": 1, "kind": "on_hand", "coming_on": None}],
            "earliest_on": "2026-12-01", "latest_on": "2026-12-02",
        }  # fmt: skip
        world.add(
            models.Promise(
                organization_id=organization, channel_id=channels[at].id, method=list(Method)[at % 3], rule="standard",
                customer_id=customers[at % 2].id if at else None, cart=f"cart{at}" if at % 2 else None, **optional,
                confidence=Confidence.HIGH, ready_at=START, earliest_on=date(2026, 12, 1), latest_on=date(2026, 12, 2),
                currency="USD", cost_minor=at, price_minor=at, parcels=[parcel], promised_at=START, expires_at=START,
            )
        )  # fmt: skip


def _catalogue(world: World, organization: UUID) -> None:
    channels, locations = world.of(models.Channel, organization), world.of(models.Location, organization)
    variants = []
    for at in range(8):
        name = f"{'Lamp' if at % 2 else 'LAMP_%'} {ODD_NAMES[at % 5]}"
        product = models.Product(organization_id=organization, code=f"P{at}", name=name, is_active=at != 7)
        world.add(product)
        for size in range(2):
            variant = models.Variant(
                organization_id=organization,
                product_id=product.id,
                sku=f"P{at}-{size}",
                name=name,
                barcode=str(at) if size else None,
                is_active=at != 6,
            )
            variants.append(world.add(variant))
            for channel in channels[: 1 + at % 4]:
                amount = world.luck.choice([0, 1999, 3_000_000_000])
                world.add(
                    models.Price(variant_id=variant.id, channel_id=channel.id, currency="USD", amount_minor=amount)
                )
            for location in locations[: at % 5]:
                level = world.add(
                    models.StockLevel(
                        organization_id=organization, variant_id=variant.id, location_id=location.id, on_hand=at
                    )
                )
                world.add(
                    models.StockMovement(
                        stock_level_id=level.id, kind=MovementKind.RECEIVED, quantity=1, actor="x", moved_at=START
                    )
                )
    for at, variant in enumerate(variants[:6]):
        world.add(models.Substitute(variant_id=variant.id, substitute_id=variants[at + 7].id, rank=at % 2))
        world.add(models.Substitute(variant_id=variant.id, substitute_id=variants[at + 9].id, rank=at % 2))
    add_kits(world, organization)


def _order(world: World, organization: UUID, at: int) -> None:
    luck, customers = world.luck, world.of(models.Customer, organization)
    customer = luck.choice([None, *customers, customers[0]])
    order = world.add(
        models.Order(
            organization_id=organization,
            number=f"SO-{at:04}",
            channel_id=luck.choice(world.of(models.Channel, organization)).id,
            external_id=f"x{at}" if at % 3 else None,
            origin=luck.choice(list(OrderOrigin)),
            customer_id=customer.id if customer else None,
            customer_name=customer.name if customer else "",
            customer_email=customer.email if customer else None,
            status=luck.choice(list(OrderStatus)),
            currency="USD",
            subtotal_minor=3_000_000_000,
            discount_minor=0,
            shipping_minor=luck.choice([0, 500]),
            tax_minor=0,
            total_minor=0,
            requested_date=luck.choice([None, date(2026, 12, 1)]),
            promise_id=world.of(models.Promise, organization)[at % 4].id if at % 3 == 0 else None,
            placed_at=START + luck.choice(BY_TIME) * luck.randint(0, 3),
        )
    )
    order.total_minor = order.subtotal_minor + order.shipping_minor
    world.add(
        models.OrderAddress(
            order_id=order.id, kind="shipping", name=luck.choice(ODD_NAMES), line1="1", city="X", country="US"
        )
    )
    fulfilments = [_fulfilment(world, order, f"F{at}-{part}") for part in range(luck.randint(0, 2))]
    for position in range(luck.randint(0, 3)):
        _line(world, order, position, fulfilments)
    for text, visibility in zip(ODD_NAMES[: luck.randint(0, 4)], ("public", "private") * 2, strict=False):
        world.add(models.OrderNote(order_id=order.id, text=text, visibility=visibility, author="x", written_at=START))
    if luck.random() < 0.4:
        world.add(
            models.Hold(
                order_id=order.id, kind=luck.choice(list(HoldKind)), status=HoldStatus.CREATED, applied_by="x",
                applied_at=START, expires_at=luck.choice([None, START]),
            )
        )  # fmt: skip
    _facts(world, order, fulfilments)
    _payment(world, order, str(at))


def _facts(world: World, order: models.Order, fulfilments: list[models.Fulfilment]) -> None:
    luck = world.luck
    for kind in (FactKind.ORDER_PLACED, FactKind.NOTE_ADDED):
        world.add(
            models.LoggedFact(
                seq=len(world.rows.get(models.LoggedFact, ())) + 1, organization_id=order.organization_id, kind=kind,
                order_id=order.id, customer_id=order.customer_id, channel_id=order.channel_id,
                location_id=fulfilments[0].location_id if fulfilments else None, actor="x", recorded_at=START,
                payload={"visibility": luck.choice(["public", "private"]), "odd": ODD_NAMES, "n": 1},
            )
        )  # fmt: skip


def _payment(world: World, order: models.Order, reference: str) -> None:
    luck = world.luck
    payment = world.add(
        models.Payment(
            organization_id=order.organization_id, order_id=order.id, tender=luck.choice(list(Tender)), gateway="fake",
            currency="USD", limit_minor=luck.choice([None, 5]), created_at=START,
        )
    )  # fmt: skip
    world.add(
        models.PaymentEvent(
            payment_id=payment.id, kind=luck.choice(list(PaymentEventKind)), amount_minor=1, reference=reference,
            occurred_at=START, recorded_at=START + luck.choice(BY_TIME), actor="x",
        )
    )  # fmt: skip


def _fulfilment(world: World, order: models.Order, number: str) -> models.Fulfilment:
    location = world.luck.choice(world.of(models.Location, order.organization_id))
    fulfilment: models.Fulfilment = world.add(
        models.Fulfilment(
            organization_id=order.organization_id, number=number, order_id=order.id, location_id=location.id,
            method=FulfilmentMethod.SHIP,
            status=world.luck.choice(list(FulfilmentStatus)),
            released_at=START + world.luck.choice(BY_TIME),
            pick_wave_id=world.luck.choice([None, *(w.id for w in world.of(models.PickWave, order.organization_id))]),
        )
    )  # fmt: skip
    return fulfilment


def _line(world: World, order: models.Order, position: int, fulfilments: list[models.Fulfilment]) -> None:
    luck = world.luck
    variant = luck.choice(world.of(models.Variant, order.organization_id))
    line = world.add(
        models.OrderLine(
            order_id=order.id, position=position, variant_id=variant.id, sku=variant.sku, name=variant.name, quantity=3,
            unit_price_minor=100, discount_minor=0, tax_rate_ppm=0, tax_minor=0, total_minor=300, status=order.status,
        )
    )  # fmt: skip
    world.add(models.LineStatus(line_id=line.id, order_id=order.id, status=UnitStatus.PLACED, quantity=1))
    for fulfilment in fulfilments[:1]:
        world.add(
            models.LineStatus(
                line_id=line.id, order_id=order.id, status=luck.choice(AT_A_LOCATION), quantity=2,
                location_id=fulfilment.location_id, fulfilment_id=fulfilment.id,
            )
        )  # fmt: skip
        world.add(models.FulfilmentLine(fulfilment_id=fulfilment.id, line_id=line.id, quantity=2))
        world.add(
            models.CancellationRequest(
                order_id=order.id, line_id=line.id, fulfilment_id=fulfilment.id, quantity=1, requested_by="x",
                requested_at=START,
            )
        )  # fmt: skip
        world.add(models.ExcludedLocation(line_id=line.id, location_id=fulfilment.location_id, until=START, reason="x"))
        _parcel(world, line, fulfilment)


def _parcel(world: World, line: models.OrderLine, fulfilment: models.Fulfilment) -> None:
    """Now and then the line goes into a parcel that another order's line is in already."""
    shared = [parcel for parcel in world.of(models.Parcel, fulfilment.organization_id) if world.luck.random() < 0.1]
    parcel = shared[0] if shared else world.add(
        models.Parcel(
            organization_id=fulfilment.organization_id, number=f"P{new_id()}"[:32], location_id=fulfilment.location_id,
            carrier=world.luck.choice([None, "ups"]), weight_grams=5, packed_at=START + world.luck.choice(BY_TIME),
            status=world.luck.choice([None, *TrackingCode]),
        )
    )  # fmt: skip
    world.add(models.ParcelLine(parcel_id=parcel.id, line_id=line.id, fulfilment_id=fulfilment.id, quantity=2))
    world.add(
        models.TrackingEvent(
            parcel_id=parcel.id, event_key=str(new_id()), code=world.luck.choice(list(TrackingCode)),
            occurred_at=START + world.luck.choice(BY_TIME), received_at=START,
        )
    )  # fmt: skip
