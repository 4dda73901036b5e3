"""Who may do what to a transfer: the origin ships and calls back, the destination receives, both may plan."""

from collections.abc import Awaitable, Callable
from enum import Enum
from functools import wraps
from typing import Any, TypeVar, get_type_hints

from strawberry import Parent

from actions.acting import Act
from actions.transfers.drafting import CreateTransfer
from domain.errors import Forbidden
from domain.transfers import ALLOWED_FROM, FOR_ORDERS, UNSHIPPED, TransferAction
from domain.viewer import Viewer
from models import Transfer
from resolvers.fulfilment import check_locations, is_confined

C = TypeVar("C")
T = TypeVar("T")


class End(Enum):
    ORIGIN = "origin"
    DESTINATION = "destination"
    EITHER = "either"


def actions_of_transfer(root: Parent[Transfer]) -> list[TransferAction]:
    possible = [action for action, allowed in ALLOWED_FROM.items() if root.status in allowed]
    beside = FOR_ORDERS if root.order_id is None else {TransferAction.ACCEPT} if root.accepted_at else frozenset()
    return [action for action in possible if action not in beside]


def at_own_end(
    does: Callable[[Act, C], Awaitable[T]], end: End, end_before: End | None = None
) -> Callable[[Act, Viewer, C], Awaitable[T]]:
    """The action, for viewers who work at that end of the transfer, or `end_before` anything left. Raises Forbidden."""

    @wraps(does)
    async def run(act: Act, viewer: Viewer, command: C) -> T:
        if is_confined(viewer):
            transfer_id = getattr(command, "transfer_id", None)
            found = await Transfer.get_or_none(id=transfer_id, organization_id=viewer.organization_id)
            if found:
                check_end(viewer, found, end_before if end_before and found.status in UNSHIPPED else end)
        return await does(act, command)

    (command,) = (kind for name, kind in get_type_hints(does).items() if name != "return" and kind is not Act)
    run.__annotations__ = {"act": Act, "viewer": Viewer, "command": command}
    return run


def from_or_to_own(viewer: Viewer, command: CreateTransfer) -> CreateTransfer:
    """Raises Forbidden for a transfer between two places of others."""
    if is_confined(viewer):
        check_end(viewer, command, End.EITHER)
    return command


def check_end(viewer: Viewer, transfer: Any, end: End) -> None:
    if end is not End.EITHER:
        check_locations(viewer, [getattr(transfer, f"{end.value}_id")])
    elif not {transfer.origin_id, transfer.destination_id} & set(viewer.location_ids):
        raise Forbidden("You may do this for your own locations only.")
