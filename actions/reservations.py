"""Units kept for carts: reserved in groups, extended, released, expired.

Reserving needs no idempotency key: it says what the cart shall keep, not what to add.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from actions import levels, outbox, reference
from actions.acting import Act, action
from actions.bulk import Columns, arrays, insert_sql
from actions.claims import claimed_of, claims, claims_sql
from actions.orders.reading import (
    on_shelves,
    read_buyers,
    read_carts,
    read_goods_and_kits,
    read_quotas,
    read_safety,
    read_shelves,
)
from actions.quotas import ledger
from actions.refusals import kept as keep
from actions.workload import read_loads
from domain.errors import DomainError, InputProblem, InvalidInput, ReservationEnded
from domain.ids import id_maker
from domain.placing.commands import ReserveCart
from domain.placing.decision import Market
from domain.placing.drawing import draw_cart, mark_foreign
from domain.placing.kits import Kits
from domain.placing.reserving import KeptChange, plan_cart
from domain.placing.world import Kept
from domain.routing.rules.choosing import Asker
from domain.stock import MovementKind, ReservationStatus
from models import Reservation
from models.db import tx

MOST_EXPIRED_AT_ONCE: Final = 500
"""Reservations one transaction ends at most; the job runs again while there are more."""

NEW: Final[Columns] = {
    "id": "uuid",
    "organization_id": "uuid",
    "channel_id": "uuid",
    "customer_id": "uuid",
    "cart": "text",
    "stock_level_id": "uuid",
    "variant_id": "uuid",
    "location_id": "uuid",
    "quantity": "int4",
    "status": "text",
    "created_at": "timestamptz",
    "expires_at": "timestamptz",
    "ended_at": "timestamptz",
}
CHANGED: Final[Columns] = {
    "id": "uuid",
    "quantity": "int4",
    "status": "text",
    "expires_at": "timestamptz",
    "ended_at": "timestamptz",
}
MOVEMENTS: Final[Columns] = {
    "id": "uuid",
    "stock_level_id": "uuid",
    "kind": "text",
    "quantity": "int4",
    "reservation_id": "uuid",
    "reference": "text",
    "actor": "text",
    "moved_at": "timestamptz",
}


def _write_sql() -> str:
    changed, movements, counters = (
        1 + len(NEW),
        1 + len(NEW) + len(CHANGED),
        1 + len(NEW) + len(CHANGED) + len(MOVEMENTS),
    )
    parameters = ", ".join(f"${at}::{kind}[]" for at, kind in enumerate(CHANGED.values(), changed))
    return (
        f"WITH fresh AS ({insert_sql('reservations', NEW, 1)}), "
        f"ledger AS ({insert_sql('stock_movements', MOVEMENTS, movements)}), {claims_sql(counters)}, "
        "kept AS (UPDATE reservations r SET quantity = d.quantity, status = d.status, expires_at = d.expires_at, "
        f"ended_at = d.ended_at FROM unnest({parameters}) AS d({', '.join(CHANGED)}) WHERE r.id = d.id) "
        "SELECT count(*) FROM moved"
    )


WRITE: Final = _write_sql()
STOCK_ACTOR: Final = "reserving"


@dataclass(frozen=True, slots=True)
class AskedToReserve:
    act: Act
    command: ReserveCart


@dataclass(slots=True)
class CartRow:
    """One reservation as it will be written; a released one keeps the quantity it had."""

    kept: Kept
    asked: AskedToReserve
    expires_at: datetime
    is_new: bool
    status: ReservationStatus = ReservationStatus.ACTIVE

    @property
    def ended_at(self) -> datetime | None:
        return None if self.status is ReservationStatus.ACTIVE else self.asked.act.now

    def new_row(self) -> tuple[Any, ...]:
        act, command, shelf = self.asked.act, self.asked.command, self.kept.shelf
        return (
            self.kept.id,
            act.organization_id,
            command.channel_id,
            command.customer_id,
            command.cart,
            shelf.id,
            shelf.variant_id,
            shelf.location_id,
            self.kept.quantity,
            self.status.value,
            act.now,
            self.expires_at,
            self.ended_at,
        )

    def changed_row(self) -> tuple[Any, ...]:
        return self.kept.id, self.kept.quantity, self.status.value, self.expires_at, self.ended_at


async def reserve_batch(connection: Any, asked: Sequence[AskedToReserve]) -> list[dict[str, Any]]:
    """One transaction for all. Locks the carts' reservations, then every level of every wanted variant, by id."""
    async with connection.transaction():
        named = {(each.act.organization_id, each.command.cart) for each in asked}
        carts = await read_carts(connection, named, lock=True)
        wanted = {(line.variant_id, each.command.channel_id) for each in asked for line in each.command.lines}
        goods, kits = await read_goods_and_kits(connection, wanted)
        variants = {variant for variant, _ in goods}.union(row["variant_id"] for row in carts)
        shelves, with_quotas = await read_shelves(connection, variants, lock=True)
        await read_quotas(connection, shelves, with_quotas, carts)
        networks = {
            key: await reference.network(connection, key) for key in {each.act.organization_id for each in asked}
        }
        if any(network.safety_rules for network in networks.values()):
            await read_safety(connection, shelves)
        to = {line.pickup_location_id for each in asked for line in each.command.lines if line.pickup_location_id}
        loads = {key: await read_loads(connection, one, asked[-1].act.now, to) for key, one in networks.items()}
        is_ruled = bool(with_quotas) or any(network.rules for network in networks.values())
        batch = Batch(on_shelves(carts, shelves), await _segments(connection, asked) if is_ruled else {}, kits)
        outcomes = []
        for each in asked:
            network = networks[each.act.organization_id]
            channel = network.channels.get(each.command.channel_id)
            market = None
            if channel is not None:
                groups = network.entitled(channel.id, batch.segment_of(each))
                market = Market(
                    channel, network, goods, shelves, loads[each.act.organization_id],
                    entitled=groups, safety_rules=network.safety_rules,
                )  # fmt: skip
            outcomes.append(batch.answer(each, market))
        if batch.rows:
            claimed = claimed_of(shelves)
            moved = await connection.fetchval(WRITE, *batch.columns(), *claims(claimed), STOCK_ACTOR, asked[-1].act.now)
            assert moved == len(claimed), "nobody else writes what this transaction has locked"
            if batch.drawn:
                await connection.execute(ledger.WRITE, *ledger.written(batch.drawn, STOCK_ACTOR, asked[-1].act.now))
    return outcomes


