"""What may be done next to a count, and who may do it."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TypeVar, get_type_hints

from strawberry import Parent

from actions.acting import Act
from actions.counting import OpenCount
from domain.counting import ALLOWED_FROM, CountAction
from domain.viewer import Viewer
from models import StockCount
from resolvers.fulfilment import check_locations, is_confined

C = TypeVar("C")
T = TypeVar("T")


def actions_of_count(root: Parent[StockCount]) -> list[CountAction]:
    return [action for action, allowed in ALLOWED_FROM.items() if root.status in allowed]


def at_counted_location(does: Callable[[Act, C], Awaitable[T]]) -> Callable[[Act, Viewer, C], Awaitable[T]]:
    """The action, for viewers who work where is counted. Raises Forbidden."""

    @wraps(does)
    async def run(act: Act, viewer: Viewer, command: C) -> T:
        if is_confined(viewer):
            found = StockCount.filter(id=getattr(command, "count_id", None), organization_id=viewer.organization_id)
            check_locations(viewer, await found.values_list("location_id", flat=True))
        return await does(act, command)

    (command,) = (kind for name, kind in get_type_hints(does).items() if name != "return" and kind is not Act)
    run.__annotations__ = {"act": Act, "viewer": Viewer, "command": command}
    return run


def at_own_location(viewer: Viewer, command: OpenCount) -> OpenCount:
    """Raises Forbidden for a count elsewhere."""
    if is_confined(viewer):
        check_locations(viewer, [command.location_id])
    return command
