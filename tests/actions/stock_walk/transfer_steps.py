"""Goods moved between locations. Their sums follow from the lines of the transfers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from actions.forwarding import accepting, declining
from actions.forwarding.accepting import AcceptTransfer
from actions.forwarding.declining import DeclineTransfer
from actions.transfers import drafting, moving
from actions.transfers.drafting import ChangeTransfer, CreateTransfer, ReadyTransfer, WantedUnits
from actions.transfers.moving import CancelTransfer, ReceivedUnits, ReceiveTransfer, ShippedUnits, ShipTransfer
from domain.fulfilment import DeclineReason
from domain.transfers import Discrepancy, Remainder
from tests.actions.stock_walk.location_steps import in_hands, shelf_changed
from tests.actions.stock_walk.walk import NothingToDo, Walk

TRANSFER = "SELECT id FROM transfers WHERE status = ANY($1::text[]) OR $2 ORDER BY number"
LINES = """
SELECT l.id, l.variant_id, l.quantity, l.awaited, t.origin_id FROM transfer_lines l JOIN transfers t ON t.id = l.transfer_id
WHERE l.transfer_id = $1 ORDER BY l.position"""
CHAINED = "SELECT id FROM transfers WHERE status = 'ready' AND order_id IS NOT NULL ORDER BY number"
IN_TRANSIT = """
SELECT id, shipped - received - written_back - written_off AS units FROM transfer_lines
WHERE transfer_id = $1 AND shipped > received + written_back + written_off ORDER BY position"""


async def write_transfer(walk: Walk) -> None:
    origin, destination = walk.luck.sample(list(walk.world.locations.values()), 2)
    command = CreateTransfer(origin_id=origin.id, destination_id=destination.id, lines=wanted(walk))
    key = await walk.do(drafting.create, command)
    if walk.is_lucky(0.8):
        await walk.do(drafting.make_ready, ReadyTransfer(transfer_id=key))


async def change_transfer(walk: Walk) -> None:
    key = await transfer(walk, "draft")
    await walk.do(drafting.change, ChangeTransfer(transfer_id=key, lines=wanted(walk)))
    await walk.do(drafting.make_ready, ReadyTransfer(transfer_id=key))


async def ship_transfer(walk: Walk) -> None:
    key = await transfer(walk, "ready")
    lines = await walk.all_of(LINES, key)
    if walk.is_lucky(0.6):
        await walk.do(moving.ship, ShipTransfer(transfer_id=key))
        return
    some = leaving(walk, lines)
    missing: Counter[UUID] = Counter()
    for line, said in zip(lines, some, strict=True):
        missing[line["variant_id"]] += max(0, line["awaited"] - (said.found or said.quantity))
    missing = +missing
    is_short = any(line["awaited"] > said.quantity for line, said in zip(lines, some, strict=True))
    reason = walk.luck.choice(list(DeclineReason)) if is_short else None
    held = await in_hands(walk, lines[0]["origin_id"], missing)
    await walk.do(moving.ship, ShipTransfer(transfer_id=key, lines=some, reason=reason))
    if reason:
        await shelf_changed(walk, lines[0]["origin_id"], reason, missing, held)


def leaving(walk: Walk, lines: Sequence[Mapping[str, Any]]) -> tuple[ShippedUnits, ...]:
    """Any units of each line, half of them, or none; some more are there, now and then."""
    way = walk.luck.choice(("any", "half", "none"))
    found = []
    for line in lines:
        asked = line["quantity"]
        units = {"any": walk.luck.randint(0, asked), "half": asked // 2, "none": 0}[way]
        there = walk.luck.randint(units, asked) if line["awaited"] and walk.is_lucky(0.5) else None
        found.append(ShippedUnits(line_id=line["id"], quantity=units, found=there))
    return tuple(found)


async def accept_transfer(walk: Walk) -> None:
    """Of an order, mostly; what it wants next is another transfer then."""
    chained = await walk.all_of(CHAINED)
    if not chained and walk.is_lucky(0.8):
        raise NothingToDo
    key = walk.luck.choice(chained)["id"] if chained else await transfer(walk, "ready")
    await walk.do(accepting.accept, AcceptTransfer(transfer_id=key))


async def decline_transfer(walk: Walk) -> None:
    """Of an order, mostly; one for stock is refused."""
    chained = await walk.all_of(CHAINED)
    if not chained and walk.is_lucky(0.8):
        raise NothingToDo
    key = walk.luck.choice(chained)["id"] if chained else await transfer(walk, "ready")
    lines = await walk.all_of(LINES, key)
    missing: Counter[UUID] = Counter()
    for line in lines:
        missing[line["variant_id"]] += line["awaited"]
    command = DeclineTransfer(transfer_id=key, reason=walk.luck.choice(list(DeclineReason)))
    held = await in_hands(walk, lines[0]["origin_id"], missing)
    await walk.do(declining.decline, command)
    await shelf_changed(walk, lines[0]["origin_id"], command.reason, +missing, held)


async def receive_transfer(walk: Walk) -> None:
    key = await transfer(walk, "in_transit", "partially_received")
    lines = await walk.all_of(IN_TRANSIT, key)
    if not lines:
        raise NothingToDo
    named = lines if walk.is_lucky(0.5) else [walk.luck.choice(lines)]
    some = tuple(arriving(walk, line) for line in named)
    await walk.do(moving.receive, ReceiveTransfer(transfer_id=key, lines=None if walk.is_lucky(0.4) else some))


def arriving(walk: Walk, line: Mapping[str, Any]) -> ReceivedUnits:
    received = line["units"] // 2 if walk.is_lucky(0.3) else walk.luck.randint(0, line["units"])
    return ReceivedUnits(
        line_id=line["id"],
        received=received,
        damaged=0 if walk.is_lucky(0.5) else walk.luck.randint(0, received),
        missing=walk.luck.randint(0, 1),
        discrepancy=Discrepancy.DAMAGED,
    )


async def cancel_transfer(walk: Walk) -> None:
    key = await transfer(walk, "ready", "in_transit", "partially_received")
    remainder = walk.luck.choice([*Remainder, None])
    await walk.do(moving.cancel, CancelTransfer(transfer_id=key, remainder=remainder, discrepancy=Discrepancy.LOST))


def wanted(walk: Walk) -> tuple[WantedUnits, ...]:
    variants = walk.luck.sample(list(walk.world.variants.values()), walk.luck.choice((1, 1, 2)))
    return tuple(WantedUnits(variant_id=each.id, quantity=walk.luck.randint(1, 4)) for each in variants)


async def transfer(walk: Walk, *statuses: str) -> UUID:
    key: UUID = (await walk.one_of(TRANSFER, list(statuses), walk.strays()))["id"]
    return key
