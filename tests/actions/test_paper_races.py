"""Two who say different things of one paper at the same moment: exactly one is heard, and the books say the same."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from uuid import UUID

import pytest

from actions import counting, desk
from actions.counting import ChangeCount, OpenCount
from actions.desk import Desk
from actions.promising import supplies
from actions.promising.supplies import AnnouncedLine, AnnounceSupplies, CancelSupply, ReceiveSupply
from actions.purchasing import ordering, receiving
from actions.purchasing.ordering import CancelPurchaseOrder, ChangePurchaseOrder, OrderPurchase
from actions.purchasing.receiving import ClosePurchaseOrder, DeliveredUnits, ReceivePurchase
from actions.transfers import moving
from actions.transfers.moving import CancelTransfer, ReceiveTransfer, ShipTransfer
from domain.counting import CountLineStatus
from domain.errors import InsufficientStock, StockCommitted
from domain.transfers import Remainder
from models import PurchaseOrder, StockCount
from server import audit
from tests.actions.asserting import books_balance
from tests.actions.test_stock_races import ROUNDS, both, one_mug, won
from tests.world import World, furnish, stock
from tests.world.stock_papers import (
    count_lines,
    counted,
    draft_purchase,
    ordered_purchase,
    purchase_lines,
    ready_transfer,
    shipped_transfer,
    write_down,
)

pytestmark = pytest.mark.usefixtures("database")
Said = Callable[[World, UUID], Awaitable[object]]


@pytest.fixture
async def counter(database_url: str) -> AsyncGenerator[Desk, None]:
    async with desk.opened(database_url) as opened:
        yield opened


@pytest.fixture
async def world() -> World:
    return await furnish(units=40)


async def one_is_heard(at: int, first: Awaitable[object], second: Awaitable[object], database_url: str) -> None:
    answers = await both(at, first, second)

    assert [won(each) for each in answers].count(True) == 1
    await books_balance()
    async with audit.snapshot(database_url) as connection:
        assert [(rule, found) async for rule, found in audit.examine(connection) if found] == []


def ship(world: World, key: UUID) -> Awaitable[object]:
    return moving.ship(world.act(), ShipTransfer(transfer_id=key))


def receive_transfer(world: World, key: UUID) -> Awaitable[object]:
    return moving.receive(world.act(), ReceiveTransfer(transfer_id=key))


def write_off(world: World, key: UUID) -> Awaitable[object]:
    return moving.cancel(world.act(), CancelTransfer(transfer_id=key, remainder=Remainder.WRITE_OFF))


def write_back(world: World, key: UUID) -> Awaitable[object]:
    return moving.cancel(world.act(), CancelTransfer(transfer_id=key, remainder=Remainder.WRITE_BACK))


@pytest.mark.parametrize(
    ("made", "first", "second"),
    [
        (ready_transfer, ship, ship),
        (shipped_transfer, receive_transfer, write_back),
        (shipped_transfer, receive_transfer, write_off),
        (shipped_transfer, write_off, write_back),
    ],
    ids=["shipped twice", "received or written back", "received or written off", "written off or back"],
)
async def test_a_transfer_goes_one_way(
    world: World, database_url: str, made: Callable[..., Awaitable[UUID]], first: Said, second: Said
) -> None:
    for at in range(ROUNDS):
        key = await made(world, MUG=2)

        await one_is_heard(at, first(world, key), second(world, key), database_url)


async def test_a_transfer_that_is_cancelled_ready_leaves_whole_or_not_at_all(world: World) -> None:
    """Cancelling what is under way writes it back, so both may be heard; the shelf has all units in either case."""
    before = (await world.level("MUG", "NYC")).on_hand
    for at in range(ROUNDS):
        key = await ready_transfer(world, MUG=2)

        _, cancelled = await both(at, ship(world, key), write_back(world, key))

        assert won(cancelled)
        assert (await world.level("MUG", "NYC")).on_hand == before
        await books_balance()


def order(world: World, key: UUID) -> Awaitable[object]:
    return ordering.order(world.act(), OrderPurchase(purchase_order_id=key))


def change_note(world: World, key: UUID) -> Awaitable[object]:
    return ordering.change(world.act(), ChangePurchaseOrder(purchase_order_id=key, note="more", expected_version=1))


def cancel_purchase(world: World, key: UUID) -> Awaitable[object]:
    return ordering.cancel(world.act(), CancelPurchaseOrder(purchase_order_id=key, expected_version=2))


def receive_purchase(world: World, key: UUID) -> Awaitable[object]:
    return receiving.receive(world.act(), ReceivePurchase(purchase_order_id=key))


@pytest.mark.parametrize(
    ("made", "first", "second"),
    [
        (draft_purchase, order, order),
        (ordered_purchase, receive_purchase, cancel_purchase),
        (ordered_purchase, receive_purchase, receive_purchase),
    ],
    ids=["ordered twice", "received or cancelled", "received twice"],
)
async def test_a_purchase_order_goes_one_way(
    world: World, database_url: str, made: Callable[..., Awaitable[UUID]], first: Said, second: Said
) -> None:
    for at in range(ROUNDS):
        key = await made(world, MUG=2)

        await one_is_heard(at, first(world, key), second(world, key), database_url)


async def test_of_a_draft_what_was_ordered_is_what_was_read(world: World) -> None:
    for at in range(ROUNDS):
        key = await draft_purchase(world, MUG=2)

        ordered, changed = await both(at, order(world, key), change_note(world, key))

        assert won(ordered)
        assert (await PurchaseOrder.get(id=key)).note == ("more" if won(changed) else "")


async def test_what_is_closed_short_is_not_received_and_what_is_received_is_not_closed(
    world: World, database_url: str
) -> None:
    for at in range(ROUNDS):
        key = await ordered_purchase(world, MUG=3)
        [line] = await purchase_lines(key)
        some = (DeliveredUnits(line_id=line.id, received=1),)
        await receiving.receive(world.act(), ReceivePurchase(purchase_order_id=key, lines=some))
        closed = receiving.close(world.act(), ClosePurchaseOrder(purchase_order_id=key, reason="sold out"))

        await one_is_heard(at, receive_purchase(world, key), closed, database_url)


async def test_a_supply_comes_or_does_not(world: World, database_url: str) -> None:
    for at in range(ROUNDS):
        line = AnnouncedLine(
            variant_id=world.variants["MUG"].id,
            location_id=world.locations["NYC"].id,
            quantity=2,
            expected_on=world.now.date(),
        )
        [key] = await supplies.announce(world.act(), AnnounceSupplies(lines=(line,)))
        came = supplies.receive(world.act(), ReceiveSupply(supply_id=key))

        await one_is_heard(at, came, supplies.cancel(world.act(), CancelSupply(supply_id=key)), database_url)


@pytest.mark.parametrize("other", [counting.approve, counting.cancel, counting.recount])
async def test_a_difference_is_approved_once_or_something_else_becomes_of_it(
    world: World, database_url: str, other: Callable[..., Awaitable[UUID]]
) -> None:
    for at in range(ROUNDS):
        on_hand = (await world.level("MUG", "NYC")).on_hand
        key = await counted(world, MUG=on_hand - 1)
        await counting.submit(world.act(), ChangeCount(count_id=key))
        manager = world.act(actor="staff:manager")
        approved = counting.approve(manager, ChangeCount(count_id=key))

        await one_is_heard(at, approved, other(manager, ChangeCount(count_id=key)), database_url)

        posted = [line.status for line in await count_lines(key)] == [CountLineStatus.POSTED]
        assert (await world.level("MUG", "NYC")).on_hand == on_hand - posted
        if not posted:
            await _end(world, key)


async def test_the_last_unit_is_either_sold_or_counted_away(counter: Desk) -> None:
    world = await furnish(units=0)
    for at in range(ROUNDS):
        await stock(world, {("MUG", "NYC"): 1})
        missing = (await world.level("MUG", "NYC")).on_hand - 1
        key = await counted(world, MUG=missing, tolerance_units=9)

        sold, _ = await both(at, one_mug(world, counter), counting.submit(world.act(), ChangeCount(count_id=key)))

        [line] = await count_lines(key)
        assert won(sold) is (line.status is CountLineStatus.WAITING)
        assert won(sold) or isinstance(sold, InsufficientStock)
        await books_balance()
        if won(sold):
            await _end(world, key)


async def test_the_last_unit_is_either_sold_or_sent_to_another_location(counter: Desk) -> None:
    world = await furnish(units=0)
    for at in range(ROUNDS):
        await stock(world, {("MUG", "NYC"): 1})
        key = await ready_transfer(world, MUG=1)

        sold, sent = await both(at, one_mug(world, counter), ship(world, key))

        assert [won(sold), won(sent)].count(True) == 1
        assert isinstance(sent if won(sold) else sold, StockCommitted if won(sold) else InsufficientStock)
        await books_balance()


async def test_movements_during_a_count_are_not_counted_twice(world: World) -> None:
    """Eight bring to the shelf and four take from it while it is counted: only the difference that was seen is posted."""
    nyc, mug = world.locations["NYC"].id, world.variants["MUG"].id
    key = await counting.open_count(world.act(), OpenCount(location_id=nyc, variant_ids=(mug,), tolerance_units=99))
    before = (await world.level("MUG", "NYC")).on_hand

    await asyncio.gather(
        *(stock(world, {("MUG", "NYC"): 1}) for _ in range(8)),
        *(shipped_transfer(world, MUG=1) for _ in range(4)),
        write_down(world, key, MUG=before - 1),
    )
    await counting.submit(world.act(), ChangeCount(count_id=key))

    [line] = await count_lines(key)
    assert line.expected in range(before - 4, before + 9)
    assert (await world.level("MUG", "NYC")).on_hand == before + 8 - 4 + (before - 1) - line.expected
    await books_balance()


async def _end(world: World, key: UUID) -> None:
    """So that the next round may count the same shelf."""
    count = await StockCount.get(id=key)
    if count.closed_at is None:
        await counting.cancel(world.act(), ChangeCount(count_id=key))
