"""What locations do with orders. Some reasons change the shelf, by rules that are said here a second time."""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from actions.fulfilment.accepting import AcceptFulfilment, accept
from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.fulfilment.picking import FoundLine, PickedLine, PickUnits, ShortPick, pick, short_pick
from actions.fulfilment.pickup import HandOver, MakeReady, hand_over, make_ready
from actions.fulfilment.pickup_codes import right_code
from actions.fulfilment.releasing import ReleaseOrder, release
from actions.parcels.packing import PackedUnits, PackParcel, UnpackParcel, pack, unpack
from actions.parcels.shipping import ShipParcel, ship
from domain.fulfilment import DeclineReason
from domain.pickups import IdentityCheck
from tests.actions.stock_walk.truth import ON_PAPER
from tests.actions.stock_walk.walk import Place, Walk

SCHEDULED = """
SELECT DISTINCT o.number, o.id FROM orders o JOIN line_status s ON s.order_id = o.id
WHERE s.status = 'scheduled' ORDER BY o.number"""
AT_WORK = """
SELECT DISTINCT f.number, f.id, f.location_id FROM fulfilments f JOIN line_status s ON s.fulfilment_id = f.id
WHERE (s.status = $1 AND (f.method = $3 OR $3 = '')) OR $2 ORDER BY f.number"""
UNPICKED = """
SELECT s.line_id, l.variant_id, l.position, sum(s.quantity)::int AS quantity
FROM line_status s JOIN order_lines l ON l.id = s.line_id
WHERE s.fulfilment_id = $1 AND s.status = ANY($2::text[]) GROUP BY 1, 2, 3 ORDER BY l.position"""
PARCEL = "SELECT id FROM parcels WHERE (shipped_at IS NULL AND delivered_at IS NULL) OR $1 ORDER BY number"
IN_HAND = """
SELECT coalesce(sum(s.quantity), 0)::int AS units FROM line_status s JOIN order_lines o ON o.id = s.line_id
WHERE o.variant_id = $1 AND s.location_id = $2 AND s.status IN ('picked', 'packed', 'ready_for_pickup')"""
ON_SHELF = f"""
SELECT l.damaged, l.quality_control,
    coalesce((SELECT sum(s.quantity) FROM line_status s JOIN order_lines o ON o.id = s.line_id
        WHERE o.variant_id = l.variant_id AND s.location_id = l.location_id
            AND s.status IN ('shipped', 'delivered', 'picked_up')), 0)::int AS gone,
    coalesce((SELECT p.units FROM ({ON_PAPER}) AS p WHERE p.variant_id = $1 AND p.location_id = $2), 0) AS on_paper
FROM stock_levels l WHERE l.variant_id = $1 AND l.location_id = $2"""


async def release_order(walk: Walk) -> None:
    await walk.do(release, ReleaseOrder(order_id=(await walk.one_of(SCHEDULED))["id"]))


async def accept_work(walk: Walk) -> None:
    await walk.do(accept, AcceptFulfilment(fulfilment_id=(await fulfilment(walk, "released"))[0]))


async def pick_units(walk: Walk) -> None:
    key, _ = await fulfilment(walk, "acknowledged")
    waiting = await walk.all_of(UNPICKED, key, ["acknowledged"])
    lines = tuple(PickedLine(line_id=each["line_id"], quantity=walk.luck.randint(1, 3)) for each in waiting[:1])
    await walk.do(pick, PickUnits(fulfilment_id=key, lines=lines if walk.is_lucky(0.3) else ()))


async def short_pick_units(walk: Walk) -> None:
    key, at = await fulfilment(walk, "acknowledged")
    waiting = await walk.all_of(UNPICKED, key, ["acknowledged"])
    short = walk.luck.sample(waiting, walk.luck.randint(1, len(waiting))) if waiting else []
    found = tuple(
        FoundLine(line_id=each["line_id"], found=walk.luck.randint(0, each["quantity"] - 1)) for each in short
    )
    missing: Counter[UUID] = Counter()
    for each, line in zip(short, found, strict=True):
        missing[each["variant_id"]] += each["quantity"] - line.found
    command = ShortPick(fulfilment_id=key, lines=found, reason=walk.luck.choice(list(DeclineReason)))
    held = await in_hands(walk, at, missing)
    for each, line in zip(short, found, strict=True):
        held[each["variant_id"]] += line.found
    await walk.do(short_pick, command)
    await shelf_changed(walk, at, command.reason, missing, held)


