"""Codes of pickups are drawn and kept. Those that customers were shown before, which followed from ids, stay as they are."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from domain.ids import new_id

CHECKS = {
    "pickup_codes": {"code": "code ~ '^[0-9]{6}$'", "wrong": "wrong >= 0 AND (wrong = 0) = (last_wrong_at IS NULL)"}
}
# The first eight bytes of the hash as one number, modulo a million; a bigint cannot hold it, so it is taken in halves.
KEEP_CODES = """
INSERT INTO pickup_codes (id, fulfilment_id, code)
SELECT gen_random_uuid(), f.id, lpad(((h.high % 1000000 * 967296 + h.low) % 1000000)::text, 6, '0')
FROM fulfilments f
CROSS JOIN LATERAL (SELECT encode(sha256('pickup/'::bytea || uuid_send(f.id)), 'hex') AS hex) AS x
CROSS JOIN LATERAL (SELECT ('x' || substr(x.hex, 1, 8))::bit(32)::bigint AS high,
    ('x' || substr(x.hex, 9, 8))::bit(32)::bigint AS low) AS h
WHERE f.method = 'pickup' AND f.status IN ('open', 'accepted', 'in_progress', 'ready_for_pickup')
ON CONFLICT (fulfilment_id) DO NOTHING"""


class Migration(migrations.Migration):
    dependencies = [("models", "0044_fulfilments_by_method")]

    operations: list[Any] = [
        ops.CreateModel(
            name="PickupCode",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "fulfilment",
                    fields.OneToOneField(
                        "models.Fulfilment",
                        source_field="fulfilment_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="kept_code",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("code", fields.CharField(max_length=6)),
                ("wrong", fields.IntField(default=0, db_default=0)),
                ("last_wrong_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "pickup_codes", "app": "models", "pk_attr": "id"},
            bases=["Model"],
        ),
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} CHECK ({rule})",
                f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}",
            )
            for table, rules in CHECKS.items()
            for name, rule in rules.items()
        ),
        ops.RunSQL(KEEP_CODES, "SELECT 1"),
    ]
