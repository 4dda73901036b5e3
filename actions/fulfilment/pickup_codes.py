"""What customers show at the counter: who shows wrong codes is counted, so that nobody finds the right one by trying.

The count is kept in a transaction of its own, before the goods are handed over: that one is undone by its refusal.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Final, Protocol, TypeVar
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.changing import OrderChange
from actions.fulfilment.progress import lock_fulfilment
from domain.facts import Fact, FactKind
from domain.fulfilment import QUEUED
from domain.pickups import check_pause, is_code, paused_until
from domain.validation import Checks
from models import Fulfilment, PickupCode
from models.db import execute


class Shows(Protocol):
    @property
    def fulfilment_id(self) -> UUID: ...
    @property
    def code(self) -> str | None: ...


C = TypeVar("C", bound=Shows)

COUNT: Final = "UPDATE pickup_codes SET wrong = $2, last_wrong_at = $3 WHERE id = $1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowCode:
    fulfilment_id: UUID
    code: str


@action
async def show_code(act: Act, command: ShowCode) -> UUID:
    """A wrong one is counted and told of; a right one changes nothing.

    Raises NotFound, and InvalidInput, not having looked, while no code counts.
    """
    change, fulfilment = await lock_fulfilment(act, command.fulfilment_id)
    kept = await PickupCode.get_or_none(fulfilment_id=fulfilment.id)
    if kept is None or fulfilment.status not in QUEUED:
        return fulfilment.id
    checks = Checks()
    check_pause(checks, paused_until(kept.wrong, kept.last_wrong_at), act.now)
    checks.refuse()
    if not is_code(command.code, kept.code):
        await execute(COUNT, [kept.id, kept.wrong + 1, act.now])
        await outbox.record(act.organization_id, act.actor, act.now, [_fact(change, fulfilment, kept.wrong + 1)])
    return fulfilment.id


def after_showing(does: Callable[[Act, C], Awaitable[UUID]]) -> Callable[[Act, C], Awaitable[UUID]]:
    """The action, once the code that its command names has been looked at."""

    @wraps(does)
    async def run(act: Act, command: C) -> UUID:
        if command.code is not None:
            await show_code(replace(act, key=None), ShowCode(fulfilment_id=command.fulfilment_id, code=command.code))
        return await does(act, command)

    return run


async def right_code(fulfilment_id: UUID) -> str | None:
    kept = await PickupCode.get_or_none(fulfilment_id=fulfilment_id)
    return kept.code if kept else None


def _fact(change: OrderChange, fulfilment: Fulfilment, wrong: int) -> Fact:
    """It changes nothing in the order, so its version stays."""
    order = change.order
    return Fact(
        kind=FactKind.PICKUP_CODE_REFUSED,
        order_id=order.id,
        fulfilment_id=fulfilment.id,
        location_id=fulfilment.location_id,
        channel_id=order.channel_id,
        customer_id=order.customer_id,
        payload={"number": order.number, "fulfilment_number": fulfilment.number, "wrong": wrong},
    )
