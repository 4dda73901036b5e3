"""Something else for what waits: proposed, answered, exchanged whole or not at all, and never dearer than the rule says."""

import asyncio
from datetime import timedelta

import pytest

from actions.backorders import retry_backorders
from actions.fulfilment.releasing import ReleaseOrder
from actions.fulfilment.releasing import release as release_order
from actions.orders.cancelling import CancelOrder, cancel
from actions.orders.holding import ApplyHold, apply_hold
from actions.payments.capturing import capture_shipments
from actions.payments.voiding import void_unneeded
from actions.substituting.proposing import (
    AnswerSubstitution,
    ProposeSubstitute,
    answer,
    end_substitutions,
    propose,
)
from domain.errors import (
    AlreadyExists,
    BlockedByHold,
    IllegalTransition,
    InsufficientStock,
    InvalidInput,
    NotFound,
    NotPaid,
)
from domain.facts import FactKind
from domain.holds import HoldKind
from domain.lifecycle import OrderStatus, UnitStatus
from domain.orders import ConfirmationPolicy
from domain.substitution import SubstitutePrice, SubstitutionStatus
from models import Order, OrderLine, RoutingDecision, Substitution, Variant
from models.db import rows
from server.auditing import orders as auditing
from tests.actions.asserting import books_balance, refused, told
from tests.actions.payments.shop import Shop, fresh, money, new_shop, words
from tests.world import World, furnish, stock
from tests.world.orders import line, new_order, released, units
from tests.world.substitutes import costs, instead, proposed

pytestmark = pytest.mark.usefixtures("database")

S = UnitStatus
STATUS = SubstitutionStatus
HOUR = timedelta(hours=1)


async def lamps_for_mugs(units: int = 5, **terms) -> World:
    """Mugs are nowhere, lamps in Chicago may be sent instead."""
    world = await furnish(units=0)
    await stock(world, {("LAMP", "CHI"): units} if units else {})
    await instead(world, "MUG", "LAMP", **terms)
    return world


async def waiting(world: World, **quantities) -> Order:
    return await new_order(world, **(quantities or {"MUG": 2}), waiting=S.BACKORDERED)


async def yes(world: World, substitution: Substitution, *, now=None) -> None:
    await answer(world.act(now=now), AnswerSubstitution(substitution_id=substitution.id, accept=True))


async def no(world: World, substitution: Substitution) -> None:
    await answer(world.act(), AnswerSubstitution(substitution_id=substitution.id, accept=False))


async def totals_are_sums() -> None:
    assert await rows(auditing.TOTALS) == []


async def test_a_yes_moves_the_units_to_a_line_of_the_substitute():
    world = await lamps_for_mugs()
    order = await waiting(world)
    proposal = await proposed(world, order)

    await yes(world, proposal)

    assert await units(order) == {S.CANCELLED: 2}
    assert await units(order, "LAMP") == {S.SCHEDULED: 2}
    taken = await fresh(proposal)
    new_line = await line(order, "LAMP")
    assert (taken.status, taken.new_line_id, taken.answered_by) == (STATUS.ACCEPTED, new_line.id, "staff:test")
    assert (new_line.position, new_line.unit_price_minor, new_line.total_minor) == (1, 1_000, 2_000)
    assert (await fresh(order)).status is OrderStatus.SCHEDULED
    assert (await world.level("LAMP", "CHI")).allocated == 2
    assert [each.kind.value for each in await RoutingDecision.filter(order_id=order.id)] == ["substituted"]
    await books_balance()
    await totals_are_sums()


async def test_a_no_leaves_the_units_waiting():
    world = await lamps_for_mugs()
    order = await waiting(world)
    proposal = await proposed(world, order)

    await no(world, proposal)

    assert (await fresh(proposal)).status is STATUS.DECLINED
    assert await units(order) == {S.BACKORDERED: 2}
    with pytest.raises(IllegalTransition):
        await yes(world, proposal)
    assert (await proposed(world, order)).status is STATUS.PROPOSED


async def test_only_some_of_the_units_may_be_exchanged():
    world = await lamps_for_mugs()
    order = await waiting(world, MUG=3, SHIRT=1)

    await yes(world, await proposed(world, order, quantity=2))

    assert await units(order) == {S.CANCELLED: 2, S.BACKORDERED: 1}
    assert await units(order, "LAMP") == {S.SCHEDULED: 2}
    await totals_are_sums()


