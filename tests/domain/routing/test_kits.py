"""Kits come whole from one place, nothing is given twice, and what was decided is decided again."""

from datetime import UTC, datetime
from uuid import UUID

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.geography import Coordinates
from domain.orders import ConfirmationPolicy
from domain.placing.simulating import Past, WhatIf, simulate
from domain.placing.sourcing import Wanted, route_order
from domain.placing.world import ChannelTerms, Network, Site
from domain.routing.kits import Bundle, Part, kits_at, solve_together, taken_of
from domain.routing.rules.choosing import ANYBODY, WantedLine
from domain.routing.rules.keeping import kept_of, plain_plan, plan_of
from domain.routing.rules.passes import Case, solve
from domain.routing.rules.values import Constraint, ConstraintKind, RoutingRule
from domain.routing.values import Candidate, Demand, Method, RoutingRequest
from domain.shipping_rates import Rate

VARIANTS = [UUID(int=at) for at in range(1, 5)]
KITS = [UUID(int=at) for at in range(11, 14)]
CHANNEL = UUID(int=99)
SITES = [
    Site(UUID(int=100 + at), at, Coordinates(40.0 + at, -75.0 - 9 * at), frozenset(Method), is_active=True)
    for at in range(3)
]
TERMS = ChannelTerms(CHANNEL, UUID(int=7), "USD", False, ConfirmationPolicy.AUTOMATIC, 600, frozenset(), True)
KEEPING = RoutingRule(
    id=UUID(int=5),
    name="keep",
    revision=1,
    constraints=(
        Constraint(ConstraintKind.KEEP_UNITS, is_hard=True, value=1),
        Constraint(ConstraintKind.MAX_PARCELS, is_hard=False, value=1),
    ),
)


def network(*rules: RoutingRule) -> Network:
    return Network({CHANNEL: TERMS}, {site.id: site for site in SITES}, {}, rules)


@st.composite
def situations(draw):
    """A few plain lines and a few kits over the same four variants, and little of each."""
    free = {variant: draw(st.lists(st.integers(0, 7), min_size=3, max_size=3)) for variant in VARIANTS}
    plain = draw(st.lists(st.sampled_from(VARIANTS), max_size=2))
    demands, bundles = [Demand(variant, draw(st.integers(1, 4)), 500) for variant in plain], []
    for kit in draw(st.lists(st.sampled_from(KITS), min_size=1, max_size=2, unique=True)):
        in_one = draw(st.dictionaries(st.sampled_from(VARIANTS), st.integers(1, 3), min_size=1, max_size=3))
        kits = draw(st.integers(1, 3))
        lines = tuple(range(len(demands), len(demands) + len(in_one)))
        bundles.append(Bundle(kit, "", kits, lines, tuple(in_one.values())))
        demands += [Demand(variant, kits * units, 300) for variant, units in in_one.items()]
    lines = [WantedLine(CHANNEL, demand.variant, "", Method.SHIP) for demand in demands]
    return Wanted(demands, [free[demand.variant] for demand in demands], {}, lines=lines, bundles=bundles), free


def routed(wanted, *rules):
    return route_order(wanted, SITES, network(*rules), (40.0, -75.0))


@settings(deadline=None)
@given(situations(), st.booleans())
def test_nothing_is_given_twice_and_kits_come_whole(situation, is_ruled):
    wanted, free = situation
    found = routed(wanted, *([KEEPING] if is_ruled else []))

    plan = found.by_line
    kept = 1 if is_ruled else 0
    taken: dict[tuple[UUID, int], int] = {}
    for line, at, _, quantity in plan.assignments:
        variant = wanted.demands[line].variant
        taken[variant, at] = taken.get((variant, at), 0) + quantity
    assert all(units <= max(0, free[variant][at] - kept) for (variant, at), units in taken.items())
    for bundle in wanted.bundles:
        for at in range(3):
            given_here = {one.line: one.quantity for one in plan.assignments if one.candidate == at}
            kits = {given_here.get(line, 0) / units for line, units in zip(bundle.lines, bundle.in_one, strict=True)}
            assert len(kits) == 1
            assert kits.pop().is_integer()
    for line, demand in enumerate(wanted.demands):
        served = sum(one.quantity for one in plan.assignments if one.line == line)
        short = sum(one.quantity for one in plan.unserved if one.line == line)
        assert served + short == demand.quantity


