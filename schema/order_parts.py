"""What an order consists of: its lines, where their units stand, its addresses, and what was said about it."""

from datetime import datetime

import strawberry

import models
from domain.permissions import Permission
from resolvers import kits, orders
from resolvers.visible import PARTS_OF_KITS, PARTS_OF_LINES, PARTS_OF_ORDERS, PRIVATE_NOTES, PUBLIC_NOTES
from schema.backorders import Backorder
from schema.catalogue import Variant
from schema.enums import Action, AddressKind, FulfilmentMethod, OrderStatus, UnitStatus
from schema.fields import column, graph, many, one, sql, via
from schema.later import Order
from schema.locations import Location
from schema.nodes import Node
from schema.substitutions import Substitution
from schema.values import Minor

READ = Permission.READ_ORDERS
INTERNAL = Permission.READ_ORGANIZATION


@graph(models.LineStatus, "So many units of a line that stand in one place.", scope=PARTS_OF_LINES, needs=READ)
class Units:
    status: UnitStatus = column("Where they stand.")
    quantity: int = column("How many.")
    location: Location | None = one(
        "Who has them or works on them; nobody before they are scheduled.", needs=Permission.READ_AVAILABILITY
    )
    fulfilment_id: strawberry.ID | None = column("The location's work that they are part of.", of="Fulfilment")


@graph(models.OrderLine, "Some units of one variant, in an order.", scope=PARTS_OF_ORDERS, needs=READ)
class OrderLine(Node):
    order: Order = one("The order it is part of.")
    position: int = column("Its place in the order, from 0.")
    sku: str = column("The SKU when it was ordered.")
    name: str = column("What it was called when it was ordered.")
    quantity: int = column("How many units were ordered, cancelled ones included.")
    status: OrderStatus = column("How far its units are.")
    in_kit: str | None = sql(
        "The SKU of the kit that it is a component of.",
        "(SELECT k.sku FROM kit_lines c JOIN order_kits k ON k.id = c.kit_id WHERE c.line_id = {row}.id)",
    )
    method: FulfilmentMethod = column("How they reach the customer.")
    pickup_location: Location | None = one("Where the customer collects them.", needs=Permission.READ_AVAILABILITY)
    variant: Variant | None = one("What was ordered, as it is now; null when it is no longer shown to you.")
    units: list[Units] = many("Where its units stand; they sum to its quantity.", order_by="status")
    backorder: Backorder | None = one("For how long its units may wait for stock, where there is an end to it.")
    allows_substitutes: bool = sql(
        "Whether the customer takes automatic substitutes for it.",
        "(EXISTS (SELECT 1 FROM substitution_consents k WHERE k.line_id = {row}.id))",
    )
    substitutions: list[Substitution] = many(
        "What was proposed or sent for units of it, with what came of it.", order_by="proposed_at"
    )
    substituted_for: Substitution | None = one("Whose units these stand for; null for what was ordered.")
    unit_price_minor: Minor = column("What one unit cost, in the order's currency, before discounts.")
    discount_minor: Minor = column("What was taken off the whole line, its share of the order's discount included.")
    tax_rate_ppm: int = column("The tax rate that was applied, in parts per million.")
    tax_minor: Minor = column("The tax within its total.")
    total_minor: Minor = column("What the customer pays for the line, tax included.")
    available_actions: list[Action] = via("What may be done next to some of its units.", orders.actions_of_line)


@strawberry.type(
    description="So many whole kits that are equally far: as far as the component of each that is least far."
)
class KitUnits:
    status: UnitStatus = strawberry.field(description="How far they are.")
    quantity: int = strawberry.field(description="How many kits.")


@graph(models.KitLine, "What a kit in an order has several or one of.", scope=PARTS_OF_KITS, needs=READ)
class KitLine:
    units: int = column("How many units one kit has.")
    line: OrderLine = one("The units of all its kits, as a line of the order.")


@graph(
    models.OrderKit,
    "Kits in an order: bought as one, served, shipped and cancelled whole. Their components are lines of the order, which "
    "share the kits' price among them.",
    scope=PARTS_OF_ORDERS,
    needs=READ,
)
class OrderKit(Node):
    position: int = column("Its place among the order's kits, from 0.")
    sku: str = column("The SKU when it was ordered.")
    name: str = column("What it was called when it was ordered.")
    quantity: int = column("How many kits were ordered, cancelled ones included.")
    status: OrderStatus = via("How far they are.", kits.word)
    units: list[KitUnits] = via("Where whole kits stand; they sum to its quantity.", kits.standing)
    variant: Variant | None = one("What was ordered, as it is now; null when it is no longer shown to you.")
    lines: list[KitLine] = many("What they are made of.", order_by="id")
    unit_price_minor: Minor = column("What one kit cost, in the order's currency, before discounts.")
    discount_minor: Minor = column("What was taken off these kits, without a share of the order's discount.")
    parted_at: datetime | None = column("Since when their components go their own ways; never, as a rule.")
    parting_reason: str = column("Why.")


@graph(models.OrderAddress, "An address as it was when the order was placed.", scope=PARTS_OF_ORDERS, needs=READ)
class OrderAddress:
    kind: AddressKind = column("What it is for.")
    city: str = column("The town.")
    region: str = column("The state or region.")
    postal_code: str = column("The postal code.")
    country: str = column("ISO 3166 code of the country.")
    name: str = column("Who lives or works there.", needs=Permission.READ_CONTACTS)
    line1: str = column("The street and number.", needs=Permission.READ_CONTACTS)
    line2: str = column("What else helps to find it.", needs=Permission.READ_CONTACTS)
    phone: str | None = column("A telephone number for the carrier.", needs=Permission.READ_CONTACTS)
    latitude: float | None = column("Degrees north of the equator.", needs=Permission.READ_CONTACTS)
    longitude: float | None = column("Degrees east of Greenwich.", needs=Permission.READ_CONTACTS)


@graph(models.OrderNote, "Something said about an order that the customer may read.", scope=PUBLIC_NOTES, needs=READ)
class Note:
    text: str = column("What was said.")
    written_at: datetime = column("When.")
    author: str = column("Who said it.", needs=INTERNAL)


@graph(
    models.OrderNote,
    "Something said about an order that only staff may read.",
    scope=PRIVATE_NOTES,
    needs=Permission.READ_PRIVATE_NOTES,
)
class PrivateNote:
    text: str = column("What was said.")
    written_at: datetime = column("When.")
    author: str = column("Who said it.")
