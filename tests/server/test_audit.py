"""A sound database passes the audit; whatever is bent in it is found and named."""

import argparse
import asyncio
from typing import Any

import asyncpg
import pytest

from actions import desk
from actions.chaining.shipping import SentUnits
from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.orders.noting import AddNote, add_note
from actions.parcels.packing import PackedUnits, PackParcel, UnpackParcel, pack, unpack
from actions.payments.capturing import capture_shipments
from actions.purchasing import receiving
from actions.purchasing.receiving import DeliveredUnits, ReceivePurchase
from actions.transfers import moving
from actions.transfers.moving import ReceivedUnits, ReceiveTransfer
from domain.fulfilment import DeclineReason
from domain.ids import new_id
from domain.lifecycle import UnitStatus
from domain.placing.commands import CartLine, ReserveCart
from models.config import credentials
from models.db import execute
from realtime import log
from server import audit
from server.auditing import forwarding, kits, quota_plans
from server.auditing.checks import Connection
from server.settings import Settings
from tests.actions.payments.shop import Shop
from tests.world import World, furnish
from tests.world.fulfilment import open_fulfilment, parcel_on_its_way, picked, pickup_fulfilment
from tests.world.orders import new_order
from tests.world.quotas import aside, group
from tests.world.stock_papers import ordered_purchase, purchase_lines, shipped_transfer, transfer_lines
from tests.world.vendors import acknowledged, report

pytestmark = pytest.mark.usefixtures("database")

