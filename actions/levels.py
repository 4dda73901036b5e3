"""The only writer of stock counters: movements in, counters and facts out.

Lock order of all actions: orders by id, then reservations by id, then stock levels by id. Whoever needs several levels
hands all movements to one `move`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from actions.acting import Act
from actions.restocking import note_freed
from domain.errors import InsufficientStock, StockCommitted
from domain.facts import Fact, FactKind
from domain.ids import id_maker, new_id
from domain.stock import COUNTERS, EFFECTS, AdjustmentReason, MovementKind
from models.db import execute, rows

CLAIMS: Final = frozenset({MovementKind.ALLOCATED, MovementKind.RESERVED})
"""Need units that are free; the other kinds need units that are there."""
FREEING: Final = frozenset({MovementKind.RELEASED, MovementKind.UNRESERVED})
"""Give units back that somebody may be waiting for."""

Level = dict[str, Any]
Place = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """`quantity` units of a kind, positive but for ADJUSTED, with the cause that kind demands."""

    variant_id: UUID
    location_id: UUID
    kind: MovementKind
    quantity: int
    line_id: UUID | None = None
    reservation_id: UUID | None = None
    reason: AdjustmentReason | None = None
    reference: str = ""

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

OPEN: Final = """
INSERT INTO stock_levels (id, organization_id, variant_id, location_id, on_hand, allocated, reserved, damaged,
                          quality_control, safety, version)
SELECT id, $1, variant_id, location_id, 0, 0, 0, 0, 0, 0, 1
FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]) AS u(id, variant_id, location_id)
ON CONFLICT (variant_id, location_id) DO NOTHING"""

UPDATE: Final = """
UPDATE stock_levels l SET on_hand = d.on_hand, allocated = d.allocated, reserved = d.reserved, damaged = d.damaged,
    quality_control = d.quality_control, version = d.version
FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::int[], $6::int[], $7::int[])
    AS d(id, on_hand, allocated, reserved, damaged, quality_control, version) WHERE l.id = d.id"""

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
    """Make an empty level wherever there is none, in a fixed order."""
    wanted = sorted(set(places))
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
    missing: dict[str, int] = {}
    for movement in movements:
        _apply(levels[movement.place], movement, missing)
    if missing:
        raise InsufficientStock(missing)
    note_freed(movement.variant_id for movement in movements if movement.kind in FREEING)
    touched = [levels[place] for place in dict.fromkeys(movement.place for movement in movements)]
    for level in touched:
        level["version"] += 1
    await _write(act, movements, levels, touched)
    return [stock_fact(level) for level in touched]


def available(level: Level) -> int:
    """Free units; below 0 where safety stock was raised after units were promised."""
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
            "available": max(0, available(level)),
            "version": level["version"],
        },
    )


def _apply(level: Level, movement: Movement, missing: dict[str, int]) -> None:
    effect = EFFECTS[movement.kind]
    for name in COUNTERS:
        level[name] += movement.quantity * getattr(effect, name)
    if movement.kind in CLAIMS:
        if available(level) < 0:
            missing[level["sku"]] = max(missing.get(level["sku"], 0), -available(level))
        return
    if level["on_hand"] < committed(level):
        raise StockCommitted(level["sku"], committed(level), level["on_hand"])
    assert all(level[name] >= 0 for name in COUNTERS), f"{movement} takes more than {level}"


async def _write(act: Act, movements: Sequence[Movement], levels: dict[Place, Level], touched: list[Level]) -> None:
    columns = ("id", *COUNTERS, "version")
    await execute(UPDATE, [[level[name] for level in touched] for name in columns])
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
