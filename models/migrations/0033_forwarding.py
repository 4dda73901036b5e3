"""Transfers that bring an order what is handed over at their destination, and which stock may be collected at a location."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from domain.orders import PickupStock

_WITH_FULFILMENT = (
    "'released', 'acknowledged', 'picked', 'packed', 'ready_for_pickup', 'shipped', 'picked_up', 'delivered'"
)
_AT_VENDOR = "'awaiting_vendor', 'vendor_accepted'"
_FORWARDED = "'awaiting_transfer', 'in_transfer'"
REPLACED = {
    ("line_status", "location"): (
        f"(status IN ('scheduled', {_FORWARDED}, {_AT_VENDOR}, {_WITH_FULFILMENT})) = (location_id IS NOT NULL)",
        f"(status IN ('scheduled', {_AT_VENDOR}, {_WITH_FULFILMENT})) = (location_id IS NOT NULL)",
    ),
    ("stock_movements", "order_cause"): (
        "kind NOT IN ('allocated', 'released', 'shipped', 'forwarded_out', 'forwarded_in') OR line_id IS NOT NULL",
        "kind NOT IN ('allocated', 'released', 'shipped') OR line_id IS NOT NULL",
    ),
    # What is cancelled before it is sent is not asked for any more.
    ("transfer_lines", "quantity"): (
        "quantity >= 0 AND (quantity > 0 OR order_line_id IS NOT NULL) AND shipped >= 0 AND shipped <= quantity",
        "quantity > 0 AND shipped >= 0 AND shipped <= quantity",
    ),
}
"""The rule, and the one before it."""

CHECKS = {
    "transfer_lines": {
        "awaited": (
            "awaited >= 0 AND CASE WHEN order_line_id IS NULL THEN awaited = 0 WHEN shipped = 0 THEN awaited <= quantity "
            "ELSE awaited <= shipped - received - written_back - written_off END"
        ),
    },
}
ONCE_BEFORE = "uid_transfer_li_transfe_a9b996"
INDEXES = {
    "transfer_lines_once": (
        "CREATE UNIQUE INDEX transfer_lines_once ON transfer_lines (transfer_id, variant_id, order_line_id) "
        "NULLS NOT DISTINCT"
    ),
    "transfers_of_order": "CREATE INDEX transfers_of_order ON transfers (order_id)",
    "transfer_lines_of_order": "CREATE INDEX transfer_lines_of_order ON transfer_lines (order_line_id)",
    # What has not left yet takes in what the order wants next from there.
    "transfers_unsent": (
        "CREATE UNIQUE INDEX transfers_unsent ON transfers (order_id, origin_id, destination_id) "
        "WHERE order_id IS NOT NULL AND status IN ('draft', 'ready')"
    ),
}


def _replaced(table: str, name: str, rule: str) -> str:
    full = f"{table}_{name}"
    return f"ALTER TABLE {table} DROP CONSTRAINT {full}, ADD CONSTRAINT {full} CHECK ({rule})"


def _of(model: str, column: str, related_name: str) -> Any:
    return fields.ForeignKeyField(
        f"models.{model}",
        source_field=column,
        null=True,
        db_index=True,
        db_constraint=True,
        to_field="id",
        related_name=related_name,
        on_delete=OnDelete.RESTRICT,
    )


class Migration(migrations.Migration):
    dependencies = [("models", "0032_line_capacity")]

    operations: list[Any] = [
        ops.AddField(
            "Location",
            "pickup_stock",
            fields.CharEnumField(enum_type=PickupStock, max_length=8, default=PickupStock.LOCAL, db_default="local"),
        ),
        ops.AddField("Transfer", "order", _of("Order", "order_id", "transfers")),
        ops.AddField("TransferLine", "order_line", _of("OrderLine", "order_line_id", "transfer_lines")),
        ops.AddField("TransferLine", "awaited", fields.IntField(default=0, db_default=0)),
        ops.RunSQL(
            f"ALTER TABLE transfer_lines DROP CONSTRAINT {ONCE_BEFORE}",
            f"ALTER TABLE transfer_lines ADD CONSTRAINT {ONCE_BEFORE} UNIQUE (transfer_id, variant_id)",
        ),
        *(
            ops.RunSQL(_replaced(table, name, rule), _replaced(table, name, before))
            for (table, name), (rule, before) in REPLACED.items()
        ),
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} CHECK ({rule})",
                f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}",
            )
            for table, rules in CHECKS.items()
            for name, rule in rules.items()
        ),
        *(ops.RunSQL(sql, f"DROP INDEX {name}") for name, sql in INDEXES.items()),
    ]