SABOTAGE = [
    ("UPDATE stock_levels SET on_hand = on_hand + 1 WHERE id = '{level}'", "on_hand is 11, its movements make 10"),
    (
        "UPDATE stock_levels SET allocated = allocated + 1 WHERE id = '{level}'",
        "allocated is 1, orders hold 0 units",
    ),
    ("UPDATE stock_levels SET safety = safety + 1 WHERE id = '{level}'", "safety is 1, its movements make 0"),
    ("UPDATE stock_levels SET reserved = reserved + 1 WHERE id = '{level}'", "reserved is 1, carts keep 0 units"),
    (
        "UPDATE line_status SET quantity = quantity + 1 WHERE order_id = '{order}'",
        "units are accounted for, 3 were ordered",
    ),
    (
        "UPDATE pickup_questions SET quantity = 2",
        "its customer is asked about 2 units, 1 wait for an answer",
    ),
    ("DELETE FROM pickup_codes", "a customer collects it, and has no code to show"),
    ("UPDATE order_lines SET status = 'picked' WHERE order_id = '{order}'", "is called picked"),
    ("UPDATE orders SET status = 'delivered' WHERE id = '{order}'", "order {number} ({order}): is called delivered"),
    ("UPDATE fulfilments SET status = 'declined' WHERE order_id = '{order}'", "is called declined, its units make it"),
    (
        "UPDATE orders SET subtotal_minor = 3001, discount_minor = 1 WHERE id = '{order}'",
        "the subtotal is 3001, its lines make 3000",
    ),
    (
        "UPDATE orders SET shipping_minor = 5, discount_minor = 5 WHERE id = '{order}'",
        "the total is 3000, its lines make 3005",
    ),
    (
        (
            "INSERT INTO backorders (id, line_id, order_id, since, cancels_at, is_fixed, reason, ended_at) "
            "SELECT id, id, order_id, now(), now(), false, '', now() FROM order_lines WHERE order_id = '{waiting}'"
        ),
        "units still wait, which were to be cancelled",
    ),
    (
        (
            "INSERT INTO substitutions (id, order_id, line_id, variant_id, sku, quantity, price_rule, unit_price_minor, "
            "status, reason, proposed_by, proposed_at, answered_at, new_line_id) SELECT id, order_id, id, variant_id, sku, "
            "quantity, 'original_price', 1, 'accepted', '', 'x', now(), now(), id FROM order_lines "
            "WHERE order_id = '{waiting}'"
        ),
        "1 were sent for 1 units of it, 0 of which were cancelled",
    ),
    ("UPDATE order_lines SET tax_minor = 7 WHERE order_id = '{order}'", "the tax is 0, its lines make 7"),
    (
        "UPDATE payments SET charged_minor = charged_minor + 1 WHERE order_id = '{order}'",
        "charged_minor is 1001, its events make 1000",
    ),
    ("DELETE FROM payment_events WHERE kind = 'charge_success'", "charge_pending_minor is 0, its events make 1000"),
    (
        "UPDATE orders SET charge_status = 'full' WHERE id = '{order}'",
        "charge_status is full, its payments make it partial",
    ),
    (
        "UPDATE orders SET authorize_status = 'none' WHERE id = '{order}'",
        "authorize_status is none, its payments make it full",
    ),
    ("UPDATE orders SET version = version + 1 WHERE id = '{order}'", "its newest fact tells of"),
    ("DELETE FROM event_log WHERE seq IN (2, 3)", "facts 2 to 3 are missing"),
    ("UPDATE relay_state SET last_seq = last_seq + 1", "the relay stands at"),
    (
        "INSERT INTO idempotency_keys VALUES ('org/me/key-1', 'x', '{{\"id\": \"{nothing}\"}}', now())",
        "idempotency key org/me/key-1: its answer names {nothing}, which is nowhere",
    ),
    (
        (
            "INSERT INTO parcel_lines (id, parcel_id, line_id, fulfilment_id, quantity) "
            "SELECT '{nothing}', '{parcel}', l.line_id, l.fulfilment_id, 9 FROM fulfilment_lines l "
            "JOIN fulfilments f ON f.id = l.fulfilment_id WHERE f.order_id = '{order}'"
        ),
        "parcels that left carry 9 units, 1 have left",
    ),
    (
        "UPDATE line_status SET order_id = '{other}' WHERE order_id = '{order}' AND status = 'shipped'",
        "belong to a line or fulfilment of another order",
    ),
    (
        "UPDATE reservations SET location_id = (SELECT id FROM locations WHERE code = 'CHI')",
        "is of another variant or location than its stock",
    ),
    (
        (
            "INSERT INTO capacity_claims (id, order_id, location_id, day, units) "
            "SELECT '{nothing}', '{order}', id, '2026-11-02', 3 FROM locations WHERE code = 'CHI'"
        ),
        "day 2026-11-02 of CHI: it counts 0 units of 0 orders and 0 lines, claims make 3 of 1 and 0",
    ),
    (
        (
            "INSERT INTO line_claims (id, line_id, location_id, day, units) SELECT '{nothing}', i.id, l.id, '2026-11-02', 3 "
            "FROM locations l, order_lines i WHERE l.code = 'CHI' AND i.order_id = '{other}' ORDER BY i.id LIMIT 1"
        ),
        "day 2026-11-02 of CHI: it counts 0 units of 0 orders and 0 lines, claims make 0 of 0 and 1",
    ),
    ("UPDATE quotas SET quantity = quantity + 1 WHERE quantity = 3", "it is 4, its movements make 3"),
    ("UPDATE quotas SET quantity = quantity + 1 WHERE quantity = 3", "3 units are set aside, its quotas are 4"),
    ("UPDATE quotas SET taken = taken + 1 WHERE taken = 2", "3 of it are taken, its movements make 2"),
    (
        (
            "INSERT INTO quota_movements (id, quota_id, kind, quantity, line_id, reference, actor, moved_at) "
            "SELECT '{nothing}', q.id, 'taken', 2, i.id, '', '', now() FROM order_lines i "
            "JOIN quotas q ON q.variant_id = i.variant_id JOIN locations l ON l.id = q.location_id "
            "WHERE i.order_id = '{other}' AND l.code = 'NYC'"
        ),
        "it has 2 units of quotas at NYC and holds 1 there",
    ),
    (
        (
            "INSERT INTO quota_movements (id, quota_id, kind, quantity, reservation_id, reference, actor, moved_at) "
            "SELECT '{nothing}', quota_id, kind, 1, reservation_id, '', '', now() FROM quota_movements "
            "WHERE reservation_id IS NOT NULL"
        ),
        "it has 3 units of quotas and keeps 2",
    ),
    ("UPDATE transfer_lines SET received = received + 1", "received is 2, its movements make 1"),
    (
        "UPDATE purchase_lines SET received = received + 1 WHERE order_line_id IS NULL",
        "received is 3, its movements make 2",
    ),
    (
        "UPDATE purchase_lines SET cancelled = 1 WHERE order_line_id IS NOT NULL",
        "the vendor has 0 units and sent 1, the order says 1 and 1",
    ),
    (
        "UPDATE purchase_orders SET status = 'shipped', closed_at = now() WHERE kind = 'drop_ship'",
        "is called shipped, and 1 units are at the vendor",
    ),
    ("UPDATE transfers SET status = 'received', closed_at = now()", "it is received, and units are still in transit"),
    ("UPDATE expected_supplies SET quantity = quantity + 1", "2 units are still to come, 3 are announced"),
]


