"""What carriers ask for a parcel, and who may buy and void its labels."""

from uuid import UUID

from actions.acting import Act
from actions.carriers import Carriers
from actions.parcels import labels
from actions.parcels.consigning import ParcelRate, rates_of
from actions.parcels.labels import BuyLabel, VoidLabel
from domain.errors import NotFound
from domain.viewer import Viewer
from models import Label, Parcel
from resolvers.context import Info
from resolvers.ids import uuid_of
from resolvers.parcels import check_whole
from resolvers.scopes import seen
from resolvers.visible import PARCELS


async def parcel_rates(info: Info, parcel_id: str) -> list[ParcelRate]:
    """For those who may see everything in the parcel: what it costs tells its weight. Raises NotFound, Forbidden."""
    viewer = info.context.viewer
    key = uuid_of("Parcel", parcel_id)
    if not await seen(Parcel, PARCELS, viewer).filter(id=key).exists():
        raise NotFound("parcel", key)
    await check_whole(viewer, key)
    return await rates_of(info.context.carriers, viewer.organization_id, key)


async def buy_label(act: Act, viewer: Viewer, carriers: Carriers, command: BuyLabel) -> UUID:
    """Raises Forbidden, and what the action does."""
    await check_whole(viewer, command.parcel_id)
    return await labels.buy_label(act, carriers, command)


async def void_label(act: Act, viewer: Viewer, carriers: Carriers, command: VoidLabel) -> UUID:
    """Raises Forbidden, and what the action does."""
    label = await Label.get(id=command.label_id)
    if label.parcel_id is not None:
        await check_whole(viewer, label.parcel_id)
    return await labels.void_label(act, carriers, command)
