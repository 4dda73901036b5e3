"""What rules ask about days, capacity, safety and dangerous goods: hard and soft, exact, stored and told."""

from dataclasses import replace
from datetime import date
from random import Random
from uuid import UUID

import orjson
import pytest

from domain.routing.rules.applying import Situation, case_of
from domain.routing.rules.explaining import explain_case
from domain.routing.rules.keeping import kept_of, plain_candidate, plain_case, plain_plan, plan_of
from domain.routing.rules.passes import solve
from domain.routing.rules.values import Constraint, ConstraintKind
from domain.routing.values import Candidate, Demand, Exclusion, Method, RoutingRequest, Shortage
from domain.shipping_rates import Rate
from domain.workdays import Load
from tests.domain.routing.test_rules import LAMP, MUG, places, rule, situation
from tests.domain.routing.worlds import best_plan, check

TODAY = date(2026, 11, 2)
FREE = [[9, 9, 9, 9]]
"""Location 3 is the cheapest, then 1, 2 and 0."""


def asking(kind: ConstraintKind, value: int = 0, *, is_hard: bool = True, method: Method | None = None):
    return rule(constraints=(Constraint(kind, is_hard, value, method),))


def loads(**others: Load) -> list[Load]:
    return [others.get(f"at{place}", Load(TODAY, most_units=100)) for place in range(4)]


def test_an_order_goes_elsewhere_when_its_location_has_no_room_that_day():
    full = situation(FREE, loads=loads(at3=Load(TODAY, units=9, most_units=10)))

    case, _ = case_of(full, [asking(ConstraintKind.DAILY_CAPACITY)])

    assert places(solve(case)) == [(0, 1, 2)]
    assert explain_case(case).verdicts[3].reasons == {0: Exclusion.CAPACITY}


def test_orders_are_counted_as_units_are():
    full = situation(FREE, loads=loads(at3=Load(TODAY, orders=4, most_orders=4)))

    case, _ = case_of(full, [asking(ConstraintKind.DAILY_CAPACITY)])

    assert places(solve(case)) == [(0, 1, 2)]


def test_without_a_rule_that_asks_for_it_capacity_is_counted_but_no_limit():
    full = situation(FREE, loads=loads(at3=Load(TODAY, units=10, most_units=10)))

    case, _ = case_of(full, [rule()])

    assert places(solve(case)) == [(0, 3, 2)]


def test_an_order_that_finds_no_room_waits_under_a_hard_limit_and_passes_a_soft_one():
    nowhere = [Load(TODAY, units=10, most_units=10)] * 4
    full = situation(FREE, loads=nowhere)

    hard, _ = case_of(full, [asking(ConstraintKind.DAILY_CAPACITY)])
    soft, _ = case_of(full, [asking(ConstraintKind.DAILY_CAPACITY, is_hard=False)])

    assert [(short.quantity, short.reason) for short in solve(hard).unserved] == [(2, Shortage.CAPACITY)]
    assert places(solve(soft)) == [(0, 3, 2)]


def test_what_must_leave_today_does_not_go_where_it_is_too_late():
    late = situation(FREE, loads=loads(at3=Load(date(2026, 11, 3), 1), at1=Load(date(2026, 11, 4), 2)))

    today, _ = case_of(late, [asking(ConstraintKind.SHIP_WITHIN_DAYS, 0)])
    tomorrow, _ = case_of(late, [asking(ConstraintKind.SHIP_WITHIN_DAYS, 1)])

    assert places(solve(today)) == [(0, 2, 2)]
    assert explain_case(today).verdicts[1].reasons == {0: Exclusion.TOO_LATE}
    assert places(solve(tomorrow)) == [(0, 3, 2)]


def test_each_day_of_delay_and_of_backlog_is_a_part_of_the_cost():
    behind = situation(FREE, loads=loads(at3=Load(date(2026, 11, 4), 2, units=40, most_units=50)))
    dated = rule(delay_minor=30, backlog_minor=100)

    case, _ = case_of(behind, [dated])
    cheap, _ = case_of(behind, [replace(dated, delay_minor=5, backlog_minor=10)])
    [parcel] = solve(cheap).parcels

    assert places(solve(case)) == [(0, 1, 2)]
    assert (parcel.candidate, parcel.backlog_minor, parcel.delay_minor, parcel.handling_minor) == (3, 8, 10, 0)
    assert solve(cheap).total_minor == parcel.total_minor == parcel.shipping_minor + 18


def test_a_percentage_stays_and_what_is_left_is_truncated_down():
    """IBM Sterling, safety factor: 25 % of 10 leaves 7, not 7.5."""
    stock = situation([[0, 10, 0, 0]], Demand(MUG, 10, 500))

    case, _ = case_of(stock, [asking(ConstraintKind.KEEP_PERCENT, 25)])

    assert places(solve(case)) == [(0, 1, 7)]


def test_what_stays_may_differ_by_method():
    ship, collect = Demand(MUG, 5, 500), Demand(LAMP, 5, 500, Method.PICKUP)
    stock = situation([[0, 5, 0, 0], [0, 5, 0, 0]], ship, collect)

    case, _ = case_of(stock, [asking(ConstraintKind.KEEP_UNITS, 2, method=Method.PICKUP)])

    assert places(solve(case)) == [(0, 1, 5), (1, 1, 3)]