@pytest.fixture
async def business(database, database_url) -> dict[str, Any]:
    """Orders in every condition: paid and partly shipped, cancelled; a cart; most facts numbered, the last one waiting."""
    world = await furnish()
    await set_some_aside(world)
    shop = Shop(world)
    order, _ = await shop.paid(MUG=3)
    await shop.release(order)
    await shop.ship(order, 1)
    await capture_shipments(shop.gateways, world.now)
    other, _ = await shop.paid(SHIRT=2)
    await shop.cancel(other, 1)
    await parcel_on_its_way(world, CHAIR=2)
    waiting = await new_order(world, LAMP=1, waiting=UnitStatus.BACKORDERED)
    rejected = await pickup_fulfilment(world, CHAIR=1)
    await decline(world.act(), DeclineFulfilment(fulfilment_id=rejected.id, reason=DeclineReason.OTHER))
    await pickup_fulfilment(world, MUG=1)
    await keep_a_cart(world, database_url)
    await receive_parts(world)
    await ship_parts_from_a_vendor(world)
    await number_facts(database_url)
    await add_note(world.act("key-0"), AddNote(order_id=other.id, text="Ring twice."))
    return {
        "order": order.id,
        "number": order.number,
        "other": other.id,
        "level": (await world.level("LAMP", "LAX")).id,
        "parcel": await a_parcel_that_left(world),
        "waiting": waiting.id,
        "nothing": new_id(),
    }


