"""Which vendor sells what, and purchase orders chained to customers' orders."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.ids import new_id
from domain.purchasing import PurchaseKind

_WITH_FULFILMENT = (
    "'released', 'acknowledged', 'picked', 'packed', 'ready_for_pickup', 'shipped', 'picked_up', 'delivered'"
)
_AT_VENDOR = "'awaiting_vendor', 'vendor_accepted'"
REPLACED = {
    ("line_status", "location"): (
        f"(status IN ('scheduled', {_AT_VENDOR}, {_WITH_FULFILMENT})) = (location_id IS NOT NULL)",
        f"(status IN ('scheduled', {_WITH_FULFILMENT})) = (location_id IS NOT NULL)",
    ),
    ("line_status", "fulfilment"): (
        f"(status IN ({_AT_VENDOR}, {_WITH_FULFILMENT})) = (fulfilment_id IS NOT NULL)",
        f"(status IN ({_WITH_FULFILMENT})) = (fulfilment_id IS NOT NULL)",
    ),
    ("purchase_orders", "closed"): (
        "(status IN ('received', 'shipped', 'declined', 'cancelled')) = (closed_at IS NOT NULL)",
        "(status IN ('received', 'cancelled')) = (closed_at IS NOT NULL)",
    ),
    ("expected_supplies", "kind"): ("kind NOT IN ('on_hand', 'lead_time')", "kind <> 'on_hand'"),
}
"""The rule, and the one before it."""

CHECKS = {
    "vendor_offers": {
        "numbers": (
            "unit_cost_minor >= 0 AND lead_time_days >= 0 AND rank >= 0 AND minimum_quantity > 0 "
            "AND maximum_quantity >= minimum_quantity"
        ),
    },
    "chaining_policies": {
        "wait": "wait_minutes >= 0",
    },
    "purchase_orders": {
        "kind": (
            "CASE kind WHEN 'stock' THEN order_id IS NULL AND fulfilment_id IS NULL AND acknowledged_at IS NULL "
            "AND status NOT IN ('acknowledged', 'partially_shipped', 'shipped', 'declined') "
            "ELSE order_id IS NOT NULL AND fulfilment_id IS NOT NULL "
            "AND status NOT IN ('draft', 'partially_received', 'received') END"
        ),
    },
    "purchase_lines": {
        "chained": (
            "shipped >= 0 AND declined >= 0 AND cancelled >= 0 AND "
            "CASE WHEN order_line_id IS NULL THEN shipped + declined + cancelled = 0 "
            "ELSE received = 0 AND supply_id IS NULL AND shipped + declined + cancelled <= quantity END"
        ),
    },
}
ONCE_BEFORE = "uid_purchase_li_purchas_223a9f"
INDEXES = {
    "purchase_lines_once": (
        "CREATE UNIQUE INDEX purchase_lines_once ON purchase_lines (purchase_order_id, variant_id, order_line_id) "
        "NULLS NOT DISTINCT"
    ),
    # What a vendor has not answered yet takes in what the order wants of it next.
    "purchase_orders_unanswered": (
        "CREATE UNIQUE INDEX purchase_orders_unanswered ON purchase_orders (order_id, vendor_id) "
        "WHERE kind = 'drop_ship' AND status = 'ordered'"
    ),
    "purchase_orders_of_order": "CREATE INDEX purchase_orders_of_order ON purchase_orders (order_id)",
    "purchase_lines_of_order": "CREATE INDEX purchase_lines_of_order ON purchase_lines (order_line_id)",
    "chaining_policies_once": (
        "CREATE UNIQUE INDEX chaining_policies_once ON chaining_policies (organization_id, channel_id) NULLS NOT DISTINCT"
    ),
    "vendor_offers_drop_ship": (
        "CREATE INDEX vendor_offers_drop_ship ON vendor_offers (variant_id) WHERE drop_ships AND is_active"
    ),
    "line_status_backordered": (
        "CREATE INDEX line_status_backordered ON line_status (order_id) WHERE status = 'backordered'"
    ),
}


def _replaced(table: str, name: str, rule: str) -> str:
    full = f"{table}_{name}"
    return f"ALTER TABLE {table} DROP CONSTRAINT {full}, ADD CONSTRAINT {full} CHECK ({rule})"


class Migration(migrations.Migration):
    dependencies = [("models", "0025_refunds_by_itself")]

    operations: list[Any] = [
        ops.CreateModel(
            name="VendorOffer",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                *(
                    (
                        name,
                        fields.ForeignKeyField(
                            f"models.{model}",
                            source_field=f"{name}_id",
                            db_constraint=True,
                            to_field="id",
                            related_name=related,
                            on_delete=OnDelete.RESTRICT,
                        ),
                    )
                    for name, model, related in (
                        ("organization", "Organization", "vendor_offers"),
                        ("vendor", "Vendor", "offers"),
                        ("variant", "Variant", "vendor_offers"),
                    )
                ),
                ("unit_cost_minor", fields.BigIntField()),
                ("lead_time_days", fields.IntField(null=True)),
                ("drop_ships", fields.BooleanField(default=False)),
                ("minimum_quantity", fields.IntField(default=1)),
                ("maximum_quantity", fields.IntField(null=True)),
                ("rank", fields.IntField(default=0)),
                ("is_active", fields.BooleanField(default=True)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "vendor_offers",
                "app": "models",
                "unique_together": (("vendor", "variant"),),
                "indexes": [
                    Index(fields=["organization_id", "variant_id", "rank", "id"]),
                    Index(fields=["organization_id", "vendor_id", "variant_id", "id"]),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ChainingPolicy",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "models.Organization",
                        source_field="organization_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="chaining_policies",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "channel",
                    fields.ForeignKeyField(
                        "models.Channel",
                        source_field="channel_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="chaining_policies",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("is_automatic", fields.BooleanField()),
                ("wait_minutes", fields.IntField()),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "chaining_policies",
                "app": "models",
                "indexes": [Index(fields=["organization_id", "channel_id", "id"])],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.AddField(
            "Vendor",
            "location",
            fields.OneToOneField(
                "models.Location",
                source_field="location_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="vendor",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            "PurchaseOrder",
            "kind",
            fields.CharEnumField(enum_type=PurchaseKind, max_length=16, default=PurchaseKind.STOCK, db_default="stock"),
        ),
        ops.AddField(
            "PurchaseOrder",
            "order",
            fields.ForeignKeyField(
                "models.Order",
                source_field="order_id",
                null=True,
                db_index=True,
                db_constraint=True,
                to_field="id",
                related_name="purchase_orders",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            "PurchaseOrder",
            "fulfilment",
            fields.OneToOneField(
                "models.Fulfilment",
                source_field="fulfilment_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="purchase_order",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField("PurchaseOrder", "acknowledged_at", fields.DatetimeField(null=True)),
        ops.AddField(
            "PurchaseLine",
            "order_line",
            fields.ForeignKeyField(
                "models.OrderLine",
                source_field="order_line_id",
                null=True,
                db_index=True,
                db_constraint=True,
                to_field="id",
                related_name="purchase_lines",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddIndex("PurchaseOrder", Index(fields=["organization_id", "kind", "created_at", "id"])),
        *(
            ops.AddField("PurchaseLine", name, fields.IntField(default=0, db_default=0))
            for name in ("shipped", "declined", "cancelled")
        ),
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} CHECK ({rule})",
                f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}",
            )
            for table, rules in CHECKS.items()
            for name, rule in rules.items()
        ),
        ops.RunSQL(
            f"ALTER TABLE purchase_lines DROP CONSTRAINT {ONCE_BEFORE}",
            f"ALTER TABLE purchase_lines ADD CONSTRAINT {ONCE_BEFORE} UNIQUE (purchase_order_id, variant_id)",
        ),
        *(
            ops.RunSQL(_replaced(table, name, rule), _replaced(table, name, before))
            for (table, name), (rule, before) in REPLACED.items()
        ),
        *(ops.RunSQL(sql, f"DROP INDEX {name}") for name, sql in INDEXES.items()),
    ]
