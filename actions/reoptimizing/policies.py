"""How an organization routes: by whose rates, what it has done by itself every so often, and whether it looks ahead."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.upserting import check_known, fresh_network
from domain.errors import Conflict
from domain.facts import Fact, FactKind
from domain.ids import new_id
from domain.validation import KEEP, Checks, Keep
from models import RoutingPolicy, ShadowPrice
from models.db import execute

MOST_MINUTES: Final = 7 * 24 * 60
OPEN: Final = """
INSERT INTO routing_policies (id, organization_id, least_saving_minor, is_looking_ahead, version)
VALUES ($1, $2, 1, false, 0) ON CONFLICT (organization_id) DO NOTHING"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRoutingPolicy:
    """`reoptimize_every_minutes` None switches it off; without a `carrier_service_id` the standard rates count."""

    reoptimize_every_minutes: int | Keep | None = KEEP
    least_saving_minor: int | Keep = KEEP
    is_looking_ahead: bool | Keep = KEEP
    carrier_service_id: UUID | Keep | None = KEEP
    expected_version: int | None = None


@fresh_network
@action
async def set_policy(act: Act, command: SetRoutingPolicy) -> UUID:
    """What is silent stays; at first everything is off. Without looking ahead no price of scarcity is kept.

    Raises InvalidInput or Conflict.
    """
    await _check(act, command)
    policy = await _locked(act)
    if command.expected_version not in (None, policy.version):
        raise Conflict("routing policy", command.expected_version or 0, policy.version)
    before = _values(policy)
    if not isinstance(command.reoptimize_every_minutes, Keep):
        policy.reoptimize_every_minutes = command.reoptimize_every_minutes
    if not isinstance(command.least_saving_minor, Keep):
        policy.least_saving_minor = command.least_saving_minor
    if not isinstance(command.is_looking_ahead, Keep):
        policy.is_looking_ahead = command.is_looking_ahead
    if not isinstance(command.carrier_service_id, Keep):
        policy.carrier_service_id = command.carrier_service_id
    if not policy.is_looking_ahead:
        policy.priced_at = None
        await ShadowPrice.filter(organization_id=act.organization_id).delete()
    if _values(policy) != before or not policy.version:
        policy.version += 1
        await policy.save()
        payload = {"routing_policy": {**_values(policy), "version": policy.version}}
        fact = Fact(kind=FactKind.ROUTING_CHANGED, payload=payload)
        await outbox.record(act.organization_id, act.actor, act.now, [fact])
    return policy.id


async def _check(act: Act, command: SetRoutingPolicy) -> None:
    checks = Checks()
    checks.number("reoptimize_every_minutes", command.reoptimize_every_minutes, least=1, most=MOST_MINUTES)
    checks.amount("least_saving_minor", command.least_saving_minor)
    if isinstance(command.carrier_service_id, UUID):
        await check_known(act, checks, "carrier_services", [("carrier_service_id", command.carrier_service_id)])
    checks.refuse()


async def _locked(act: Act) -> RoutingPolicy:
    await execute(OPEN, [new_id(), act.organization_id])
    return await RoutingPolicy.select_for_update().get(organization_id=act.organization_id)


def _values(policy: RoutingPolicy) -> dict[str, Any]:
    return {
        "reoptimize_every_minutes": policy.reoptimize_every_minutes,
        "least_saving_minor": policy.least_saving_minor,
        "is_looking_ahead": policy.is_looking_ahead,
        "carrier_service_id": str(policy.carrier_service_id) if policy.carrier_service_id else None,
    }
