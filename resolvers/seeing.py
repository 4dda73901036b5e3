"""May the viewer see what is named? Every id in an input is looked up in the scope of its type, and so is what is stored."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from tortoise.models import Model

from domain.errors import NotFound
from resolvers.context import Info
from resolvers.declared import entities
from resolvers.relations import attribute_of, primary_key
from resolvers.scopes import seen
from resolvers.sources import Entity


async def check_seen(info: Info, named: Iterable[tuple[str, UUID, str]]) -> None:
    """`named` are (type, key, path). One query a type. Raises NotFound for the first that the viewer may not see."""
    known = entities(info._raw_info.schema)  # noqa: SLF001
    wanted: defaultdict[str, set[UUID]] = defaultdict(set)
    for name, key, _ in named:
        wanted[name].add(key)
    for name, keys in sorted(wanted.items()):
        entity = known[name]
        rows = seen(entity.model, entity.scope, info.context.viewer).filter(pk__in=keys)
        found = set(await rows.values_list(attribute_of(entity.model, primary_key(entity.model)), flat=True))
        for key in sorted(keys - found):
            raise NotFound(in_words(name), key)


def in_words(name: str) -> str:
    """What people call a thing of the type: `order line`."""
    return re.sub("(?<=[a-z])(?=[A-Z])", " ", name).lower().replace("api ", "API ")


async def named(info: Info, name: str, keys: Iterable[UUID]) -> dict[UUID, Any]:
    """The things of that type that the viewer may see: one query, for however many rows ask for some."""
    return await info.context.loaders.by_key(entities(info._raw_info.schema)[name], keys)  # noqa: SLF001


async def row_of(info: Info, entity: Entity, key: UUID) -> Model | None:
    """The row as the viewer sees it now."""
    return await seen(entity.model, entity.scope, info.context.viewer).get_or_none(pk=key)
