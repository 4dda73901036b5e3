"""Whose rows each audience sees, against the same rules said again in Python."""

from uuid import UUID

import pytest

import models
from domain.permissions import Role
from resolvers import ids, visible
from resolvers.scopes import seen
from tests.resolvers.world import US, World, furnish, viewer
from tests.schema.asking import ask

pytestmark = pytest.mark.usefixtures("database")

SCOPES = [
    (models.Organization, visible.ORGANIZATIONS),
    (models.Channel, visible.CHANNELS),
    (models.Location, visible.LOCATIONS),
    (models.Product, visible.PRODUCTS),
    (models.Variant, visible.VARIANTS),
    (models.Price, visible.PRICES),
    (models.Substitute, visible.SUBSTITUTES),
    (models.Order, visible.ORDERS),
    (models.OrderLine, visible.PARTS_OF_ORDERS),
    (models.OrderNote, visible.PUBLIC_NOTES),
    (models.OrderNote, visible.PRIVATE_NOTES),
    (models.Customer, visible.CUSTOMERS),
    (models.CustomerAddress, visible.PARTS_OF_CUSTOMERS),
    (models.StockLevel, visible.STOCK),
    (models.StockMovement, visible.MOVEMENTS),
    (models.Fulfilment, visible.FULFILMENTS),
    (models.FulfilmentLine, visible.PARTS_OF_FULFILMENTS),
    (models.Parcel, visible.PARCELS),
    (models.ParcelLine, visible.PARCEL_LINES),
    (models.TrackingEvent, visible.PARTS_OF_PARCELS),
    (models.Payment, visible.PAYMENTS),
    (models.PaymentEvent, visible.PARTS_OF_PAYMENTS),
]
WEIGHT = "query($id: ID!) { parcel(id: $id) { weightGrams } }"
INTERNAL = {models.StockLevel, models.StockMovement}


@pytest.fixture
async def world() -> World:
    return await furnish()


async def keys(model, scope, who) -> set:
    return {row.pk for row in await seen(model, scope, who)}


def orders_of(world: World, role: Role) -> set:
    """The ids of the orders that a role of the world sees."""
    who = world.viewers()[role]
    at_work = {row.order_id for row in world.rows[models.Fulfilment] if row.location_id in who.location_ids}
    is_seen = {
        Role.ADMIN: lambda order: True,
        Role.AGENT: lambda order: order.channel_id in who.channel_ids,
        Role.PARTNER: lambda order: order.channel_id in who.channel_ids,
        Role.STORE_ASSOCIATE: lambda order: order.id in at_work,
        Role.CUSTOMER: lambda order: order.customer_id == who.customer_id,
        Role.ANONYMOUS: lambda order: False,
    }[role]
    return {order.id for order in world.of(models.Order) if is_seen(order)}


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.WAREHOUSE])
async def test_orders_and_their_parts_are_seen_together(world, role) -> None:
    who, expected = world.viewers()[role], orders_of(world, role)

    assert await keys(models.Order, visible.ORDERS, who) == expected
    for model in (models.OrderLine, models.Hold, models.OrderAddress, models.LineStatus, models.Payment):
        rows = {row.id for row in world.rows[model] if row.order_id in expected}
        assert await keys(model, visible.PARTS_OF_ORDERS, who) == rows
    assert bool(expected) is (role is not Role.ANONYMOUS)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AGENT, Role.PARTNER, Role.STORE_ASSOCIATE, Role.CUSTOMER])
async def test_private_notes_are_seen_in_the_office_only(world, role) -> None:
    who, orders = world.viewers()[role], orders_of(world, role)
    notes = [note for note in world.rows[models.OrderNote] if note.order_id in orders]
    public, private = ({note.id for note in notes if note.visibility == kind} for kind in ("public", "private"))

    assert public
    assert private
    assert await keys(models.OrderNote, visible.PUBLIC_NOTES, who) == public
    assert await keys(models.OrderNote, visible.PRIVATE_NOTES, who) == (
        private if role in {Role.ADMIN, Role.AGENT} else set()
    )


