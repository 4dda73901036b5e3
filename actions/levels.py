"""The only writer of stock counters: movements in, counters and facts out.

Lock order of all actions: orders by id, then reservations by id, then stock levels by id. Whoever needs several levels
hands all movements to one `move`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from actions.acting import Act
from actions.quotas import ledger
from actions.restocking import note_freed
from domain.errors import InputProblem, InsufficientStock, InvalidInput, StockCommitted
from domain.facts import Fact, FactKind
from domain.ids import id_maker, new_id
from domain.quotas.groups import Entitled
from domain.quotas.pools import Claimant, Pool, Quota, QuotaMovement, QuotaMovementKind
from domain.stock import COUNTERS, EFFECTS, AdjustmentReason, MovementKind
from models.db import Fetching, execute, rows

CLAIMS: Final = frozenset({MovementKind.ALLOCATED, MovementKind.RESERVED})
"""Need units that are free; the other kinds need units that are there."""
FREEING: Final = frozenset({MovementKind.RELEASED, MovementKind.UNRESERVED})
"""Give units back that somebody may be waiting for."""

Level = dict[str, Any]
Place = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """`quantity` units of a kind, positive but for ADJUSTED and SAFETY_CHANGED, with the cause that kind demands.

    A claim may use the quotas of `groups`.
    """

    variant_id: UUID
    location_id: UUID
    kind: MovementKind
    quantity: int
    line_id: UUID | None = None
    reservation_id: UUID | None = None
    reason: AdjustmentReason | None = None
    reference: str = ""
    groups: Entitled = ()

    @property
    def place(self) -> Place:
        return self.variant_id, self.location_id


LOCK: Final = """
SELECT l.*, v.sku FROM stock_levels l JOIN variants v ON v.id = l.variant_id
JOIN unnest($1::uuid[], $2::uuid[]) AS wanted(variant_id, location_id)
  ON l.variant_id = wanted.variant_id AND l.location_id = wanted.location_id
ORDER BY l.id FOR NO KEY UPDATE OF l"""

LOCK_VARIANTS: Final = """
SELECT l.*, v.sku FROM stock_levels l JOIN variants v ON v.id = l.variant_id
WHERE l.variant_id = ANY($1::uuid[]) ORDER BY l.id FOR NO KEY UPDATE OF l"""

# The lock keeps a variant from becoming a kit until what is done to its stock is seen.
VARIANTS: Final = "SELECT sku, is_kit FROM variants WHERE id = ANY($1::uuid[]) ORDER BY id FOR KEY SHARE"

OPEN: Final = """
INSERT INTO stock_levels (id, organization_id, variant_id, location_id, on_hand, allocated, reserved, damaged,
                          quality_control, safety, set_aside, has_quotas, version)
SELECT id, $1, variant_id, location_id, 0, 0, 0, 0, 0, 0, 0, false, 1
FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]) AS u(id, variant_id, location_id)
ON CONFLICT (variant_id, location_id) DO NOTHING"""

UPDATE: Final = """
UPDATE stock_levels l SET on_hand = d.on_hand, allocated = d.allocated, reserved = d.reserved, damaged = d.damaged,
    quality_control = d.quality_control, safety = d.safety, set_aside = d.set_aside, version = d.version
FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::int[], $6::int[], $7::int[], $8::int[], $9::int[])
    AS d(id, on_hand, allocated, reserved, damaged, quality_control, safety, set_aside, version) WHERE l.id = d.id"""

INSERT: Final = """
INSERT INTO stock_movements (id, stock_level_id, kind, quantity, line_id, reservation_id, reason, reference, actor, moved_at)
SELECT id, level, kind, quantity, line, reservation, reason, reference, $9, $10
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::uuid[], $6::uuid[], $7::text[], $8::text[])
    AS u(id, level, kind, quantity, line, reservation, reason, reference)"""


async def lock(places: Iterable[Place]) -> dict[Place, Level]:
    """The levels at these places, locked in id order until the transaction ends; a place without one is missing."""
    wanted = sorted(set(places))
    found = await rows(LOCK, [[variant for variant, _ in wanted], [location for _, location in wanted]])
    return {(level["variant_id"], level["location_id"]): level for level in found}


async def lock_variants(variant_ids: Iterable[UUID]) -> list[Level]:
    """Every level of the variants, locked in id order until the transaction ends."""
    return await rows(LOCK_VARIANTS, [list(variant_ids)])


async def open_levels(organization_id: UUID, places: Iterable[Place]) -> None:
    """Make an empty level wherever there is none, in a fixed order. Raises InvalidInput for kits: they have no stock."""
    wanted = sorted(set(places))
    for variant in await rows(VARIANTS, [sorted({variant for variant, _ in wanted})]):
        if variant["is_kit"]:
            why = f"{variant['sku']} is a kit and has no stock of its own: name its components."
            raise InvalidInput([InputProblem("lines", "KIT", why)])
    ids = [new_id() for _ in wanted]
    await execute(OPEN, [organization_id, ids, [place[0] for place in wanted], [place[1] for place in wanted]])


async def move(act: Act, movements: Sequence[Movement], levels: dict[Place, Level] | None = None) -> list[Fact]:
    """Apply the movements and return one fact for each level they touched, for the caller to record.

    Locks the levels unless they are given, locked. Raises InsufficientStock when a claim finds too few free units, with
    every SKU that is short, and StockCommitted when units that orders or carts count on would be taken away.
    """
    if not movements:
        return []
    if levels is None:
        levels = await lock(movement.place for movement in movements)
    touched = [levels[place] for place in dict.fromkeys(movement.place for movement in movements)]
    drawing = await drawing_of(touched, movements)
    missing: dict[str, int] = {}
    for movement in movements:
        _apply(levels[movement.place], movement, drawing, missing)
    if missing:
        raise InsufficientStock(missing)
    note_freed(movement.variant_id for movement in movements if movement.kind in FREEING)
    await insert(act, movements, levels)
    return await write(act, touched, drawing)


def releases_first(movements: Iterable[Movement]) -> list[Movement]:
    """So that units given back by one line can be claimed by another in the same action."""
    order: dict[MovementKind, int] = defaultdict(lambda: 1, {MovementKind.RELEASED: 0, MovementKind.ALLOCATED: 2})
    return sorted(movements, key=lambda movement: order[movement.kind])


def available(level: Level) -> int:
    """Units free for everybody; below 0 where safety stock was raised after units were promised."""
    return unclaimed(level) - int(level["set_aside"])


def unclaimed(level: Level) -> int:
    """Units free for somebody: for everybody, or for those they are set aside for."""
    free: int = level["on_hand"] - level["safety"] - committed(level)
    return free


def committed(level: Level) -> int:
    """Units that orders, carts or their condition keep from being sold."""
    return sum(level[name] for name in ("allocated", "reserved", "damaged", "quality_control"))


def stock_fact(level: Level) -> Fact:
    return Fact(
        kind=FactKind.STOCK_CHANGED,
        variant_id=level["variant_id"],
        location_id=level["location_id"],
        payload={
            "level": str(level["id"]),
            "sku": level["sku"],
            **{name: level[name] for name in COUNTERS},
            "safety": level["safety"],
            "set_aside": level["set_aside"],
            "available": max(0, available(level)),
            "version": level["version"],
        },
    )


async def write(act: Act, touched: Sequence[Level], drawing: "Drawing | None" = None) -> list[Fact]:
    """The locked levels as they are now, and their quotas; where fewer units are free than are set aside, those shrink."""
    drawing = drawing or await drawing_of(touched)
    for level in touched:
        drawing.shrink(level)
        level["version"] += 1
    await execute(
        UPDATE, [[level[name] for level in touched] for name in ("id", *COUNTERS, "safety", "set_aside", "version")]
    )
    if drawing.drawn:
        drawn = [ledger.Drawn(moved, act, reference) for moved, reference in drawing.drawn]
        await execute(ledger.WRITE, ledger.written(drawn, act.actor, act.now))
    return [stock_fact(level) for level in touched]


@dataclass(slots=True)
class Drawing:
    """What movements take from the quotas of locked levels and give back to them; `held` are a line's units at a level."""

    pools: dict[UUID, Pool]
    held: dict[tuple[UUID, UUID], int]
    reference: str = ""
    drawn: list[tuple[QuotaMovement, str]] = field(default_factory=list)

    def follow(self, level: Level, movement: Movement) -> None:
        """The counters have moved already; what was set aside follows."""
        pool = self.pools.get(level["id"])
        if pool is None:
            return
        self.reference = movement.reference
        who, room = Claimant(movement.line_id, movement.reservation_id), max(0, available(level))
        if movement.line_id is not None:
            place = (level["id"], movement.line_id)
            self.held[place] = self.held.get(place, 0) + EFFECTS[movement.kind].allocated * movement.quantity
        match movement.kind:
            case MovementKind.ALLOCATED | MovementKind.RESERVED:
                pool.take(who, movement.groups, movement.quantity)
            case MovementKind.RELEASED:
                pool.give_back(who, keeping=self.held[level["id"], who.key], room=room)
            case MovementKind.UNRESERVED:
                pool.give_back(who, room=room)
            case MovementKind.SHIPPED | MovementKind.FORWARDED_OUT:
                pool.spend(movement.quantity, line_id=who.key)
        self._note(level, pool)

    def quota(self, level: Level, group_id: UUID) -> Quota:
        return self.pools[level["id"]].quotas[group_id]

    def left(self, level: Level, group_id: UUID) -> int:
        pool = self.pools.get(level["id"])
        return pool.free_for((group_id,)) if pool else 0

    def change(
        self, level: Level, kind: QuotaMovementKind, units: int, *, of: UUID, plan_id: UUID | None = None
    ) -> None:
        """What a planner or a plan does to the quota `of` a group, which is there."""
        pool = self.pools[level["id"]]
        pool.change(of, kind, units, plan_id=plan_id)
        self._note(level, pool)

    def shrink(self, level: Level) -> None:
        excess = level["set_aside"] - max(0, unclaimed(level))
        if excess > 0:
            pool = self.pools[level["id"]]
            pool.shrink(excess)
            self._note(level, pool)

    def _note(self, level: Level, pool: Pool) -> None:
        self.drawn += [(moved, self.reference) for moved in pool.moves]
        pool.moves.clear()
        level["set_aside"] = pool.set_aside


