"""Transfers between locations: no unit is lost, none is invented, and nobody's claim is taken."""

import asyncio
import random
from contextlib import suppress

import pytest

from actions import restocking
from actions.acting import Act
from actions.promising import supplies
from actions.promising.supplies import ReceiveSupply
from actions.transfers import drafting, moving
from actions.transfers.drafting import ChangeTransfer, ReadyTransfer, WantedUnits
from actions.transfers.moving import CancelTransfer, ReceivedUnits, ReceiveTransfer, ShippedUnits, ShipTransfer
from domain.errors import (
    Conflict,
    DomainError,
    Forbidden,
    IllegalTransition,
    InsufficientStock,
    InvalidInput,
    StockCommitted,
)
from domain.facts import FactKind
from domain.promising.supply import SupplyKind, SupplyStatus
from domain.transfers import Discrepancy, Remainder, TransferStatus, in_transit
from models import ExpectedSupply, StockLevel, StockMovement, TransferLine
from tests.actions.asserting import books_balance, refused, told
from tests.world import furnish, place
from tests.world.orders import new_order
from tests.world.stock_papers import draft_transfer, ready_transfer, shipped_transfer, transfer, transfer_lines

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def world():
    return await furnish(units=10)


async def on_hand(world, sku="MUG"):
    levels = await StockLevel.filter(variant=world.variants[sku])
    return {
        code: level.on_hand
        for code, here in world.locations.items()
        for level in levels
        if level.location_id == here.id
    }


async def test_shipped_units_leave_the_origin_and_are_nowhere_until_they_are_received(world):
    transfer_id = await ready_transfer(world, MUG=4)

    await moving.ship(world.act(), ShipTransfer(transfer_id=transfer_id))

    [line] = await transfer_lines(transfer_id)
    assert await on_hand(world) == {"NYC": 6, "CHI": 10, "LAX": 10}
    assert (line.shipped, in_transit(line)) == (4, 4)
    assert (await transfer(transfer_id)).status is TransferStatus.IN_TRANSIT


async def test_what_is_in_transit_is_announced_to_promising_and_closed_when_it_came(world):
    transfer_id = await shipped_transfer(world, MUG=4)
    [line] = await transfer_lines(transfer_id)
    supply = await ExpectedSupply.get(id=line.supply_id)
    assert (supply.kind, supply.quantity, supply.location_id) == (SupplyKind.IN_TRANSIT, 4, world.locations["CHI"].id)

    await moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer_id))

    supply = await ExpectedSupply.get(id=line.supply_id)
    assert (supply.status, supply.quantity, supply.received) == (SupplyStatus.RECEIVED, 0, 4)
    assert [fact.payload["quantity"] for fact in await told(FactKind.SUPPLY_CHANGED)] == [4, 0]


async def test_units_arrive_in_parts_and_damaged_ones_cannot_be_sold(world):
    transfer_id = await shipped_transfer(world, MUG=5)
    [line] = await transfer_lines(transfer_id)
    part = ReceivedUnits(line_id=line.id, received=3, damaged=1, discrepancy=Discrepancy.DAMAGED)

    await moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer_id, lines=(part,)))

    [line], level = await transfer_lines(transfer_id), await world.level("MUG", "CHI")
    assert (line.received, line.damaged, in_transit(line), line.discrepancy) == (3, 1, 2, Discrepancy.DAMAGED)
    assert (level.on_hand, level.damaged) == (13, 1)
    assert (await transfer(transfer_id)).status is TransferStatus.PARTIALLY_RECEIVED

    rest = ReceivedUnits(line_id=line.id, received=1, missing=1, discrepancy=Discrepancy.LOST)
    await moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer_id, lines=(rest,)))

    [line] = await transfer_lines(transfer_id)
    assert (line.received, line.written_off, in_transit(line)) == (4, 1, 0)
    assert (await transfer(transfer_id)).status is TransferStatus.RECEIVED
    await books_balance()


@pytest.mark.parametrize("why", Discrepancy)
async def test_what_is_missing_on_arrival_is_written_off_whatever_the_reason(world, why):
    """Also miscounted units: who receives has not seen the shelf of the origin, and what is not there is not sold."""
    transfer_id = await shipped_transfer(world, MUG=4)
    [line] = await transfer_lines(transfer_id)
    some = ReceivedUnits(line_id=line.id, received=3, missing=1, discrepancy=why)

    await moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer_id, lines=(some,)))

    [line] = await transfer_lines(transfer_id)
    assert (line.written_off, line.written_back, line.discrepancy) == (1, 0, why)
    assert await on_hand(world) == {"NYC": 6, "CHI": 13, "LAX": 10}
    await books_balance()


