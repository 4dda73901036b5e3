"""Launches: who ordered before is served first, in order, and only then the variant is sold like any other.

Until the job has served who waits, `launched_at` stays empty, and whoever orders meanwhile waits behind them.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from actions import outbox, reference
from actions.acting import Act, action
from actions.backordering.terms import terms_fact
from actions.backordering.waits import told, wait_in, wait_row, write_waits
from actions.backorders import RETRY_BATCH, retry_backorders
from actions.catalogue import touch
from actions.changing import lock_order, save
from actions.refusals import passed_over
from actions.upserting import fresh_network
from domain.facts import FactKind
from domain.lifecycle import UnitStatus
from domain.placing.backordering import Terms, Wait, wait_of
from models import Backorder, BackorderTerms, ChannelBackorderTerms
from models.backorders import launch_in
from models.db import Fetching, rows

log = logging.getLogger("oms.backorders")

ACTOR: Final = "job:launches"
LAUNCH_BATCH: Final = 50
"""Variants that one run launches; what is left is launched by the next."""
ROUNDS: Final = 20
"""Of RETRY_BATCH orders each; a longer queue goes on at the next run, where this one ended."""
FOLLOW_BATCH: Final = 200

# Without a channel it is launched in all that have no launch of their own.
DUE: Final = """
SELECT organization_id, variant_id, channel_id FROM (
    SELECT organization_id, variant_id, NULL::uuid AS channel_id, launches_at FROM backorder_terms
    WHERE launches_at <= $1 AND launched_at IS NULL
    UNION ALL SELECT organization_id, variant_id, channel_id, launches_at FROM channel_backorder_terms
    WHERE launches_at <= $1 AND launched_at IS NULL) AS due
ORDER BY launches_at, variant_id, channel_id LIMIT $2"""
# Units of a variant that is to be launched wait as pre-orders; a pre-order follows the launch, also when there is none any more.
MOVED: Final = f"""
SELECT DISTINCT o.organization_id, l.order_id
FROM (SELECT variant_id FROM backorder_terms UNION SELECT variant_id FROM channel_backorder_terms) AS v
JOIN order_lines l ON l.variant_id = v.variant_id JOIN orders o ON o.id = l.order_id
JOIN line_status s ON s.line_id = l.id AND s.status = 'backordered'
LEFT JOIN LATERAL {launch_in("v.variant_id", "o.channel_id")} AS t ON true
LEFT JOIN backorders b ON b.line_id = l.id
WHERE (t.launches_at IS NOT NULL AND t.launched_at IS NULL OR b.launches_at IS NOT NULL)
  AND (b.launches_at, b.ships_by) IS DISTINCT FROM (t.launches_at, t.ships_by)
LIMIT $1"""


LAUNCHES: Final = f"""
SELECT l.id AS line_id, t.* FROM order_lines l JOIN orders o ON o.id = l.order_id
CROSS JOIN LATERAL {launch_in("l.variant_id", "o.channel_id")} AS t WHERE l.order_id = $1"""


class Launch(NamedTuple):
    """The one that holds for a line in its order's channel."""

    launches_at: datetime | None = None
    ships_by: date | None = None
    launched_at: datetime | None = None


@dataclass(slots=True)
class Queues:
    """By variant who had a turn in a queue that is longer than a run; kept by the process that runs the job.

    Else those in front whom nobody can serve would be tried again and again, and the launch would never come.
    """

    tried: dict[UUID, set[UUID]] = field(default_factory=dict)

    def keep(self, variant_ids: Iterable[UUID]) -> None:
        """Of these alone: a launch that was called off begins anew."""
        self.tried = {variant_id: self.tried.get(variant_id, set()) for variant_id in variant_ids}


