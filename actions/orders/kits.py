"""Kits of orders: what the catalogue makes them of now, and the rows that an order with kits writes."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from actions.bulk import Columns, arrays, insert_sql
from domain.errors import InvalidInput
from domain.placing.commands import PlaceOrder
from domain.placing.kits import Component, Kits, OrderedKit, Sold, exploded, kit_problems

COMPONENTS: Final = """
SELECT kit_variant_id, component_variant_id, quantity FROM kit_components WHERE kit_variant_id = ANY($1::uuid[])
ORDER BY kit_variant_id, id"""
KITS: Final[Columns] = {
    "id": "uuid",
    "order_id": "uuid",
    "position": "int4",
    "variant_id": "uuid",
    "sku": "text",
    "name": "text",
    "quantity": "int4",
    "unit_price_minor": "int8",
    "discount_minor": "int8",
    "parting_reason": "text",
}
LINES: Final[Columns] = {"id": "uuid", "kit_id": "uuid", "line_id": "uuid", "units": "int4"}
WRITE_KITS: Final = (
    f"WITH kits_in AS ({insert_sql('order_kits', KITS, 1)}) {insert_sql('kit_lines', LINES, 1 + len(KITS))}"
)


async def read_kits(connection: Any, named: Sequence[UUID]) -> Kits:
    """What each of these variants, which are kits, is made of now; `connection` is asyncpg's."""
    if not named:
        return {}
    found: dict[UUID, list[Component]] = {variant_id: [] for variant_id in named}
    for row in await connection.fetch(COMPONENTS, list(named)):
        found[row["kit_variant_id"]].append(Component(row["component_variant_id"], row["quantity"]))
    return found


def with_components(command: PlaceOrder, sold: Sold) -> tuple[PlaceOrder, Sequence[OrderedKit]]:
    """The command with lines of components in the place of its kits. Raises InvalidInput."""
    lines = [(line.variant_id, line.quantity) for line in command.lines]
    if wrong := list(kit_problems(lines, sold)):
        raise InvalidInput(wrong)
    found, kits = exploded(command.lines, sold)
    return replace(command, lines=found), kits


class KitRows:
    """What orders with kits write beside all that orders write."""

    def __init__(self) -> None:
        self.kits: list[tuple[Any, ...]] = []
        self.lines: list[tuple[Any, ...]] = []

    def __bool__(self) -> bool:
        return bool(self.kits)

    def add(
        self, order_id: UUID, line_ids: Sequence[UUID], kits: Sequence[OrderedKit], make: Callable[[], UUID]
    ) -> None:
        for at, kit in enumerate(kits):
            key, goods = make(), kit.goods
            price = (kit.quantity, kit.unit_price_minor, kit.discount_minor)
            self.kits.append((key, order_id, at, goods.id, goods.sku, goods.name, *price, ""))
            for line, units in zip(kit.lines, kit.in_one, strict=True):
                self.lines.append((make(), key, line_ids[line], units))

    def parameters(self) -> list[Any]:
        """The values of WRITE_KITS, which goes after the orders in the same transaction."""
        return [*arrays(self.kits, KITS), *arrays(self.lines, LINES)]