async def test_a_store_sees_its_own_work_and_stock_and_those_it_works_for(world) -> None:
    who = world.viewers()[Role.STORE_ASSOCIATE]
    orders = [order for order in world.of(models.Order) if order.id in orders_of(world, Role.STORE_ASSOCIATE)]

    for model, scope in (
        (models.Fulfilment, visible.FULFILMENTS),
        (models.StockLevel, visible.STOCK),
        (models.Parcel, visible.PARCELS),
    ):
        own = {row.id for row in world.of(model) if row.location_id in who.location_ids}
        assert own
        assert await keys(model, scope, who) == own
    customers = {order.customer_id for order in orders} - {None}
    assert await keys(models.Customer, visible.CUSTOMERS, who) == customers


async def test_the_office_sees_fulfilments_of_orders_it_sees_and_all_stock(world) -> None:
    who, orders = world.viewers()[Role.AGENT], orders_of(world, Role.AGENT)

    fulfilments = {row.id for row in world.of(models.Fulfilment) if row.order_id in orders}
    assert await keys(models.Fulfilment, visible.FULFILMENTS, who) == fulfilments
    assert await keys(models.StockLevel, visible.STOCK, who) == {row.id for row in world.of(models.StockLevel)}


@pytest.mark.parametrize("role", [Role.AGENT, Role.CUSTOMER])
async def test_a_shared_parcel_shows_only_the_lines_of_visible_orders(world, role) -> None:
    lines = {line.id for line in world.rows[models.OrderLine] if line.order_id in orders_of(world, role)}
    carried = [row for row in world.rows[models.ParcelLine] if row.line_id in lines]
    parcels = {row.parcel_id for row in carried}

    who = world.viewers()[role]
    assert await keys(models.Parcel, visible.PARCELS, who) == parcels
    assert await keys(models.ParcelLine, visible.PARCEL_LINES, who) == {row.id for row in carried}
    if role is Role.AGENT:
        assert any(row.parcel_id in parcels and row.line_id not in lines for row in world.rows[models.ParcelLine])


async def test_the_weight_of_a_shared_parcel_is_to_each_customer_that_of_their_own_lines(world) -> None:
    orders = {row.id: row.customer_id for row in world.of(models.Order)}
    lines = {row.id: row for row in world.rows[models.OrderLine]}
    grams = {row.id: row.weight_grams for row in world.of(models.Variant)}
    own: dict[UUID, dict[UUID | None, int]] = {}
    for row in world.rows[models.ParcelLine]:
        if (line := lines[row.line_id]).order_id in orders:
            shares = own.setdefault(row.parcel_id, {})
            who = orders[line.order_id]
            shares[who] = shares.get(who, 0) + row.quantity * grams[line.variant_id]
    boxes = {row.id: row.weight_grams for row in world.of(models.Parcel)}

    for parcel_id, shares in own.items():
        for customer_id in filter(None, shares):
            answer = await ask(
                WEIGHT, viewer(Role.CUSTOMER, customer_id=customer_id), {"id": ids.global_id("Parcel", parcel_id)}
            )
            told = answer["data"]["parcel"]["weightGrams"]
            assert told == (boxes[parcel_id] if len(shares) == 1 else shares[customer_id])

    assert any(len(shares) > 1 and any(shares) for shares in own.values()), "some of them are shared"


