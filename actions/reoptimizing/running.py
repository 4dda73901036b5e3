"""Route orders that are not released yet together again, and move those for which that is cheaper.

Everything is read and planned without locks; then the changes are made a few orders at a time, each under the usual locks
and only if nothing it rests on has changed. Orders that are cheaper only if another one makes room move with that one.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Final
from uuid import UUID

from actions import restocking
from actions.acting import Act, action
from actions.reoptimizing.moving import Trade, move_together
from actions.reoptimizing.reading import MOST_ORDERS, Reading, ReoptimizeOrders, read_standing
from domain.routing.backlog import NOWHERE, Places
from domain.routing.exchanges import Exchange
from domain.routing.standing import better
from domain.validation import MAX_INT, Checks
from models import Organization, RoutingRun
from models.db import rows

MOST_ROUNDS: Final = 20_000
MOST_LOCKED: Final = 20
"""Orders that one transaction locks, unless a single exchange has more."""
MOST_IN_EXCHANGE: Final = 200
"""An exchange of more orders would keep placements waiting too long and is not made."""
JOB_ACTOR: Final = "job:reoptimizing"
MOST_DUE: Final = 20
"""Organizations that have their turn in one run of the job."""

DUE: Final = """
SELECT p.organization_id, p.least_saving_minor, coalesce(last.seed, 0) AS seed FROM routing_policies p
LEFT JOIN LATERAL (SELECT r.seed, r.started_at FROM routing_runs r
    WHERE r.organization_id = p.organization_id AND r.actor = $1 ORDER BY r.started_at DESC LIMIT 1) AS last ON true
WHERE p.reoptimize_every_minutes IS NOT NULL
    AND (last.started_at IS NULL OR last.started_at <= $2::timestamptz - p.reoptimize_every_minutes * interval '1 minute')
ORDER BY last.started_at NULLS FIRST, p.organization_id LIMIT $3"""


async def reoptimize(act: Act, command: ReoptimizeOrders) -> UUID:
    """The run, finished. An order only ever gains: no unit that has a location loses it. Raises InvalidInput."""
    _check(command)
    run_id = await _start(act, command)
    run = await RoutingRun.get(id=run_id)
    if run.finished_at is None:
        await _do(replace(act, key=None), run, command)
    return run_id


async def reoptimize_due(now: datetime) -> int:
    """The same for every organization whose policy asks for it and whose last run is long enough ago; how many runs."""
    due = await rows(DUE, [JOB_ACTOR, now, MOST_DUE])
    for policy in due:
        act = Act(organization_id=policy["organization_id"], actor=JOB_ACTOR, now=now)
        command = ReoptimizeOrders(seed=policy["seed"] % MAX_INT + 1, least_saving_minor=policy["least_saving_minor"])
        await reoptimize(act, command)
    return len(due)


def _check(command: ReoptimizeOrders) -> None:
    checks = Checks()
    checks.number("rounds", command.rounds, least=1, most=MOST_ROUNDS)
    checks.number("seed", command.seed)
    checks.amount("least_saving_minor", command.least_saving_minor)
    if command.order_ids is not None:
        checks.size("order_ids", command.order_ids, least=1, most=MOST_ORDERS)
    checks.refuse()


@action
async def _start(act: Act, command: ReoptimizeOrders) -> UUID:
    organization = await Organization.get(id=act.organization_id)
    run = await RoutingRun.create(
        organization_id=act.organization_id,
        channel_id=command.channel_id,
        actor=act.actor,
        seed=command.seed,
        rounds=command.rounds,
        least_saving_minor=command.least_saving_minor,
        started_at=act.now,
        currency=organization.currency,
    )
    return run.id


async def _do(act: Act, run: RoutingRun, command: ReoptimizeOrders) -> None:
    began = monotonic()
    reading = await read_standing(act, command)
    places, found = await _better(reading, command)
    steps = [step for step in found if _is_allowed(reading, places, step)]
    moved: set[UUID] = set()
    for chunk in _chunks(steps):
        trades = [_trade(reading, places, step) for step in chunk]
        moved.update(await move_together(act, trades, reading.considered, run_id=run.id))
    run.finished_at = act.now + timedelta(seconds=monotonic() - began)
    run.orders_skipped = sum(len(step.orders) for step in steps) - len(moved)
    _count(run, reading, places, moved)
    await run.save()
    restocking.announce(act, _left(reading, moved))


async def _better(reading: Reading, command: ReoptimizeOrders) -> tuple[Places, list[Exchange]]:
    standing = reading.standing
    if not standing.orders:
        return standing.places, []
    return await asyncio.to_thread(
        better, standing, seed=command.seed, rounds=command.rounds, least_saving_minor=command.least_saving_minor
    )


def _is_allowed(reading: Reading, places: Places, step: Exchange) -> bool:
    """Whether every order of the step keeps to what its rule asks of it as a whole."""
    return all(
        reading.considered[order_id].allows(reading.considered[order_id].by_demand(wanted))
        for order_id, (_, wanted) in _trade(reading, places, step).items()
    )


def _chunks(steps: Sequence[Exchange]) -> Iterator[list[Exchange]]:
    chunk: list[Exchange] = []
    for step in steps:
        if len(step.orders) > MOST_IN_EXCHANGE:
            continue
        if chunk and sum(len(each.orders) for each in (*chunk, step)) > MOST_LOCKED:
            yield chunk
            chunk = []
        chunk.append(step)
    if chunk:
        yield chunk


def _trade(reading: Reading, places: Places, step: Exchange) -> Trade:
    locations, trade = reading.standing.locations, Trade()
    for at in step.orders:
        order_id = reading.standing.orders[at].id
        wanted = [None if place == NOWHERE else locations[place] for place in places[at]]
        trade[order_id] = reading.units[order_id], reading.considered[order_id].by_unit(wanted)
    return trade


def _count(run: RoutingRun, reading: Reading, places: Places, moved: set[UUID]) -> None:
    """The costs of all orders considered, before and after; the units that waited before and do not any more."""
    standing = reading.standing
    after = [
        new if order.id in moved else old
        for order, old, new in zip(standing.orders, standing.places, places, strict=True)
    ]
    run.orders_considered, run.orders_moved = len(standing.orders), len(moved)
    run.orders_promised, run.orders_ruled, run.orders_apart = reading.promised, reading.ruled, reading.apart
    run.cost_before_minor, run.cost_after_minor = standing.cost_minor(standing.places), standing.cost_minor(after)
    run.units_served = sum(
        demand.quantity * units
        for order, old, new in zip(standing.backlog.orders, standing.places, after, strict=True)
        for line, (demand, was, will) in enumerate(zip(order.demands, old, new, strict=True))
        for _, units in order.uses(line)
        if was == NOWHERE and will != NOWHERE
    )


def _left(reading: Reading, moved: set[UUID]) -> frozenset[UUID]:
    """Variants of which units may have become free for orders that were not considered."""
    return frozenset(
        variant
        for order, wanting in zip(reading.standing.orders, reading.standing.backlog.orders, strict=True)
        for line in range(len(order.demands) if order.id in moved else 0)
        for variant, _ in wanting.uses(line)
        if isinstance(variant, UUID)
    )
