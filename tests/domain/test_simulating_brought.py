"""What if, of what is collected elsewhere than where it lies: the store's days count then as they did when it was decided."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from uuid import UUID

import orjson
import pytest

from domain.placing.merging import Bringing
from domain.placing.simulating import Past, WhatIf, simulate
from domain.placing.sourcing import Wanted, route_order
from domain.routing.rules.choosing import ANYBODY, WantedLine
from domain.routing.rules.keeping import kept_of, plain_plan, plan_of
from domain.routing.values import Demand, Method
from tests.domain.test_arriving import DAY, STRICT, room
from tests.domain.test_forwarding import CHANNEL, FAR, NEAR, STORE, network, route

LATER = date(2026, 11, 9)


def past(routed, at: int) -> Past:
    kept = kept_of(orjson.loads(orjson.dumps(routed.plain())))
    demands = kept.case.strict.demands
    return Past(
        order_id=UUID(int=at),
        channel_id=CHANNEL,
        currency="USD",
        kept=kept,
        plan=plan_of(orjson.loads(orjson.dumps(plain_plan(routed.plan))), kept.case.strict.candidates),
        lines=[WantedLine(CHANNEL, UUID(int=1), "", one.method) for one in demands],
        asker=ANYBODY,
        value_minor=0,
        position=(42.3, -71.0),
        decided_at=datetime(2026, 11, 2, tzinfo=UTC),
    )


def decided(*wanted: int, near: int = 9, far: int = 0, days: Mapping[str, date] = {}) -> list[Past]:
    """Orders one after the other, for a store that hands over three units a day of what is brought."""
    loads, found = room(units=3, **days), []
    for at, quantity in enumerate(wanted):
        routed = route([0, near, far], quantity, net=network(rules=[STRICT]), loads=loads)
        found.append(past(routed, at))
        for _, _, source, units in routed.plan.assignments:
            loads.take(STORE, loads.days[source, STORE], units)
            near, far = near - units * (source == NEAR), far - units * (source == FAR)
    return found


def simulated(orders: list[Past], **values):
    return simulate(orders, WhatIf(rules=[STRICT], **values), network(rules=[STRICT]), lambda *_: None)


@pytest.mark.parametrize("days", [{}, {"far": LATER}])
def test_without_a_change_the_same_is_decided(days):
    orders = decided(2, 2, 2, far=9, days=days)

    outcome = simulated(orders)

    assert outcome.changes == []
    assert outcome.simulated.unserved_units == outcome.decided.unserved_units == (0 if days else 3)


def test_the_stores_day_is_kept_with_the_decision():
    [order] = decided(2)

    assert [load and (load.day, load.units) for load in order.kept.loads_via] == [None, (DAY, 0), (DAY, 0)]


def test_where_the_first_order_is_brought_nothing_the_second_has_its_room():
    """Of what comes from near on one day and from far on another; with far closed all has to come from near."""
    orders = decided(3, 3, far=9, days={"far": LATER})

    outcome = simulated(orders, closed=frozenset({FAR}))

    assert outcome.decided.unserved_units == 0
    assert outcome.simulated.unserved_units == 3
    assert outcome.simulated.shares[NEAR].units == 3


def test_what_is_there_after_all_needs_no_room_that_day():
    """Two units would have lain in the store: what is brought to the second order has the room they took."""
    orders = decided(2, 3)

    outcome = simulated(orders, extra={("1", STORE): 2})

    assert outcome.decided.unserved_units == 2
    assert outcome.simulated.unserved_units == 0


def test_beside_what_is_delivered_together_the_stores_day_counts_too():
    """Two mugs come together far away; of three lamps for the store it hands over two that day."""
    net = network(rules=[STRICT])
    demands = [Demand(1, 2, 500, Method.SHIP), Demand(2, 3, 500, Method.PICKUP)]
    lines = [WantedLine(CHANNEL, UUID(int=demand.variant), "", demand.method) for demand in demands]
    wanted = Wanted(demands, [[0, 9, 0], [0, 9, 9]], {}, lines, hand_overs=[None, STORE], loads=room(units=2))
    wanted = wanted._replace(bringing=Bringing([net.sites[FAR]], 3))
    routed = route_order(wanted, list(net.sites.values()), net, (42.3, -71.0))

    outcome = simulated([past(routed, 1)])

    assert routed.plan.last_leg is not None
    assert outcome.changes == []
    assert outcome.simulated.unserved_units == outcome.decided.unserved_units == 1
