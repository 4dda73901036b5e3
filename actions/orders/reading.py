"""What orders and carts are decided on, read with locks or without them; every connection here is asyncpg's."""

from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

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
SAFETY: Final = "SELECT id, safety FROM stock_levels WHERE id = ANY($1::uuid[]) AND safety > 0"
LOCKED_CARTS: Final = f"{KEPT} FOR NO KEY UPDATE OF r"
LEVELS: Final = """
SELECT id, variant_id, location_id,
    on_hand - allocated - reserved - damaged - quality_control - safety - set_aside AS available, version, has_quotas
FROM stock_levels WHERE variant_id = ANY($1::uuid[])"""


def _in_columns(select: str, names: Sequence[str]) -> str:
    """All rows as one, an array for each column: many rows travel in half the time."""
    return f"SELECT {', '.join(f'array_agg({name})' for name in names)} FROM ({select}) AS found"


OF_KNOWN: Final = ("id", "fingerprint", "result")
OF_BUYERS: Final = Buyer._fields
OF_GOODS: Final = ("channel_id", *("amount_minor" if name == "price_minor" else name for name in Goods._fields))
OF_LEVELS: Final = ("id", "variant_id", "location_id", "available", "version", "has_quotas")
SHELVES: Final = _in_columns(LEVELS, OF_LEVELS)
LOCKED_SHELVES: Final = _in_columns(f"{LEVELS} ORDER BY id FOR NO KEY UPDATE", OF_LEVELS)
TOGETHER: Final = f"""
SELECT ARRAY(SELECT nextval('order_numbers') FROM generate_series(1, $5)) AS numbers, known.*, buyers.*, goods.*, levels.*
FROM ({_in_columns(KNOWN.replace("$1", "$3"), OF_KNOWN)}) AS known,
    ({_in_columns(BUYERS.replace("$1", "$4"), OF_BUYERS)}) AS buyers,
    ({_in_columns(GOODS, OF_GOODS)}) AS goods, ({SHELVES}) AS levels"""
"""All that a batch is decided on, as far as it can be known beforehand which; nothing of it is locked."""

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


class Seen(NamedTuple):
    """What TOGETHER found; `with_quotas` are the levels of variants that may have quotas somewhere."""

    numbers: list[int]
    known: dict[str, tuple[str, dict[str, Any]]]
    buyers: dict[UUID, Buyer]
    goods: dict[tuple[UUID, UUID], Goods]
    shelves: Shelves
    with_quotas: list[UUID]


async def read_together(
    connection: Any, wanted: set[tuple[UUID, UUID]], keys: Sequence[str], customers: Collection[UUID], numbers: int
) -> Seen:
    """Goods and levels of what is `wanted` (variant, channel), the keys' answers, the customers, and fresh order numbers."""
    variants, channels = zip(*wanted, strict=True) if wanted else ((), ())
    row = await connection.fetchrow(TOGETHER, variants, channels, keys, list(customers), numbers)
    columns = iter(row)
    numbered = next(columns)
    known, buyers, goods, levels = (
        list(islice(columns, len(names))) for names in (OF_KNOWN, OF_BUYERS, OF_GOODS, OF_LEVELS)
    )
    return Seen(
        numbered,
        {key: (marked, orjson.loads(result)) for key, marked, result in _rows(known)},
        {buyer.id: buyer for buyer in map(Buyer._make, _rows(buyers))},
        {(one[0], channel_id): Goods._make(one) for channel_id, *one in _rows(goods)},
        *_shelves(levels),
    )


def _rows(columns: Sequence[Sequence[Any] | None]) -> Iterable[tuple[Any, ...]]:
    """Of arrays that were made of no rows, nothing."""
    return zip(*columns, strict=True) if columns[0] is not None else ()


async def read_shelves(connection: Any, variants: set[UUID], *, lock: bool) -> tuple[Shelves, list[UUID]]:
    """Every level of the variants; locked, in id order, until the transaction ends. And those that may have quotas."""
    if not variants:
        return {}, []
    return _shelves(await connection.fetchrow(LOCKED_SHELVES if lock else SHELVES, list(variants)))


def _shelves(levels: Sequence[Sequence[Any] | None]) -> tuple[Shelves, list[UUID]]:
    """Of arrays in the order of OF_LEVELS."""
    shelves: Shelves = {}
    quoted: set[UUID] = set()
    for key, variant, place, free, version, has_quotas in _rows(levels):
        at = shelves.get(variant)
        if at is None:
            at = shelves[variant] = {}
        at[place] = Shelf(key, variant, place, free, version)
        if has_quotas:
            quoted.add(variant)
    return shelves, [shelf.id for variant in quoted for shelf in shelves[variant].values()]


async def read_safety(connection: Any, shelves: Shelves) -> None:
    """What the locked shelves keep back themselves; only safety rules want to know."""
    known = {shelf.id: shelf for at in shelves.values() for shelf in at.values()}
    for key, units in await connection.fetch(SAFETY, list(known)):
        known[key].safety = units


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
    return await with_parts(connection, await read_goods(connection, wanted))


async def with_parts(
    connection: Any, goods: dict[tuple[UUID, UUID], Goods]
) -> tuple[dict[tuple[UUID, UUID], Goods], Kits]:
    """The goods and what the kits among them are made of."""
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