async def launch_due(now: datetime, *, queues: Queues | None = None) -> int:
    """Serve who waits for variants whose day has come, then sell them like any other; how many were due."""
    queues = queues or Queues()
    due = await rows(DUE, [now, LAUNCH_BATCH])
    queues.keep(found["variant_id"] for found in due)
    for found in due:
        act = Act(organization_id=found["organization_id"], actor=ACTOR, now=now)
        if await _served(act, found["variant_id"], queues.tried[found["variant_id"]]):
            await _launch(act, (found["variant_id"], found["channel_id"]))
    return len(due)


async def follow_launches(now: datetime) -> int:
    """Bring pre-orders in line with launches that were set, moved or called off; how many orders changed."""
    moved = await rows(MOVED, [FOLLOW_BATCH])
    for found in moved:
        with passed_over(log, "order %s does not follow a launch", found["order_id"]):
            await _follow(Act(organization_id=found["organization_id"], actor=ACTOR, now=now), found["order_id"])
    return len(moved)


async def _served(act: Act, variant_id: UUID, tried: set[UUID]) -> bool:
    """Whether everybody who waits for the variant had a turn: those whom nobody can serve keep no others waiting.

    `tried` are those who had theirs in earlier runs, and comes to be those who had it in this one, too.
    """
    for _ in range(ROUNDS):
        if await retry_backorders(act, [variant_id], limit=RETRY_BATCH, tried=tried) < RETRY_BATCH:
            return True
    return False


@fresh_network
@action
async def _launch(act: Act, launched: tuple[UUID, UUID | None]) -> UUID:
    """The variant, in the channel or in all that have no launch of their own."""
    variant_id, channel_id = launched
    row = await touch(act, variant_id)
    terms: BackorderTerms | ChannelBackorderTerms
    if channel_id is None:
        terms = await BackorderTerms.select_for_update(no_key=True).get(variant_id=variant_id)
    else:
        in_channel = ChannelBackorderTerms.select_for_update(no_key=True)
        terms = await in_channel.get(variant_id=variant_id, channel_id=channel_id)
    if terms.launches_at is not None and terms.launches_at <= act.now and terms.launched_at is None:
        terms.launched_at = act.now
        await terms.save(update_fields=["launched_at"])
        await outbox.record(act.organization_id, act.actor, act.now, [terms_fact(row.values, terms)])
    return variant_id


@action
async def _follow(act: Act, order_id: UUID) -> UUID:
    change = await lock_order(act, order_id)
    network = await reference.network(Fetching, act.organization_id)
    days = network.channels[change.order.channel_id].backorder_cancel_days
    known = {row.line_id: row for row in await Backorder.filter(order_id=order_id)}
    launches = {row["line_id"]: row for row in await rows(LAUNCHES, [order_id])}
    waits, written = {}, []
    for line_id in {units.place.line_id: None for units in change.units(UnitStatus.BACKORDERED)}:
        row = known.get(line_id)
        at = launches.get(line_id)
        launch = Launch(at["launches_at"], at["ships_by"], at["launched_at"]) if at else Launch()
        wait = _followed(row, launch, act.now, days)
        if wait is not None:
            waits[line_id] = wait
            written.append(wait_row(order_id, line_id, wait, fixed_for=row.reason if row and row.is_fixed else None))
    if waits:
        await write_waits(written)
        change.record(FactKind.BACKORDER_CHANGED, reason="The launch was moved.", **told(waits))
        await save(act, [change])
    return order_id


def _followed(row: Backorder | None, terms: Launch, now: datetime, days: int | None) -> Wait | None:
    """How long the line waits now; None where nothing changed. A day that somebody chose stays."""
    if terms.launched_at is not None and (row is None or row.launches_at is None):
        return None
    before = wait_in(row) if row else Wait(now, None, None, None)
    if (before.launches_at, before.ships_by) == (terms.launches_at, terms.ships_by):
        return None
    is_awaited = terms.launches_at is not None
    found = wait_of(
        before.since, Terms(launches_at=terms.launches_at, ships_by=terms.ships_by, is_launched=not is_awaited), days
    )
    wait = found or before._replace(cancels_at=None, launches_at=None, ships_by=None)
    return wait._replace(cancels_at=before.cancels_at) if row and row.is_fixed else wait
