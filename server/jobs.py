"""The periodic jobs. Each is safe to run twice, to be stopped anywhere, and does a bounded amount at a turn."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from tortoise.connection import get_connection

from actions import backorders, decisions, reservations
from actions.availability import announcing
from actions.backordering import deadlines, launching
from actions.carriers import Carriers
from actions.chaining import ordering as chaining
from actions.fulfilment import releasing, timers
from actions.gateways import Gateways
from actions.orders import holding
from actions.parcels import following, labels
from actions.payments import capturing, expiring, reconciling, refunding, voiding
from actions.pickups import answering
from actions.quotas import filling
from actions.reoptimizing import pricing, running
from actions.resting import Rests
from actions.substituting import automatic, proposing
from models.db import rows
from realtime.log import Connection, prune
from server.settings import Settings

KEYS_KEPT: Final = timedelta(days=30)
"""A client that retries later than this may do a thing twice."""
FORGET_KEYS: Final = """
WITH gone AS (DELETE FROM idempotency_keys WHERE id IN (
    SELECT id FROM idempotency_keys WHERE created_at < $1 ORDER BY created_at LIMIT 5000) RETURNING 1)
SELECT count(*)::int AS gone FROM gone"""


@dataclass(frozen=True, slots=True)
class Job:
    """`work` is told the settings and the moment; what it returns is how much it did, for the log."""

    name: str
    interval_seconds: float
    work: Callable[[Settings, datetime], Awaitable[int]]


def jobs(gateways: Gateways, carriers: Carriers) -> tuple[Job, ...]:
    unserved, unproposed = Rests(backorders.REST), Rests(automatic.REST)
    turn, queues = filling.Turn(), launching.Queues()
    return (
        Job("expire reservations", 1, lambda _, now: reservations.expire_due("job:expiry", now)),
        Job("release orders", 1, lambda _, now: releasing.release_due(now)),
        Job("announce availability", 1, lambda _, now: announcing.follow(now)),
        Job("retry backorders", 5, lambda _, now: backorders.retry_all_backorders(now, rests=unserved)),
        Job("fill plans of quotas", 5, lambda _, now: filling.fill_plans(now, turn)),
        Job("launch variants", 5, lambda _, now: launching.launch_due(now, queues=queues)),
        Job("follow launches", 15, lambda _, now: launching.follow_launches(now)),
        Job("cancel overdue backorders", 60, lambda _, now: deadlines.cancel_overdue(now)),
        Job("order from vendors", 2, lambda _, now: chaining.chain_due(now)),
        Job("send substitutes", 5, lambda _, now: automatic.substitute_due(now)),
        Job("propose substitutes", 30, lambda _, now: automatic.offer_due(now, rests=unproposed)),
        Job("end proposals", 15, lambda _, now: proposing.end_substitutions(now)),
        Job("expire holds", 5, lambda _, now: holding.expire_holds(now)),
        Job("capture shipments", 2, lambda _, now: capturing.capture_shipments(gateways, now)),
        Job("void what is not needed", 10, lambda _, now: voiding.void_unneeded(gateways, now)),
        Job("refund what is not owed", 10, lambda _, now: refunding.refund_unowed(gateways, now)),
        Job("expire authorizations", 60, lambda _, now: expiring.expire_authorizations(now)),
        Job("reconcile payments", 5, lambda _, now: reconciling.reconcile_payments(gateways, now)),
        Job("decline late work", 15, lambda _, now: timers.decline_late(now)),
        Job("decline late transfers", 15, lambda _, now: timers.decline_unanswered(now)),
        Job("cancel what nobody collects", 60, lambda _, now: timers.cancel_uncollected(now)),
        Job("decide what customers were asked", 15, lambda _, now: answering.expire_questions(now)),
        Job("settle labels", 5, lambda _, now: labels.settle_labels(carriers, now)),
        Job("follow parcels", 15, lambda _, now: following.follow_parcels(carriers, now)),
        Job("re-optimise routing", 30, lambda _, now: running.reoptimize_due(now)),
        Job("price what is scarce", 60, lambda _, now: pricing.price_due(now)),
        Job("forget old facts", 600, forget_old_facts),
        Job("forget old keys", 600, forget_old_keys),
        Job("forget old decisions", 600, forget_old_decisions),
    )


async def forget_old_facts(settings: Settings, now: datetime) -> int:
    pool: Any = get_connection("default")
    async with pool.acquire_connection() as connection:
        return await prune(cast("Connection", connection), keep=timedelta(days=settings.facts_kept_days), now=now)


async def forget_old_keys(_: Settings, now: datetime) -> int:
    [found] = await rows(FORGET_KEYS, [now - KEYS_KEPT])
    gone: int = found["gone"]
    return gone


async def forget_old_decisions(settings: Settings, now: datetime) -> int:
    return await decisions.forget_before(now - timedelta(days=settings.decisions_kept_days))
