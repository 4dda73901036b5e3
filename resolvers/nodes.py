"""Anything by its global id, as far as the viewer may see it."""

from typing import Annotated

import strawberry
from strawberry import Parent
from tortoise.models import Model

from domain.permissions import Permission
from resolvers.context import Info
from resolvers.declared import entities, own_entity
from resolvers.ids import BadId, global_id, parse_id
from resolvers.lacking import Lacking
from resolvers.sources import Entity, Find


async def node(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The id of anything.")]
) -> Model | None:
    """The row behind a global id. Raises `BadId`, and `Lacking` what its type needs."""
    name, _ = parse_id(id)
    entity = entities(info._raw_info.schema).get(name)  # noqa: SLF001
    if entity is None:
        raise BadId("thing", id)
    check_needs(info, entity)
    return await info.context.loaders.find(Find(()), entity, {"id": id})


def identity(root: Parent[Model], info: Info) -> strawberry.ID:
    """Checked here too: through an interface, a document's needs do not show whose id is read."""
    kind = info._raw_info.parent_type  # noqa: SLF001
    entity = own_entity(kind)
    assert entity is not None, "only declared types have ids"
    check_needs(info, entity)
    return strawberry.ID(global_id(kind.name, root.pk))


def check_needs(info: Info, entity: Entity) -> None:
    if isinstance(entity.needs, Permission) and entity.needs not in info.context.viewer.permissions:
        raise Lacking({entity.needs: info.field_name})
