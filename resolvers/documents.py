"""What is printed, read as the viewer sees it: a paper of something unseen is a paper that does not exist."""

from typing import Any, Final
from uuid import UUID

from domain.documents import (
    MOST_LINES,
    PackingSlip,
    PaperLine,
    PickList,
    Place,
    ShippingLabel,
    place_of,
    printable,
)
from domain.errors import IllegalTransition, NotFound
from domain.permissions import Permission
from domain.viewer import Viewer
from models import Fulfilment, Location, Parcel, PickWave
from models.db import rows
from resolvers.parcels import is_whole
from resolvers.scopes import seen
from resolvers.visible import FULFILMENTS, LOCATIONS, PARCELS, PICK_WAVES

LABEL: Final = """
SELECT p.number, p.weight_grams, p.container_code, g.name AS from_name,
    l.line1 AS from_line1, l.city AS from_city, l.region AS from_region, l.postal_code AS from_postal_code,
    l.country AS from_country, coalesce(b.carrier, p.carrier) AS carrier, coalesce(b.service, p.service, '') AS service,
    coalesce(b.tracking_number, p.tracking_number) AS tracking_number, a.name AS to_name, a.line1 AS to_line1,
    a.line2 AS to_line2, a.city AS to_city, a.region AS to_region, a.postal_code AS to_postal_code, a.country AS to_country
FROM parcels p JOIN organizations g ON g.id = p.organization_id JOIN locations l ON l.id = p.location_id
LEFT JOIN labels b ON b.parcel_id = p.id AND b.status = 'bought'
LEFT JOIN LATERAL (SELECT oa.* FROM parcel_lines pl JOIN order_lines o ON o.id = pl.line_id
    JOIN order_addresses oa ON oa.order_id = o.order_id AND oa.kind = 'shipping'
    WHERE pl.parcel_id = p.id ORDER BY pl.id LIMIT 1) a ON true
WHERE p.id = $1"""

WORK: Final = """
SELECT f.number, f.location_id, o.number AS order_number, to_char(o.placed_at, 'YYYY-MM-DD') AS ordered_on, l.name AS location,
    g.name AS from_name, l.line1 AS from_line1, l.city AS from_city, l.region AS from_region,
    l.postal_code AS from_postal_code, l.country AS from_country, a.name AS to_name, a.line1 AS to_line1,
    a.line2 AS to_line2, a.city AS to_city, a.region AS to_region, a.postal_code AS to_postal_code, a.country AS to_country,
    ARRAY(SELECT DISTINCT p.number FROM parcel_lines pl JOIN parcels p ON p.id = pl.parcel_id
        WHERE pl.fulfilment_id = f.id ORDER BY p.number) AS parcels
FROM fulfilments f JOIN orders o ON o.id = f.order_id JOIN locations l ON l.id = f.location_id
JOIN organizations g ON g.id = f.organization_id
LEFT JOIN order_addresses a ON a.order_id = o.id AND a.kind = 'shipping' WHERE f.id = $1"""

IN_WORK: Final = """
SELECT o.sku, o.name, coalesce(v.barcode, '') AS barcode, sum(s.quantity)::int AS quantity FROM line_status s
JOIN order_lines o ON o.id = s.line_id JOIN variants v ON v.id = o.variant_id
WHERE s.fulfilment_id = $1 AND s.status = ANY($2::text[])
GROUP BY o.id, v.id ORDER BY {order} LIMIT $3"""

IN_WAVE: Final = """
SELECT o.sku, o.name, coalesce(v.barcode, '') AS barcode, sum(s.quantity)::int AS quantity FROM fulfilments f
JOIN line_status s ON s.fulfilment_id = f.id JOIN order_lines o ON o.id = s.line_id JOIN variants v ON v.id = o.variant_id
WHERE f.pick_wave_id = $1 AND s.status = ANY($2::text[])
GROUP BY v.id, o.sku, o.name ORDER BY o.sku, o.name LIMIT $3"""

ADDRESSED: Final = frozenset({Permission.FULFIL, Permission.READ_CONTACTS})
"""An address is for those who pack for it, and for those who may read contacts anyway."""

TO_PICK: Final = ["released", "acknowledged"]
IN_SLIP: Final = ["picked", "packed", "ready_for_pickup", "shipped", "picked_up", "delivered"]


