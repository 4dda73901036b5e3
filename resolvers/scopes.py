"""Which rows each audience may see. One predicate serves every reader: compiled plans, loaders, and querysets.

A predicate is SQL over `{row}`, its table's alias, and `{viewer.…}`, bound parameters. An audience that is not named
sees nothing. The scopes of the business are in `resolvers/visible.py`.
"""

from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from pypika_tortoise.context import SqlContext
from pypika_tortoise.terms import Criterion, ValueWrapper
from tortoise.expressions import Q, ResolveContext
from tortoise.models import Model
from tortoise.query_utils import QueryModifier
from tortoise.queryset import QuerySet

from domain.viewer import Audience, Viewer
from resolvers.relations import link
from resolvers.statement import VIEWER_IN_SQL, Parameters, fill

M = TypeVar("M", bound=Model)
NOTHING, ALL = "false", "true"
AT_WORK = frozenset({Audience.ADMIN, Audience.AGENT, Audience.LOCATION})


class Scope(Protocol):
    def predicate(self, model: type[Model], row: str, audience: Audience, parameters: Parameters) -> str:
        """SQL that is true for the rows of `model`, under the alias `row`, that the audience may see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A predicate, or another scope, for each audience.

    `staff` stands for admin, agent and location, `everyone` for all six, unless one is named itself.
    """

    admin: "str | Scope | None" = None
    agent: "str | Scope | None" = None
    location: "str | Scope | None" = None
    partner: "str | Scope | None" = None
    customer: "str | Scope | None" = None
    anonymous: "str | Scope | None" = None
    staff: "str | Scope | None" = None
    everyone: "str | Scope | None" = None

    def predicate(self, model: type[Model], row: str, audience: Audience, parameters: Parameters) -> str:
        rule = self.rule(audience)
        if isinstance(rule, str):
            return fill(rule, row, parameters)
        return rule.predicate(model, row, audience, parameters)

    def rule(self, audience: Audience) -> "str | Scope":
        named: str | Scope | None = getattr(self, audience)
        shared = self.staff if audience in AT_WORK and self.staff is not None else self.everyone
        return named if named is not None else shared if shared is not None else NOTHING


@dataclass(frozen=True, slots=True)
class Within:
    """A row is seen by whoever sees the row it belongs to."""

    relation: str
    scope: Scope

    def predicate(self, model: type[Model], row: str, audience: Audience, parameters: Parameters) -> str:
        owner, alias = link(model, self.relation), row.strip('"') + "o"
        seen = self.scope.predicate(owner.model, alias, audience, parameters)
        if seen in {NOTHING, ALL}:
            return seen
        matches = owner.condition(alias, f"{row}.{owner.local}")
        return f"EXISTS (SELECT 1 FROM {owner.source(alias)} WHERE {matches} AND ({seen}))"


@dataclass(frozen=True, slots=True)
class Both:
    """A row is seen by whoever both scopes show it to."""

    first: Scope
    second: Scope

    def predicate(self, model: type[Model], row: str, audience: Audience, parameters: Parameters) -> str:
        """What is bound must stay in the text, so a second part that shows nothing does not unsay the first."""
        first = self.first.predicate(model, row, audience, parameters)
        if first == NOTHING:
            return NOTHING
        second = self.second.predicate(model, row, audience, parameters)
        return " AND ".join(f"({part})" for part in (first, second) if part != ALL) or ALL


EVERYONE = Rows(everyone=ALL)


def seen(model: type[M], scope: Scope, viewer: Viewer) -> QuerySet[M]:
    """The rows of `model` that `viewer` may see, for resolvers written by hand."""
    return model.filter(_Seen(scope, viewer))


class _Seen(Q):
    """A scope as a Tortoise filter, its values bound like any other."""

    __slots__ = ("_audience_viewer", "_scope")

    def __init__(self, scope: Scope, viewer: Viewer) -> None:
        super().__init__()
        self._scope, self._audience_viewer = scope, viewer

    def resolve(self, resolve_context: ResolveContext) -> QueryModifier:
        return QueryModifier(where_criterion=_Predicate(self._scope, self._audience_viewer, resolve_context))


class _Predicate(Criterion):
    def __init__(self, scope: Scope, viewer: Viewer, context: ResolveContext) -> None:
        super().__init__()
        self._scope, self._viewer, self._context = scope, viewer, context

    def get_sql(self, ctx: SqlContext) -> str:
        row = f'"{self._context.table.get_table_name()}"'
        parameters = _Immediate(self._viewer, ctx)
        return "(" + self._scope.predicate(self._context.model, row, self._viewer.audience, parameters) + ")"


class _Immediate(Parameters):
    """Binds straight into the query that Tortoise is writing."""

    def __init__(self, viewer: Viewer, ctx: SqlContext) -> None:
        super().__init__()
        self._now, self._ctx = viewer, ctx

    def viewer(self, attribute: str) -> str:
        value: Any = getattr(self._now, attribute)
        return f"{ValueWrapper(value).get_sql(self._ctx)}::{VIEWER_IN_SQL[attribute]}"
