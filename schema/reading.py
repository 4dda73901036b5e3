"""The plain executor's side of a declared field: an ordinary Strawberry resolver over the request's loaders."""

from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Annotated, Any

import strawberry
from strawberry import UNSET, Parent
from strawberry.utils.str_converters import to_camel_case
from tortoise.models import Model

from resolvers.context import Info
from resolvers.declared import entity_of
from resolvers.ids import IdOf, global_id
from resolvers.keyset import Order, write_cursor
from resolvers.lacking import Lacking
from resolvers.paging import DEFAULT_PAGE, MAX_PAGE, Slice, needs_of_filter
from resolvers.sources import Column, Columns, Entity, Find, Many, One, Page, Source, Sql
from schema.values import Connection, Edge, Money, PageInfo

Resolver = Callable[..., Any]

PAGE_ARGUMENTS: dict[str, tuple[Any, Any, str]] = {
    "first": (
        int | None,
        UNSET,
        f"How many from the start, at most {MAX_PAGE}; {DEFAULT_PAGE} where neither `first` nor `last` is given.",
    ),
    "after": (str | None, UNSET, "Start after the one with this cursor."),
    "last": (int | None, UNSET, f"How many from the end, at most {MAX_PAGE}."),
    "before": (str | None, UNSET, "Stop before the one with this cursor."),
}


def resolver_of(source: Source) -> Resolver:
    made: dict[type[Any], Callable[[Any], Resolver]] = {
        Column: _keys,
        Columns: _columns,
        Sql: _computed,
        One: _one,
        Many: _many,
        Page: _page,
        Find: _find,
    }
    return made[type(source)](source)


def entity_of_result(info: Info) -> Entity:
    entity = entity_of(info._raw_info.return_type)  # noqa: SLF001
    assert entity is not None, "declared fields lead to @graph types"
    return entity


def _keys(source: Column) -> Resolver:
    of = source.of

    def stored(root: Parent[Any]) -> Any:
        return getattr(root, source.name)

    if of is None:
        return stored

    def ids(root: Parent[Any]) -> Any:
        value = getattr(root, source.name)
        if isinstance(value, list):
            return [global_id(of, key) for key in value]
        return None if value is None else global_id(of, value)

    return ids


def _columns(source: Columns) -> Resolver:
    def value(root: Parent[Any]) -> Any:
        found = {name: getattr(root, column) for name, column in source.names}
        return None if any(part is None for part in found.values()) else Money(**found)

    return value


def _computed(source: Sql) -> Resolver:
    async def value(root: Parent[Any], info: Info) -> Any:
        return await info.context.loaders.computed(source, root)

    return value


def _one(source: One) -> Resolver:
    async def row(root: Parent[Any], info: Info) -> Any:
        return await info.context.loaders.one(source, entity_of_result(info), root)

    return row


def _many(source: Many) -> Resolver:
    async def rows(root: Parent[Any], info: Info) -> Any:
        return await info.context.loaders.many(source, entity_of_result(info), root)

    return rows


def _find(source: Find) -> Resolver:
    async def row(info: Info, **arguments: Any) -> Any:
        return await info.context.loaders.find(source, entity_of_result(info), arguments)

    by: tuple[tuple[str, Any], ...] = source.by or (("id", strawberry.ID),)
    return _with_arguments(
        row,
        {
            name: (strawberry.ID if isinstance(kind, IdOf) else kind, Parameter.empty, _sought(name))
            for name, kind in by
        },
    )


def _page(source: Page) -> Resolver:
    async def page(info: Info, root: Parent[Any] = None, **arguments: Any) -> Any:
        entity, parent = entity_of_result(info), root if isinstance(root, Model) else None
        lacking = {
            need: to_camel_case(name)
            for need, name in needs_of_filter(source, arguments).items()
            if need not in info.context.viewer.permissions
        }
        if lacking:
            raise Lacking(lacking)
        loaders = info.context.loaders
        rows = await loaders.page(source, entity, parent, arguments)

        async def count() -> int:
            return await loaders.count(source, entity, parent, arguments)

        return _shown(rows, Order.of(entity.model, arguments["sort"]), Slice.of(arguments), count)

    arguments = {
        **PAGE_ARGUMENTS,
        "sort": (source.sort, next(iter(source.sort)), "What comes first."),
    }
    if source.where:
        where: Any = source.where
        arguments["filter"] = (where | None, UNSET, "Which ones; all conditions must hold.")
    return _with_arguments(page, arguments, is_of_row=source.relation is not None)


def _shown(rows: list[Model], order: Order, asked: Slice, count: Callable[[], Any]) -> Any:
    has_next_page, has_previous_page = asked.more(found=len(rows) > asked.size)
    rows = rows[: asked.size]
    if asked.is_backward:
        rows.reverse()
    edges = [Edge(cursor=write_cursor(order, row), node=row) for row in rows]
    where = PageInfo(
        has_next_page=has_next_page,
        has_previous_page=has_previous_page,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    listed: Any = Connection
    return listed(edges=edges, nodes=rows, page_info=where, count=count)


def _with_arguments(
    resolver: Resolver, arguments: dict[str, tuple[Any, Any, str]], *, is_of_row: bool = False
) -> Resolver:
    """Give a generic resolver the arguments its declaration asks for."""
    parent: Any = Parent
    parameters = [Parameter("root", Parameter.KEYWORD_ONLY, annotation=parent[Any])] if is_of_row else []
    parameters.append(Parameter("info", Parameter.KEYWORD_ONLY, annotation=Info))
    for name, (kind, default, description) in arguments.items():
        told: Any = Annotated[kind, strawberry.argument(description=description)]
        parameters.append(Parameter(name, Parameter.KEYWORD_ONLY, annotation=told, default=default))
    described: Any = resolver
    described.__signature__ = Signature(parameters, return_annotation=Any)
    return resolver


def _sought(name: str) -> str:
    return f"The {name.removesuffix('_id').replace('_', ' ')} to look for."
