"""Supply that will come, for those who work with stock: who may touch which."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from actions.acting import Act
from actions.promising import supplies
from actions.promising.supplies import CancelSupply, ChangeSupply, ReceiveSupply
from domain.viewer import Viewer
from models import ExpectedSupply
from resolvers.context import Info
from resolvers.inventory import at_own_locations
from resolvers.scopes import seen
from resolvers.visible import SUPPLIES


@dataclass(frozen=True, slots=True)
class Touched:
    lines: tuple[ExpectedSupply, ...]


async def change(act: Act, viewer: Viewer, command: ChangeSupply) -> UUID:
    await _check_own(viewer, command.supply_id)
    return await supplies.change(act, command)


async def receive(act: Act, viewer: Viewer, command: ReceiveSupply) -> UUID:
    await _check_own(viewer, command.supply_id)
    return await supplies.receive(act, command)


async def cancel(act: Act, viewer: Viewer, command: CancelSupply) -> UUID:
    await _check_own(viewer, command.supply_id)
    return await supplies.cancel(act, command)


async def supplies_of(info: Info, supply_ids: Sequence[UUID]) -> list[ExpectedSupply]:
    """Those just announced, in the order of their lines."""
    info.context.forget()
    visible = seen(ExpectedSupply, SUPPLIES, info.context.viewer)
    found = {each.id: each for each in await visible.filter(id__in=list(supply_ids))}
    return [found[each] for each in supply_ids if each in found]


async def _check_own(viewer: Viewer, supply_id: UUID) -> None:
    """Raises Forbidden where the viewer is confined to other locations."""
    supply = await ExpectedSupply.get(id=supply_id)
    at_own_locations(viewer, Touched(lines=(supply,)))
