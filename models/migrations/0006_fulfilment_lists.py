"""What lists of fulfilments and parcels are narrowed by, and what the release job finds its work by."""

from typing import Any

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

LISTS = (
    ("Fulfilment", ("organization_id", "status", "released_at", "id")),
    ("Parcel", ("organization_id", "status", "packed_at", "id")),
    ("Parcel", ("organization_id", "shipped_at", "id")),
)
SCHEDULED = "CREATE INDEX line_status_scheduled ON line_status (order_id) WHERE status = 'scheduled'"


class Migration(migrations.Migration):
    dependencies = [("models", "0005_stock_lists")]

    operations: list[Any] = [
        *(ops.AddIndex(model, Index(fields=list(columns))) for model, columns in LISTS),
        ops.RunSQL(SCHEDULED, "DROP INDEX line_status_scheduled"),
    ]