async def test_the_customer_never_owes_more_than_before_where_the_rule_says_so():
    """The lamp costs three times as much, and the money set aside for the mugs is enough."""
    shop = Shop(await lamps_for_mugs())
    await costs(shop.world, "LAMP", 3_000)
    order, payment = await shop.paid(MUG=2, waiting=S.BACKORDERED)

    await yes(shop.world, await proposed(shop.world, order))

    assert await words(order) == ("full", "none")
    [fact] = await told(FactKind.UNITS_SUBSTITUTED)
    assert (fact.payload["amount_minor"], fact.payload["added"]["total_minor"]) == (2_000, 2_000)
    assert (await fresh(order)).total_minor == 4_000
    assert await money(payment) == {"authorized": 2_000}


async def test_what_left_is_captured_by_the_new_lines_price_and_the_rest_is_given_up():
    shop = Shop(await lamps_for_mugs(price_rule=SubstitutePrice.LOWER_OF_BOTH))
    await costs(shop.world, "LAMP", 700)
    order, payment = await shop.paid(MUG=2, waiting=S.BACKORDERED)

    await yes(shop.world, await proposed(shop.world, order))
    await released(shop.world, order, at="CHI")
    await shop.ship(order)
    await capture_shipments(shop.gateways, shop.world.now)
    await void_unneeded(shop.gateways, shop.world.now)

    assert await money(payment) == {"charged": 1_400, "cancelled": 600}
    assert await words(order) == ("full", "full")
    await books_balance()


async def test_a_dearer_substitute_needs_more_money_before_it_is_released():
    shop = await new_shop(ConfirmationPolicy.ON_AUTHORIZATION)
    await costs(shop.world, "LAMP", 1_500)
    await instead(shop.world, "MUG", "LAMP", price_rule=SubstitutePrice.SUBSTITUTE_PRICE)
    order, _ = await shop.paid(MUG=2, waiting=S.BACKORDERED)

    await yes(shop.world, await proposed(shop.world, order))

    assert await words(order) == ("partial", "none")
    with pytest.raises(NotPaid):
        await release_order(shop.act(), ReleaseOrder(order_id=order.id))
    await shop.card(order)
    await shop.authorize(order)
    assert await words(order) == ("full", "none")


async def test_a_cheaper_substitute_confirms_an_order_that_waited_for_its_money():
    shop = await new_shop(ConfirmationPolicy.ON_AUTHORIZATION)
    await costs(shop.world, "LAMP", 500)
    await instead(shop.world, "MUG", "LAMP", price_rule=SubstitutePrice.SUBSTITUTE_PRICE)
    order = await shop.order(MUG=2, waiting=S.BACKORDERED, is_confirmed=False)
    await shop.card(order)
    await shop.authorize(order, amount_minor=1_000)

    await yes(shop.world, await proposed(shop.world, order))

    assert (await fresh(order)).confirmed_at == shop.world.now


async def test_stock_that_is_gone_meanwhile_refuses_the_yes_and_changes_nothing():
    world = await lamps_for_mugs(units=2)
    order = await waiting(world)
    proposal = await proposed(world, order)
    await new_order(world, LAMP=1, at="CHI")

    async with refused(InsufficientStock) as refusal:
        await yes(world, proposal)

    assert refusal.value.missing == {"LAMP": 1}
    assert (await fresh(proposal)).status is STATUS.PROPOSED


async def test_of_two_customers_who_say_yes_to_the_last_one_exactly_one_gets_it():
    world = await lamps_for_mugs(units=1)
    orders = [await waiting(world, MUG=1) for _ in range(2)]
    proposals = [await proposed(world, order) for order in orders]

    results = await asyncio.gather(*(yes(world, each) for each in proposals), return_exceptions=True)

    assert sorted(type(result).__name__ for result in results) == ["InsufficientStock", "NoneType"]
    await books_balance()
    await totals_are_sums()


async def test_a_yes_and_a_no_at_once_count_once():
    world = await lamps_for_mugs()
    order = await waiting(world)
    proposal = await proposed(world, order)

    results = await asyncio.gather(yes(world, proposal), no(world, proposal), return_exceptions=True)

    assert sorted(type(result).__name__ for result in results) == ["IllegalTransition", "NoneType"]
    await totals_are_sums()


