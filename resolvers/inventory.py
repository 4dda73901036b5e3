"""Stock for those who may see counters, availability for everybody else."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar
from uuid import UUID

import strawberry
from graphql import GraphQLError

from domain.errors import Forbidden
from domain.viewer import Audience, Viewer
from models import Channel, Quota, StockLevel, Variant
from resolvers.availability import MAX_VARIANTS, Availability, availabilities, own_segment
from resolvers.context import Info
from resolvers.ids import uuid_of
from resolvers.scopes import seen
from resolvers.statement import names
from resolvers.visible import CHANNELS, QUOTAS, STOCK, VARIANTS

C = TypeVar("C")


async def availability(
    info: Info,
    channel_id: Annotated[strawberry.ID, strawberry.argument(description="The channel to buy in.")],
    skus: Annotated[
        list[str] | None, strawberry.argument(description=f"The SKUs to look at, at most {MAX_VARIANTS} with the ids.")
    ] = None,
    variant_ids: Annotated[
        list[strawberry.ID] | None, strawberry.argument(description="The variants to look at, by their ids.")
    ] = None,
) -> list[Availability]:
    """By SKU; what the viewer may not see or buy is left out. Raises `BadId`, and GraphQLError for what is no text."""
    viewer = info.context.viewer
    named = [uuid_of("Variant", each) for each in variant_ids or ()]
    if len(named) + len(skus or ()) > MAX_VARIANTS:
        raise GraphQLError(f"Ask for at most {MAX_VARIANTS} variants.", extensions={"code": "TOO_MANY"})
    channel = await seen(Channel, CHANNELS, viewer).get_or_none(id=uuid_of("Channel", channel_id))
    if channel is None:
        return []
    visible = seen(Variant, VARIANTS, viewer)
    found = {each.id: each for each in await visible.filter(id__in=named)} if named else {}
    found |= {each.id: each for each in await visible.filter(sku__in=names(Variant, "sku", skus))} if skus else {}
    return await availabilities(
        channel, sorted(found.values(), key=lambda variant: variant.sku), await own_segment(viewer)
    )


async def levels_of(info: Info, level_ids: Sequence[UUID]) -> list[StockLevel]:
    """The levels a change touched, each once, in the order of its lines."""
    info.context.forget()
    visible = seen(StockLevel, STOCK, info.context.viewer)
    found = {level.id: level for level in await visible.filter(id__in=list(level_ids))}
    return [found[each] for each in dict.fromkeys(level_ids) if each in found]


async def quotas_of(info: Info, quota_ids: Sequence[UUID]) -> list[Quota]:
    """The same for quotas."""
    info.context.forget()
    found = {quota.id: quota for quota in await seen(Quota, QUOTAS, info.context.viewer).filter(id__in=list(quota_ids))}
    return [found[each] for each in dict.fromkeys(quota_ids) if each in found]


def at_own_locations(viewer: Viewer, command: C) -> C:
    """Stores and warehouses change stock where they are; so do partners whose key names locations. Raises Forbidden."""
    is_confined = viewer.audience is Audience.LOCATION or (
        viewer.audience is Audience.PARTNER and bool(viewer.location_ids)
    )
    lines: Any = getattr(command, "lines", ())
    if is_confined and any(line.location_id not in viewer.location_ids for line in lines):
        raise Forbidden("You may change stock at your own locations only.")
    return command
