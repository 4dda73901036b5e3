"""When vendors are asked by themselves for what orders wait for: of one channel, or of all that say nothing."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.upserting import check_known
from domain.errors import Conflict
from domain.facts import Fact, FactKind
from domain.ids import new_id
from domain.validation import KEEP, Checks, Keep
from models import ChainingPolicy
from models.db import execute

MOST_MINUTES: Final = 60 * 24 * 90
OPEN: Final = """
INSERT INTO chaining_policies (id, organization_id, channel_id, is_automatic, wait_minutes, version)
VALUES ($1, $2, $3, false, 0, 0) ON CONFLICT (organization_id, channel_id) DO NOTHING"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetChainingPolicy:
    """Without `channel_id` it holds for every channel that has none of its own.

    Vendors are asked `wait_minutes` after an order was placed: so long it waits for stock.
    """

    channel_id: UUID | None = None
    is_automatic: bool | Keep = KEEP
    wait_minutes: int | Keep = KEEP
    expected_version: int | None = None


@action
async def set_policy(act: Act, command: SetChainingPolicy) -> UUID:
    """What is silent stays; at first nothing happens by itself. Raises InvalidInput or Conflict."""
    checks = Checks()
    checks.number("wait_minutes", command.wait_minutes, most=MOST_MINUTES)
    if command.channel_id is not None:
        await check_known(act, checks, "channels", [("channel_id", command.channel_id)])
    checks.refuse()
    await execute(OPEN, [new_id(), act.organization_id, command.channel_id])
    found = ChainingPolicy.filter(organization_id=act.organization_id, channel_id=command.channel_id)
    policy = await found.select_for_update(no_key=True).get()
    if command.expected_version not in (None, policy.version):
        raise Conflict("chaining policy", command.expected_version or 0, policy.version)
    before = (policy.is_automatic, policy.wait_minutes)
    if not isinstance(command.is_automatic, Keep):
        policy.is_automatic = command.is_automatic
    if not isinstance(command.wait_minutes, Keep):
        policy.wait_minutes = command.wait_minutes
    if (policy.is_automatic, policy.wait_minutes) != before or not policy.version:
        policy.version += 1
        await policy.save()
        await outbox.record(act.organization_id, act.actor, act.now, [_told(policy)])
    return policy.id


def _told(policy: ChainingPolicy) -> Fact:
    payload = {
        "id": str(policy.id),
        "is_automatic": policy.is_automatic,
        "wait_minutes": policy.wait_minutes,
        "version": policy.version,
    }
    return Fact(kind=FactKind.CHAINING_CHANGED, channel_id=policy.channel_id, payload=payload)
