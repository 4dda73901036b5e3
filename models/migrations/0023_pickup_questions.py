"""What customers are asked about units that they cannot collect, and who has come to collect."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.fulfilment import DeclineReason
from domain.ids import new_id
from domain.pickups import PickupChoice, QuestionStatus, UnansweredPickup

CHECKS = {
    "pickup_questions": {
        "units": "quantity > 0 AND expires_at >= asked_at",
        "answer": (
            "(status IN ('answered', 'expired')) = (choice IS NOT NULL) AND "
            "(status IN ('open', 'overdue')) = (answered_at IS NULL) AND "
            "(choice IS NOT DISTINCT FROM 'collect_elsewhere') = (pickup_location_id IS NOT NULL)"
        ),
    },
    "channels": {
        "pickup_questions": "pickup_answer_minutes > 0",
    },
    "fulfilments": {
        "arrival": "arrived_at IS NOT NULL OR (arrival_spot = '' AND arrival_vehicle = '')",
    },
}
QUEUES = {
    "pickup_questions_unanswered": (
        "CREATE UNIQUE INDEX pickup_questions_unanswered ON pickup_questions (line_id) WHERE status IN ('open', 'overdue')"
    ),
    "pickup_questions_due": (
        "CREATE INDEX pickup_questions_due ON pickup_questions (expires_at, id) WHERE status = 'open'"
    ),
}


def _related(table: str, column: str, related_name: str, **more: Any) -> Any:
    return fields.ForeignKeyField(
        f"models.{table}",
        source_field=column,
        db_constraint=True,
        to_field="id",
        related_name=related_name,
        on_delete=OnDelete.RESTRICT,
        **more,
    )


class Migration(migrations.Migration):
    dependencies = [("models", "0022_external_contents")]

    operations: list[Any] = [
        ops.AddField(
            model_name="Channel", name="pickup_answer_minutes", field=fields.IntField(default=1440, db_default=1440)
        ),
        ops.AddField(
            model_name="Channel",
            name="pickup_unanswered",
            field=fields.CharEnumField(
                enum_type=UnansweredPickup,
                max_length=16,
                default=UnansweredPickup.KEEP_OPEN,
                db_default=UnansweredPickup.KEEP_OPEN.value,
            ),
        ),
        ops.AddField(model_name="Fulfilment", name="arrived_at", field=fields.DatetimeField(null=True)),
        ops.AddField(
            model_name="Fulfilment",
            name="arrival_spot",
            field=fields.CharField(max_length=100, default="", db_default=""),
        ),
        ops.AddField(
            model_name="Fulfilment",
            name="arrival_vehicle",
            field=fields.CharField(max_length=100, default="", db_default=""),
        ),
        ops.CreateModel(
            name="PickupQuestion",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("organization", _related("Organization", "organization_id", "pickup_questions")),
                ("order", _related("Order", "order_id", "pickup_questions", db_index=True)),
                ("line", _related("OrderLine", "line_id", "pickup_questions")),
                ("location", _related("Location", "location_id", "pickup_questions")),
                ("quantity", fields.IntField()),
                ("reason", fields.CharEnumField(enum_type=DeclineReason, max_length=32)),
                (
                    "status",
                    fields.CharEnumField(enum_type=QuestionStatus, max_length=16, default=QuestionStatus.OPEN),
                ),
                ("asked_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("choice", fields.CharEnumField(enum_type=PickupChoice, null=True, max_length=32)),
                ("pickup_location", _related("Location", "pickup_location_id", "pickup_answers", null=True)),
                ("new_line", _related("OrderLine", "new_line_id", "pickup_answers", null=True)),
                ("answered_by", fields.CharField(null=True, max_length=128)),
                ("answered_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "pickup_questions",
                "app": "models",
                "indexes": [
                    Index(fields=["organization_id", "expires_at", "id"]),
                    Index(fields=["organization_id", "status", "expires_at", "id"]),
                    Index(fields=["organization_id", "location_id", "expires_at", "id"]),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        *(ops.RunSQL(create, f"DROP INDEX {name}") for name, create in QUEUES.items()),
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} CHECK ({rule})",
                f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}",
            )
            for table, rules in CHECKS.items()
            for name, rule in rules.items()
        ),
    ]
