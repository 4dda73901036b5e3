"""Routing rules that ask for one delivery: for orders as they are placed, drafts, and what waited whole."""

from datetime import timedelta

import orjson
import pytest

from actions import desk
from actions.backorders import retry_all_backorders
from actions.forwarding.merging import DeliverTogether, deliver_together
from actions.fulfilment.releasing import release_due
from actions.orders.drafting import PlaceDraft, draft, place_draft
from actions.reoptimizing.running import ReoptimizeOrders, reoptimize
from actions.routing_rules import ActivateRoutingRule, DraftRoutingRule, RuleConstraint, activate_rule, draft_rule
from domain.errors import InvalidInput
from domain.ids import new_id
from domain.routing.rules.keeping import kept_of, plain_plan
from domain.routing.rules.values import ConstraintKind
from models import OrderMerge, OutboxFact, RoutingDecision
from tests.actions.asserting import books_balance, papers_agree, refused
from tests.actions.test_placing import wanted
from tests.world import stock
from tests.world.forwarding import mugs_and_lamps_apart, where

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


@pytest.fixture
async def world(database):
    """Mugs lie in Chicago, lamps in New York; it goes to Boston."""
    world = await mugs_and_lamps_apart()
    yield world
    await books_balance()
    await papers_agree()


def asked(*, is_hard=True, value=3, location_id=None) -> RuleConstraint:
    return RuleConstraint(kind=ConstraintKind.DELIVER_TOGETHER, is_hard=is_hard, value=value, location_id=location_id)


async def rule(world, *constraints: RuleConstraint, **values) -> None:
    key = await draft_rule(world.act(), DraftRoutingRule(name="together", constraints=constraints, **values))
    await activate_rule(world.act(), ActivateRoutingRule(rule_id=key))


def both(world, mugs=2, lamps=3):
    return wanted(world, ("MUG", mugs), ("LAMP", lamps))


async def test_an_order_under_a_hard_rule_is_delivered_together_without_being_asked(counter, world):
    await rule(world, asked())

    order_id = await counter.place(world.act(), both(world))

    merge = await OrderMerge.get(order_id=order_id)
    assert (merge.location_id, merge.wait_days) == (world.locations["NYC"].id, 3)
    assert merge.waits_until == world.now + timedelta(days=3)
    assert merge.asked_by == "routing rule together"
    await release_due(world.now)
    assert await where(order_id) == {("awaiting_transfer", "CHI"): 2, ("scheduled", "NYC"): 3}


async def test_a_soft_rule_lets_an_order_go_that_cannot_come_together(counter, world):
    await rule(world, asked(is_hard=False))

    whole, short = [await counter.place(world.act(), both(world, lamps=lamps)) for lamps in (3, 9)]

    assert await OrderMerge.filter(order_id=whole).exists()
    assert not await OrderMerge.filter(order_id=short).exists()
    await release_due(world.now)
    assert await where(short) == {("released", "CHI"): 2, ("released", "NYC"): 7, ("backordered", None): 2}
    decision = await RoutingDecision.get(order_id=short)
    again = kept_of(orjson.loads(decision.request)).decided_again()
    assert orjson.loads(orjson.dumps(plain_plan(again))) == orjson.loads(decision.plan)


async def test_what_a_soft_rule_let_go_is_not_brought_together_later(counter, world):
    await rule(world, asked(is_hard=False))
    order_id = await counter.place(world.act(), both(world, lamps=11))
    await stock(world, {("LAMP", "LAX"): 1})

    await retry_all_backorders(world.now)

    assert not await OrderMerge.filter(order_id=order_id).exists()
    assert await where(order_id) == {("scheduled", "CHI"): 2, ("scheduled", "NYC"): 10, ("scheduled", "LAX"): 1}


async def test_what_waited_whole_comes_together_when_it_comes(counter, world):
    order_id = await counter.place(world.act(), wanted(world, ("CHAIR", 2)))
    await rule(world, asked())
    await stock(world, {("CHAIR", "LAX"): 1, ("CHAIR", "CHI"): 1})

    await retry_all_backorders(world.now)

    merge = await OrderMerge.get(order_id=order_id)
    assert merge.location_id == world.locations["CHI"].id
    fact = await OutboxFact.filter(order_id=order_id, kind="order_changed").order_by("-id").first()
    assert fact.payload["merge"]["location"] == str(merge.location_id)


async def test_a_draft_comes_under_the_rule_when_it_is_placed(world):
    order_id = await draft(world.act(), both(world))
    await rule(world, asked(location_id=world.locations["LAX"].id))
    assert not await OrderMerge.all().exists()

    await place_draft(world.act(), PlaceDraft(order_id=order_id))

    merge = await OrderMerge.get(order_id=order_id)
    assert (merge.location_id, merge.wait_days) == (world.locations["LAX"].id, 3)


async def test_a_wish_of_the_order_goes_before_the_rule(counter, world):
    await rule(world, asked(location_id=world.locations["LAX"].id))
    order_id = await counter.place(world.act(), both(world))

    await deliver_together(world.act(), DeliverTogether(order_id=order_id, wait_days=9))

    merge = await OrderMerge.get(order_id=order_id)
    assert (merge.location_id, merge.wait_days) == (world.locations["NYC"].id, 9)


async def test_orders_of_before_the_rule_are_not_moved_by_routing_together(counter, world):
    order_id = await counter.place(world.act(), both(world))
    await rule(world, asked())
    before = await where(order_id)
    await stock(world, {("MUG", "NYC"): 9})

    await reoptimize(world.act(), ReoptimizeOrders(order_ids=(order_id,)))

    assert await where(order_id) == before


async def test_orders_of_others_are_decided_as_ever(counter, world):
    await rule(world, asked(), segment="GOLD")

    order_id = await counter.place(world.act(), both(world))

    assert not await OrderMerge.all().exists()
    assert "g" not in orjson.loads((await RoutingDecision.get(order_id=order_id)).request)


async def test_a_rule_says_how_long_and_at_most_once_and_names_a_location_that_is_there(world):
    twice = (asked(), asked(is_hard=False))
    elsewhere = RuleConstraint(kind=ConstraintKind.MAX_PARCELS, value=1, location_id=world.locations["NYC"].id)
    for constraints in (
        twice,
        (asked(value=None),),
        (asked(value=0),),
        (asked(value=61),),
        (asked(location_id=new_id()),),
        (elsewhere,),
    ):
        async with refused(InvalidInput):
            await draft_rule(world.act(), DraftRoutingRule(name="together", constraints=constraints))