async def _segments(connection: Any, asked: Sequence[AskedToReserve]) -> dict[UUID, str]:
    """By customer; only routing rules and quotas want to know."""
    wanted = {each.command.customer_id for each in asked if each.command.customer_id}
    return {buyer.id: buyer.segment for buyer in (await read_buyers(connection, wanted)).values()}


@dataclass(slots=True)
class Batch:
    """What the carts keep, changed command by command, and what that writes."""

    kept: dict[tuple[UUID, str], list[Kept]]
    segments: Mapping[UUID, str] = field(default_factory=dict)
    kits: Kits = field(default_factory=dict)
    rows: dict[UUID, CartRow] = field(default_factory=dict)
    movements: list[tuple[Any, ...]] = field(default_factory=list)
    drawn: list[ledger.Drawn] = field(default_factory=list)
    make_id: Any = field(default_factory=id_maker)

    def segment_of(self, asked: AskedToReserve) -> str:
        return self.segments.get(asked.command.customer_id, "") if asked.command.customer_id else ""

    def answer(self, asked: AskedToReserve, market: Market | None) -> dict[str, Any]:
        cart = (asked.act.organization_id, asked.command.cart)
        try:
            if market is None:
                raise InvalidInput([InputProblem("channelId", "UNKNOWN_CHANNEL", "There is no such channel.")])
            asker = Asker(segment=self.segment_of(asked), now=asked.act.now)
            before = self.kept.get(cart, ())
            mark_foreign(before, market.entitled)
            changes = plan_cart(asked.command, market, before, asker, kits=self.kits)
        except DomainError as refusal:
            return keep(refusal)
        self.kept[cart] = [kept for change in changes if (kept := self._keep(asked, market, change))]
        return {}

    def columns(self) -> list[Any]:
        fresh = [row.new_row() for row in self.rows.values() if row.is_new]
        changed = [row.changed_row() for row in self.rows.values() if not row.is_new]
        return [*arrays(fresh, NEW), *arrays(changed, CHANGED), *arrays(self.movements, MOVEMENTS)]

    def _keep(self, asked: AskedToReserve, market: Market, change: KeptChange) -> Kept | None:
        """What the cart keeps on this shelf now; None when nothing."""
        expires_at = asked.act.now + timedelta(seconds=market.channel.reservation_ttl_seconds)
        kept = change.kept or Kept(self.make_id(), change.shelf, change.after)
        row = self.rows.get(kept.id) or CartRow(kept, asked, expires_at, is_new=change.kept is None)
        row.expires_at = expires_at
        self.rows[kept.id] = row
        self.drawn += [ledger.Drawn(moved, asked.act) for moved in draw_cart(change, kept.id, market.entitled)]
        if change.delta:
            kind = MovementKind.RESERVED if change.delta > 0 else MovementKind.UNRESERVED
            act = asked.act
            movement = (self.make_id(), change.shelf.id, kind.value, abs(change.delta), kept.id, "", act.actor, act.now)
            self.movements.append(movement)
        if not change.after:
            row.status = ReservationStatus.RELEASED
            return None
        kept.quantity = change.after
        return kept


