"""How rows lead to rows, as Tortoise knows it. Needs initialised relations (`Tortoise.init` or `init_models`)."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from tortoise.fields.relational import BackwardFKRelation, ForeignKeyFieldInstance, ManyToManyFieldInstance
from tortoise.models import Model

import models


@dataclass(frozen=True, slots=True)
class Link:
    """From a row's `local` column to the rows of `model` that carry it in `remote`, their own column or `through`'s."""

    model: type[Model]
    local: str
    remote: str
    through: str | None = None
    far: str | None = None

    def source(self, row: str) -> str:
        table = f"{table_of(self.model)} {row}"
        if self.through is None:
            return table
        return f"{table} JOIN {self.through} {row}x ON {row}x.{self.far} = {row}.{primary_key(self.model)}"

    def condition(self, row: str, key: str) -> str:
        return f"{row}{'x' if self.through else ''}.{self.remote} = {key}"


@dataclass(frozen=True, slots=True)
class Mention:
    """Rows of `model` that name another row by a plain column, without a foreign key."""

    model: type[Model]
    column: str


MENTIONS: dict[tuple[type[Model], str], Mention] = {
    (models.Order, "facts"): Mention(models.LoggedFact, "order_id"),
}


def table_of(model: type[Model]) -> str:
    return model._meta.db_table  # noqa: SLF001 -- the only place where Tortoise says it


def primary_key(model: type[Model]) -> str:
    return model._meta.db_pk_column  # noqa: SLF001


def column_of(model: type[Model], name: str) -> str:
    """The column behind a field, or behind the foreign key of that name."""
    meta = model._meta  # noqa: SLF001
    if name in meta.fields_db_projection:
        return meta.fields_db_projection[name]
    return meta.fields_db_projection[str(getattr(meta.fields_map[name], "source_field", None))]


def attribute_of(model: type[Model], column: str) -> str:
    return model._meta.fields_db_projection_reverse[column]  # noqa: SLF001


def columns_of(model: type[Model]) -> list[str]:
    return list(model._meta.fields_db_projection.values())  # noqa: SLF001


def field_of(model: type[Model], name: str) -> Any:
    """Tortoise's field, None where the model has no such column."""
    known = model._meta.fields_map  # noqa: SLF001
    return known[name] if name in model._meta.fields_db_projection else None  # noqa: SLF001


def relation_of(model: type[Model], name: str) -> Any:
    """Tortoise's relation or a mention, None where the model has none of that name."""
    if (model, name) in MENTIONS:
        return MENTIONS[model, name]
    meta = model._meta  # noqa: SLF001
    return meta.fields_map[name] if name in meta.fetch_fields else None


def sql_type(model: type[Model], name: str) -> str:
    """The type to bind a key as. Without its length: a cast to `varchar(8)` would cut a longer key until it matches."""
    kind: str = field_of(model, name).get_for_dialect("postgres", "SQL_TYPE")
    return kind.split("(", maxsplit=1)[0]


@cache
def link(model: type[Model], name: str) -> Link:
    relation = relation_of(model, name)
    match relation:
        case Mention(mentioning, column):
            return Link(mentioning, primary_key(model), column)
        case ManyToManyFieldInstance():
            pk = primary_key(model)
            return Link(relation.related_model, pk, relation.backward_key, relation.through, relation.forward_key)
        case BackwardFKRelation():
            local = column_of(model, relation.to_field_instance.model_field_name)
            return Link(relation.related_model, local, relation.relation_source_field)
        case ForeignKeyFieldInstance():
            target = relation.related_model
            remote = column_of(target, relation.to_field_instance.model_field_name)
            return Link(target, column_of(model, relation.source_field or ""), remote)
    raise TypeError(f"{model.__name__} has no relation {name!r}.")
