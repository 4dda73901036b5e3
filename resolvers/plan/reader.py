"""Answers a document with one compiled statement, or says that it cannot."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import strawberry
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLField,
    OperationDefinitionNode,
    VariableNode,
    get_operation_ast,
    parse,
    validate,
)
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values
from graphql.language import DirectiveNode, Visitor, visit
from strawberry.types.arguments import convert_arguments
from tortoise.models import Model

from domain.permissions import Permission
from domain.viewer import Viewer
from resolvers.declared import declared, source_of
from resolvers.ids import global_id
from resolvers.paging import needs_of_filter, shape
from resolvers.plan.selection import Selection, Selector, Unsupported
from resolvers.plan.writer import Plan, compile_plan
from resolvers.sources import Page
from resolvers.statement import Call

MAX_DOCUMENTS = 1000
MAX_PLANS = 64
"""Plans kept for one document: one for each audience, set of given filters, sort and way of paging."""

Key = tuple[Any, ...]


@dataclass(slots=True)
class Document:
    """A valid document, one of its operations chosen, and what was compiled for it."""

    ast: DocumentNode
    operation: OperationDefinitionNode
    flags: tuple[str, ...]
    selections: dict[Key, Selection] = field(default_factory=dict)
    plans: OrderedDict[Key, Plan] = field(default_factory=OrderedDict)


class Reader:
    def __init__(self, schema: strawberry.Schema, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._strawberry, self._schema, self._pool = schema, schema._schema, pool  # noqa: SLF001
        self._documents: OrderedDict[tuple[str, str | None], Document | None] = OrderedDict()

    async def read(
        self, text: str, variables: Mapping[str, Any] | None, operation: str | None, viewer: Viewer
    ) -> bytes | None:
        """The response body of a query, or None: let the plain executor answer."""
        return await self._answer(text, variables, operation, viewer, None)

    async def read_row(
        self, text: str, variables: Mapping[str, Any] | None, operation: str | None, viewer: Viewer, row: Model
    ) -> bytes | None:
        """The body of a mutation's payload or a subscription's message: the root field's selection, for `row`."""
        return await self._answer(text, variables, operation, viewer, row)

    async def _answer(
        self, text: str, variables: Mapping[str, Any] | None, operation: str | None, viewer: Viewer, row: Model | None
    ) -> bytes | None:
        try:
            plan, call = self.plan(self._document(text, operation), variables or {}, viewer, row)
            answer: str = await self._pool.fetchval(plan.sql, *plan.values(call))
        except (Unsupported, GraphQLError, asyncpg.DataError):
            return None
        return answer.encode()

    def plan(
        self, document: Document, variables: Mapping[str, Any], viewer: Viewer, row: Model | None
    ) -> tuple[Plan, Call]:
        """Raises Unsupported and GraphQLError."""
        coerced = get_variable_values(self._schema, document.operation.variable_definitions or (), dict(variables))
        if isinstance(coerced, list):
            raise Unsupported("variables")
        selection = self._selection(document, coerced, type(row) if row else None)
        if not selection.needs <= viewer.permissions:
            raise Unsupported("permissions")
        arguments = [self._arguments(*site, coerced) for site in selection.sites]
        if not _needs_of_filters(selection, arguments) <= viewer.permissions:
            raise Unsupported("permissions")
        if row is not None:
            (root,) = selection.wanted
            assert root.entity is not None, "a row has a type"
            arguments[0] = {"id": global_id(root.entity.name, row.pk)}
        key = (viewer.audience, id(selection), *map(_shape, selection.sites, arguments))
        if key not in document.plans:
            document.plans[key] = compile_plan(selection, viewer.audience, arguments)
            if len(document.plans) > MAX_PLANS:
                document.plans.popitem(last=False)
        return document.plans[key], Call(viewer, arguments)

    def _selection(self, document: Document, coerced: VariableValues, model: type[Model] | None) -> Selection:
        flags = {name: coerced.coerced.get(name) for name in document.flags}
        key = (model, *flags.values())
        if key not in document.selections:
            selector = Selector(self._schema, document.ast, flags)
            operation = document.operation
            document.selections[key] = selector.read_row(operation, model) if model else selector.read(operation)
        return document.selections[key]

    def _document(self, text: str, operation: str | None) -> Document:
        key = (text, operation)
        if key not in self._documents:
            self._documents[key] = self._prepare(text, operation)
            if len(self._documents) > MAX_DOCUMENTS:
                self._documents.popitem(last=False)
        document = self._documents[key]
        if document is None:
            raise Unsupported("document")
        return document

    def _prepare(self, text: str, operation: str | None) -> Document | None:
        try:
            ast = parse(text)
        except GraphQLError:
            return None
        chosen = get_operation_ast(ast, operation)
        if chosen is None or validate(self._schema, ast):
            return None
        return Document(ast, chosen, _flags_of(ast))

    def _arguments(self, field: GraphQLField, node: FieldNode, coerced: VariableValues) -> dict[str, Any]:
        """Exactly what Strawberry would hand to the resolver."""
        values = get_argument_values(field, node, coerced)
        converter = self._strawberry.schema_converter
        arguments = declared(field).arguments
        return convert_arguments(values, arguments, converter.scalar_registry, self._strawberry.config)


def _needs_of_filters(selection: Selection, arguments: list[dict[str, Any]]) -> frozenset[Permission]:
    found: set[Permission] = set()
    for (asked, _), given in zip(selection.sites, arguments, strict=True):
        source = source_of(asked)
        if isinstance(source, Page):
            found.update(needs_of_filter(source, given))
    return frozenset(found)


def _shape(site: tuple[GraphQLField, FieldNode], arguments: Mapping[str, Any]) -> Key:
    source = source_of(site[0])
    return shape(source, arguments) if isinstance(source, Page) else ()


def _flags_of(document: DocumentNode) -> tuple[str, ...]:
    """The variables that @skip and @include look at."""
    found: dict[str, None] = {}

    class Collect(Visitor):
        def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
            for argument in node.arguments or ():
                if isinstance(argument.value, VariableNode):
                    found[argument.value.name.value] = None

    visit(document, Collect())
    return tuple(found)
