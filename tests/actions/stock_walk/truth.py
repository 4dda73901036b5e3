"""What must be true after any step: by the walk's own sums, by statements of its own, and by the audit's rules."""

from collections import Counter
from collections.abc import Iterable

from models.db import rows
from server import audit
from tests.actions.stock_walk.walk import Place, Walk
from tests.world.kits import NOT_WHOLE

NEGATIVE = """
SELECT * FROM stock_levels WHERE least(on_hand, allocated, reserved, damaged, quality_control, safety) < 0
    OR on_hand < allocated + reserved + damaged + quality_control"""
CLAIMS = """
SELECT l.id, l.allocated, l.reserved FROM stock_levels l
WHERE l.reserved <> (SELECT coalesce(sum(r.quantity), 0) FROM reservations r
        WHERE r.variant_id = l.variant_id AND r.location_id = l.location_id AND r.ended_at IS NULL)
    OR l.allocated <> (SELECT coalesce(sum(s.quantity), 0) FROM line_status s JOIN order_lines o ON o.id = s.line_id
        WHERE o.variant_id = l.variant_id AND s.location_id = l.location_id
            AND s.status NOT IN ('in_transfer', 'shipped', 'delivered', 'picked_up', 'cancelled'))"""
LEDGER = """
SELECT l.id, l.on_hand, m.units FROM stock_levels l CROSS JOIN LATERAL (
    SELECT coalesce(sum(CASE WHEN kind IN ('shipped', 'discarded') OR kind LIKE '%_out' THEN -quantity ELSE quantity END), 0) AS units
    FROM stock_movements WHERE stock_level_id = l.id
        AND (kind IN ('received', 'adjusted', 'shipped', 'discarded') OR kind LIKE 'transferred_%' OR kind LIKE 'forwarded_%')) AS m
WHERE l.on_hand <> m.units"""
TOLD = """
SELECT l.id, l.version, f.payload FROM stock_levels l JOIN LATERAL (
    SELECT payload FROM outbox WHERE kind = 'stock_changed' AND variant_id = l.variant_id AND location_id = l.location_id
    ORDER BY id DESC LIMIT 1) AS f ON true
WHERE (payload ->> 'version')::int <> l.version
    OR (payload ->> 'on_hand')::int <> l.on_hand OR (payload ->> 'allocated')::int <> l.allocated
    OR (payload ->> 'reserved')::int <> l.reserved OR (payload ->> 'damaged')::int <> l.damaged
    OR (payload ->> 'quality_control')::int <> l.quality_control OR (payload ->> 'safety')::int <> l.safety
    OR (payload ->> 'set_aside')::int <> l.set_aside
    OR (payload ->> 'available')::int <> greatest(0, l.on_hand - l.allocated - l.reserved - l.damaged - l.quality_control
        - l.safety - l.set_aside)"""
GONE = """
SELECT o.variant_id, s.location_id, sum(s.quantity)::int AS units FROM line_status s
JOIN order_lines o ON o.id = s.line_id WHERE s.status IN ('shipped', 'delivered', 'picked_up') GROUP BY 1, 2"""
SHORT = """
SELECT l.variant_id, l.location_id, sum(m.quantity)::int AS units FROM stock_movements m
JOIN stock_levels l ON l.id = m.stock_level_id
WHERE m.reason = 'short_picked' AND m.reference <> '' GROUP BY 1, 2"""
ON_PAPER = """
SELECT variant_id, location_id, sum(units)::int AS units FROM (
    SELECT l.variant_id, t.origin_id AS location_id, l.written_back - l.shipped AS units
        FROM transfer_lines l JOIN transfers t ON t.id = l.transfer_id
    UNION ALL SELECT l.variant_id, t.destination_id, l.received
        FROM transfer_lines l JOIN transfers t ON t.id = l.transfer_id
    UNION ALL SELECT l.variant_id, o.destination_id, l.received
        FROM purchase_lines l JOIN purchase_orders o ON o.id = l.purchase_order_id
    UNION ALL SELECT s.variant_id, s.location_id, s.received FROM expected_supplies s
        WHERE NOT EXISTS (SELECT FROM transfer_lines l WHERE l.supply_id = s.id)
            AND NOT EXISTS (SELECT FROM purchase_lines l WHERE l.supply_id = s.id)
    UNION ALL SELECT l.variant_id, c.location_id, l.counted - l.expected
        FROM count_lines l JOIN stock_counts c ON c.id = l.count_id WHERE l.status = 'posted'
    ) AS moved GROUP BY 1, 2"""
DAMAGED_ON_PAPER = """
SELECT variant_id, location_id, sum(units)::int AS units FROM (
    SELECT l.variant_id, t.destination_id AS location_id, l.damaged AS units
        FROM transfer_lines l JOIN transfers t ON t.id = l.transfer_id
    UNION ALL SELECT l.variant_id, o.destination_id, l.damaged
        FROM purchase_lines l JOIN purchase_orders o ON o.id = l.purchase_order_id) AS moved GROUP BY 1, 2"""
BROKEN = """
SELECT l.variant_id, l.location_id, sum(m.quantity)::int AS units FROM stock_movements m
JOIN stock_levels l ON l.id = m.stock_level_id
WHERE m.kind = 'damaged' AND m.reference = 'damaged' GROUP BY 1, 2"""
"""Steps of a walk name no reference; locations that give units back name the reason."""


async def holds(*walks: Walk) -> None:
    """Of the walks that share one world."""
    for rule in (NEGATIVE, CLAIMS, LEDGER, TOLD, NOT_WHOLE):
        broken = await rows(rule)
        assert not broken, (rule, broken)
    await shelves_hold_what_came_and_stayed(walks)
    for walk in walks:
        if walk.is_alone:
            await counts_expect_what_lay_there(walk)


async def counts_expect_what_lay_there(walk: Walk) -> None:
    """At the moment of counting, whatever moved before it was written down."""
    for line in await rows("SELECT id, expected FROM count_lines WHERE expected IS NOT NULL"):
        assert line["expected"] == walk.looked_at[line["id"]], line


async def shelves_hold_what_came_and_stayed(walks: Iterable[Walk]) -> None:
    """On hand = received + adjusted + transferred - what left, by what the steps did and not by movements."""
    walks = list(walks)
    expected = {name: Counter[Place]() for name in ("on_hand", "damaged", "quality_control")}
    for walk in walks:
        for name, units in expected.items():
            for place, change in getattr(walk, name).items():
                units[place] += change
    expected["on_hand"].subtract(await by_place(GONE))
    expected["on_hand"].update(await by_place(ON_PAPER))
    expected["damaged"].update(await by_place(DAMAGED_ON_PAPER))
    if any(not walk.is_alone for walk in walks):
        expected["on_hand"].update(await by_place(SHORT))
        expected["damaged"].update(await by_place(BROKEN))
    for level in await rows("SELECT * FROM stock_levels"):
        place = (level["variant_id"], level["location_id"])
        for name, units in expected.items():
            assert level[name] == units[place], f"{name} at {place}"
        for walk in walks:
            assert not walk.is_alone or level["safety"] == walk.safety.get(place, 0)


async def by_place(sql: str) -> Counter[Place]:
    return Counter({(row["variant_id"], row["location_id"]): row["units"] for row in await rows(sql)})


async def audited(database_url: str) -> None:
    async with audit.snapshot(database_url) as connection:
        broken = [(rule, found) async for rule, found in audit.examine(connection) if found]
    assert not broken, broken