def test_dangerous_goods_come_from_where_they_may_be_handled():
    careful = situation(FREE, hazmat=frozenset({UUID(int=2)}))

    case, _ = case_of(careful, [asking(ConstraintKind.HAZMAT)])

    assert places(solve(case)) == [(0, 2, 2)]
    assert explain_case(case).verdicts[3].reasons == {0: Exclusion.CAPABILITY}


def test_lines_are_counted_each_once_however_many_units():
    lines = Demand(MUG, 3, 500), Demand(LAMP, 1, 500)
    near = situation([[5] * 4, [5] * 4], *lines, loads=loads(at3=Load(TODAY, lines=4, most_lines=5)))

    case, _ = case_of(near, [asking(ConstraintKind.DAILY_CAPACITY)])

    assert places(solve(case)) == [(0, 1, 3), (1, 1, 1)]
    assert explain_case(case).verdicts[3].reasons == {0: Exclusion.DEARER, 1: Exclusion.DEARER}
    full = replace(near, loads=loads(at3=Load(TODAY, lines=5, most_lines=5)))
    assert explain_case(case_of(full, [asking(ConstraintKind.DAILY_CAPACITY)])[0]).verdicts[3].reasons == {
        0: Exclusion.CAPACITY,
        1: Exclusion.CAPACITY,
    }


KINDS = (
    (ConstraintKind.DAILY_CAPACITY, 0),
    (ConstraintKind.SHIP_WITHIN_DAYS, 1),
    (ConstraintKind.KEEP_PERCENT, 30),
    (ConstraintKind.HAZMAT, 0),
)


def random_situation(seed: int) -> Situation:
    random = Random(seed)
    count = random.randint(2, 4)
    demands = [
        Demand(variant, random.randint(1, 3), random.randint(100, 3000)) for variant in range(random.randint(1, 3))
    ]
    candidates = [
        Candidate(UUID(int=at), Rate(random.randint(500, 900), random.randint(40, 150)), unit_handling_minor=20)
        for at in range(count)
    ]
    most = [random.randint(2, 5) for _ in candidates]
    return Situation(
        demands,
        candidates,
        [[random.randint(0, 4) for _ in candidates] for _ in demands],
        {},
        kinds=["store"] * count,
        kilometres=[10.0] * count,
        lines=[replace_line(demand) for demand in demands],
        loads=[
            Load(TODAY, random.randint(0, 2), random.randint(0, 4), most_units=units, lines=1, most_lines=most_lines)
            for units in most
            for most_lines in [random.choice([None, 1, 2, 3])]
        ],
        hazmat=frozenset(one.location for one in candidates if random.random() < 0.8),
    )


def replace_line(demand: Demand):
    return situation(FREE).lines[0]._replace(variant_id=demand.variant)


def by_hand(given: Situation) -> RoutingRequest:
    """The same instance without rules: what may not be given is not there, what costs more is handling."""
    candidates, open_to = [], []
    for one, load in zip(given.candidates, given.loads, strict=True):
        fixed = 15 * load.later + 60 * load.units // load.most_units
        room = max(0, load.most_units - load.units)
        lines = None if load.most_lines is None else load.most_lines - load.lines
        candidates.append(replace(one, parcel_handling_minor=fixed, capacity_units=room, capacity_lines=lines))
        open_to.append(load.later <= 1 and one.location in given.hazmat)
    stock = [
        [units * 70 // 100 if is_open else 0 for units, is_open in zip(row, open_to, strict=True)]
        for row in given.stock
    ]
    return RoutingRequest(given.demands, candidates, stock)


@pytest.mark.parametrize("seed", range(80))
def test_with_all_of_it_the_plan_is_what_trying_everything_finds_and_replays_identically(seed):
    given = random_situation(seed)
    every = rule(delay_minor=15, backlog_minor=60, constraints=tuple(Constraint(kind, True, n) for kind, n in KINDS))

    case, _ = case_of(given, [every])
    plan = solve(case)

    check(case.strict, plan)
    unserved = sum(short.quantity for short in plan.unserved)
    assert (unserved, plan.total_minor) == best_plan(by_hand(given))[::2]
    assert replayed(case, given) == plan


@pytest.mark.parametrize("seed", range(40))
def test_a_soft_limit_leaves_nothing_unserved_that_stock_could_serve_and_replays_identically(seed):
    given = random_situation(seed)
    soft = rule(constraints=(Constraint(ConstraintKind.DAILY_CAPACITY, is_hard=False),))

    case, _ = case_of(given, [soft])
    plan = solve(case)

    short = [max(0, demand.quantity - sum(row)) for demand, row in zip(given.demands, given.stock, strict=True)]
    assert sum(each.quantity for each in plan.unserved) == sum(short)
    assert replayed(case, given) == plan


def replayed(case, given: Situation):
    plain = [plain_candidate(one, 10.0) for one in case.strict.candidates]
    stored = orjson.loads(orjson.dumps(plain_case(case, plain, free=given.stock, loads=given.loads), default=str))
    kept = kept_of(stored)
    assert list(kept.loads) == list(given.loads)
    told = orjson.loads(orjson.dumps(plain_plan(solve(kept.case))))
    return plan_of(told, kept.case.strict.candidates)
