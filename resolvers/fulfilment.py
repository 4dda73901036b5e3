"""Work at a location: what can be done next, who may do it, and what the customer shows at the counter."""

from collections.abc import Awaitable, Callable, Iterable
from functools import wraps
from typing import Any, Final, TypeVar, get_type_hints
from uuid import UUID

from strawberry import Parent

from actions.acting import Act
from domain.errors import Forbidden
from domain.fulfilment import OTHER_WAY, QUEUED
from domain.holds import HoldKind, stopped_by
from domain.lifecycle import Action, UnitStatus, available_actions
from domain.orders import FulfilmentMethod
from domain.viewer import Audience, Viewer
from models import Fulfilment
from resolvers.context import Info
from resolvers.sources import Sql

C = TypeVar("C")
T = TypeVar("T")

STANDING: Final = Sql(
    "(SELECT array_agg(DISTINCT s.line_id || ' ' || s.status) FROM line_status s WHERE s.fulfilment_id = {row}.id)"
)
HELD: Final = Sql(
    "(SELECT array_agg(coalesce(h.line_id::text, '') || ' ' || h.kind)"
    " FROM holds h WHERE h.order_id = {row}.order_id AND h.status <> 'resolved')"
)
CODE: Final = Sql("(SELECT c.code FROM pickup_codes c WHERE c.fulfilment_id = {row}.id)")
TOLD_THE_CODE: Final = frozenset({Audience.CUSTOMER, Audience.AGENT, Audience.ADMIN})
"""The code proves to the location that somebody may collect, so the location is not told it."""


async def actions_of_fulfilment(root: Parent[Fulfilment], info: Info) -> list[Action]:
    standing = await info.context.loaders.computed(STANDING, root)
    held = await info.context.loaders.computed(HELD, root)
    holds = [text.partition(" ") for text in held or ()]
    possible: set[Action] = set()
    for text in standing or ():
        line, _, status = text.partition(" ")
        stopped = stopped_by(HoldKind(kind) for at, _, kind in holds if at in ("", line))
        possible.update(available_actions([UnitStatus(status)], stopped))
    return [action for action in Action if action in possible - OTHER_WAY[root.method]]


async def code_of(root: Parent[Fulfilment], info: Info) -> str | None:
    is_waiting = root.method is FulfilmentMethod.PICKUP and root.status in QUEUED
    viewer = info.context.viewer
    # The shop that took a guest's order is a partner, and nobody else could tell the guest.
    is_shop = viewer.audience is Audience.PARTNER and not viewer.location_ids
    is_told = viewer.audience in TOLD_THE_CODE or is_shop
    if not (is_waiting and is_told):
        return None
    code: str | None = await info.context.loaders.computed(CODE, root)
    return code


def at_own_locations(
    does: Callable[[Act, C], Awaitable[T]], named: Callable[[C], Iterable[UUID]] = lambda command: [_named(command)]
) -> Callable[[Act, Viewer, C], Awaitable[T]]:
    """The action, for viewers who may work at the locations of the fulfilments that its command names.

    Stores and warehouses work where they are, and so do keys that name locations; raises Forbidden. That the viewer sees
    the fulfilments at all is checked before.
    """

    @wraps(does)
    async def run(act: Act, viewer: Viewer, command: C) -> T:
        if is_confined(viewer):
            found = Fulfilment.filter(id__in=list(named(command)), organization_id=viewer.organization_id)
            check_locations(viewer, await found.values_list("location_id", flat=True))
        return await does(act, command)

    (command,) = (kind for name, kind in get_type_hints(does).items() if name != "return" and kind is not Act)
    run.__annotations__ = {"act": Act, "viewer": Viewer, "command": command}
    return run


def is_confined(viewer: Viewer) -> bool:
    return viewer.audience is Audience.LOCATION or bool(viewer.location_ids)


def check_locations(viewer: Viewer, location_ids: Iterable[Any]) -> None:
    """Raises Forbidden unless all are the viewer's."""
    if not set(location_ids) <= set(viewer.location_ids):
        raise Forbidden("You may do this at your own locations only.")


def _named(command: Any) -> UUID:
    fulfilment_id: UUID = command.fulfilment_id
    return fulfilment_id