@settings(deadline=None)
@given(situations())
def test_what_is_stored_gives_the_same_plan_again(situation):
    wanted, _ = situation
    found = routed(wanted)

    kept = kept_of(orjson.loads(orjson.dumps(found.plain(), option=orjson.OPT_NON_STR_KEYS)))

    assert plain_plan(solve(kept.case)) == plain_plan(found.plan)
    first = [bundle.lines[0] for bundle in wanted.bundles]
    assert list(kept.positions) == [*range(len(wanted.demands) - sum(len(b.lines) for b in wanted.bundles)), *first]


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=2, max_size=2), st.integers(1, 9))
def test_a_kit_alone_is_served_as_often_as_places_can_put_it_together(free, kits):
    in_one = (1, 2)
    demands = [Demand(VARIANTS[at], kits * units, 500) for at, units in enumerate(in_one)]
    bundle = Bundle(KITS[0], "", kits, (0, 1), in_one)

    plan = routed(Wanted(demands, free, {}, bundles=[bundle])).by_line

    able = sum(min(first, second // 2) for first, second in zip(*free, strict=True))
    assert sum(one.quantity for one in plan.assignments if one.line == 0) == min(kits, able)


def test_the_scarcest_component_counts():
    parts = [Part("mug", 1, [5, 3, 0]), Part("lamp", 2, [5, 9, 9])]

    assert kits_at(parts) == [2, 3, 0]


@settings(deadline=None)
@given(situations(), st.booleans())
def test_simulating_without_a_change_changes_nothing_and_moves_components(situation, is_scarcer):
    """Twice the same order: what the first takes is not there for the second, also where it takes it in kits."""
    wanted, free = situation
    found = routed(wanted)
    taken = taken_of(found.plan, found.case.strict.demands, found.parts)
    left = {variant: list(row) for variant, row in free.items()}
    for (variant, at), units in taken.items():
        left[variant][at] -= units
    second = routed(wanted._replace(stock=[left[demand.variant] for demand in wanted.demands]))
    closed = frozenset({SITES[0].id}) if is_scarcer else frozenset()

    outcome = simulate([past(found), past(second)], WhatIf(rules=[], closed=closed), network(), lambda *_: None)

    if not is_scarcer:
        assert outcome.changes == []
    if is_scarcer:
        assert SITES[0].id not in outcome.simulated.shares


def past(found):
    kept = kept_of(orjson.loads(orjson.dumps(found.plain())))
    return Past(
        order_id=UUID(int=1),
        channel_id=CHANNEL,
        currency="USD",
        kept=kept,
        plan=plan_of(orjson.loads(orjson.dumps(plain_plan(found.plan))), kept.case.strict.candidates),
        lines=[WantedLine(CHANNEL, UUID(str(one.variant)), "", one.method) for one in kept.case.strict.demands],
        asker=ANYBODY,
        value_minor=0,
        position=(40.0, -75.0),
        decided_at=datetime(2026, 11, 2, tzinfo=UTC),
    )


def test_a_kit_takes_as_much_room_as_its_components():
    """Two kits of three units and a location that can take on five units: one kit, and the other elsewhere."""
    demands = [Demand(VARIANTS[0], 2, 100), Demand(VARIANTS[1], 4, 100)]
    rate = Rate(500, 0)
    near, far = Candidate(SITES[0].id, rate, capacity_units=5), Candidate(SITES[1].id, Rate(900, 0))
    parts = {0: [Part(demands[0].variant, 1, [9, 9]), Part(demands[1].variant, 2, [9, 9])]}
    request = RoutingRequest([Demand(KITS[0], 2, 300)], [near, far], [[4, 4]])

    case, plan = solve_together(Case(request), parts)

    assert sorted((one.candidate, one.quantity) for one in plan.assignments) in ([(0, 1), (1, 1)], [(1, 2)])
    assert solve(case) == plan