async def drawing_of(touched: Sequence[Level], movements: Sequence[Movement] = ()) -> Drawing:
    """Nothing is asked where nothing was ever set aside."""
    with_quotas = [level["id"] for level in touched if level["has_quotas"]]
    if not with_quotas:
        return Drawing({}, {})
    lines = {movement.line_id for movement in movements if movement.line_id}
    carts = {movement.reservation_id for movement in movements if movement.reservation_id}
    return Drawing(
        await ledger.read_pools(Fetching, with_quotas, lines, carts), await ledger.read_held(with_quotas, lines)
    )


def _apply(level: Level, movement: Movement, drawing: Drawing, missing: dict[str, int]) -> None:
    effect = EFFECTS[movement.kind]
    for name in COUNTERS:
        level[name] += movement.quantity * getattr(effect, name)
    drawing.follow(level, movement)
    if movement.kind in CLAIMS:
        if available(level) < 0:
            missing[level["sku"]] = max(missing.get(level["sku"], 0), -available(level))
        return
    # Loss and damage are facts, and shrink what is set aside; to take units elsewhere is a wish.
    kept = level["set_aside"] if movement.kind is MovementKind.TRANSFERRED_OUT else 0
    if level["on_hand"] < committed(level) + kept:
        raise StockCommitted(level["sku"], committed(level) + kept, level["on_hand"])
    assert all(level[name] >= 0 for name in COUNTERS), f"{movement} takes more than {level}"
    drawing.shrink(level)


async def insert(act: Act, movements: Sequence[Movement], levels: dict[Place, Level]) -> None:
    """Only the rows of the ledger: for whoever has changed the locked levels already."""
    make = id_maker(len(movements))
    await execute(
        INSERT,
        [
            [make() for _ in movements],
            [levels[movement.place]["id"] for movement in movements],
            [movement.kind.value for movement in movements],
            [movement.quantity for movement in movements],
            [movement.line_id for movement in movements],
            [movement.reservation_id for movement in movements],
            [movement.reason.value if movement.reason else None for movement in movements],
            [movement.reference for movement in movements],
            act.actor,
            act.now,
        ],
    )
