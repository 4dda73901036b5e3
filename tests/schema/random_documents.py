"""Random documents over whatever the schema declares."""

import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)

from resolvers.declared import declared, entities, entity_of, source_of
from resolvers.ids import IdOf, global_id
from resolvers.keyset import moment
from resolvers.sources import Filter, Find
from schema.limits import MOST_ALIASES, MOST_DIRECTIVES
from tests.resolvers.world import ODD_NAMES, START, World

MAX_FIELDS = 6
PYTHON_ONCE_IN = 60  # fields that only Python can answer are asked for so rarely, to see that they are left alone


@dataclass(slots=True)
class Writer:
    """Arguments go in as variables or as literals; `variables` and `types` gather the former."""

    schema: Any
    world: World
    luck: random.Random
    variables: dict[str, Any] = field(default_factory=dict)
    types: list[str] = field(default_factory=list)
    directives: int = 1
    aliases: int = 1
    """With the one at the end of every document."""

    def document(self, depth: int = 4) -> str:
        root = self.schema.query_type
        fields = [name for name, each in root.fields.items() if entity_of(each.type) and source_of(each)]
        body = " ".join(
            f"{self._alias()}{self._field(root.fields[name], name, depth)}"
            for name in self.luck.sample(fields, self.luck.choice([1, 1, 2]))
        )
        return f"query ($on: Boolean! = true{''.join(self.types)}) {{ {body} k: __typename @skip(if: $on) }}"

    def _field(self, each: GraphQLField, name: str, depth: int) -> str:
        target: Any = get_named_type(each.type)
        head = f"{name}{self._arguments(each)}{self._directive()}"
        return head if is_leaf_type(target) else f"{head} {self._selection(target, depth - 1)}"

    def _directive(self) -> str:
        """As many as an operation may have, and no more."""
        directive = self.luck.choice([""] * 6 + [" @include(if: $on)", " @skip(if: $on)"])
        if not directive or self.directives == MOST_DIRECTIVES:
            return ""
        self.directives += 1
        return directive

    def _selection(self, kind: GraphQLObjectType, depth: int) -> str:
        names = [
            name
            for name, each in kind.fields.items()
            if (depth > 0 or is_leaf_type(get_named_type(each.type)))
            and (source_of(each) or self.luck.randrange(PYTHON_ONCE_IN) == 0)
        ]
        chosen = self.luck.sample(names, min(len(names), self.luck.randint(1, MAX_FIELDS)))
        out = [f"{self._alias()}{self._field(kind.fields[name], name, depth)}" for name in chosen]
        if self.luck.random() < 0.2:
            on = self.luck.choice([kind, *kind.interfaces])
            out.append(f"... on {on.name} {{ __typename }}")
        return "{ " + " ".join(dict.fromkeys(out)) + " __typename }"

    def _alias(self) -> str:
        """As many as an operation may have, and no more."""
        alias = self.luck.choice(["", "", "", f"x{self.luck.randint(0, 10**6)}: "])
        if not alias or self.aliases == MOST_ALIASES:
            return ""
        self.aliases += 1
        return alias

    def _arguments(self, each: GraphQLField) -> str:
        if not each.args:
            return ""
        given = self._sought(each) if isinstance(source_of(each), Find) else self._paged(each)
        return (
            f"({', '.join(f'{name}: {self._variable(each.args[name].type, value)}' for name, value in given.items())})"
        )

    def _variable(self, kind: Any, value: Any) -> str:
        name = f"v{len(self.types)}"
        self.types.append(f", ${name}: {kind}")
        self.variables[name] = value
        return f"${name}"

    def _sought(self, each: GraphQLField) -> dict[str, Any]:
        entity = entity_of(each.type)
        assert entity is not None
        source: Any = source_of(each)
        row = self.luck.choice(self.world.rows[entity.model])
        if not source.by:
            return {"id": global_id(entity.name, row.pk)}
        names = {argument.python_name: name for name, argument in zip(each.args, declared(each).arguments, strict=True)}
        return {
            names[name]: global_id(kind.name, getattr(row, name))
            if isinstance(kind, IdOf)
            else getattr(row, name) or "x"
            for name, kind in source.by
        }

    def _paged(self, each: GraphQLField) -> dict[str, Any]:
        given: dict[str, Any] = {self.luck.choice(["first", "last"]): self.luck.randint(1, 4)}
        if self.luck.random() < 0.7:
            sort: Any = get_named_type(each.args["sort"].type)
            given["sort"] = self.luck.choice(list(sort.values))
        if "filter" in each.args and self.luck.random() < 0.5:
            kind: Any = get_named_type(each.args["filter"].type)
            given["filter"] = self.luck.choice([None, self._filter(kind)])
        return given

    def _filter(self, kind: GraphQLInputObjectType) -> dict[str, Any]:
        names = self.luck.sample(list(kind.fields), self.luck.randint(0, min(2, len(kind.fields))))
        return {name: self._narrowed(kind.fields[name]) for name in names}

    def _narrowed(self, each: Any) -> Any:
        of = declared(each).metadata[Filter].of
        kind = each.type.of_type if isinstance(each.type, GraphQLNonNull) else each.type
        if isinstance(kind, GraphQLList):
            return self.luck.choice([None, [], [self._value(kind, of) for _ in range(self.luck.randint(1, 4))]])
        return self._value(kind, of)

    def _value(self, kind: Any, of: str | None) -> Any:
        named: Any = get_named_type(kind)
        if isinstance(named, GraphQLEnumType):
            return self.luck.choice(list(named.values))
        if of:
            return global_id(of, self.luck.choice(self.world.rows[entities(self.schema)[of].model]).pk)
        values = {
            "String": [*ODD_NAMES, "lamp", "l1", "P1-0", "web", "' OR true --"],
            "Boolean": [True, False],
            "DateTime": [moment(START + timedelta(minutes=at)) for at in range(4)],
            "Date": ["2026-12-01"],
        }
        return self.luck.choice(values.get(named.name, [0, 3, 500]))
