"""Change orders that exist: lock them, move their units along the lifecycle, write everything that follows from it once.

    change = await lock_order(act, order_id, expected_version=7)
    for unit in change.units(UnitStatus.SCHEDULED):
        change.move(Action.CANCEL, unit, unit.quantity)
    change.record(FactKind.UNITS_CANCELLED, reason="…")
    await save(act, [change])

`move` asks the lifecycle table and the holds; the stock movements follow from the statuses. `record` makes one fact of
the moves since the last one and counts the order's version up by one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from uuid import UUID

from actions import levels, outbox, workload
from actions.acting import Act
from actions.forwarding import following
from domain.errors import Conflict, NotFound
from domain.facts import Fact, FactKind
from domain.holds import HoldKind, HoldStatus, check_holds, stopped_by
from domain.ids import id_maker
from domain.lifecycle import (
    ALLOCATED,
    WITH_FULFILMENT,
    WITH_LOCATION,
    Action,
    StockEffect,
    UnitStatus,
    check,
    derive,
    stock_effect,
)
from domain.quotas.groups import Entitled
from domain.stock import MovementKind
from models import Hold, LineStatus, Order, OrderLine
from models.db import execute, rows

MOVEMENT_OF: Final = {
    StockEffect.ALLOCATE: MovementKind.ALLOCATED,
    StockEffect.RELEASE: MovementKind.RELEASED,
    StockEffect.SHIP: MovementKind.SHIPPED,
    StockEffect.SEND: MovementKind.FORWARDED_OUT,
    StockEffect.ARRIVE: MovementKind.FORWARDED_IN,
}
INTO_STOCK: Final = frozenset({StockEffect.ALLOCATE, StockEffect.ARRIVE})


class Place(NamedTuple):
    """Where units of a line stand. Location and fulfilment are None until they have one."""

    line_id: UUID
    status: UnitStatus
    location_id: UUID | None = None
    fulfilment_id: UUID | None = None


class Units(NamedTuple):
    place: Place
    quantity: int


class StandingKit(NamedTuple):
    """Kits of one sort that stand together; `in_one` are the units that one has, by line."""

    id: UUID
    variant_id: UUID
    sku: str
    quantity: int
    in_one: dict[UUID, int]


@dataclass(slots=True)
class OrderChange:
    """One locked order with its lines, units and open holds. Nothing is written before `save`."""

    order: Order
    lines: dict[UUID, OrderLine]
    holds: list[Hold]
    standing: dict[Place, int]
    _rows: dict[Place, tuple[UUID, int]]
    movements: list[levels.Movement] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    kits: list[StandingKit] = field(default_factory=list)
    _moves: list[dict[str, Any]] = field(default_factory=list)
    groups: Entitled = ()
    """Whose quotas its units may be scheduled from; `actions/quotas/buyers.py` knows."""

    def units(
        self, *statuses: UnitStatus, line_id: UUID | None = None, fulfilment_id: UUID | None = None
    ) -> list[Units]:
        """Where units stand, by line position and then status: of all statuses if none is named."""
        found = [
            Units(place, quantity)
            for place, quantity in self.standing.items()
            if (not statuses or place.status in statuses)
            and line_id in (None, place.line_id)
            and fulfilment_id in (None, place.fulfilment_id)
        ]
        return sorted(found, key=self._by_position)

    def stopped(self, line_id: UUID) -> frozenset[Action]:
        """What the open holds on the order and on this line stop."""
        return stopped_by(self.holding(line_id))

    def holding(self, line_id: UUID) -> list[HoldKind]:
        """The open holds on the order and on this line; who holds a component holds its kit."""
        held: set[UUID | None] = {None, line_id}
        if (kit := self.kit_of(line_id)) is not None:
            held.update(kit.in_one)
        return [hold.kind for hold in self.holds if hold.line_id in held]

    def kit_of(self, line_id: UUID) -> StandingKit | None:
        """The kit that the line is part of, unless it was parted."""
        return next((kit for kit in self.kits if line_id in kit.in_one), None)

    def fulfilments_moved(self) -> set[UUID]:
        """Fulfilments whose units stand elsewhere than when the order was locked."""
        before = {(place, quantity) for place, (_, quantity) in self._rows.items()}
        return {place.fulfilment_id for place, _ in before ^ set(self.standing.items()) if place.fulfilment_id}

    def move(
        self,
        action: Action,
        place: Place,
        quantity: int,
        *,
        location_id: UUID | None = None,
        fulfilment_id: UUID | None = None,
        reference: str = "",
    ) -> Place:
        """Move units along an edge; they keep location and fulfilment while the new status has one.

        `reference` names the paper behind it in the ledger. Raises IllegalTransition or BlockedByHold. `quantity` must
        stand at `place`.
        """
        check_holds(action, self.holding(place.line_id))
        status = check(action, place.status)
        assert 0 < quantity <= self.standing.get(place, 0), "only units that stand there can move"
        target = Place(
            place.line_id,
            status,
            _kept(location_id or place.location_id, status, WITH_LOCATION),
            _kept(fulfilment_id or place.fulfilment_id, status, WITH_FULFILMENT),
        )
        self.standing[place] -= quantity
        if not self.standing[place]:
            del self.standing[place]
        self.standing[target] = self.standing.get(target, 0) + quantity
        self._moves.append(_described(place, target, quantity))
        self._move_stock(place, target, quantity, reference)
        return target

    def standing_at(self, line_id: UUID, status: UnitStatus, location_id: UUID) -> int:
        return self.standing.get(Place(line_id, status, location_id), 0)

    def has_left(self, statuses: frozenset[UnitStatus]) -> bool:
        """Whether somewhere fewer units stand in one of these than when the order was locked."""
        standing = self.standing
        return any(each.status in statuses and units > standing.get(each, 0) for each, (_, units) in self._rows.items())

    def stood(self, status: UnitStatus) -> bool:
        """Whether units stood there when the order was locked."""
        return any(place.status is status for place in self._rows)

    def split(self, place: Place, quantity: int, line: OrderLine) -> Place:
        """Move units to another line of the order, which is written already; their status stays."""
        assert 0 < quantity <= self.standing.get(place, 0), "only units that stand there can move"
        target = place._replace(line_id=line.id)
        self.lines[line.id] = line
        self.standing[place] -= quantity
        if not self.standing[place]:
            del self.standing[place]
        self.standing[target] = self.standing.get(target, 0) + quantity
        self._moves.append({**_described(place, target, quantity), "to_line": str(line.id)})
        return target

    def add_line(self, line: OrderLine) -> None:
        """A line that was not ordered, its row written by the caller; its units come into being `PLACED`."""
        self.lines[line.id] = line
        place = Place(line.id, UnitStatus.PLACED)
        self.standing[place] = line.quantity
        self._moves.append({**_described(place, place, line.quantity), "from": None})

    def returned(self) -> dict[levels.Place, int]:
        """Units that this change gives back to their stock level, by (variant, location), not written yet."""
        given: dict[levels.Place, int] = {}
        for movement in self.movements:
            if movement.kind is MovementKind.RELEASED:
                given[movement.place] = given.get(movement.place, 0) + movement.quantity
        return given

    @property
    def order_id(self) -> UUID:
        return self.order.id

    def before(self) -> dict[Place, int]:
        """Where units stood when the order was locked."""
        return {place: quantity for place, (_, quantity) in self._rows.items()}

    def record(
        self,
        kind: FactKind,
        *,
        fulfilment_id: UUID | None = None,
        location_id: UUID | None = None,
        **details: Any,
    ) -> None:
        """One fact of the moves since the last one; the order and its lines get their new words and version now.

        `details` is what else `domain/projection.py` needs to know, and whatever helps a reader.
        """
        self.order.version += 1
        self.order.status = derive(place.status for place in self.standing)
        changed = {UUID(line) for move in self._moves for line in (move["line"], move.get("to_line", move["line"]))}
        for line_id in changed:
            self.lines[line_id].status = derive(p.status for p in self.standing if p.line_id == line_id)
        payload = {
            "number": self.order.number,
            "version": self.order.version,
            "status": self.order.status.value,
            "lines": {str(line_id): self.lines[line_id].status.value for line_id in changed},
            "moves": self._moves,
            **details,
        }
        self._moves = []
        self.facts.append(
            Fact(
                kind=kind,
                order_id=self.order.id,
                channel_id=self.order.channel_id,
                customer_id=self.order.customer_id,
                fulfilment_id=fulfilment_id,
                location_id=location_id,
                payload=payload,
            )
        )

    def _by_position(self, units: Units) -> tuple[Any, ...]:
        place = units.place
        return (self.lines[place.line_id].position, place.status, str(place.location_id), str(place.fulfilment_id))

    def _move_stock(self, before: Place, after: Place, quantity: int, reference: str) -> None:
        effect = stock_effect(before.status, after.status)
        if effect is None:
            assert before.location_id == after.location_id or before.status not in ALLOCATED
            return
        location_id = after.location_id if effect in INTO_STOCK else before.location_id
        assert location_id is not None, "allocated units have a location"
        self.movements.append(
            levels.Movement(
                variant_id=self.lines[before.line_id].variant_id,
                location_id=location_id,
                kind=MOVEMENT_OF[effect],
                quantity=quantity,
                line_id=before.line_id,
                reference=reference,
                groups=self.groups,
            )
        )


def _kept(value: UUID | None, status: UnitStatus, having: frozenset[UnitStatus]) -> UUID | None:
    return value if status in having else None


def _described(before: Place, after: Place, quantity: int) -> dict[str, Any]:
    return {
        "line": str(before.line_id),
        "quantity": quantity,
        "from": before.status.value,
        "to": after.status.value,
        "from_location": before.location_id and str(before.location_id),
        "to_location": after.location_id and str(after.location_id),
        "from_fulfilment": before.fulfilment_id and str(before.fulfilment_id),
        "to_fulfilment": after.fulfilment_id and str(after.fulfilment_id),
    }


async def lock_orders(act: Act, order_ids: Iterable[UUID], *, expected_version: int | None = None) -> list[OrderChange]:
    """The orders, locked in id order until the transaction ends. Raises NotFound, or Conflict on another version."""
    wanted = sorted(set(order_ids))
    orders = {
        order.id: order
        for order in await Order.filter(id__in=wanted, organization_id=act.organization_id)
        .order_by("id")
        .select_for_update(no_key=True)
    }
    for order_id in wanted:
        if order_id not in orders:
            raise NotFound("order", order_id)
        if expected_version is not None and orders[order_id].version != expected_version:
            raise Conflict("order", expected_version, orders[order_id].version)
    changes = [OrderChange(orders[order_id], {}, [], {}, {}) for order_id in wanted]
    await _load(changes)
    return changes


async def lock_order(act: Act, order_id: UUID, expected_version: int | None = None) -> OrderChange:
    [change] = await lock_orders(act, [order_id], expected_version=expected_version)
    return change


async def _load(changes: list[OrderChange]) -> None:
    by_id = {change.order.id: change for change in changes}
    for line in await OrderLine.filter(order_id__in=by_id).order_by("position"):
        by_id[line.order_id].lines[line.id] = line
    for row in await LineStatus.filter(order_id__in=by_id):
        place = Place(row.line_id, row.status, row.location_id, row.fulfilment_id)
        change = by_id[row.order_id]
        change.standing[place] = row.quantity
        change._rows[place] = row.id, row.quantity  # noqa: SLF001 - the loader of this very class
    for hold in await Hold.filter(order_id__in=by_id).exclude(status=HoldStatus.RESOLVED).order_by("id"):
        by_id[hold.order_id].holds.append(hold)
    kits: dict[UUID, StandingKit] = {}
    for found in await rows(KITS, [list(by_id)]):
        if found["id"] not in kits:
            kits[found["id"]] = StandingKit(found["id"], found["variant_id"], found["sku"], found["quantity"], {})
            by_id[found["order_id"]].kits.append(kits[found["id"]])
        kits[found["id"]].in_one[found["line_id"]] = found["units"]


KITS: Final = """
SELECT k.order_id, k.id, k.variant_id, k.sku, k.quantity, l.line_id, l.units
FROM order_kits k JOIN kit_lines l ON l.kit_id = k.id
WHERE k.order_id = ANY($1::uuid[]) AND k.parted_at IS NULL ORDER BY k.order_id, k.position, l.id"""
DELETE_UNITS: Final = "DELETE FROM line_status WHERE id = ANY($1::uuid[])"
UPDATE_UNITS: Final = """
UPDATE line_status s SET quantity = d.quantity FROM unnest($1::uuid[], $2::int[]) AS d(id, quantity) WHERE s.id = d.id"""
INSERT_UNITS: Final = """
INSERT INTO line_status (id, line_id, order_id, status, location_id, fulfilment_id, quantity)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::uuid[], $7::int[])"""
UPDATE_LINES: Final = """
UPDATE order_lines l SET status = d.status FROM unnest($1::uuid[], $2::text[]) AS d(id, status)
WHERE l.id = d.id AND l.status <> d.status"""
UPDATE_ORDERS: Final = """
UPDATE orders o SET status = d.status, version = d.version
FROM unnest($1::uuid[], $2::text[], $3::int[]) AS d(id, status, version) WHERE o.id = d.id"""


async def save(
    act: Act, changes: Sequence[OrderChange], *, movements: Sequence[levels.Movement] = (), facts: Sequence[Fact] = ()
) -> None:
    """Write what the changes moved and record their facts; `movements` and `facts` come on top, in the same order of locks.

    Raises InsufficientStock when units were scheduled where too few are free.
    """
    await _write_units(changes)
    await following.follow(act, changes)
    lines = [line for change in changes for line in change.lines.values()]
    await execute(UPDATE_LINES, [[line.id for line in lines], [line.status.value for line in lines]])
    orders = [change.order for change in changes]
    columns = [[order.id for order in orders], [order.status.value for order in orders], [o.version for o in orders]]
    await execute(UPDATE_ORDERS, columns)
    moved = [movement for change in changes for movement in change.movements]
    stock_facts = await levels.move(act, levels.releases_first([*moved, *movements]))
    await workload.follow(act, changes)
    recorded = [fact for change in changes for fact in change.facts]
    await outbox.record(act.organization_id, act.actor, act.now, [*recorded, *facts, *stock_facts])


async def _write_units(changes: Sequence[OrderChange]) -> None:
    gone, changed, fresh = [], [], []
    for change in changes:
        before = change._rows  # noqa: SLF001
        gone += [row_id for place, (row_id, _) in before.items() if place not in change.standing]
        for place, quantity in change.standing.items():
            if place not in before:
                fresh.append((place, change.order.id, quantity))
            elif before[place][1] != quantity:
                changed.append((before[place][0], quantity))
    if gone:
        await execute(DELETE_UNITS, [gone])
    if changed:
        await execute(UPDATE_UNITS, [list(column) for column in zip(*changed, strict=True)])
    if fresh:
        make = id_maker(len(fresh))
        table = [
            (make(), place.line_id, order_id, place.status.value, place.location_id, place.fulfilment_id, quantity)
            for place, order_id, quantity in fresh
        ]
        await execute(INSERT_UNITS, [list(column) for column in zip(*table, strict=True)])
