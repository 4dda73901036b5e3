"""Order from vendors what an order waits for, to be shipped to its customer.

    chain_order      by hand, for one order
    chain_due        for a job: every confirmed order that waits, where the organization or its channel wants it so

Units are taken from what is backordered under the order's lock, so none is both served from stock and ordered from a vendor.
A vendor that has not answered yet gets what the order wants next on the same purchase order.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from actions.acting import Act, action
from actions.chaining.papers import store_chained
from actions.changing import OrderChange, Units, lock_order, save
from actions.days import today_at
from actions.fulfilment.progress import store, tell
from actions.fulfilment.releasing import NUMBERS, STOPPING
from actions.orders.confirming import check_paid
from actions.purchasing.ordering import NUMBER
from actions.refusals import passed_over
from domain.chaining import Asked, Offer, Waiting, WaitingKits, share
from domain.errors import IllegalTransition, InputProblem, InvalidInput, NotFound, NoVendor
from domain.facts import FactKind
from domain.fulfilment import FulfilmentStatus
from domain.holds import check_holds
from domain.ids import id_maker, new_id
from domain.kits import whole_kits
from domain.lifecycle import Action, UnitStatus
from domain.orders import FulfilmentMethod
from domain.purchasing import PurchaseKind, PurchaseStatus
from models import Fulfilment, FulfilmentLine, PurchaseLine, PurchaseOrder
from models.backorders import is_awaited
from models.channels import serves
from models.db import rows
from models.kits import NOT_IN_A_KIT

log = logging.getLogger("oms.chaining")

CHAIN_BATCH: Final = 200
"""Orders that one run of the job chains at most."""

# Locations of the order's channel only, nothing before its launch, and nobody who declined the line.
_MAY_SHIP: Final = f"""
    f.drop_ships AND f.is_active AND v.is_active AND p.is_active
    AND {serves("o.channel_id", "p.id")}
    AND NOT {is_awaited("f.variant_id", "o.channel_id", "$2")}"""
_DECLINED: Final = """
    SELECT e.line_id FROM excluded_locations e JOIN order_lines x ON x.id = e.line_id
    WHERE x.order_id = o.id AND e.location_id = p.id AND e.until > $2"""

OFFERS: Final = f"""
SELECT f.id, f.vendor_id, v.code AS vendor_code, p.id AS location_id, f.variant_id, f.unit_cost_minor, v.currency,
    coalesce(f.lead_time_days, v.lead_time_days) AS lead_time_days, f.rank, f.minimum_quantity AS minimum,
    f.maximum_quantity AS maximum, array({_DECLINED}) AS declined
FROM orders o JOIN vendor_offers f ON f.organization_id = o.organization_id JOIN vendors v ON v.id = f.vendor_id
JOIN locations p ON p.id = v.location_id
WHERE o.id = $1 AND f.variant_id = ANY($3::uuid[]) AND ($4::uuid IS NULL OR v.id = $4) AND {_MAY_SHIP}"""

IS_WANTED: Final = "SELECT FROM chaining_policies WHERE is_automatic LIMIT 1"

_ABLE: Final = f"""
    FROM line_status s JOIN order_lines l ON l.id = s.line_id
    JOIN vendor_offers f ON f.variant_id = l.variant_id JOIN vendors v ON v.id = f.vendor_id
    JOIN locations p ON p.id = v.location_id
    WHERE s.order_id = o.id AND s.status = 'backordered' AND l.method = 'ship' AND {_MAY_SHIP}
        AND l.id NOT IN ({_DECLINED})
        AND NOT EXISTS (SELECT FROM holds h WHERE h.order_id = o.id AND h.status <> 'resolved'
            AND h.kind = ANY($1::text[]) AND (h.line_id IS NULL OR h.line_id = l.id))"""
# The last word has `share`; what it would leave alone is left out here, so that it never keeps the others from their turn.
DUE: Final = f"""
SELECT o.organization_id, o.id FROM orders o
WHERE o.confirmed_at <= $2
    AND (SELECT y.is_automatic AND o.placed_at <= $2 - make_interval(mins => y.wait_minutes) FROM chaining_policies y
         WHERE y.organization_id = o.organization_id AND (y.channel_id IS NULL OR y.channel_id = o.channel_id)
         ORDER BY y.channel_id NULLS LAST LIMIT 1)
    AND (o.authorize_status = 'full'
        OR NOT EXISTS (SELECT FROM channels c WHERE c.id = o.channel_id AND c.confirmation = 'on_authorization'))
    AND o.id IN (SELECT order_id FROM line_status WHERE status = 'backordered')
    AND (EXISTS (
        SELECT {_ABLE} AND {NOT_IN_A_KIT}
        GROUP BY f.id HAVING sum(s.quantity) >= f.minimum_quantity)
    OR EXISTS (SELECT FROM order_kits k WHERE k.order_id = o.id AND k.parted_at IS NULL AND EXISTS (
        SELECT FROM kit_lines c CROSS JOIN LATERAL (
            SELECT v.id AS vendor_id, least(f.maximum_quantity, s.quantity) / c.units AS most,
                (f.minimum_quantity + c.units - 1) / c.units AS least {_ABLE} AND l.id = c.line_id) AS a
        WHERE c.kit_id = k.id GROUP BY a.vendor_id
        HAVING count(*) = (SELECT count(*) FROM kit_lines n WHERE n.kit_id = k.id) AND min(a.most) >= max(a.least))))
