"""Take units off a line to a line of their own, so that each line reaches the customer in one way."""

from uuid import UUID

from actions.changing import OrderChange, Place, StandingKit
from actions.orders.recalling import priced
from domain.ids import new_id
from domain.lifecycle import UnitStatus
from domain.money import split
from domain.pricing import split_line
from models import ExcludedLocation, Hold, KitLine, OrderKit, OrderLine

COPIED = ("order_id", "variant_id", "sku", "name", "method", "pickup_location_id", "unit_price_minor", "tax_rate_ppm")
OF_KIT = ("order_id", "variant_id", "sku", "name", "unit_price_minor")
MONEY = ("quantity", "discount_minor", "tax_minor", "total_minor")


async def split_off(change: OrderChange, place: Place, quantity: int) -> tuple[Place, dict[str, dict[str, object]]]:
    """Where the units stand now, on a new last line, and what the fact has to tell besides the move.

    The new line has its share of every amount, the locations that gave the old one back, and its holds. Both lines are
    written; the caller records the move and saves.
    """
    line = change.lines[place.line_id]
    kept, gone = split_line(priced(line), quantity)
    fresh = OrderLine(
        id=new_id(),
        position=max(each.position for each in change.lines.values()) + 1,
        status=line.status,
        **{name: getattr(line, name) for name in COPIED},
        **{name: getattr(gone, name) for name in MONEY},
    )
    await fresh.save(force_create=True)
    for name in MONEY:
        setattr(line, name, getattr(kept, name))
    await line.save(update_fields=list(MONEY))
    await _copy_exclusions(line.id, fresh.id)
    return change.split(place, quantity, fresh), {"holds": await _copy_holds(change, line.id, fresh.id)}


async def split_kits_off(
    change: OrderChange, kit: StandingKit, status: UnitStatus, kits: int
) -> tuple[StandingKit, dict[str, object]]:
    """So many of the kits that stand there, as kits of their own with lines of their own; and what the fact has to tell."""
    row = await OrderKit.get(id=kit.id)
    discount = split(row.discount_minor, [row.quantity - kits, kits])
    position = max([each.position for each in await OrderKit.filter(order_id=row.order_id)]) + 1
    fresh = OrderKit(
        id=new_id(),
        position=position,
        quantity=kits,
        discount_minor=discount[1],
        **{n: getattr(row, n) for n in OF_KIT},
    )
    await fresh.save(force_create=True)
    row.quantity, row.discount_minor = row.quantity - kits, discount[0]
    await row.save(update_fields=["quantity", "discount_minor"])
    in_one: dict[UUID, int] = {}
    holds: dict[str, object] = {}
    for line_id, units in kit.in_one.items():
        place, told = await split_off(change, Place(line_id, status), kits * units)
        await KitLine.create(id=new_id(), kit_id=fresh.id, line_id=place.line_id, units=units)
        in_one[place.line_id] = units
        holds |= told["holds"]
    gone = StandingKit(fresh.id, kit.variant_id, kit.sku, kits, in_one)
    change.kits = [*(each._replace(quantity=row.quantity) if each is kit else each for each in change.kits), gone]
    return gone, {"holds": holds}


async def _copy_exclusions(line_id: UUID, fresh_id: UUID) -> None:
    for each in await ExcludedLocation.filter(line_id=line_id):
        await ExcludedLocation.create(
            line_id=fresh_id, location_id=each.location_id, until=each.until, reason=each.reason
        )


async def _copy_holds(change: OrderChange, line_id: UUID, fresh_id: UUID) -> dict[str, object]:
    told: dict[str, object] = {}
    for hold in [hold for hold in change.holds if hold.line_id == line_id]:
        copy = await Hold.create(
            order_id=hold.order_id,
            line_id=fresh_id,
            kind=hold.kind,
            status=hold.status,
            reason=hold.reason,
            applied_by=hold.applied_by,
            applied_at=hold.applied_at,
            expires_at=hold.expires_at,
        )
        change.holds.append(copy)
        told[str(copy.id)] = {
            "kind": copy.kind.value,
            "status": copy.status.value,
            "line": str(fresh_id),
            "expires_at": copy.expires_at.isoformat() if copy.expires_at else None,
        }
    return told
