"""What a document may ask for: its size is measured before anything slow looks at it, and known documents are kept.

Strawberry's own limiters walk a fragment as often as it is spread, so 800 bytes of nested spreads cost them seconds;
here every fragment is measured once. Only documents that passed are kept, so junk cannot fill the memory.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    parse,
    validate,
)
from graphql.language.ast import SelectionNode
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule
from strawberry.types.graphql import OperationType

from resolvers.paging import DEFAULT_PAGE

MOST_TOKENS: Final = 3_000
MOST_DEPTH: Final = 15
MOST_ALIASES: Final = 30
MOST_DIRECTIVES: Final = 20
MOST_ROOT_FIELDS: Final = 20
MOST_FIELDS: Final = 1_500
MOST_COST: Final = 20_000
MOST_NESTING: Final = 100  # selection sets and fragments within each other; keeps the measuring off Python's own limit
MOST_ERRORS: Final = 5
CEILING: Final = 10**9  # numbers stop growing here, however a document multiplies them

PAGE_ARGUMENTS: Final = frozenset({"first", "last"})
UNKNOWN_PAGE_SIZE: Final = 50
PAGE_FIELDS: Final = frozenset({"nodes", "edges"})
INTROSPECTION_COST: Final = {"__schema": 2_000, "__type": 200}

KEPT_DOCUMENTS: Final = 512

VALIDATION_FAILED: Final = "GRAPHQL_VALIDATION_FAILED"
OPERATION_UNCLEAR: Final = "OPERATION_RESOLUTION_FAILURE"


@dataclass(slots=True)
class Size:
    """`cost` counts every field once for each object it may be read on: page sizes multiply."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    cost: int = 0

    def add(self, other: "Size") -> None:
        self.depth = max(self.depth, other.depth)
        self.fields = min(self.fields + other.fields, CEILING)
        self.aliases = min(self.aliases + other.aliases, CEILING)
        self.directives = min(self.directives + other.directives, CEILING)
        self.cost = min(self.cost + other.cost, CEILING)


def _is_page(node: FieldNode) -> bool:
    """Whether it looks like a connection, which has its default size when none is asked for."""
    chosen = node.selection_set.selections if node.selection_set else ()
    return any(isinstance(each, FieldNode) and each.name.value in PAGE_FIELDS for each in chosen)


