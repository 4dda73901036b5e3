"""What orders and carts are decided on, read with locks or without them; every connection here is asyncpg's."""

from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from actions.orders.kits import read_kits
from actions.quotas import ledger
from domain.placing.kits import Kits
from domain.placing.world import Buyer, Goods, Kept, Shelf

KNOWN: Final = "SELECT id, fingerprint, result FROM idempotency_keys WHERE id = ANY($1::text[])"
NUMBERS: Final = "SELECT nextval('order_numbers') FROM generate_series(1, $1)"
GOODS: Final = """
SELECT c.id AS channel_id, v.id, v.organization_id, v.sku, v.name, v.weight_grams, v.tax_class, v.is_active, p.amount_minor,
    q.category, v.is_kit
FROM unnest($1::uuid[], $2::uuid[]) AS u(variant_id, channel_id)
JOIN variants v ON v.id = u.variant_id JOIN products q ON q.id = v.product_id JOIN channels c ON c.id = u.channel_id
LEFT JOIN prices p ON p.variant_id = v.id AND p.channel_id = c.id AND p.currency = c.currency"""
BUYERS: Final = "SELECT id, organization_id, name, email, is_blocked, segment FROM customers WHERE id = ANY($1::uuid[])"
KEPT: Final = """
SELECT r.id, r.organization_id, r.cart, r.variant_id, r.location_id, r.quantity
FROM unnest($1::uuid[], $2::text[]) AS u(organization_id, cart)
JOIN reservations r ON r.organization_id = u.organization_id AND r.cart = u.cart AND r.status = 'active'
ORDER BY r.id"""
LEVELS: Final = """
SELECT id, variant_id, location_id, version, has_quotas,
    on_hand - allocated - reserved - damaged - quality_control - safety - set_aside AS available
FROM stock_levels WHERE variant_id = ANY($1::uuid[]) ORDER BY id"""
LOCKED_CARTS: Final = f"{KEPT} FOR NO KEY UPDATE OF r"
BY_VARIANT: Final = """
SELECT variant_id, array_agg(id), array_agg(location_id), array_agg(available), array_agg(version),
    bool_or(has_quotas)
FROM ({}) AS seen GROUP BY variant_id"""
SHELVES: Final = BY_VARIANT.format(LEVELS)
LOCKED_SHELVES: Final = BY_VARIANT.format(f"{LEVELS} FOR NO KEY UPDATE")

Shelves = dict[UUID, dict[UUID, Shelf]]


class Carts(NamedTuple):
    """The carts that are asked for, by (organization, cart), and their active reservations, in id order."""

    named: set[tuple[UUID, str]]
    found: Sequence[Any]


async def read_carts(connection: Any, carts: set[tuple[UUID, str]], *, lock: bool) -> Sequence[Any]:
    """The active reservations of the carts (organization, cart), in id order; locked until the transaction ends."""
    if not carts:
        return []
    found: Sequence[Any] = await connection.fetch(LOCKED_CARTS if lock else KEPT, *map(list, zip(*carts, strict=True)))
    return found


async def read_shelves(connection: Any, variants: set[UUID], *, lock: bool) -> tuple[Shelves, list[UUID]]:
    """Every level of the variants; locked, in id order, until the transaction ends. And those that may have quotas."""
    shelves: Shelves = {}
    with_quotas: list[UUID] = []
    if not variants:
        return shelves, with_quotas
    found = await connection.fetch(LOCKED_SHELVES if lock else SHELVES, list(variants))
    for variant, keys, places, available, versions, has_quotas in found:
        shelves[variant] = {
            place: Shelf(key, variant, place, free, version)
            for key, place, free, version in zip(keys, places, available, versions, strict=True)
        }
        if has_quotas:
            with_quotas += keys
    return shelves, with_quotas


async def read_quotas(connection: Any, shelves: Shelves, with_quotas: Sequence[UUID], carts: Sequence[Any]) -> None:
    """What of the locked shelves is set aside for whom, and what of it the carts keep."""
    if with_quotas:
        pools = await ledger.read_pools(connection, with_quotas, reservation_ids=[row["id"] for row in carts])
        for at in shelves.values():
            for shelf in at.values():
                shelf.pool = pools.get(shelf.id)


def on_shelves(reservations: Sequence[Any], shelves: Shelves) -> dict[tuple[UUID, str], list[Kept]]:
    """What each cart keeps, on the locked shelves."""
    kept: dict[tuple[UUID, str], list[Kept]] = {}
    for row in reservations:
        shelf = shelves[row["variant_id"]][row["location_id"]]
        kept.setdefault((row["organization_id"], row["cart"]), []).append(Kept(row["id"], shelf, row["quantity"]))
    return kept


async def read_goods(connection: Any, wanted: set[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Goods]:
    if not wanted:
        return {}
    found = await connection.fetch(GOODS, *map(list, zip(*wanted, strict=True)))
    return {(row["id"], row["channel_id"]): _goods(*row.values()) for row in found}


async def read_goods_and_kits(
    connection: Any, wanted: set[tuple[UUID, UUID]]
) -> tuple[dict[tuple[UUID, UUID], Goods], Kits]:
    """The goods, the kits among them, and the goods that those are made of."""
    goods = await read_goods(connection, wanted)
    named = [pair for pair, item in goods.items() if item.is_kit]
    if not named:
        return goods, {}
    kits = await read_kits(connection, sorted({variant_id for variant_id, _ in named}))
    inside = {(part.variant_id, channel_id) for variant_id, channel_id in named for part in kits[variant_id]}
    return goods | await read_goods(connection, inside), kits


def _goods(_channel_id: UUID, *columns: Any) -> Goods:
    """In the order of GOODS."""
    return Goods(*columns)


async def read_buyers(connection: Any, customer_ids: Collection[UUID]) -> dict[UUID, Buyer]:
    if not customer_ids:
        return {}
    found = await connection.fetch(BUYERS, list(customer_ids))
    return {row["id"]: Buyer(*row.values()) for row in found}
