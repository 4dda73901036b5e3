"""Who may handle a parcel: it may carry more than what the viewer sees of it."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any, TypeVar, get_type_hints
from uuid import UUID

from actions.acting import Act
from actions.parcels import tracking
from actions.parcels.packing import PackParcel
from actions.parcels.tracking import RecordTracking
from domain.errors import Forbidden, NotFound
from domain.viewer import Viewer
from models import Fulfilment, Parcel, ParcelLine
from resolvers.context import Info
from resolvers.fulfilment import check_locations, is_confined
from resolvers.scopes import seen
from resolvers.visible import FULFILMENTS, PARCEL_LINES, PARCELS

C = TypeVar("C")
T = TypeVar("T")


def whole(does: Callable[[Act, C], Awaitable[T]]) -> Callable[[Act, Viewer, C], Awaitable[T]]:
    """The action, for viewers who may see everything in the parcel that its command names, and work where it is.

    Raises Forbidden. That the viewer sees the parcel at all is checked before.
    """

    @wraps(does)
    async def run(act: Act, viewer: Viewer, command: C) -> T:
        named: Any = command
        await check_whole(viewer, named.parcel_id)
        return await does(act, command)

    (command,) = (kind for name, kind in get_type_hints(does).items() if name != "return" and kind is not Act)
    run.__annotations__ = {"act": Act, "viewer": Viewer, "command": command}
    return run


async def record_tracking_event(act: Act, viewer: Viewer, command: RecordTracking) -> UUID:
    """By the parcel's id, or by its carrier and number among the parcels the viewer sees. Raises NotFound, Forbidden."""
    if command.parcel_id is None and command.carrier and command.tracking_number:
        found = await seen(Parcel, PARCELS, viewer).get_or_none(
            carrier=command.carrier, tracking_number=command.tracking_number
        )
        if found is None:
            raise NotFound("parcel", f"{command.carrier} {command.tracking_number}")
        command = replace(command, parcel_id=found.id)
    if command.parcel_id is not None:
        await check_whole(viewer, command.parcel_id)
    return await tracking.record_tracking_event(act, command)


def fulfilments_packed(command: PackParcel) -> Iterable[UUID]:
    return {content.fulfilment_id for content in command.contents}


async def fulfilments_of(info: Info, ids: Sequence[UUID]) -> list[Fulfilment]:
    """As they are after a change."""
    info.context.forget()
    return await seen(Fulfilment, FULFILMENTS, info.context.viewer).filter(id__in=list(ids)).order_by("id")


async def check_whole(viewer: Viewer, parcel_id: UUID) -> None:
    if is_confined(viewer):
        check_locations(viewer, await Parcel.filter(id=parcel_id).values_list("location_id", flat=True))
    if not await is_whole(viewer, parcel_id):
        raise Forbidden("The parcel also carries orders that are not yours to handle.")


async def is_whole(viewer: Viewer, parcel_id: UUID) -> bool:
    """Whether the viewer may see everything in the parcel."""
    inside = await ParcelLine.filter(parcel_id=parcel_id).count()
    return inside == await seen(ParcelLine, PARCEL_LINES, viewer).filter(parcel_id=parcel_id).count()
