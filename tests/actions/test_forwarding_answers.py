"""Who is to bring an order its goods says so in time, or somebody else brings them."""

import asyncio
from datetime import timedelta

import pytest

from actions.forwarding import accepting, declining
from actions.forwarding.accepting import AcceptTransfer
from actions.forwarding.declining import DeclineTransfer
from actions.fulfilment.releasing import release_due
from actions.fulfilment.timers import decline_transfer_as_late, decline_unanswered
from actions.locations import UpsertLocation, upsert_location
from actions.orders.cancelling import CancelOrder, cancel
from actions.orders.holding import ApplyHold, ResolveHold, apply_hold, resolve_hold
from actions.transfers import moving
from actions.transfers.moving import CancelTransfer, ShipTransfer
from domain.errors import Conflict, IllegalTransition
from domain.facts import FactKind
from domain.fulfilment import DeclineReason
from domain.holds import HoldKind
from domain.transfers import TransferStatus
from models import ExcludedLocation, Hold, OrderLine, Transfer
from tests.actions.asserting import books_balance, papers_agree, refused, told
from tests.actions.test_stock_races import ROUNDS, both, won
from tests.world import World, furnish, stock
from tests.world.forwarding import counters, forwarded, lines_of, order_from, take_any_stock, where
from tests.world.stock_papers import ready_transfer

pytestmark = pytest.mark.usefixtures("database")

HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
async def world(database):
    world = await furnish(units=0)
    await stock(world, {("MUG", "CHI"): 40, ("LAMP", "CHI"): 10, ("MUG", "LAX"): 40})
    await take_any_stock(world)
    await limit(world, 30)
    yield world
    await books_balance()
    await papers_agree()


async def limit(world: World, minutes: int | None, code: str = "CHI") -> None:
    await upsert_location(world.act(), UpsertLocation(code=code, accept_within_minutes=minutes))


async def accept(world: World, transfer: Transfer) -> None:
    await accepting.accept(world.act(), AcceptTransfer(transfer_id=transfer.id))


async def test_what_nobody_answers_in_time_is_brought_by_another_place(world):
    transfer = await forwarded(world, await order_from(world, MUG=2))
    assert transfer.answer_by == world.now + HALF_AN_HOUR

    assert await decline_unanswered(transfer.answer_by) == 1
    assert await decline_unanswered(transfer.answer_by) == 0

    declined = await Transfer.get(id=transfer.id)
    assert (declined.status, declined.answer_by) == (TransferStatus.CANCELLED, None)
    assert await where(transfer.order_id) == {("scheduled", "LAX"): 2}
    assert await counters(world) == {"CHI": (40, 0), "LAX": (40, 2)}
    excluded = await ExcludedLocation.get()
    assert (excluded.location_id, excluded.reason) == (world.locations["CHI"].id, DeclineReason.TOO_LATE)
    [fact] = await told(FactKind.FORWARDING_FAILED)
    assert fact.payload["reason"] == "too_late"
    assert await release_due(world.now) == 1
    assert (await Transfer.get(status=TransferStatus.READY)).origin_id == world.locations["LAX"].id


async def test_a_place_is_left_alone_until_its_time_is_over(world):
    transfer = await forwarded(world, await order_from(world, MUG=2))

    assert await decline_unanswered(transfer.answer_by - timedelta(seconds=1)) == 0


async def test_a_place_without_a_limit_is_waited_for(world):
    await limit(world, None)
    transfer = await forwarded(world, await order_from(world, MUG=2))

    assert transfer.answer_by is None
    assert await decline_unanswered(world.now + timedelta(days=300)) == 0


async def test_a_limit_that_changes_holds_for_what_is_asked_from_then_on(world):
    first = await forwarded(world, await order_from(world, MUG=1))
    await limit(world, 60)

    second = await forwarded(world, await order_from(world, MUG=1))

    assert (await Transfer.get(id=first.id)).answer_by == world.now + HALF_AN_HOUR
    assert second.answer_by == world.now + 2 * HALF_AN_HOUR


async def test_who_says_yes_is_not_hurried_and_may_still_say_no(world):
    transfer = await forwarded(world, await order_from(world, MUG=2))

    await accept(world, transfer)

    accepted = await Transfer.get(id=transfer.id)
    assert (accepted.accepted_at, accepted.answer_by, accepted.version) == (world.now, None, transfer.version + 1)
    last = (await told(FactKind.TRANSFER_CHANGED))[-1]
    assert (last.payload["accepted_at"], last.payload["answer_by"]) == (world.now.isoformat(), None)
    assert await decline_unanswered(world.now + timedelta(days=1)) == 0
    await declining.decline(world.act(), DeclineTransfer(transfer_id=transfer.id, reason=DeclineReason.OTHER))
    assert await where(transfer.order_id) == {("scheduled", "LAX"): 2}


async def test_sending_is_an_answer(world):
    transfer = await forwarded(world, await order_from(world, MUG=2))

    await moving.ship(world.act(), ShipTransfer(transfer_id=transfer.id))

    sent = await Transfer.get(id=transfer.id)
    assert (sent.answer_by, sent.accepted_at) == (None, None)
    assert await decline_unanswered(world.now + timedelta(days=1)) == 0


async def test_yes_is_said_once_and_before_it_is_sent(world):
    transfer = await forwarded(world, await order_from(world, MUG=2))
    await accept(world, transfer)
    async with refused(IllegalTransition):
        await accept(world, transfer)

    await moving.ship(world.act(), ShipTransfer(transfer_id=transfer.id))

    async with refused(IllegalTransition):
        await accept(world, transfer)


