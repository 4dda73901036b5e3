"""The plain executor's statements: for each of many keys, the rows that one declared field finds for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.viewer import Audience
from resolvers.ids import IdOf, uuid_of
from resolvers.keyset import Order
from resolvers.paging import MAX_COUNTED, Slice, narrow, start
from resolvers.relations import Link, attribute_of, column_of, columns_of, link, primary_key, sql_type, table_of
from resolvers.sources import Entity, Find, Many, One, Page, Source, Sql
from resolvers.statement import Parameters, fill, storable

ROW, KEY = "row", "k.key"
NO_ARGUMENTS: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Ask:
    """One relation, or a whole table where there is none, as one field wants it.

    `key` is the model and the attribute that keys are taken from.
    """

    source: Source
    entity: Entity
    relation: Link | None = None
    key_type: str = "int"
    is_count: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """`sql` takes the bound parameters and, last, the list of keys; it answers `_at` (which key), `_n` and the row."""

    sql: str
    parameters: Parameters


def ask_of_relation(source: One | Many | Page, entity: Entity, owner: Any, *, is_count: bool = False) -> Ask:
    """`owner` is the model of the rows that the relation starts from."""
    relation = link(owner, str(source.relation))
    return Ask(source, entity, relation, sql_type(owner, attribute_of(owner, relation.local)), is_count)


def ask_of_find(source: Find, entity: Entity) -> Ask:
    """Keys are values of the first column; other columns are conditions."""
    name = source.by[0][0] if source.by else attribute_of(entity.model, primary_key(entity.model))
    itself = Link(entity.model, "", column_of(entity.model, name))
    return Ask(source, entity, itself, sql_type(entity.model, attribute_of(entity.model, itself.remote)))


def batch_of(ask: Ask, audience: Audience, arguments: Mapping[str, Any]) -> Batch:
    """The statement for many keys at once."""
    parameters = Parameters()
    model = ask.entity.model
    conditions = [ask.entity.scope.predicate(model, ROW, audience, parameters)]
    if ask.relation:
        conditions.append(ask.relation.condition(ROW, KEY))
    if isinstance(ask.source, Page):
        conditions += narrow(ask.source, model, ROW, arguments, 0, parameters)
    if isinstance(ask.source, Find):
        conditions += _also(ask.source, model, parameters)
    body = _count(ask, conditions) if ask.is_count else _rows(ask, conditions, arguments, parameters)
    return _for_each_key(ask.key_type, body, parameters)


def batch_of_sql(source: Sql, model: Any) -> Batch:
    """The statement for one expression over many rows, whose primary keys are the keys."""
    parameters = Parameters()
    value = fill(source.text, ROW, parameters)
    body = f"SELECT 0 AS _n, {value} AS value FROM {table_of(model)} {ROW} WHERE {ROW}.{primary_key(model)} = {KEY}"
    return _for_each_key(sql_type(model, attribute_of(model, primary_key(model))), body, parameters)


def argument_value(kind: Any, value: Any) -> Any:
    return uuid_of(kind.name, value) if isinstance(kind, IdOf) else storable(value)


def _rows(ask: Ask, conditions: list[str], arguments: Mapping[str, Any], parameters: Parameters) -> str:
    model, order, limit = ask.entity.model, "", ""
    match ask.source:
        case Page():
            sort, asked = Order.of(model, arguments["sort"]), Slice.of(arguments)
            conditions = [*conditions, *start(sort, ROW, arguments, 0, parameters)]
            order = sort.clause(ROW, reverse=asked.is_backward)
            limit = f" LIMIT {asked.size + 1}"
        case Many(order_by=by):
            order = f"{ROW}.{column_of(model, by)}, {ROW}.{primary_key(model)}"
    rank, by = (f"row_number() OVER (ORDER BY {order})", f" ORDER BY {order}") if order else ("0", "")
    columns = ", ".join(f"{ROW}.{column}" for column in columns_of(model))
    return f"SELECT {rank} AS _n, {columns} FROM {_from(ask)} WHERE {_all(conditions)}{by}{limit}"


def _count(ask: Ask, conditions: list[str]) -> str:
    some = f"SELECT 1 FROM {_from(ask)} WHERE {_all(conditions)} LIMIT {MAX_COUNTED + 1}"
    return f"SELECT 0 AS _n, count(*)::int AS value FROM ({some}) counted"


def _also(source: Find, model: Any, parameters: Parameters) -> list[str]:
    def bound(name: str, kind: Any) -> str:
        return parameters.bind(lambda call: argument_value(kind, call.arguments[0][name]))

    return [f"{ROW}.{column_of(model, name)} = {bound(name, kind)}" for name, kind in source.by[1:]]


def _from(ask: Ask) -> str:
    return ask.relation.source(ROW) if ask.relation else f"{table_of(ask.entity.model)} {ROW}"


def _all(conditions: list[str]) -> str:
    return " AND ".join(f"({condition})" for condition in conditions)


def _for_each_key(key_type: str, body: str, parameters: Parameters) -> Batch:
    keys = f"unnest(${len(parameters.getters) + 1}::{key_type}[]) WITH ORDINALITY k(key, at)"
    found = f"CROSS JOIN LATERAL ({body}) found ORDER BY k.at, found._n"
    return Batch(f"SELECT k.at AS _at, found.* FROM {keys} {found}", parameters)