ORDER BY o.id LIMIT $3"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainOrder:
    """Everything that waits, or these lines of it, from whoever ships it, or from this vendor only.

    `expected_version` is the order's.
    """

    order_id: UUID
    vendor_id: UUID | None = None
    line_ids: tuple[UUID, ...] = ()
    expected_version: int | None = None


@action
async def chain_order(act: Act, command: ChainOrder) -> UUID:
    """Lines that are held, or that the customer collects, go on waiting. Returns the order's id.

    Raises NotFound, Conflict, InvalidInput for part of a kit, IllegalTransition when the order is not confirmed or nothing of
    it waits, BlockedByHold when everything that waits is held, NotPaid as releasing does, and NoVendor.
    """
    change = await lock_order(act, command.order_id, command.expected_version)
    if change.order.confirmed_at is None:
        raise IllegalTransition("chain", "unconfirmed", ["confirmed"])
    await check_paid(change.order)
    waiting = _waiting(change, command.line_ids)
    loose = [each for each in waiting if change.kit_of(each.line_id) is None]
    asked = share(loose, await _offers(act, command, waiting), _waiting_kits(change, waiting))
    if not asked:
        raise NoVendor(sorted({change.lines[each.line_id].sku for each in waiting}))
    papers = [await _order_from(act, change, of_one) for of_one in _by_vendor(asked)]
    await save(act, [change])
    for chained, lines in papers:
        await store_chained(act, chained, lines)
    return change.order.id


async def chain_due(now: datetime, *, limit: int = CHAIN_BATCH) -> int:
    """How many orders were chained. For a job: each order is its own transaction, and one that changed is left."""
    chained = 0
    for due in await rows(DUE, [STOPPING, now, limit]) if await rows(IS_WANTED) else ():
        act = Act(organization_id=due["organization_id"], actor="job:chaining", now=now)
        with passed_over(log, "order %s was not chained", due["id"]):
            await chain_order(act, ChainOrder(order_id=due["id"]))
            chained += 1
    return chained


def _waiting(change: OrderChange, line_ids: Sequence[UUID]) -> list[Waiting]:
    for line_id in line_ids:
        if line_id not in change.lines:
            raise NotFound("order line", line_id)
        if (kit := change.kit_of(line_id)) is not None and not kit.in_one.keys() <= set(line_ids):
            why = f"Is a component of kit {kit.sku}, which is ordered whole: name all of its lines, or part it."
            raise InvalidInput([InputProblem("line_ids", "KIT", why)])
    found = [
        units
        for units in change.units(UnitStatus.BACKORDERED)
        if change.lines[units.place.line_id].method is FulfilmentMethod.SHIP
        and (not line_ids or units.place.line_id in line_ids)
    ]
    if not found:
        raise IllegalTransition("chain", change.order.status, [UnitStatus.BACKORDERED])
    free = [units for units in found if Action.CHAIN not in change.stopped(units.place.line_id)]
    if not free:
        check_holds(Action.CHAIN, [hold.kind for hold in change.holds])
    return [_as_waiting(change, units) for units in free]


def _waiting_kits(change: OrderChange, waiting: Iterable[Waiting]) -> list[WaitingKits]:
    units = {each.line_id: each.quantity for each in waiting}
    found = []
    for kit in change.kits:
        kits = whole_kits(units, kit.in_one)
        if kits:
            variants = {line_id: change.lines[line_id].variant_id for line_id in kit.in_one}
            found.append(WaitingKits(kits, kit.in_one, variants))
    return found


def _as_waiting(change: OrderChange, units: Units) -> Waiting:
    return Waiting(units.place.line_id, change.lines[units.place.line_id].variant_id, units.quantity)


async def _offers(act: Act, command: ChainOrder, waiting: Iterable[Waiting]) -> list[Offer]:
    variants = sorted({each.variant_id for each in waiting})
    return [Offer(**row) for row in await rows(OFFERS, [command.order_id, act.now, variants, command.vendor_id])]


def _by_vendor(asked: Iterable[Asked]) -> list[list[Asked]]:
    found: dict[UUID, list[Asked]] = {}
    for each in asked:
        found.setdefault(each.offer.vendor_id, []).append(each)
    return list(found.values())


