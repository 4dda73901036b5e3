"""What a query document asks for, as a tree of declared fields: fragments merged, aliases kept, @skip and @include done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
)
from tortoise.models import Model

from domain.permissions import Permission
from resolvers.declared import BACKREF, entity_of, needs_of, own_entity, source_of
from resolvers.sources import Entity, Find, Source


class Unsupported(Exception):
    """Not for a compiled plan; the plain executor answers."""


@dataclass(slots=True)
class Wanted:
    """One field of the answer. `at` is its place among the selection's sites, where it has arguments."""

    key: str
    name: str
    kind: Any
    owner: str
    source: Source | None
    entity: Entity | None
    below: list["Wanted"]
    at: int | None = None

    def place(self) -> int:
        assert self.at is not None, f"{self.owner}.{self.name} has arguments"
        return self.at


@dataclass(slots=True)
class Selection:
    """`sites` are the fields with arguments, in the order of `Wanted.at`."""

    wanted: list[Wanted] = field(default_factory=list)
    sites: list[tuple[GraphQLField, FieldNode]] = field(default_factory=list)
    needs: set[Permission] = field(default_factory=set)


class Selector:
    """Reads one operation; `flags` are the variables that @skip and @include look at."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, flags: Mapping[str, Any]) -> None:
        self._schema, self._flags = schema, flags
        self._fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        self._union: str | None = None  # the abstract type of a root field whose member is known
        self.selection = Selection()

    def read(self, operation: OperationDefinitionNode) -> Selection:
        query = self._schema.query_type
        if operation.operation != OperationType.QUERY or query is None:
            raise Unsupported("only queries")
        self.selection.wanted = self._object(query, [operation.selection_set])
        return self.selection

    def read_row(self, operation: OperationDefinitionNode, model: type[Model]) -> Selection:
        """The one root field of a mutation or subscription, whose value is a known row."""
        root = self._schema.get_root_type(operation.operation)
        chosen = operation.selection_set.selections
        if root is None or len(chosen) != 1 or not isinstance(chosen[0], FieldNode) or not chosen[0].selection_set:
            raise Unsupported("several root fields")
        node, declared = chosen[0], root.fields[chosen[0].name.value]
        target: Any = get_named_type(declared.type)
        members = self._schema.get_possible_types(target) if is_abstract_type(target) else [target]
        found = [each for each in members if (entity := own_entity(each)) and entity.model is model]
        if len(found) != 1:
            raise Unsupported("no member for the row")
        self._union = target.name
        self.selection.needs |= needs_of(root, declared)
        self.selection.sites.append((declared, node))
        below = self._object(found[0], [chosen[0].selection_set])
        key = (node.alias or node.name).value
        row = Wanted(key, node.name.value, declared.type, root.name, Find(()), own_entity(found[0]), below, 0)
        self.selection.wanted = [row]
        return self.selection

    def _object(self, kind: GraphQLObjectType, sets: list[SelectionSetNode]) -> list[Wanted]:
        merged: dict[str, list[FieldNode]] = {}
        self._merge(kind, sets, merged)
        return [self._field(kind, key, nodes) for key, nodes in merged.items()]

    def _merge(
        self, kind: GraphQLObjectType, sets: Iterable[SelectionSetNode], merged: dict[str, list[FieldNode]]
    ) -> None:
        for chosen in (node for each in sets for node in each.selections):
            if self._is_skipped(chosen):
                continue
            if isinstance(chosen, FieldNode):
                merged.setdefault((chosen.alias or chosen.name).value, []).append(chosen)
                continue
            part: Any = self._fragments[chosen.name.value] if isinstance(chosen, FragmentSpreadNode) else chosen
            if part.type_condition is None or self._applies(part.type_condition.name.value, kind):
                self._merge(kind, [part.selection_set], merged)

    def _applies(self, name: str, kind: GraphQLObjectType) -> bool:
        on = self._schema.type_map[name]
        if isinstance(on, GraphQLInterfaceType):
            return on in kind.interfaces
        return name in {kind.name, self._union}

    def _is_skipped(self, chosen: Any) -> bool:
        for directive in chosen.directives or ():
            if directive.name.value not in {"skip", "include"}:
                raise Unsupported("directives")
            value = directive.arguments[0].value
            on = self._flags[value.name.value] if isinstance(value, VariableNode) else value.value
            if on == (directive.name.value == "skip"):
                return True
        return False

    def _field(self, kind: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> Wanted:
        name = nodes[0].name.value
        if name == "__typename":
            return Wanted(key, name, None, kind.name, None, None, [])
        field = kind.fields.get(name)
        if field is None or BACKREF not in field.extensions:
            raise Unsupported("introspection")
        source, target = source_of(field), get_named_type(field.type)
        self.selection.needs |= needs_of(kind, field)
        if source is None:
            raise Unsupported(f"{kind.name}.{name} is Python")
        at = None
        if field.args:
            at = len(self.selection.sites)
            self.selection.sites.append((field, nodes[0]))
        sets = [node.selection_set for node in nodes if node.selection_set]
        if sets and not isinstance(target, GraphQLObjectType):
            raise Unsupported("abstract types")
        below = self._object(target, sets) if isinstance(target, GraphQLObjectType) else []
        return Wanted(key, name, field.type, kind.name, source, entity_of(field.type), below, at)