@pytest.mark.parametrize("role", [Role.AGENT, Role.PARTNER])
async def test_of_a_parcel_shared_with_other_channels_one_knows_no_weight_but_of_ones_own_and_no_label(
    world, role
) -> None:
    who = world.viewers()[role]
    channels = {row.id: row.channel_id for row in world.of(models.Order)}
    lines = {row.id: row for row in world.rows[models.OrderLine]}
    grams = {row.id: row.weight_grams for row in world.of(models.Variant)}
    whole, told, expected = set(), {}, {}
    for box in await seen(models.Parcel, visible.PARCELS, who):
        inside = [(row, lines[row.line_id]) for row in world.rows[models.ParcelLine] if row.parcel_id == box.id]
        own = [pair for pair in inside if channels[pair[1].order_id] in who.channel_ids]
        whole |= {box.id} if own == inside else set()
        expected[box.id] = (
            box.weight_grams if own == inside else sum(row.quantity * grams[line.variant_id] for row, line in own)
        )
        answer = await ask(WEIGHT, who, {"id": ids.global_id("Parcel", box.id)})
        told[box.id] = answer["data"]["parcel"]["weightGrams"]

    assert told == expected
    assert 0 < len(whole) < len(expected), "some are shared"
    labels = {row.id for row in world.rows[models.Label] if row.parcel_id in whole}
    assert await keys(models.Label, visible.LABELS, who) == (labels if role is Role.AGENT else set())


@pytest.mark.parametrize("role", [Role.AGENT, Role.PARTNER])
async def test_a_transfer_for_an_order_is_as_visible_as_the_order(world, role) -> None:
    who = world.viewers()[role]
    [foreign, *others], seen_orders = world.of(models.Transfer), orders_of(world, role)
    order = next(row for row in world.of(models.Order) if row.id not in seen_orders)
    await models.Transfer.filter(id=foreign.id).update(order_id=order.id)

    visible_ones = {row.id for row in others if row.order_id is None or row.order_id in seen_orders}

    assert visible_ones
    assert await keys(models.Transfer, visible.TRANSFERS, who) == visible_ones
    assert await keys(models.TransferLine, visible.PARTS_OF_TRANSFERS, who) == {
        row.id for row in world.rows[models.TransferLine] if row.transfer_id in visible_ones
    }


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.ANONYMOUS])
async def test_shoppers_see_what_is_sold_and_no_stock(world, role) -> None:
    who = world.viewers()[role]
    products = {row.id: row for row in world.of(models.Product)}
    sold = {row.id for row in world.of(models.Variant) if row.is_active and products[row.product_id].is_active}
    open_channels = {row.id for row in world.of(models.Channel) if row.is_active}

    assert await keys(models.Variant, visible.VARIANTS, who) == sold
    assert await keys(models.Product, visible.PRODUCTS, who) == {key for key, row in products.items() if row.is_active}
    assert await keys(models.Channel, visible.CHANNELS, who) == open_channels
    assert await keys(models.Price, visible.PRICES, who) == {
        row.id for row in world.rows[models.Price] if row.variant_id in sold and row.channel_id in open_channels
    }
    for model in INTERNAL:
        assert await keys(model, dict(SCOPES)[model], who) == set()


async def test_an_agent_without_channels_sees_no_orders(world) -> None:
    nowhere = viewer(Role.AGENT)

    assert await keys(models.Order, visible.ORDERS, nowhere) == set()
    assert await keys(models.Channel, visible.CHANNELS, nowhere) == set()


async def test_a_customer_without_an_account_sees_no_orders_of_guests(world) -> None:
    assert await keys(models.Order, visible.ORDERS, viewer(Role.CUSTOMER)) == set()
    assert await keys(models.Customer, visible.CUSTOMERS, viewer(Role.CUSTOMER)) == set()


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.WAREHOUSE])
async def test_nobody_sees_another_organization(world, role) -> None:
    for model, scope in SCOPES:
        shown = await seen(model, scope, world.viewers()[role])
        assert {await organization_of(row) for row in shown} <= {US}, model.__name__


async def organization_of(row) -> object:
    """Up the ways that rows belong to rows."""
    if isinstance(row, models.Organization):
        return row.id
    for name in (
        "organization_id",
        "order",
        "variant",
        "customer",
        "stock_level",
        "fulfilment",
        "parcel",
        "payment",
        "line",
    ):
        if name == "organization_id" and hasattr(row, name):
            return row.organization_id
        if name in type(row)._meta.fk_fields:
            return await organization_of(await getattr(row, name))
    raise AssertionError(f"{row!r} belongs to nobody")