async def test_what_is_for_stock_wants_no_answer(world):
    await stock(world, {("MUG", "NYC"): 5})
    transfer_id = await ready_transfer(world, MUG=2)

    async with refused(IllegalTransition):
        await accepting.accept(world.act(), AcceptTransfer(transfer_id=transfer_id))
    assert (await Transfer.get(id=transfer_id)).answer_by is None


async def test_another_version_is_not_accepted(world):
    transfer = await forwarded(world, await order_from(world, MUG=2))

    async with refused(Conflict):
        await accepting.accept(world.act(), AcceptTransfer(transfer_id=transfer.id, expected_version=9))


async def later(world: World, *, accepted: bool) -> list[Transfer]:
    """Two mugs are asked for; the lamp of the same order a quarter of an hour later."""
    order = await order_from(world, MUG=2, LAMP=1)
    lamp = await OrderLine.get(order_id=order.id, sku="LAMP")
    await apply_hold(world.act(), ApplyHold(order_id=order.id, line_id=lamp.id, kind=HoldKind.MANUAL))
    first = await forwarded(world, order)
    if accepted:
        await accept(world, first)
    await resolve_hold(world.act(), ResolveHold(order_id=order.id, hold_id=(await Hold.get()).id))
    assert await release_due(world.now + HALF_AN_HOUR / 2) == 1
    return await Transfer.filter(order_id=order.id).order_by("created_at")


async def test_what_goes_along_gives_a_place_its_time_anew(world):
    [transfer] = await later(world, accepted=False)

    assert transfer.answer_by == world.now + 1.5 * HALF_AN_HOUR
    assert [line.quantity for line in await lines_of(transfer.id)] == [2, 1]


async def test_what_was_accepted_takes_in_nothing_more(world):
    first, second = await later(world, accepted=True)

    assert [line.quantity for line in await lines_of(first.id)] == [2]
    assert [line.quantity for line in await lines_of(second.id)] == [1]
    assert (first.answer_by, second.answer_by) == (None, world.now + 1.5 * HALF_AN_HOUR)
    assert await decline_unanswered(second.answer_by) == 1
    assert await where(first.order_id) == {("awaiting_transfer", "CHI"): 2, ("backordered", None): 1}


async def test_what_is_cancelled_wants_no_answer(world):
    transfer = await forwarded(world, await order_from(world, MUG=2))

    await cancel(world.act(), CancelOrder(order_id=transfer.order_id))

    assert (await Transfer.get(id=transfer.id)).answer_by is None
    assert await decline_unanswered(world.now + HALF_AN_HOUR) == 0


async def test_a_held_order_is_given_back_as_well_and_not_sent_on(world):
    transfer = await forwarded(world, await order_from(world, MUG=2))
    await apply_hold(world.act(), ApplyHold(order_id=transfer.order_id, kind=HoldKind.FRAUD))

    assert await decline_unanswered(world.now + HALF_AN_HOUR) == 1

    assert await where(transfer.order_id) == {("unscheduled", None): 2}


async def test_a_run_calls_off_no_more_than_its_batch_the_most_overdue_first(world):
    first = await forwarded(world, await order_from(world, MUG=1))
    await limit(world, 20)
    second = await forwarded(world, await order_from(world, MUG=1))

    assert await decline_unanswered(world.now + HALF_AN_HOUR, limit=1) == 1

    assert (await Transfer.get(status=TransferStatus.READY)).id == first.id
    assert (await Transfer.get(status=TransferStatus.CANCELLED)).id == second.id


async def test_what_changed_meanwhile_is_left_for_the_next_run(world):
    transfer = await forwarded(world, await order_from(world, MUG=2))
    await accept(world, transfer)

    async with refused(Conflict):
        await decline_transfer_as_late(world.act(), transfer.id, transfer.version)


def send(world, transfer):
    return moving.ship(world.act(), ShipTransfer(transfer_id=transfer.id))


def say_yes(world, transfer):
    return accepting.accept(world.act(), AcceptTransfer(transfer_id=transfer.id))


def say_no(world, transfer):
    return declining.decline(world.act(), DeclineTransfer(transfer_id=transfer.id, reason=DeclineReason.NO_CAPACITY))


def call_off(world, transfer):
    return moving.cancel(world.act(), CancelTransfer(transfer_id=transfer.id))


def be_late(world, transfer):
    return decline_transfer_as_late(world.act(), transfer.id, transfer.version)


@pytest.mark.parametrize(
    ("answer", "standing"),
    [
        (send, ("in_transfer", "CHI")),
        (say_yes, ("awaiting_transfer", "CHI")),
        (say_no, None),
        (call_off, None),
        (be_late, None),
    ],
    ids=["sent", "accepted", "declined", "cancelled", "twice"],
)
async def test_an_answer_at_the_last_moment_is_heard_or_not_and_the_order_is_served_once(world, answer, standing):
    elsewhere = ("scheduled", "LAX")
    for at in range(ROUNDS):
        transfer = await forwarded(world, await order_from(world, MUG=2))

        answered, late = await both(at, answer(world, transfer), be_late(world, transfer))

        assert won(answered) != won(late)
        kept = standing if standing and won(answered) else elsewhere
        assert await where(transfer.order_id) == {kept: 2}
        assert await ExcludedLocation.filter(line__order_id=transfer.order_id).count() == int(kept == elsewhere)


async def test_two_runs_of_the_job_at_once_call_off_once(world):
    transfers = [await forwarded(world, await order_from(world, MUG=1)) for _ in range(4)]

    done = await asyncio.gather(*(decline_unanswered(world.now + HALF_AN_HOUR) for _ in range(3)))

    assert sum(done) == len(transfers)
    for transfer in transfers:
        assert await where(transfer.order_id) == {("scheduled", "LAX"): 1}
