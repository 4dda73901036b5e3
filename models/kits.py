"""Kits: what a variant is made of that is sold as one, and the kits that orders have."""

from datetime import datetime
from typing import Final
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.catalogue import Variant
from models.columns import key
from models.orders import Order, OrderLine


class KitComponent(Model):
    """One kit has `quantity` units of the component.

    `of_kit` is always true and `of_component` never: foreign keys compare them with the variants' `is_kit`, so that no
    component is itself a kit.
    """

    id: UUID = key()
    kit_variant: fields.ForeignKeyRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="kit_components", on_delete=fields.CASCADE
    )
    kit_variant_id: UUID
    component_variant: fields.ForeignKeyRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="component_of", on_delete=fields.RESTRICT, db_index=True
    )
    component_variant_id: UUID
    quantity = fields.IntField()
    of_kit = fields.BooleanField(default=True)
    of_component = fields.BooleanField(default=False)

    class Meta:
        table = "kit_components"
        unique_together = (("kit_variant", "component_variant"),)


class OrderKit(Model):
    """Kits of one sort, as they were ordered: copies of name and price. What they are made of are lines of the order.

    Once parted, the lines are like any others; until then they stand together, see `actions/orders/kits.py`.
    """

    id: UUID = key()
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name="kits", on_delete=fields.RESTRICT
    )
    order_id: UUID
    position = fields.IntField()
    variant: fields.ForeignKeyRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="order_kits", on_delete=fields.RESTRICT, db_index=True
    )
    variant_id: UUID
    sku = fields.CharField(max_length=64)
    name = fields.CharField(max_length=300)
    quantity = fields.IntField()
    unit_price_minor = fields.BigIntField()
    discount_minor = fields.BigIntField()
    parted_at: datetime | None = fields.DatetimeField(null=True)
    parted_by = fields.CharField(max_length=128, null=True)
    parting_reason = fields.CharField(max_length=500, default="")

    lines: fields.ReverseRelation["KitLine"]

    class Meta:
        table = "order_kits"
        unique_together = (("order", "position"),)


class KitLine(Model):
    """An order line of a kit's component; one kit has `units` of it."""

    id: UUID = key()
    kit: fields.ForeignKeyRelation[OrderKit] = fields.ForeignKeyField(
        "models.OrderKit", related_name="lines", on_delete=fields.RESTRICT, db_index=True
    )
    kit_id: UUID
    line: fields.OneToOneRelation[OrderLine] = fields.OneToOneField(
        "models.OrderLine", related_name="kit_line", on_delete=fields.RESTRICT
    )
    line_id: UUID
    units = fields.IntField()

    class Meta:
        table = "kit_lines"


NOT_IN_A_KIT: Final = """
NOT EXISTS (SELECT FROM kit_lines kl JOIN order_kits ok ON ok.id = kl.kit_id AND ok.parted_at IS NULL WHERE kl.line_id = l.id)"""
"""Of a row `l` of order_lines: it stands for itself."""


def kits_sql(variants: str, free: str) -> str:
    """How many kits each location could put together now, for the kits among `variants`, an array in SQL.

    `free` are the units of a level `f` that may be taken. Columns: variant_id, organization_id, location_id, units. A
    location that lacks a component has no row, and a kit with a component that is not sold any more has none at all.
    """
    return f"""
    SELECT k.kit_variant_id AS variant_id, f.organization_id, f.location_id, min(({free}) / k.quantity) AS units
    FROM kit_components k JOIN stock_levels f ON f.variant_id = k.component_variant_id
    WHERE k.kit_variant_id = ANY({variants}) AND NOT EXISTS (
        SELECT FROM kit_components c JOIN variants v ON v.id = c.component_variant_id
        WHERE c.kit_variant_id = k.kit_variant_id AND NOT v.is_active)
    GROUP BY k.kit_variant_id, f.organization_id, f.location_id
    HAVING count(*) = (SELECT count(*) FROM kit_components n WHERE n.kit_variant_id = k.kit_variant_id)"""