@pytest.mark.parametrize("_", range(3))
async def test_the_original_or_the_substitute_is_sent_but_never_both(_):
    world = await lamps_for_mugs()
    order = await waiting(world)
    proposal = await proposed(world, order)
    await stock(world, {("MUG", "NYC"): 2})

    await asyncio.gather(yes(world, proposal), retry_backorders(world.act()), return_exceptions=True)

    mugs = await units(order)
    assert mugs in ({S.CANCELLED: 2}, {S.SCHEDULED: 2})
    assert await OrderLine.filter(order_id=order.id, sku="LAMP").exists() is (mugs == {S.CANCELLED: 2})
    await books_balance()


async def test_the_same_key_exchanges_once():
    world = await lamps_for_mugs()
    order = await waiting(world)
    command = AnswerSubstitution(substitution_id=(await proposed(world, order)).id, accept=True)

    assert await answer(world.act("key-1"), command) == await answer(world.act("key-1"), command) == order.id

    assert await OrderLine.filter(order_id=order.id).count() == 2


async def test_a_proposal_stands_until_it_expires():
    world = await lamps_for_mugs()
    order = await waiting(world)
    proposal = await proposed(world, order, expires_at=world.now + HOUR)

    with pytest.raises(IllegalTransition):
        await yes(world, proposal, now=world.now + HOUR)
    assert await end_substitutions(world.now) == 0
    assert [await end_substitutions(world.now + HOUR), await end_substitutions(world.now + HOUR)] == [1, 0]

    assert (await fresh(proposal)).status is STATUS.EXPIRED
    [fact] = await told(FactKind.SUBSTITUTION_ANSWERED)
    assert fact.payload["substitutions"][str(proposal.id)]["status"] == "expired"


async def test_a_proposal_is_withdrawn_when_its_units_found_their_stock_or_were_cancelled():
    world = await lamps_for_mugs(units=9)
    served, gone = await waiting(world), await waiting(world)
    proposals = [await proposed(world, order) for order in (served, gone)]
    await cancel(world.act(), CancelOrder(order_id=gone.id))
    await stock(world, {("MUG", "NYC"): 2})
    await retry_backorders(world.act())

    with pytest.raises(IllegalTransition):
        await yes(world, proposals[0])
    await end_substitutions(world.now)

    assert [(await fresh(each)).status for each in proposals] == [STATUS.WITHDRAWN] * 2


async def test_what_cannot_be_proposed_is_refused():
    world = await lamps_for_mugs(units=1)
    order = await waiting(world)
    mugs = await line(order)

    def wanted(**values) -> ProposeSubstitute:
        lamp = {"order_id": order.id, "line_id": mugs.id, "variant_id": world.variants["LAMP"].id}
        return ProposeSubstitute(**{**lamp, "quantity": 1, **values})

    async with refused(InvalidInput):
        await propose(world.act(), wanted(variant_id=world.variants["CHAIR"].id))
    async with refused(IllegalTransition):
        await propose(world.act(), wanted(quantity=3))
    async with refused(InsufficientStock) as short:
        await propose(world.act(), wanted(quantity=2))
    async with refused(NotFound):
        await propose(world.act(), wanted(line_id=order.id))
    async with refused(InvalidInput):
        await propose(world.act(), wanted(expires_at=world.now))
    await propose(world.act(), wanted())
    async with refused(AlreadyExists):
        await propose(world.act(), wanted())

    assert short.value.missing == {"LAMP": 1}


async def test_what_is_not_for_sale_or_has_no_price_is_not_proposed():
    world = await lamps_for_mugs(price_rule=SubstitutePrice.SUBSTITUTE_PRICE)
    order = await waiting(world)
    await rows("DELETE FROM prices WHERE variant_id = $1 RETURNING id", [world.variants["LAMP"].id])

    async with refused(InvalidInput) as no_price:
        await proposed(world, order)
    await Variant.filter(id=world.variants["LAMP"].id).update(is_active=False)
    async with refused(InvalidInput) as not_for_sale:
        await proposed(world, order)

    codes = [refusal.value.problems[0].code for refusal in (no_price, not_for_sale)]
    assert codes == ["NO_PRICE", "NOT_A_SUBSTITUTE"]


async def test_an_order_that_is_held_is_not_exchanged():
    world = await lamps_for_mugs()
    order = await waiting(world)
    proposal = await proposed(world, order)
    await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=HoldKind.FRAUD))

    async with refused(BlockedByHold):
        await yes(world, proposal)