async def shipping_label(viewer: Viewer, parcel_id: UUID) -> ShippingLabel:
    """It tells the weight of everything inside, so it is for those who may see all of that.

    Raises NotFound, IllegalTransition for a parcel without a carrier's number or an address.
    """
    _check(viewer, Permission.READ_FULFILMENTS, "parcel", parcel_id)
    is_seen = await seen(Parcel, PARCELS, viewer).filter(id=parcel_id).exists()
    if not is_seen or not await is_whole(viewer, parcel_id):
        raise NotFound("parcel", parcel_id)
    [row] = await rows(LABEL, [parcel_id])
    if row["tracking_number"] is None or row["to_name"] is None:
        raise IllegalTransition("print the label of", "without one", ["labelled"])
    return ShippingLabel(
        number=row["number"],
        sender=_place(row, "from_"),
        recipient=_place(row, "to_"),
        carrier=row["carrier"],
        service=row["service"],
        tracking_number=row["tracking_number"],
        weight_grams=row["weight_grams"],
        container_code=row["container_code"],
    )


async def packing_slip(viewer: Viewer, fulfilment_id: UUID) -> PackingSlip:
    """Of everything picked so far; who may not see the place is told only who sent it. Raises NotFound."""
    row = await _work(viewer, Permission.READ_ORDERS, fulfilment_id)
    is_told_where = await seen(Location, LOCATIONS, viewer).filter(id=row["location_id"]).exists()
    return PackingSlip(
        fulfilment_number=row["number"],
        order_number=row["order_number"],
        ordered_on=row["ordered_on"] or "",
        sender=_place(row if is_told_where else {"from_name": row["from_name"]}, "from_"),
        recipient=_place(row, "to_"),
        lines=await _lines(fulfilment_id, IN_SLIP, "o.position, o.id"),
        parcels=tuple(row["parcels"][:MOST_LINES]),
    )


async def pick_list(viewer: Viewer, fulfilment_id: UUID) -> PickList:
    """Of everything still to pick, by SKU. Raises NotFound."""
    row = await _work(viewer, Permission.READ_FULFILMENTS, fulfilment_id)
    lines = await _lines(fulfilment_id, TO_PICK, "o.sku, o.id")
    return PickList(number=row["number"], location=printable(row["location"]), lines=lines)


async def wave_list(viewer: Viewer, wave_id: UUID) -> PickList:
    """Of everything the wave has still to pick, each variant once. Raises NotFound."""
    _check(viewer, Permission.READ_FULFILMENTS, "pick wave", wave_id)
    wave = await seen(PickWave, PICK_WAVES, viewer).get_or_none(id=wave_id).select_related("location")
    if wave is None:
        raise NotFound("pick wave", wave_id)
    found = await rows(IN_WAVE, [wave_id, TO_PICK, MOST_LINES])
    lines = tuple(paper_line(row) for row in found)
    return PickList(number=wave.number, location=printable(wave.location.name), lines=lines)


async def _work(viewer: Viewer, needed: Permission, fulfilment_id: UUID) -> dict[str, Any]:
    _check(viewer, needed, "fulfilment", fulfilment_id)
    if not await seen(Fulfilment, FULFILMENTS, viewer).filter(id=fulfilment_id).exists():
        raise NotFound("fulfilment", fulfilment_id)
    [row] = await rows(WORK, [fulfilment_id])
    return row


def _check(viewer: Viewer, needed: Permission, kind: str, key: UUID) -> None:
    """Whoever may not read it is not told that it is there."""
    if needed not in viewer.permissions or not viewer.permissions & ADDRESSED:
        raise NotFound(kind, key)


async def _lines(fulfilment_id: UUID, statuses: list[str], order: str) -> tuple[PaperLine, ...]:
    found = await rows(IN_WORK.format(order=order), [fulfilment_id, statuses, MOST_LINES])
    return tuple(paper_line(row) for row in found)


def paper_line(row: dict[str, Any]) -> PaperLine:
    return PaperLine(
        sku=printable(row["sku"]),
        name=printable(row["name"]),
        barcode=printable(row["barcode"]),
        quantity=row["quantity"],
    )


def _place(row: dict[str, Any], prefix: str) -> Place:
    names = ("name", "line1", "line2", "city", "region", "postal_code", "country")
    return place_of({name: row.get(f"{prefix}{name}") or "" for name in names})
