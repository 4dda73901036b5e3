"""What lists of stock and of tax rates are sorted by."""

from typing import Any

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

SORTED = (
    ("StockLevel", ("organization_id", "variant_id", "location_id", "id")),
    ("StockLevel", ("organization_id", "location_id", "variant_id", "id")),
    ("TaxRate", ("organization_id", "country", "region", "tax_class", "id")),
)


class Migration(migrations.Migration):
    dependencies = [("models", "0004_lists")]

    operations: list[Any] = [ops.AddIndex(model, Index(fields=list(columns))) for model, columns in SORTED]
