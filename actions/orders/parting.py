"""Part kits: let their components go their own ways, when somebody decides that half now is better than whole later."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from actions import routing
from actions.acting import Act, action
from actions.changing import lock_order, save
from actions.pickups.asking import follow_questions
from domain.errors import IllegalTransition, NotFound
from domain.facts import FactKind
from domain.lifecycle import FROM_OF, Action
from domain.validation import Checks
from models import OrderKit

MAX_REASON_CHARACTERS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class PartKit:
    """All kits of one sort in an order; `expected_version` is the order's."""

    kit_id: UUID
    reason: str
    expected_version: int | None = None


@action
async def part(act: Act, command: PartKit) -> UUID:
    """From now on the kits' lines are like any others: what waits is routed at once. Returns the order's id.

    Prices stay as they were shared. Raises InvalidInput, NotFound, Conflict, or IllegalTransition when they were parted
    before.
    """
    checks = Checks()
    checks.text("reason", command.reason, longest=MAX_REASON_CHARACTERS)
    checks.refuse()
    kit = await OrderKit.get_or_none(id=command.kit_id, order__organization_id=act.organization_id)
    if kit is None:
        raise NotFound("kit", command.kit_id)
    change = await lock_order(act, kit.order_id, command.expected_version)
    if all(standing.id != kit.id for standing in change.kits):
        raise IllegalTransition("part", "parted", ["whole"])
    change.kits = [standing for standing in change.kits if standing.id != kit.id]
    await OrderKit.filter(id=kit.id).update(parted_at=act.now, parted_by=act.actor, parting_reason=command.reason)
    change.record(FactKind.ORDER_CHANGED, parted_kit=str(kit.id), reason=command.reason)
    await follow_questions(act, change)
    waiting = change.units(*FROM_OF[Action.SCHEDULE])
    if waiting and not any(Action.SCHEDULE in change.stopped(units.place.line_id) for units in waiting):
        await routing.route(act, change)
    await save(act, [change])
    return kit.order_id