async def decline_work(walk: Walk) -> None:
    key, at = await fulfilment(walk, walk.luck.choice(("released", "acknowledged")))
    waiting = await walk.all_of(UNPICKED, key, ["released", "acknowledged"])
    named = walk.luck.sample(waiting, walk.luck.randint(1, len(waiting))) if waiting and walk.is_lucky(0.5) else []
    missing: Counter[UUID] = Counter()
    for each in named or waiting:
        missing[each["variant_id"]] += each["quantity"]
    lines = tuple(each["line_id"] for each in named)
    command = DeclineFulfilment(fulfilment_id=key, reason=walk.luck.choice(list(DeclineReason)), line_ids=lines)
    held = await in_hands(walk, at, missing)
    await walk.do(decline, command)
    await shelf_changed(walk, at, command.reason, missing, held)


async def in_hands(walk: Walk, at: UUID, variants: Iterable[UUID]) -> Counter[UUID]:
    """What of these variants somebody has taken off the shelf at the location, and is still there."""
    found = {variant: await walk.all_of(IN_HAND, variant, at) for variant in variants}
    return Counter({variant: row["units"] for variant, [row] in found.items()})


async def shelf_changed(
    walk: Walk, at: UUID, reason: DeclineReason, missing: Counter[UUID], held: Counter[UUID]
) -> None:
    """What the reason does to the walk's sums: nothing, less by what is missing, damaged, or an empty shelf.

    `held` was off the shelf when it was found empty, and may be back on it by now.
    """
    if not walk.is_alone:
        return
    for variant, units in missing.items():
        place: Place = variant, at
        match reason:
            case DeclineReason.NOT_FOUND:
                walk.came(place, -units)
            case DeclineReason.DAMAGED:
                walk.damaged[place] += units
            case DeclineReason.OUT_OF_STOCK:
                row = await walk.one_of(ON_SHELF, *place)
                there = held[variant] + sum(row[name] for name in ("gone", "damaged", "quality_control"))
                walk.on_hand[place] = there - row["on_paper"]


async def pack_units(walk: Walk) -> None:
    first, at = await fulfilment(walk, "picked", "ship")
    others = [each["id"] for each in await walk.all_of(AT_WORK, "picked", False, "ship") if each["location_id"] == at]
    keys = {first, walk.luck.choice(others)} if others and walk.is_lucky(0.5) else {first}
    contents = tuple(PackedUnits(fulfilment_id=key) for key in sorted(keys))
    if walk.is_lucky(0.3) and (picked := await walk.all_of(UNPICKED, first, ["picked"])):
        contents = (PackedUnits(fulfilment_id=first, line_id=picked[0]["line_id"], quantity=1),)
    await walk.do(pack, PackParcel(contents=contents))


async def unpack_parcel(walk: Walk) -> None:
    await walk.do(unpack, UnpackParcel(parcel_id=await parcel(walk)))


async def ship_parcel(walk: Walk) -> None:
    await walk.do(ship, ShipParcel(parcel_id=await parcel(walk), carrier="UPS"))


async def make_pickup_ready(walk: Walk) -> None:
    await walk.do(make_ready, MakeReady(fulfilment_id=(await fulfilment(walk, "picked", "pickup"))[0]))


async def hand_over_pickup(walk: Walk) -> None:
    """Most show their code; of some it is said how else they are known, and of a few nothing, which is refused."""
    key = (await fulfilment(walk, "ready_for_pickup"))[0]
    code = await right_code(key) if walk.is_lucky(0.7) else None
    identity = IdentityCheck.PHOTO_ID if code is None and walk.is_lucky(0.8) else None
    await walk.do(hand_over, HandOver(fulfilment_id=key, code=code, identity=identity))


async def fulfilment(walk: Walk, status: str, method: str = "") -> tuple[UUID, UUID]:
    """One with units in the status, now and then any; and where it is."""
    found = await walk.one_of(AT_WORK, status, walk.strays(), method)
    return found["id"], found["location_id"]


async def parcel(walk: Walk) -> UUID:
    key: UUID = (await walk.one_of(PARCEL, walk.strays()))["id"]
    return key
