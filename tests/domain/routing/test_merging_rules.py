"""Rules that ask for one delivery: what they decide, and what would have been decided without them."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import orjson
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.placing.simulating import Past, WhatIf, simulate
from domain.placing.sourcing import Routed, Wanted, route_order
from domain.routing.kits import Bundle
from domain.routing.rules.choosing import ANYBODY, WantedLine
from domain.routing.rules.explaining import explain_merging
from domain.routing.rules.keeping import kept_of, plain_plan, plan_of
from domain.routing.rules.values import Constraint, ConstraintKind, RoutingRule
from domain.routing.values import Demand, Method, real_cost_minor
from tests.domain.routing.test_merging import CHANNEL, HERE, network, route, stocks


def asking(*, is_hard, wait_days=3, place=None, **more) -> RoutingRule:
    asked = Constraint(ConstraintKind.DELIVER_TOGETHER, is_hard, wait_days, location_id=place)
    return RoutingRule(id=UUID(int=70), name="together", revision=1, constraints=(asked,), **more)


def ruled(stock, quantities, *rules, methods=None, **more) -> Routed:
    """Nobody wishes it, so that rules alone say whether it is delivered together."""
    net = more.pop("net", None) or network(rules=rules)
    methods = methods or [Method.SHIP] * len(quantities)
    demands = [Demand(at, each, 700, method) for at, (each, method) in enumerate(zip(quantities, methods, strict=True))]
    lines = [WantedLine(CHANNEL, UUID(int=at), "", method) for at, method in enumerate(methods)]
    return route_order(Wanted(demands, stock, {}, lines, **more), list(net.sites.values()), net, HERE)


def test_a_rule_asks_for_it_as_a_customer_would():
    stock = [[0, 0, 2, 0], [1, 0, 0, 0]]

    routed = ruled(stock, [2, 1], asking(is_hard=True))

    assert routed.plan == route(stock, [2, 1]).plan
    assert (routed.bringing.wait_days, routed.bringing.asked_by) == (3, "routing rule together")
    assert routed.rule.name == "together"


def test_a_rule_names_the_place():
    routed = ruled([[1, 0, 0, 0]], [1], asking(is_hard=True, place=UUID(int=4)))

    assert routed.plan.last_leg.location == UUID(int=4)


def test_a_place_that_ships_no_more_asks_for_nothing():
    net = network(rules=[asking(is_hard=True, place=UUID(int=4))], only_collected={3})

    assert ruled([[1, 0, 0, 0]], [1], net=net).plan.last_leg is None


def test_what_a_hard_rule_cannot_bring_waits_and_the_rest_comes_together():
    routed = ruled([[0, 0, 2, 0], [1, 0, 0, 0]], [2, 2], asking(is_hard=True))

    assert routed.plan.last_leg is not None
    assert [(short.line, short.quantity) for short in routed.plan.unserved] == [(1, 1)]


def test_a_soft_rule_is_dropped_where_not_all_of_it_can_be_brought():
    stock = [[0, 0, 2, 0], [1, 0, 0, 0]]

    whole, short = ruled(stock, [2, 1], asking(is_hard=False)), ruled(stock, [2, 2], asking(is_hard=False))

    assert whole.plan.last_leg is not None
    assert (short.plan.last_leg, short.bringing) == (None, None)
    assert plain_plan(short.plan) == plain_plan(ruled(stock, [2, 2]).plan)
    assert short.merging is not None


def test_what_is_collected_and_waits_does_not_make_a_soft_rule_fail():
    ways = [Method.SHIP, Method.PICKUP]

    routed = ruled([[0, 1, 0, 0], [0, 0, 0, 0]], [1, 1], asking(is_hard=False), methods=ways)

    assert routed.plan.last_leg is not None
    assert [short.line for short in routed.plan.unserved] == [1]


def test_the_most_specific_rule_of_what_ships_decides():
    wide, narrow = asking(is_hard=True), RoutingRule(id=UUID(int=71), name="x", revision=1, variant_id=UUID(int=1))
    collected = [Method.SHIP, Method.PICKUP]
    stock = [[0, 0, 2, 0], [1, 0, 0, 0]]

    assert ruled(stock, [1, 1], wide, narrow).plan.last_leg is None
    assert ruled(stock, [1, 1], wide, narrow, methods=collected).plan.last_leg is not None


def test_what_stands_somewhere_already_is_left_as_it_is():
    assert ruled([[1, 0, 0, 0]], [1], asking(is_hard=True), may_merge=False).plan.last_leg is None


def test_all_or_nothing_is_most_complete_and_together():
    complete = Constraint(ConstraintKind.SHIP_COMPLETE, is_hard=True)
    rule = asking(is_hard=True)

    routed = ruled([[0, 0, 2, 0], [1, 0, 0, 0]], [2, 2], replace(rule, constraints=(*rule.constraints, complete)))

    assert routed.plan.assignments == ()
    assert routed.bringing is not None


@settings(max_examples=100, deadline=None)
@given(stock=stocks(2), quantities=st.lists(st.integers(1, 3), min_size=2, max_size=2), is_hard=st.booleans())
def test_what_rules_decided_is_decided_the_same_again(stock, quantities, is_hard):
    routed = ruled(stock, quantities, asking(is_hard=is_hard))

    kept = kept_of(orjson.loads(orjson.dumps(routed.plain())))

    assert plain_plan(kept.decided_again()) == plain_plan(routed.plan)
    assert (kept.merged_at is None) == (routed.bringing is None)
    assert explain_merging(kept.merging).explanation.plan == routed.plan


def past(routed, at=1) -> Past:
    kept = kept_of(orjson.loads(orjson.dumps(routed.plain())))
    demands = kept.case.strict.demands
    return Past(
        order_id=UUID(int=at),
        channel_id=CHANNEL,
        currency="USD",
        kept=kept,
        plan=plan_of(orjson.loads(orjson.dumps(plain_plan(routed.plan))), kept.case.strict.candidates),
        lines=[WantedLine(CHANNEL, UUID(int=line), "", one.method) for line, one in enumerate(demands)],
        asker=ANYBODY,
        value_minor=0,
        position=HERE,
        decided_at=datetime(2026, 11, 2, tzinfo=UTC),
    )


def simulated(routed, *rules, closed=frozenset()):
    return simulate([past(routed)], WhatIf(rules=rules, closed=closed), network(), lambda *_: None)


@settings(max_examples=60, deadline=None)
@given(stock=stocks(2), quantities=st.lists(st.integers(1, 2), min_size=2, max_size=2), is_hard=st.booleans())
def test_simulating_a_rule_gives_what_it_would_have_decided_and_taking_it_back_what_was(stock, quantities, is_hard):
    rule = asking(is_hard=is_hard)
    apart, together = ruled(stock, quantities), ruled(stock, quantities, rule)

    with_rule, without, unchanged = simulated(apart, rule), simulated(together), simulated(together, rule)

    def costs(totals):
        return totals.cost_minor["USD"], totals.parcels, totals.unserved_units

    assert costs(with_rule.decided) == costs(without.simulated)
    assert costs(with_rule.simulated) == costs(without.decided) == costs(unchanged.decided)
    assert costs(with_rule.simulated)[0] == real_cost_minor(together.plan)
    assert costs(with_rule.decided)[0] == real_cost_minor(apart.plan)
    assert unchanged.changes == []
    assert unchanged.decided.shares == unchanged.simulated.shares


def test_a_customers_wish_is_kept_whatever_rules_say_and_a_closed_place_is_none():
    routed = route([[0, 0, 2, 0], [1, 0, 0, 0]], [2, 1])
    place = routed.plan.last_leg.location

    same, other = simulated(routed), simulated(routed, closed=frozenset({place}))

    assert same.changes == []
    assert [each.past.order_id for each in other.changes] == [UUID(int=1)]
    assert place not in other.simulated.shares


@example(stock=[[1, 0, 0, 2], [2, 0, 0, 2], [1, 0, 0, 1]], kits=2, is_hard=True)
@settings(max_examples=60, deadline=None)
@given(stock=stocks(3), kits=st.integers(1, 2), is_hard=st.booleans())
def test_kits_are_simulated_as_they_would_have_been_decided(stock, kits, is_hard):
    rule, bundle = asking(is_hard=is_hard), Bundle(UUID(int=50), "", kits, (0, 1), (1, 2))
    apart = ruled(stock, [kits, 2 * kits, 1], bundles=[bundle])
    together = ruled(stock, [kits, 2 * kits, 1], rule, bundles=[bundle])

    with_rule, without, unchanged = simulated(apart, rule), simulated(together), simulated(together, rule)

    assert with_rule.simulated.cost_minor["USD"] == real_cost_minor(together.plan)
    assert without.simulated.cost_minor["USD"] == real_cost_minor(apart.plan)
    assert with_rule.simulated.unserved_units == sum(short.quantity for short in together.plan.unserved)
    assert unchanged.changes == []