async def test_the_origin_takes_miscounted_units_back_while_they_are_in_transit(world):
    transfer_id = await shipped_transfer(world, MUG=4)
    [line] = await transfer_lines(transfer_id)
    arrived = ReceivedUnits(line_id=line.id, received=3)
    await moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer_id, lines=(arrived,)))

    found = CancelTransfer(transfer_id=transfer_id, remainder=Remainder.WRITE_BACK, discrepancy=Discrepancy.MISCOUNTED)
    await moving.cancel(world.act(), found)

    [line] = await transfer_lines(transfer_id)
    assert (line.written_off, line.written_back, line.discrepancy) == (0, 1, Discrepancy.MISCOUNTED)
    assert await on_hand(world) == {"NYC": 7, "CHI": 13, "LAX": 10}
    await books_balance()


async def test_more_than_was_shipped_cannot_arrive(world):
    transfer_id = await shipped_transfer(world, MUG=2)
    [line] = await transfer_lines(transfer_id)

    async with refused(InvalidInput) as refusal:
        many = (ReceivedUnits(line_id=line.id, received=3),)
        await moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer_id, lines=many))

    assert [problem.path for problem in refusal.value.problems] == ["lines.0.received"]


async def test_missing_or_damaged_units_need_a_reason(world):
    transfer_id = await shipped_transfer(world, MUG=2)
    [line] = await transfer_lines(transfer_id)

    async with refused(InvalidInput) as refusal:
        some = (ReceivedUnits(line_id=line.id, received=1, missing=1),)
        await moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer_id, lines=some))

    assert [problem.path for problem in refusal.value.problems] == ["lines.0.discrepancy"]


async def test_units_that_orders_count_on_are_not_shipped(world):
    await new_order(world, at="NYC", MUG=7)
    transfer_id = await ready_transfer(world, MUG=4)

    async with refused(StockCommitted) as refusal:
        await moving.ship(world.act(), ShipTransfer(transfer_id=transfer_id))

    assert (refusal.value.sku, refusal.value.committed, refusal.value.on_hand) == ("MUG", 7, 6)


async def test_units_that_are_not_there_are_named_all_at_once(world):
    transfer_id = await ready_transfer(world, MUG=11, LAMP=13, SHIRT=1)

    async with refused(InsufficientStock) as refusal:
        await moving.ship(world.act(), ShipTransfer(transfer_id=transfer_id))

    assert refusal.value.missing == {"MUG": 1, "LAMP": 3}


async def test_fewer_units_than_asked_for_may_be_shipped(world):
    transfer_id = await ready_transfer(world, MUG=4, LAMP=2)
    [mugs, lamps] = await transfer_lines(transfer_id)
    some = (ShippedUnits(line_id=mugs.id, quantity=3),)

    await moving.ship(world.act(), ShipTransfer(transfer_id=transfer_id, lines=some))

    [mugs, lamps] = await transfer_lines(transfer_id)
    assert (mugs.shipped, lamps.shipped, lamps.supply_id) == (3, 0, None)


async def test_cancelling_before_it_left_touches_no_stock(world):
    transfer_id = await ready_transfer(world, MUG=4)

    await moving.cancel(world.act(), CancelTransfer(transfer_id=transfer_id))

    assert (await transfer(transfer_id)).status is TransferStatus.CANCELLED
    assert await on_hand(world) == {"NYC": 10, "CHI": 10, "LAX": 10}


async def test_cancelling_in_transit_must_choose(world):
    transfer_id = await shipped_transfer(world, MUG=4)

    async with refused(InvalidInput) as refusal:
        await moving.cancel(world.act(), CancelTransfer(transfer_id=transfer_id))

    assert [(problem.path, problem.code) for problem in refusal.value.problems] == [("remainder", "REQUIRED")]


@pytest.mark.parametrize(("remainder", "at_origin"), [(Remainder.WRITE_BACK, 9), (Remainder.WRITE_OFF, 6)])
async def test_what_is_cancelled_in_transit_comes_back_or_is_gone(world, remainder, at_origin):
    transfer_id = await shipped_transfer(world, MUG=4)
    [line] = await transfer_lines(transfer_id)
    part = (ReceivedUnits(line_id=line.id, received=1),)
    await moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer_id, lines=part))

    await moving.cancel(world.act(), CancelTransfer(transfer_id=transfer_id, remainder=remainder))

    [line] = await transfer_lines(transfer_id)
    supply = await ExpectedSupply.get(id=line.supply_id)
    assert await on_hand(world) == {"NYC": at_origin, "CHI": 11, "LAX": 10}
    assert in_transit(line) == 0
    assert line.written_back + line.written_off == 3
    assert (supply.quantity, supply.status) == (0, SupplyStatus.RECEIVED)


async def test_every_movement_names_the_transfer(world):
    transfer_id = await shipped_transfer(world, MUG=4)
    await moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer_id))

    number = (await transfer(transfer_id)).number
    moved = await StockMovement.filter(reference=number).order_by("id")
    assert [(each.kind.value, each.quantity) for each in moved] == [("transferred_out", 4), ("transferred_in", 4)]