async def set_some_aside(world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    for sku in ("SHIRT", "CHAIR"):
        for code in world.locations:
            await aside(world, web, 3, sku, code)


async def receive_parts(world: World) -> None:
    """One of three units of a transfer, and two of four of a purchase order."""
    transfer = await shipped_transfer(world, LAMP=3)
    [line] = await transfer_lines(transfer)
    one = ReceiveTransfer(transfer_id=transfer, lines=(ReceivedUnits(line_id=line.id, received=1),))
    await moving.receive(world.act(), one)
    purchase = await ordered_purchase(world, LAMP=4)
    [bought] = await purchase_lines(purchase)
    two = ReceivePurchase(purchase_order_id=purchase, lines=(DeliveredUnits(line_id=bought.id, received=2),))
    await receiving.receive(world.act(), two)


async def ship_parts_from_a_vendor(world: World) -> None:
    """One of two units."""
    chained = await acknowledged(world, LAMP=2)
    [line] = await purchase_lines(chained.id)
    await report(world, chained, lines=(SentUnits(line_id=line.id, quantity=1),))


async def keep_a_cart(world: World, database_url: str) -> None:
    lines = (CartLine(variant_id=world.variants["CHAIR"].id, quantity=2),)
    async with desk.opened(database_url) as counter:
        await counter.reserve(world.act(), ReserveCart(channel_id=world.web.id, cart="cart-1", lines=lines))


async def number_facts(database_url: str) -> None:
    """As the relay does."""
    connection = await asyncpg.connect(**credentials(database_url))
    state = await log.read_state(connection)
    await log.move(connection, state.epoch, 10_000)
    await connection.close()


async def a_parcel_that_left(world: World) -> Any:
    parcel = new_id()
    await execute(
        "INSERT INTO parcels (id, organization_id, number, location_id, weight_grams, packed_at, shipped_at, version)"
        " VALUES ($1, $2, 'P-1', $3, 5, now(), now(), 1)",
        [parcel, world.organization_id, world.locations["NYC"].id],
    )
    return parcel


async def told(connection: Connection) -> dict[str, list[str]]:
    """What breaks each broken rule."""
    return {
        rule: [f"{one.name}: {one.wrong}" for one in findings]
        async for rule, findings in audit.examine(connection)
        if findings
    }


async def found(database_url: str) -> dict[str, list[str]]:
    async with audit.snapshot(database_url) as connection:
        return await told(connection)


async def test_a_sound_database_passes(business, database_url):
    assert await found(database_url) == {}


async def test_an_empty_database_passes(database, database_url):
    assert await found(database_url) == {}


async def test_what_was_bent_is_found_and_named(business, database_url):
    connection = await asyncpg.connect(**credentials(database_url))
    broken = set()
    async with connection.transaction():
        for sabotage, named in SABOTAGE:
            bent = connection.transaction()
            await bent.start()
            await connection.execute(sabotage.format(**business))

            findings = await told(connection)

            assert any(named.format(**business) in one for each in findings.values() for one in each), (
                sabotage,
                findings,
            )
            broken |= findings.keys()
            await bent.rollback()
        assert await told(connection) == {}
    await connection.close()
    elsewhere = {
        check.rule for area in (kits, forwarding, quota_plans) for check in area.CHECKS
    }  # test_audit_kits.py and so on
    assert broken >= {check.rule for check in audit.CHECKS} - elsewhere, "a rule that nothing breaks"


async def test_every_broken_row_is_named(business, database_url):
    await execute("UPDATE stock_levels SET on_hand = on_hand + 1")

    [named] = (await found(database_url)).values()
    assert len(named) == 12


async def test_a_kept_answer_may_name_a_parcel_that_was_opened_again(database_url):
    world = await furnish()
    fulfilment = await picked(world, await open_fulfilment(world))
    packing = PackParcel(contents=(PackedUnits(fulfilment_id=fulfilment.id),))
    parcel = await pack(world.act("key-1"), packing)

    await unpack(world.act(), UnpackParcel(parcel_id=parcel))

    await number_facts(database_url)
    assert await found(database_url) == {}


async def test_the_report_says_what_holds_and_what_does_not(business, database_url, capsys):
    await execute("UPDATE stock_levels SET on_hand = on_hand + 1")

    broken = await audit.audit(database_url, show=2)

    said = capsys.readouterr().out
    assert broken == 1
    assert "BAD  Every stock counter is the sum of its movements: 12 findings" in said
    assert "… and 10 more" in said
    assert said.count("ok  ") == len(audit.CHECKS) - 1


async def test_the_audit_reads_one_snapshot_and_holds_nobody_up(business, database_url):
    async with audit.snapshot(database_url) as connection:
        assert await told(connection) == {}

        await execute("UPDATE orders SET status = 'delivered'")

        assert await told(connection) == {}
    [named] = (await found(database_url)).values()
    assert len(named) == 7


async def test_the_exit_code_says_whether_all_is_well(business, database_url, capsys):
    settings = Settings(database_url=database_url, redis_url="redis://nowhere")

    sound = await asyncio.to_thread(audit.run, argparse.Namespace(show=5), settings)
    await execute("UPDATE stock_levels SET on_hand = on_hand + 1")
    bent = await asyncio.to_thread(audit.run, argparse.Namespace(show=5), settings)

    assert (sound, bent) == (0, 1)
    assert capsys.readouterr().out.endswith("1 broken.\n")


LATER = [
    ("ALTER TABLE quotas RENAME TO later", "ALTER TABLE later RENAME TO quotas"),
    ("ALTER TABLE quotas RENAME COLUMN quantity TO later", "ALTER TABLE quotas RENAME COLUMN later TO quantity"),
]


@pytest.mark.parametrize(("change", "back"), LATER, ids=["table", "column"])
async def test_a_database_that_is_behind_is_said_to_be(database_url, capsys, change, back):
    settings = Settings(database_url=database_url, redis_url="redis://nowhere")
    await execute(change)

    try:
        code = await asyncio.to_thread(audit.run, argparse.Namespace(show=5), settings)
    finally:
        await execute(back)

    assert code == 2
    assert "run `oms.py migrate` first" in capsys.readouterr().err
