"""How a fulfilment is best packed."""

from uuid import UUID

from actions.cartons import suggestion
from domain.cartons import SuggestedParcel
from domain.errors import NotFound
from models import Fulfilment, OrderLine
from resolvers.context import Info
from resolvers.ids import uuid_of
from resolvers.scopes import seen
from resolvers.visible import FULFILMENTS


async def suggested(info: Info, fulfilment_id: str) -> tuple[list[SuggestedParcel[UUID]], dict[UUID, OrderLine]]:
    """Parcels, and the order lines they name. Raises NotFound, and what the suggestion does."""
    viewer = info.context.viewer
    key = uuid_of("Fulfilment", fulfilment_id)
    if not await seen(Fulfilment, FULFILMENTS, viewer).filter(id=key).exists():
        raise NotFound("fulfilment", key)
    parcels = await suggestion(viewer.organization_id, key)
    named = {line for parcel in parcels for line in parcel.units}
    return parcels, {line.id: line for line in await OrderLine.filter(id__in=named)}