async def _order_from(
    act: Act, change: OrderChange, asked: Sequence[Asked]
) -> tuple[PurchaseOrder, list[PurchaseLine]]:
    """A purchase order of what one vendor is asked for, or more on the one that it has not answered yet; to be stored."""
    offer = asked[0].offer
    unanswered = PurchaseOrder.filter(
        order_id=change.order.id,
        vendor_id=offer.vendor_id,
        kind=PurchaseKind.DROP_SHIP,
        status=PurchaseStatus.ORDERED,
    )
    chained = await unanswered.select_for_update(no_key=True).get_or_none()
    if chained is None:
        fulfilment = await _new_fulfilment(act, change, offer)
        chained = await _new_purchase(act, change, offer, fulfilment)
    else:
        fulfilment = await Fulfilment.get(id=chained.fulfilment_id)
    assert chained.expected_on is not None, "it was ordered"
    slowest = max(each.offer.lead_time_days for each in asked)
    today = await today_at(offer.location_id, act.now)
    chained.expected_on = max(chained.expected_on, today + timedelta(days=slowest))
    lines = await _more_lines(chained, asked, change)
    for each in asked:
        [units] = change.units(UnitStatus.BACKORDERED, line_id=each.line_id)
        here, work = fulfilment.location_id, fulfilment.id
        change.move(Action.CHAIN, units.place, each.quantity, location_id=here, fulfilment_id=work)
    tell(
        act,
        change,
        FactKind.UNITS_CHAINED,
        fulfilment,
        asked=await _more_work(fulfilment, asked),
        purchase=str(chained.id),
    )
    await store([fulfilment])
    return chained, lines


async def _new_fulfilment(act: Act, change: OrderChange, offer: Offer) -> Fulfilment:
    [numbered] = await rows(NUMBERS, [1])
    values: dict[str, Any] = {
        "id": new_id(),
        "organization_id": act.organization_id,
        "number": numbered["number"],
        "order_id": change.order.id,
        "location_id": offer.location_id,
        "method": FulfilmentMethod.SHIP,
        "status": FulfilmentStatus.OPEN,
        "released_at": act.now,
        "version": 0,
    }
    return await Fulfilment.create(**values)


async def _new_purchase(act: Act, change: OrderChange, offer: Offer, fulfilment: Fulfilment) -> PurchaseOrder:
    [numbered] = await rows(NUMBER)
    values: dict[str, Any] = {
        "id": new_id(),
        "organization_id": act.organization_id,
        "number": numbered["number"],
        "kind": PurchaseKind.DROP_SHIP,
        "order_id": change.order.id,
        "fulfilment_id": fulfilment.id,
        "vendor_id": offer.vendor_id,
        "destination_id": offer.location_id,
        "status": PurchaseStatus.ORDERED,
        "currency": offer.currency,
        "over_percent": 0,
        "short_percent": 0,
        "expected_on": await today_at(offer.location_id, act.now),
        "created_at": act.now,
        "ordered_at": act.now,
        "version": 0,
    }
    return await PurchaseOrder.create(**values)


async def _more_lines(chained: PurchaseOrder, asked: Sequence[Asked], change: OrderChange) -> list[PurchaseLine]:
    """All lines of the purchase order, those that were asked for now with so many units more; written when stored."""
    lines = await PurchaseLine.filter(purchase_order_id=chained.id).order_by("position")
    by_order_line = {line.order_line_id: line for line in lines}
    make = id_maker(len(asked))
    fresh: list[PurchaseLine] = []
    for each in asked:
        line = by_order_line.get(each.line_id)
        if line is None:
            line = PurchaseLine(
                id=make(),
                purchase_order_id=chained.id,
                order_line_id=each.line_id,
                variant_id=change.lines[each.line_id].variant_id,
                position=len(lines) + len(fresh),
                quantity=each.quantity,
                unit_cost_minor=each.offer.unit_cost_minor,
                currency=chained.currency,
            )
            fresh.append(line)
        else:
            line.quantity += each.quantity
    await PurchaseLine.bulk_create(fresh)
    return [*lines, *fresh]


async def _more_work(fulfilment: Fulfilment, asked: Sequence[Asked]) -> list[dict[str, Any]]:
    """The fulfilment's lines, with so many units more; as a fact tells them."""
    lines = {line.line_id: line for line in await FulfilmentLine.filter(fulfilment_id=fulfilment.id)}
    make = id_maker(len(asked))
    told = []
    for each in asked:
        line = lines.get(each.line_id)
        if line is None:
            line = FulfilmentLine(id=make(), fulfilment_id=fulfilment.id, line_id=each.line_id, quantity=0)
        line.quantity += each.quantity
        await line.save(force_create=each.line_id not in lines)
        told.append({"id": str(line.id), "line": str(line.line_id), "quantity": each.quantity})
    return told