class Measure:
    """Measures the operations of one document, each fragment once; `variables` fill in page sizes."""

    def __init__(self, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self._variables = variables
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._known: dict[str, Size] = {}
        self._open: set[str] = set()
        self.depends_on_variables = False

    def operation(self, operation: OperationDefinitionNode) -> Size:
        size = self._selections(operation.selection_set, 0)
        size.directives += len(operation.directives or ())
        return size

    def _selections(self, selections: SelectionSetNode | None, nesting: int) -> Size:
        total = Size()
        if nesting > MOST_NESTING:
            total.depth = CEILING
        elif selections is not None:
            for node in selections.selections:
                total.add(self._selection(node, nesting + 1))
        return total

    def _selection(self, node: SelectionNode, nesting: int) -> Size:
        if isinstance(node, FieldNode):
            size = self._field(node, nesting)
        elif isinstance(node, InlineFragmentNode):
            size = self._selections(node.selection_set, nesting)
        else:
            assert isinstance(node, FragmentSpreadNode)
            size = Size()
            size.add(self._fragment(node.name.value, nesting))
        size.directives = min(size.directives + len(node.directives or ()), CEILING)
        return size

    def _field(self, node: FieldNode, nesting: int) -> Size:
        name = node.name.value
        aliases = 1 if node.alias else 0
        if name.startswith("__"):  # graphql-core limits the depth of introspection itself
            return Size(1, 1, aliases, 0, INTROSPECTION_COST.get(name, 0))
        size = self._selections(node.selection_set, nesting)
        size.depth = min(size.depth + 1, CEILING)
        size.fields = min(size.fields + 1, CEILING)
        size.aliases = min(size.aliases + aliases, CEILING)
        size.cost = min(1 + self._page_size(node) * size.cost, CEILING)
        return size

    def _fragment(self, name: str, nesting: int) -> Size:
        """A cycle or an unknown name counts nothing: validation refuses it."""
        if name in self._open or name not in self._fragments:
            return Size()
        if name not in self._known:
            self._open.add(name)
            self._known[name] = self._selections(self._fragments[name].selection_set, nesting)
            self._open.remove(name)
        return self._known[name]

    def _page_size(self, node: FieldNode) -> int:
        sizes = [
            self._number(argument.value) for argument in node.arguments or () if argument.name.value in PAGE_ARGUMENTS
        ]
        return max(sizes, default=DEFAULT_PAGE if _is_page(node) else 1)

    def _number(self, value: ValueNode) -> int:
        if isinstance(value, IntValueNode):
            return max(1, min(int(value.value), CEILING))
        if isinstance(value, VariableNode):
            self.depends_on_variables = True
            number = self._variables.get(value.name.value, UNKNOWN_PAGE_SIZE)
            return max(1, min(number, CEILING)) if isinstance(number, int) else UNKNOWN_PAGE_SIZE
        return UNKNOWN_PAGE_SIZE


@dataclass(frozen=True, slots=True)
class Passed:
    """A document that broke no limit and is valid; a page size in a variable is measured anew each time."""

    document: DocumentNode
    depends_on_variables: bool


@dataclass(slots=True)
class KnownDocuments:
    """The documents used last, of one schema."""

    most: int = KEPT_DOCUMENTS
    _entries: OrderedDict[str, Passed] = field(default_factory=OrderedDict)

    def get(self, text: str) -> Passed | None:
        passed = self._entries.get(text)
        if passed is not None:
            self._entries.move_to_end(text)
        return passed

    def keep(self, text: str, passed: Passed) -> None:
        self._entries[text] = passed
        if len(self._entries) > self.most:
            self._entries.popitem(last=False)

    def __len__(self) -> int:
        return len(self._entries)


def known_documents(schema: Any) -> KnownDocuments:
    """Kept on the schema itself, so that two schemas in one process never mix."""
    found: KnownDocuments | None = getattr(schema, "known_documents", None)
    if found is None:
        found = schema.known_documents = KnownDocuments()
    return found


class QueryLimits(SchemaExtension):
    """Parses with a bound, measures, then validates; put it first among the extensions, in place of Strawberry's caches."""

    _passed: Passed | None = None

    def on_parse(self) -> Iterator[None]:
        """On a miss Strawberry parses, so that a syntax error is reported the same on every transport."""
        context = self.execution_context
        context.parse_options = {"max_tokens": MOST_TOKENS}
        if context.query and (passed := known_documents(context.schema).get(context.query)):
            self._passed = passed
            context.graphql_document = passed.document
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        if not context.pre_execution_errors:
            assert context.graphql_document is not None
            context.pre_execution_errors = [*self._ambiguity(), *self._problems(context.graphql_document)]
        yield

    def _ambiguity(self) -> list[GraphQLError]:
        context = self.execution_context
        assert context.graphql_document is not None
        if context._provided_operation_name is None and len(operations(context.graphql_document)) > 1:  # noqa: SLF001
            words = "There are several operations: say in operationName which one to run."
            return [GraphQLError(words, extensions={"code": OPERATION_UNCLEAR})]
        return []

    def _problems(self, document: DocumentNode) -> list[GraphQLError]:
        context = self.execution_context
        if self._passed is not None and not self._passed.depends_on_variables:
            return []
        measure = Measure(document, context.variables or {})
        if problems := _excesses(document, measure):
            return problems[:MOST_ERRORS]
        if self._passed is not None:
            return []
        rules = (*context.validation_rules, MaybeNullValidationRule, OneOfInputValidationRule)
        errors = validate(context.schema._schema, document, rules, max_errors=MOST_ERRORS)  # noqa: SLF001
        for error in errors:
            error.extensions = {"code": VALIDATION_FAILED} | (error.extensions or {})
        if not errors and context.query:
            known_documents(context.schema).keep(context.query, Passed(document, measure.depends_on_variables))
        return errors


def operations(document: DocumentNode) -> list[OperationDefinitionNode]:
    return [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]


def operation_type(schema: Any, text: str, name: str | None) -> OperationType | None:
    """What kind of operation would run; None when the document cannot be parsed or has no such operation."""
    passed = known_documents(schema).get(text)
    try:
        document = passed.document if passed else parse(text, max_tokens=MOST_TOKENS)
    except GraphQLError:
        return None
    for operation in operations(document):
        if name is None or (operation.name and operation.name.value == name):
            return OperationType(operation.operation.value)
    return None


def _excesses(document: DocumentNode, measure: Measure) -> list[GraphQLError]:
    return [
        GraphQLError(
            f"The {what} of this operation is {_shown(amount)}; at most {most} is allowed.",
            operation,
            extensions={"code": "QUERY_TOO_COMPLEX"},
        )
        for operation in operations(document)
        for what, amount, most in _amounts(operation, measure.operation(operation))
        if amount > most
    ]


def _amounts(operation: OperationDefinitionNode, size: Size) -> tuple[tuple[str, int, int], ...]:
    return (
        ("depth", size.depth, MOST_DEPTH),
        ("number of root fields", len(operation.selection_set.selections), MOST_ROOT_FIELDS),
        ("number of aliases", size.aliases, MOST_ALIASES),
        ("number of directives", size.directives, MOST_DIRECTIVES),
        ("number of fields", size.fields, MOST_FIELDS),
        ("cost", size.cost, MOST_COST),
    )


def _shown(amount: int) -> str:
    return str(amount) if amount < CEILING else "beyond counting"
