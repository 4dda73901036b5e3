"""Writes the one SQL statement of a selection.

Every part of the answer must be text that cannot be NULL: a column proven NOT NULL, a nullable one spelled `null`, or a
guarded one. A guard makes the statement fail when a value the schema promises is missing; the plain executor then
answers, with the error and its path.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLEnumType, GraphQLList, GraphQLNonNull, get_named_type

from domain.viewer import Audience
from resolvers.batches import argument_value
from resolvers.ids import global_id_sql, uuid_of
from resolvers.keyset import Order
from resolvers.paging import MAX_COUNTED, Slice, narrow, start
from resolvers.plan.pages import PageText
from resolvers.plan.selection import Selection, Unsupported, Wanted
from resolvers.plan.text import NULL, concat, leaf, quoted, record
from resolvers.relations import Link, column_of, field_of, link, primary_key, table_of
from resolvers.scopes import ALL, Both, Rows, Scope, Within
from resolvers.sources import Column, Columns, Entity, Find, Identity, Many, One, Page, Sql
from resolvers.statement import Call, Getter, Parameters, fill, literal


@dataclass(frozen=True, slots=True)
class Plan:
    sql: str
    parameters: Parameters

    def values(self, call: Call) -> list[Any]:
        return self.parameters.values(call)


@dataclass(frozen=True, slots=True)
class Row:
    """A table alias in scope: whose rows it holds and how it was reached."""

    entity: Entity
    alias: str
    reached: tuple[Entity, Link] | None = None

    def column(self, name: str) -> str:
        return f"{self.alias}.{column_of(self.entity.model, name)}"

    def key(self) -> str:
        return f"{self.alias}.{primary_key(self.entity.model)}"


def compile_plan(selection: Selection, audience: Audience, arguments: Sequence[Mapping[str, Any]]) -> Plan:
    """`arguments` of each site: their shape is part of the text, their values are bound when the plan runs."""
    return Writer(audience, arguments).write(selection)


class Writer:
    def __init__(self, audience: Audience, arguments: Sequence[Mapping[str, Any]]) -> None:
        self._audience, self._arguments = audience, arguments
        self._parameters = Parameters()
        self._aliases = 0

    def write(self, selection: Selection) -> Plan:
        parts = [(item.key, self._root(item)) for item in selection.wanted]
        answer = concat(["'{\"data\":'", record(parts), "'}'"])
        return Plan(f"SELECT {answer}", self._parameters)

    def _root(self, item: Wanted) -> str:
        match item.source, item.entity:
            case Find() as find, Entity() as entity:
                return self._find(item, find, entity)
            case Page() as page, Entity():
                return self._page(item, page, None)
        return _typename(item)

    def _find(self, item: Wanted, source: Find, entity: Entity) -> str:
        row = Row(entity, self._alias())
        text, joins = self._object(item.below, row)
        where = [self._sought(item.place(), source, row), *self._visible(row)]
        found = f"SELECT {text} FROM {table_of(entity.model)} {row.alias}{joins} WHERE {' AND '.join(where)}"
        # A changed row that the viewer may no longer see is an error, not null: see `_guard`.
        missing = "('gone since ' || clock_timestamp())::int::text" if _is_promised(item.kind) else NULL
        return f"coalesce(({found}), {missing})"

    def _sought(self, at: int, source: Find, row: Row) -> str:
        if not source.by:
            name = row.entity.name
            return f"{row.key()} = {self._parameters.bind(lambda call: uuid_of(name, call.arguments[at]['id']))}"
        return " AND ".join(
            f"{row.column(name)} = {self._parameters.bind(_argument(at, name, kind))}" for name, kind in source.by
        )

    def _object(self, wanted: list[Wanted], row: Row) -> tuple[str, str]:
        """The object's text and the joins it needs beside its row."""
        joins: list[str] = []
        parts = [(item.key, self._value(item, row, joins)) for item in wanted]
        return record(parts), "".join(joins)

    def _value(self, item: Wanted, row: Row, joins: list[str]) -> str:  # noqa: PLR0911 -- one for each source
        match item.source:
            case Identity():
                return quoted(global_id_sql(row.entity.name, row.key()))
            case Column() as column:
                return self._column(item, row, column)
            case Sql(text):
                return self._promised(item, row, self._leaf(item, fill(text, row.alias, self._parameters)))
            case Columns(names):
                return self._columns(item, row, dict(names))
            case One() as one:
                return self._one(item, row, one, joins)
            case Many() as many:
                return self._many(item, row, many)
            case Page() as page:
                return self._page(item, page, row)
        return _typename(item)

    def _column(self, item: Wanted, row: Row, source: Column) -> str:
        value, named = row.column(source.name), get_named_type(item.kind)
        if _is_list(item.kind):
            text = self._spelled(item, "x", source.of)
            elements = f"SELECT string_agg({text}, ',' ORDER BY n) FROM unnest({value}) WITH ORDINALITY u(x, n)"
            listed = concat(["'['", f"({elements})", "']'"])
            text = f"CASE WHEN {value} IS NULL THEN NULL ELSE {listed} END"
        else:
            text = self._spelled(item, value, source.of)
        # A stored code may have no label, so an enum is never proven.
        is_proven = not field_of(row.entity.model, source.name).null and not isinstance(named, GraphQLEnumType)
        return text if is_proven and _is_promised(item.kind) else self._promised(item, row, text)

    def _spelled(self, item: Wanted, value: str, of: str | None) -> str:
        return quoted(global_id_sql(of, value)) if of else self._leaf(item, value)

    def _leaf(self, item: Wanted, value: str) -> str:
        kind: Any = get_named_type(item.kind)
        return leaf(kind, f"({value})::int" if kind.name == "Int" and isinstance(item.source, Sql) else value)

    def _promised(self, item: Wanted, row: Row, text: str) -> str:
        """Text for a value that may be NULL."""
        return f"coalesce({text}, {self._guard(item, row) if _is_promised(item.kind) else NULL})"

    def _columns(self, item: Wanted, row: Row, names: Mapping[str, str]) -> str:
        """Every part is promised by its type; where one is NULL there is no object."""
        parts = [
            (part.key, leaf(_named(part), row.column(names[part.name])) if part.source else _typename(part))
            for part in item.below
        ]
        nullable = [row.column(name) for name in names.values() if field_of(row.entity.model, name).null]
        if not nullable:
            return record(parts)
        missing = self._guard(item, row) if _is_promised(item.kind) else NULL
        return (
            f"CASE WHEN {' OR '.join(f'{each} IS NULL' for each in nullable)} THEN {missing} ELSE {record(parts)} END"
        )

    def _one(self, item: Wanted, row: Row, source: One, joins: list[str]) -> str:
        target, relation = self._target(item, row, source.relation)
        text, below = self._object(item.below, target)
        on = " AND ".join([self._meets(relation, target, row), *self._visible(target)])
        joins.append(f" LEFT JOIN {relation.source(target.alias)} ON {on}{below}")
        missing = self._guard(item, row) if _is_promised(item.kind) else NULL
        return f"CASE WHEN {target.key()} IS NULL THEN {missing} ELSE {text} END"

    def _many(self, item: Wanted, row: Row, source: Many) -> str:
        target, relation = self._target(item, row, source.relation)
        text, joins = self._object(item.below, target)
        where = " AND ".join([self._meets(relation, target, row), *self._visible(target)])
        by = f"{target.column(source.order_by)}, {target.key()}"
        found = f"SELECT {text} AS item FROM {relation.source(target.alias)}{joins} WHERE {where} ORDER BY {by}"
        return concat(["'['", f"(SELECT string_agg(item, ',') FROM ({found}) items)", "']'"])

    def _page(self, item: Wanted, source: Page, row: Row | None) -> str:
        at, asked = item.place(), Slice.of(self._arguments[item.place()])
        inside, origin, conditions = self._rows(item, source, row)
        order = Order.of(inside.entity.model, self._arguments[at]["sort"])
        conditions += start(order, inside.alias, self._arguments[at], at, self._parameters)
        size = self._parameters.bind(lambda call: Slice.of(call.arguments[at]).size) + "::int"
        by = order.clause(inside.alias, reverse=asked.is_backward)
        limited = f"SELECT {inside.alias}.* FROM {origin}{_where(conditions)} ORDER BY {by} LIMIT {size} + 1"
        page = PageText(
            inside.alias, order, asked, size,
            node=lambda wanted: self._object(wanted, inside),
            count=lambda: self._count(item, source, row),
        )  # fmt: skip
        text = page.write(item)
        columns = ", ".join([f"row_number() OVER (ORDER BY {by}) AS n", *page.columns])
        rows = f"SELECT {columns} FROM ({limited}) {inside.alias}{''.join(page.joins)}"
        return f"(SELECT {text} FROM ({rows}) page HAVING true)"  # one row, even where nothing is aggregated

    def _count(self, item: Wanted, source: Page, row: Row | None) -> str:
        _, origin, conditions = self._rows(item, source, row)
        some = f"SELECT 1 FROM {origin}{_where(conditions)} LIMIT {MAX_COUNTED + 1}"
        shown = f"CASE WHEN count(*) > {MAX_COUNTED} THEN {NULL} ELSE count(*)::text END"
        return f"(SELECT {shown} FROM ({some}) counted)"

    def _rows(self, item: Wanted, source: Page, row: Row | None) -> tuple[Row, str, list[str]]:
        """The rows that a page is taken from: their alias, where they come from, and the conditions on them."""
        assert item.entity is not None, "pages lead to @graph types"
        arguments, at = self._arguments[item.place()], item.place()
        if row is None or source.relation is None:
            inside, conditions = Row(item.entity, self._alias()), []
            origin = f"{table_of(item.entity.model)} {inside.alias}"
        else:
            inside, relation = self._target(item, row, source.relation)
            conditions, origin = [self._meets(relation, inside, row)], relation.source(inside.alias)
        conditions += self._visible(inside)
        conditions += narrow(source, inside.entity.model, inside.alias, arguments, at, self._parameters)
        return inside, origin, conditions

    def _target(self, item: Wanted, row: Row, name: str) -> tuple[Row, Link]:
        assert item.entity is not None, "relations lead to @graph types"
        relation = link(row.entity.model, name)
        return Row(item.entity, self._alias(), (row.entity, relation)), relation

    def _meets(self, relation: Link, target: Row, row: Row) -> str:
        return relation.condition(target.alias, f"{row.alias}.{relation.local}")

    def _visible(self, row: Row) -> list[str]:
        """The row scope as a condition, none where the way the row was reached implies it."""
        seen = self._seen(row.entity.scope, row)
        return [] if seen == ALL else [f"({seen})"]

    def _seen(self, scope: "Scope | str", row: Row) -> str:
        match scope:
            case Rows():
                return self._seen(scope.rule(self._audience), row)
            case Both(first, second):
                parts = [part for part in (self._seen(first, row), self._seen(second, row)) if part != ALL]
                return " AND ".join(f"({part})" for part in parts) or ALL
            case Within() if self._is_implied(scope, row):
                return ALL
            case str():
                return fill(scope, row.alias, self._parameters)
        return scope.predicate(row.entity.model, row.alias, self._audience, self._parameters)

    def _is_implied(self, scope: Within, row: Row) -> bool:
        """Whether the row was reached from the very row that must be visible, under the same scope."""
        if row.reached is None:
            return False
        parent, relation = row.reached
        owner = link(row.entity.model, scope.relation)
        return parent.scope is scope.scope and (owner.model, owner.local) == (parent.model, relation.remote)

    def _guard(self, item: Wanted, row: Row) -> str:
        """Text that cannot be cast, so that the statement fails; it depends on the row, so that it is not folded."""
        return f"({literal(f'null in {item.owner}.{item.name} of ')} || {row.key()})::int::text"

    def _alias(self) -> str:
        self._aliases += 1
        return f"t{self._aliases}"


def _argument(at: int, name: str, kind: Any) -> Getter:
    return lambda call: argument_value(kind, call.arguments[at][name])


def _typename(item: Wanted) -> str:
    if item.name != "__typename":
        raise Unsupported(item.name)
    return literal(f'"{item.owner}"')


def _where(conditions: list[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _named(item: Wanted) -> Any:
    return get_named_type(item.kind)


def _is_promised(kind: Any) -> bool:
    return isinstance(kind, GraphQLNonNull)


def _is_list(kind: Any) -> bool:
    return isinstance(kind.of_type if _is_promised(kind) else kind, GraphQLList)
