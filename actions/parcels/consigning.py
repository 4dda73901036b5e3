"""A parcel as a carrier sees it, and what carriers ask for it."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from actions.carriers import Carriers, Consignment, Endpoint, Rated, Refused
from domain.errors import NotFound
from domain.shipping_rates import with_factor
from models.db import rows

READ: Final = """
SELECT p.number, p.weight_grams, g.currency, g.name AS sender,
    l.line1, l.city, l.region, l.postal_code, l.country,
    c.length_mm, c.width_mm, c.height_mm, to_address.*
FROM parcels p JOIN organizations g ON g.id = p.organization_id JOIN locations l ON l.id = p.location_id
LEFT JOIN carton_types c ON c.id = p.carton_type_id
LEFT JOIN LATERAL (
    SELECT a.name AS to_name, a.line1 AS to_line1, a.line2 AS to_line2, a.city AS to_city, a.region AS to_region,
        a.postal_code AS to_postal_code, a.country AS to_country, a.phone AS to_phone
    FROM parcel_lines pl JOIN order_lines o ON o.id = pl.line_id
    JOIN order_addresses a ON a.order_id = o.order_id AND a.kind = 'shipping'
    WHERE pl.parcel_id = p.id ORDER BY pl.id LIMIT 1) AS to_address ON true
WHERE p.id = $1 AND p.organization_id = $2"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelRate:
    """What one carrier asks. `is_estimate`: it did not answer, so this is what a parcel of this weight usually costs."""

    carrier: str
    service: str
    price_minor: int
    currency: str
    transit_days: int | None
    is_estimate: bool


async def consignment_of(organization_id: UUID, parcel_id: UUID) -> Consignment | None:
    """None for a parcel without an address to go to. Raises NotFound."""
    found = await rows(READ, [parcel_id, organization_id])
    if not found:
        raise NotFound("parcel", parcel_id)
    [row] = found
    if row["to_name"] is None:
        return None
    measured = (row["length_mm"], row["width_mm"], row["height_mm"])
    return Consignment(
        number=row["number"],
        sender=Endpoint(name=row["sender"], **_address(row, "")),
        recipient=Endpoint(name=row["to_name"], line2=row["to_line2"], phone=row["to_phone"], **_address(row, "to_")),
        weight_grams=row["weight_grams"],
        currency=row["currency"],
        dimensions_mm=None if None in measured else measured,
    )


async def rates_of(carriers: Carriers, organization_id: UUID, parcel_id: UUID) -> list[ParcelRate]:
    """What every carrier asks for the parcel, the cheapest first; one that refuses it is left out.

    Nothing for a parcel without an address to go to. Raises NotFound.
    """
    consignment = await consignment_of(organization_id, parcel_id)
    if consignment is None:
        return []
    asked = await asyncio.gather(*(_rated(carriers, name, consignment) for name in sorted(carriers.by_name)))
    found = [rate for rates in asked for rate in rates]
    return sorted(found, key=lambda rate: (rate.price_minor, rate.carrier, rate.service))


async def _rated(carriers: Carriers, name: str, consignment: Consignment) -> list[ParcelRate]:
    answer = await carriers.rate(name, consignment)
    if isinstance(answer, Refused):
        return []
    if isinstance(answer, Rated):
        return [
            ParcelRate(
                carrier=name,
                service=offer.service,
                price_minor=with_factor(offer.price_minor, carriers.rate_factor_ppm),
                currency=offer.currency,
                transit_days=offer.transit_days,
                is_estimate=False,
            )
            for offer in answer.offers
        ]
    estimate = ParcelRate(
        carrier=name,
        service="",
        price_minor=carriers.fallback.price_minor(consignment.weight_grams),
        currency=consignment.currency,
        transit_days=None,
        is_estimate=True,
    )
    return [estimate]


def _address(row: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {name: row[f"{prefix}{name}"] for name in ("line1", "city", "region", "postal_code", "country")}
