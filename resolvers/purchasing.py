"""What may be done next to a purchase order, and who may receive it."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TypeVar, get_type_hints

from strawberry import Parent

from actions.acting import Act
from domain.purchasing import ALLOWED_FROM, PurchaseAction
from domain.viewer import Viewer
from models import PurchaseOrder
from resolvers.fulfilment import check_locations, is_confined

C = TypeVar("C")
T = TypeVar("T")


def actions_of_purchase(root: Parent[PurchaseOrder]) -> list[PurchaseAction]:
    return [action for action, allowed in ALLOWED_FROM[root.kind].items() if root.status in allowed]


def at_own_destination(does: Callable[[Act, C], Awaitable[T]]) -> Callable[[Act, Viewer, C], Awaitable[T]]:
    """The action, for viewers who work where the goods go to. Raises Forbidden."""

    @wraps(does)
    async def run(act: Act, viewer: Viewer, command: C) -> T:
        if is_confined(viewer):
            found = PurchaseOrder.filter(
                id=getattr(command, "purchase_order_id", None), organization_id=viewer.organization_id
            )
            check_locations(viewer, await found.values_list("destination_id", flat=True))
        return await does(act, command)

    (command,) = (kind for name, kind in get_type_hints(does).items() if name != "return" and kind is not Act)
    run.__annotations__ = {"act": Act, "viewer": Viewer, "command": command}
    return run
