"""Which permissions a document needs: a static set, so that a request is allowed or refused as a whole."""

from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    visit,
)

from domain.permissions import Permission
from domain.viewer import Viewer
from resolvers.declared import BACKREF, needs_of
from resolvers.lacking import Lacking

MAX_DOCUMENTS = 1000

Needs = dict[Permission, FieldNode]


class KnownNeeds:
    """The needs of the documents seen lately."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._known: dict[str, Needs] = {}

    def of(self, text: str, document: DocumentNode) -> Needs:
        if text not in self._known:
            if len(self._known) >= MAX_DOCUMENTS:
                self._known.clear()
            self._known[text] = needs_in(self._schema, document)
        return self._known[text]


def needs_in(schema: GraphQLSchema, document: DocumentNode) -> Needs:
    """Every permission that any field of the document needs, with the first field that needs it."""
    found: Needs = {}
    info = TypeInfo(schema)

    class Collect(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            parent, field = info.get_parent_type(), info.get_field_def()
            if isinstance(parent, GraphQLObjectType) and field and BACKREF in field.extensions:
                for need in sorted(needs_of(parent, field)):
                    found.setdefault(need, node)

    visit(document, TypeInfoVisitor(info, Collect()))
    return found


def refuse(wanted: Needs, viewer: Viewer) -> None:
    """Raise one error that names everything missing."""
    missing = {need: node for need, node in wanted.items() if need not in viewer.permissions}
    if missing:
        raise Lacking({need: node.name.value for need, node in missing.items()}, list(missing.values()))
