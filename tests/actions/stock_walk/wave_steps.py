"""Many at once: waves, manifests, deliveries; and what jobs do when time has passed."""

from datetime import timedelta
from uuid import UUID

from actions.backordering.deadlines import cancel_overdue
from actions.backordering.launching import follow_launches, launch_due
from actions.fulfilment.releasing import release_due
from actions.fulfilment.timers import cancel_uncollected, decline_late, decline_unanswered
from actions.fulfilment.waves import accept_wave, hand_over_wave, make_ready_wave, pick_wave, release_wave
from actions.parcels.consolidating import ConsolidateParcels, SplitParcel, consolidate, split_off
from actions.parcels.manifests import ManifestEntry, ShipManifest, deliver_wave, pack_wave, ship_manifest
from actions.parcels.tracking import DeliverParcel, deliver
from actions.pickups.answering import expire_questions
from actions.reoptimizing.reading import ReoptimizeOrders
from actions.reoptimizing.running import reoptimize
from actions.substituting.automatic import offer_due, substitute_due
from actions.substituting.proposing import end_substitutions
from tests.actions.stock_walk.location_steps import SCHEDULED
from tests.actions.stock_walk.walk import Walk

AT_WORK = """
SELECT DISTINCT f.number, f.id FROM fulfilments f JOIN line_status s ON s.fulfilment_id = f.id
WHERE s.status = $1 AND (f.method = $2 OR $2 = '') ORDER BY f.number"""
TO_SHIP = "SELECT id, number FROM parcels WHERE shipped_at IS NULL AND delivered_at IS NULL ORDER BY number"
TO_DELIVER = """
SELECT id FROM parcels WHERE (shipped_at IS NOT NULL AND delivered_at IS NULL) OR $1 ORDER BY number"""
SHARED = """
SELECT p.id, min(l.fulfilment_id::text)::uuid AS fulfilment_id FROM parcels p JOIN parcel_lines l ON l.parcel_id = p.id
WHERE p.shipped_at IS NULL AND p.delivered_at IS NULL GROUP BY p.id, p.number
HAVING count(DISTINCT l.fulfilment_id) > 1 ORDER BY p.number"""
TOGETHER = """
SELECT false AS is_parcel, f.id, f.location_id, f.number FROM fulfilments f WHERE f.method = 'ship'
    AND EXISTS (SELECT FROM line_status s WHERE s.fulfilment_id = f.id AND s.status = 'picked')
UNION ALL SELECT true, p.id, p.location_id, p.number FROM parcels p WHERE p.shipped_at IS NULL AND p.delivered_at IS NULL
ORDER BY number"""
MOST = 3
JOBS = (
    decline_late,
    decline_unanswered,
    cancel_uncollected,
    cancel_overdue,
    expire_questions,
    launch_due,
    follow_launches,
    substitute_due,
    offer_due,
    end_substitutions,
)


async def release_orders(walk: Walk) -> None:
    if walk.is_lucky(0.5):
        await release_due(walk.now)
    else:
        await walk.do(release_wave, await some(walk, SCHEDULED))


async def accept_together(walk: Walk) -> None:
    await walk.do(accept_wave, await some(walk, AT_WORK, "released", ""))


async def pick_together(walk: Walk) -> None:
    await walk.do(pick_wave, await some(walk, AT_WORK, "acknowledged", ""))


async def pack_together(walk: Walk) -> None:
    await walk.do(pack_wave, await some(walk, AT_WORK, "picked", "ship"))


async def make_ready_together(walk: Walk) -> None:
    await walk.do(make_ready_wave, await some(walk, AT_WORK, "picked", "pickup"))


async def hand_over_together(walk: Walk) -> None:
    await walk.do(hand_over_wave, await some(walk, AT_WORK, "ready_for_pickup", "pickup"))


async def hand_to_carrier(walk: Walk) -> None:
    keys = await some(walk, TO_SHIP)
    entries = tuple(ManifestEntry(parcel_id=key, tracking_number=f"1Z {key.hex[:12]}") for key in keys)
    await walk.do(ship_manifest, ShipManifest(carrier="UPS", service="GROUND", entries=entries))


async def put_together(walk: Walk) -> None:
    first = await walk.one_of(TOGETHER)
    there = [row for row in await walk.all_of(TOGETHER) if row["location_id"] == first["location_id"]]
    if len(there) < MOST - 1:
        walk.nothing_to_do()
    chosen = walk.luck.sample(there, walk.luck.randint(MOST - 1, min(len(there), MOST)))
    work, parcels = (tuple(row["id"] for row in chosen if row["is_parcel"] is each) for each in (False, True))
    await walk.do(consolidate, ConsolidateParcels(fulfilment_ids=work, parcel_ids=parcels))


async def take_apart(walk: Walk) -> None:
    shared = await walk.one_of(SHARED)
    await walk.do(split_off, SplitParcel(parcel_id=shared["id"], fulfilment_ids=(shared["fulfilment_id"],)))


async def deliver_parcels(walk: Walk) -> None:
    keys = await some(walk, TO_DELIVER, walk.strays())
    if walk.is_lucky(0.5):
        await walk.do(deliver_wave, keys)
    else:
        await walk.do(deliver, DeliverParcel(parcel_id=keys[0]))


async def look_at_clock(walk: Walk) -> None:
    """Who did not accept has declined; who did not come has not. Now and then after some days."""
    walk.now += timedelta(days=walk.luck.choice((0, 0, 2)))
    await walk.luck.choice(JOBS)(walk.now)


async def route_together(walk: Walk) -> None:
    await walk.do(reoptimize, ReoptimizeOrders(rounds=20, seed=walk.luck.randint(1, 99)))


async def some(walk: Walk, sql: str, *values: object) -> list[UUID]:
    found = [row["id"] for row in await walk.all_of(sql, *values)]
    if not found:
        walk.nothing_to_do()
    return walk.luck.sample(found, min(len(found), walk.luck.randint(1, MOST)))
