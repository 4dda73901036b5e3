"""The words of the graph: each field says what it is, where its value comes from and who may read it.

    @graph(models.Order, "What one customer bought in one go.", scope=ORDERS, needs=Permission.READ_ORDERS)
    class Order(Node):                       # schema/nodes.py: gives it an `id`
        number: str = column("The number printed on the receipt.")
        total: Money = money("What the customer pays.", "total_minor")
        unit_count: int = sql("How many units were bought.", "(SELECT …{row}.id…)")
        channel_id: ID = column("Where it came from.", of="Channel")
        customer: Customer | None = one("Who bought it; nobody for a guest.")
        lines: list[OrderLine] = many("What was bought.", order_by="position")
        notes: Connection[Note] = connection("What was said about it.", sort=NoteSort)
        advice: str = via("What to do next.", orders.advice)

The annotation is the GraphQL type. A declaration holds no way of reading: `resolvers/loaders.py` reads it field by
field, `resolvers/plan` a whole selection at once. A field inherits `needs` from its type; a field with none anywhere
fails the build, unless it says `needs=ANYBODY`. How lists narrow is in `schema/filters.py`.
"""

from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar, dataclass_transform

import strawberry
from strawberry.types.field import StrawberryField
from tortoise.models import Model

from domain.permissions import Permission
from resolvers.scopes import Scope
from resolvers.sources import Column, Columns, Entity, Find, Many, Need, One, Page, Source, Sql
from resolvers.watching import watched
from schema.mutations import with_results
from schema.reading import resolver_of

T = TypeVar("T")
NAMED_LIKE_THE_FIELD = ""


@dataclass_transform(kw_only_default=True)
def graph(
    model: type[Model], description: str, *, scope: Scope, needs: Need | None = None
) -> Callable[[type[T]], type[T]]:
    """A type over the rows of `model` that `scope` lets the viewer see."""

    def declare(cls: type[T]) -> type[T]:
        marked: Any = cls
        marked.__graph__ = Entity(cls.__name__, model, scope, needs)
        marked.is_type_of = staticmethod(_holds(model))
        return strawberry.type(_resolved(cls, is_root=False), description=description)

    return declare


@dataclass_transform(kw_only_default=True)
def root(cls: type[T]) -> type[T]:
    """Some fields of Query, Mutation or Subscription; `schema/build.py` puts them together."""
    return strawberry.type(_resolved(with_results(cls), is_root=True))


def column(
    description: str, name: str = NAMED_LIKE_THE_FIELD, *, of: str | None = None, needs: Need | None = None
) -> Any:
    """A column of the row, of the field's name unless told. With `of`, its keys are shown as ids of that type."""
    return _field(Column(name, of), description, needs)


def listed(
    description: str, name: str = NAMED_LIKE_THE_FIELD, *, of: str | None = None, needs: Need | None = None
) -> Any:
    """A column that holds an array: texts, codes, or keys shown as ids of the type `of`."""
    return _field(Column(name, of), description, needs)


def sql(description: str, text: str, *, needs: Need | None = None) -> Any:
    """An expression over `{row}` and `{viewer.…}`."""
    return _field(Sql(text), description, needs)


def money(description: str, minor: str, *, currency: str = "currency", needs: Need | None = None) -> Any:
    """Two columns shown as one amount; null where one of them is."""
    return _field(Columns((("minor", minor), ("currency", currency))), description, needs)


def one(description: str, relation: str = NAMED_LIKE_THE_FIELD, *, needs: Need | None = None) -> Any:
    return _field(One(relation), description, needs)


def many(description: str, relation: str = NAMED_LIKE_THE_FIELD, *, order_by: str, needs: Need | None = None) -> Any:
    """All rows of a relation that is short by nature; anything that grows is a `connection`."""
    return _field(Many(relation, order_by), description, needs)


def connection(
    description: str,
    relation: str = NAMED_LIKE_THE_FIELD,
    *,
    sort: type[Enum],
    where: type[Any] | None = None,
    needs: Need | None = None,
) -> Any:
    """A page of a relation, or on `Query` of every visible row. The first member of `sort` is the default."""
    return _field(Page(relation, sort, where), description, needs)


def find(description: str, *, needs: Need | None = None, **by: Any) -> Any:
    """On `Query`: the one visible row with these values in unique columns, or null: `find("…", number=str)`.

    With none named, by its id. `IdOf("Channel")` takes the id of a channel.
    """
    return _field(Find(tuple(by.items())), description, needs)


def via(description: str, resolver: Callable[..., Any], *, needs: Need | None = None) -> Any:
    """Whatever `resolver` returns; its arguments are the field's arguments."""
    return strawberry.field(resolver=resolver, description=description, metadata={Permission: needs})


def live(description: str, resolver: Callable[..., Any], *, needs: Need) -> Any:
    """A subscription to what `resolver` yields. Before each message, access is checked again and nothing is remembered."""
    return strawberry.subscription(resolver=watched(resolver), description=description, metadata={Permission: needs})


def _field(source: Source, description: str, needs: Need | None) -> StrawberryField:
    """Without a resolver yet: `graph` and `root` add it once the field knows its name."""
    return StrawberryField(description=description, metadata={Source: source, Permission: needs})


def _resolved(cls: type[T], *, is_root: bool) -> type[T]:
    """Each declared field with its resolver; plain columns need none."""
    for name in cls.__annotations__:
        field = cls.__dict__.get(name)
        if isinstance(field, StrawberryField) and Source in field.metadata:
            source = _named(field.metadata[Source], name, is_root=is_root)
            complete = StrawberryField(description=field.description, metadata={**field.metadata, Source: source})
            setattr(cls, name, complete if source == Column(name) else complete(resolver_of(source)))
    return cls


def _named(source: Source, name: str, *, is_root: bool) -> Source:
    match source:
        case Column(column, of):
            return Column(column or name, of)
        case One(relation):
            return One(relation or name)
        case Many(relation, order_by):
            return Many(relation or name, order_by)
        case Page(relation, sort, where):
            return Page(None if is_root else relation or name, sort, where)
    return source


def _holds(model: type[Model]) -> Callable[[object, object], bool]:
    return lambda value, _info: isinstance(value, model)