async def test_only_a_draft_is_changed(world):
    transfer_id = await draft_transfer(world, MUG=4)
    lamps = (WantedUnits(variant_id=world.variants["LAMP"].id, quantity=2),)
    await drafting.change(world.act(), ChangeTransfer(transfer_id=transfer_id, lines=lamps, note="for the window"))
    assert [line.quantity for line in await transfer_lines(transfer_id)] == [2]
    await drafting.make_ready(world.act(), ReadyTransfer(transfer_id=transfer_id))

    async with refused(IllegalTransition):
        await drafting.change(world.act(), ChangeTransfer(transfer_id=transfer_id, note="too late"))


async def test_a_transfer_to_itself_or_of_a_variant_twice_is_refused(world):
    mug, nyc = world.variants["MUG"].id, world.locations["NYC"].id
    twice = (WantedUnits(variant_id=mug, quantity=1), WantedUnits(variant_id=mug, quantity=2))

    async with refused(InvalidInput) as refusal:
        await drafting.create(world.act(), drafting.CreateTransfer(origin_id=nyc, destination_id=nyc, lines=twice))

    assert [problem.code for problem in refusal.value.problems] == ["SAME_LOCATION", "DUPLICATE"]


async def test_a_version_that_is_not_the_newest_is_refused(world):
    transfer_id = await ready_transfer(world, MUG=4)

    async with refused(Conflict):
        await moving.ship(world.act(), ShipTransfer(transfer_id=transfer_id, expected_version=1))


async def test_both_ends_are_told(world):
    await shipped_transfer(world, MUG=4)

    facts = await told(FactKind.TRANSFER_CHANGED)
    assert [(fact.location_id, fact.payload["status"]) for fact in facts[-2:]] == [
        (world.locations["NYC"].id, "in_transit"),
        (world.locations["CHI"].id, "in_transit"),
    ]


async def test_a_receipt_is_offered_to_orders_that_wait(world):
    heard: list[frozenset] = []
    transfer_id = await shipped_transfer(world, MUG=4)

    def listen(_: Act, variants: frozenset) -> None:
        heard.append(variants)

    restocking.listeners.append(listen)
    try:
        await moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer_id))
    finally:
        restocking.listeners.remove(listen)

    assert heard == [frozenset({world.variants["MUG"].id})]


async def test_a_supply_of_a_transfer_is_received_by_the_transfer_alone(world):
    transfer_id = await shipped_transfer(world, MUG=4)
    [line] = await transfer_lines(transfer_id)

    async with refused(Forbidden):
        await supplies.receive(world.act(), ReceiveSupply(supply_id=line.supply_id))


async def test_of_two_who_receive_the_same_units_one_wins(world):
    transfer_id = await shipped_transfer(world, MUG=4)
    command = ReceiveTransfer(transfer_id=transfer_id)

    answers = await asyncio.gather(*(moving.receive(world.act(), command) for _ in range(4)), return_exceptions=True)

    assert sorted(type(answer).__name__ for answer in answers) == ["IllegalTransition"] * 3 + ["UUID"]
    assert (await world.level("MUG", "CHI")).on_hand == 14


@pytest.mark.parametrize("seed", range(4))
async def test_no_unit_is_lost_or_invented_whatever_happens(world, seed):
    chance = random.Random(seed)
    await place(world, "NEW")
    papers = []
    for _ in range(40):
        with suppress(DomainError):
            await step(world, chance, papers)
        for sku in ("MUG", "LAMP"):
            lines = await TransferLine.filter(variant=world.variants[sku])
            gone = sum(line.written_off for line in lines)
            assert sum((await on_hand(world, sku)).values()) + sum(map(in_transit, lines)) + gone == 30
    await books_balance()


async def step(world, chance, papers):
    """One thing that anybody might do, sensible or not."""
    act, pick = world.act(), chance.choice(papers) if papers else None
    match chance.randrange(6) if pick else 0:
        case 0:
            origin, destination = chance.sample(sorted(world.locations), 2)
            wanted = {sku: chance.randint(1, 8) for sku in ("MUG", "LAMP")}
            papers.append(await ready_transfer(world, origin=origin, destination=destination, **wanted))
        case 1 | 2:
            await moving.ship(act, ShipTransfer(transfer_id=pick))
        case 3 | 4:
            arrived = []
            for line in await transfer_lines(pick):
                received, missing = chance.randint(0, 5), chance.randint(0, 1)
                damaged = chance.randint(0, received)
                arrived.append(
                    ReceivedUnits(
                        line_id=line.id,
                        received=received,
                        damaged=damaged,
                        missing=missing,
                        discrepancy=Discrepancy.OTHER,
                    )
                )
            await moving.receive(act, ReceiveTransfer(transfer_id=pick, lines=tuple(arrived)))
        case _:
            await moving.cancel(act, CancelTransfer(transfer_id=pick, remainder=chance.choice(list(Remainder))))