@action
async def extend(act: Act, cart: str) -> UUID:
    """Count the cart's time to live anew from now; raises ReservationEnded when nothing is kept any more."""
    active = await _lock_active(act, cart)
    channel = await active[0].channel
    expires_at = act.now + timedelta(seconds=channel.reservation_ttl_seconds)
    await Reservation.filter(id__in=[each.id for each in active]).update(expires_at=expires_at)
    return active[0].id


@action
async def release(act: Act, cart: str) -> UUID:
    """Give back everything the cart keeps; raises ReservationEnded when that is nothing."""
    active = await _lock_active(act, cart)
    await _end(act, active, ReservationStatus.RELEASED)
    return active[0].id


async def expire_due(actor: str, now: datetime) -> int:
    """End reservations whose time is over, the oldest first; how many, at most MOST_EXPIRED_AT_ONCE."""
    async with tx():
        due = (
            await Reservation.filter(status=ReservationStatus.ACTIVE, expires_at__lte=now)
            .order_by("expires_at", "id")
            .limit(MOST_EXPIRED_AT_ONCE)
            .select_for_update(skip_locked=True, no_key=True)
        )
        by_organization: dict[UUID, list[Reservation]] = {}
        for each in due:
            by_organization.setdefault(each.organization_id, []).append(each)
        # All at once: levels are locked by id, whosever they are.
        await levels.lock((each.variant_id, each.location_id) for each in due)
        for organization_id in sorted(by_organization):
            act = Act(organization_id=organization_id, actor=actor, now=now)
            await _end(act, by_organization[organization_id], ReservationStatus.EXPIRED)
    outbox.wake()
    return len(due)


async def _lock_active(act: Act, cart: str) -> list[Reservation]:
    active = (
        await Reservation.filter(organization_id=act.organization_id, cart=cart, status=ReservationStatus.ACTIVE)
        .order_by("id")
        .select_for_update(no_key=True)
    )
    if not active:
        raise ReservationEnded(cart)
    return active


async def _end(act: Act, ended: Sequence[Reservation], status: ReservationStatus) -> None:
    movements = [
        levels.Movement(
            variant_id=each.variant_id,
            location_id=each.location_id,
            kind=MovementKind.UNRESERVED,
            quantity=each.quantity,
            reservation_id=each.id,
        )
        for each in ended
    ]
    await Reservation.filter(id__in=[each.id for each in ended]).update(status=status, ended_at=act.now)
    await outbox.record(act.organization_id, act.actor, act.now, await levels.move(act, movements))
