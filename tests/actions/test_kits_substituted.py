"""Whole kits are replaced by units of something else or by other kits, with the customer's yes and at the rule's price."""

import asyncio
from dataclasses import replace

import pytest

from actions.catalogue import DeactivateVariant, deactivate_variant
from actions.orders.cancelling import CancelledKit, CancelOrder, cancel
from actions.orders.parting import PartKit, part
from actions.substituting.proposing import (
    AnswerSubstitution,
    ProposeSubstitute,
    answer,
    end_substitutions,
    propose,
)
from domain.errors import AlreadyExists, DomainError, IllegalTransition, InsufficientStock, InvalidInput, NotFound
from domain.ids import new_id
from domain.lifecycle import UnitStatus as S
from domain.substitution import SubstitutePrice, SubstitutionStatus
from models import Order, OrderKit, OrderLine, Substitution
from tests.actions.asserting import books_balance, papers_agree, refused
from tests.actions.scenarios.placing import opened_desk, wanted
from tests.actions.stock_walk.truth import audited
from tests.world import furnish, stock
from tests.world.kits import kit, kits_at, whole
from tests.world.orders import units
from tests.world.substitutes import instead, proposed_for_kits

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def world(database, database_url):
    """Sets of a mug and two lamps for 30.00, of which nothing lies anywhere; pairs of a chair and a shirt for 40.00."""
    made = await furnish(units=0)
    await stock(made, {("CHAIR", "NYC"): 3, ("SHIRT", "NYC"): 3, ("SHIRT", "CHI"): 9})
    await kit(made, "SET", MUG=1, LAMP=2)
    await kit(made, "PAIR", price_minor=4_000, CHAIR=1, SHIRT=1)
    await instead(made, "SET", "PAIR", "SHIRT", price_rule=SubstitutePrice.LOWER_OF_BOTH)
    yield made
    assert await whole()
    await books_balance()
    await papers_agree()
    await audited(database_url)


async def waiting(world, quantity=3):
    async with opened_desk() as desk:
        command = replace(wanted(world, SET=quantity), allow_backorder=True)
        return await Order.get(id=await desk.place(world.act(), command))


def yes(substitution):
    return AnswerSubstitution(substitution_id=substitution.id, accept=True)


async def test_kits_are_sent_in_the_place_of_kits_for_no_more(world):
    order = await waiting(world)

    substitution = await proposed_for_kits(world, order.id, "PAIR", quantity=2)
    await answer(world.act(), yes(substitution))

    assert await kits_at(order.id) == {(S.CANCELLED, None): 2, (S.BACKORDERED, None): 1}
    assert await kits_at(order.id, "PAIR") == {(S.SCHEDULED, "NYC"): 2}
    taken = await Substitution.get(id=substitution.id)
    pairs = await OrderKit.get(order_id=order.id, sku="PAIR")
    assert (taken.status, taken.new_kit_id, taken.quantity) == (SubstitutionStatus.ACCEPTED, pairs.id, 2)
    assert (pairs.quantity, pairs.unit_price_minor, pairs.discount_minor) == (2, 3_000, 0)
    lines = await OrderLine.filter(kit_line__kit_id=pairs.id)
    assert sum(line.total_minor for line in lines) == 6_000
    billed = await Order.get(id=order.id)
    assert billed.total_minor == order.total_minor + 6_000


async def test_units_are_sent_in_the_place_of_kits(world):
    order = await waiting(world)

    await answer(world.act(), yes(await proposed_for_kits(world, order.id, "SHIRT")))

    assert await kits_at(order.id) == {(S.CANCELLED, None): 3}
    assert await units(order, "SHIRT") == {S.SCHEDULED: 3}
    assert (await OrderLine.get(order_id=order.id, sku="SHIRT")).total_minor <= 9_000


async def test_no_answers_and_silence_leave_the_kits_waiting(world):
    order = await waiting(world)
    substitution = await proposed_for_kits(world, order.id, "PAIR")

    await answer(world.act(), AnswerSubstitution(substitution_id=substitution.id, accept=False))

    assert await kits_at(order.id) == {(S.BACKORDERED, None): 3}
    assert not await OrderKit.filter(order_id=order.id, sku="PAIR").exists()


async def test_half_of_a_substitute_is_none(world):
    order = await waiting(world, 4)

    async with refused(InsufficientStock) as refusal:
        await proposed_for_kits(world, order.id, "PAIR")

    assert refusal.value.missing == {"PAIR": 1}


async def test_a_component_alone_is_not_replaced(world):
    await instead(world, "MUG", "SHIRT")
    order = await waiting(world)
    mugs = await OrderLine.get(order_id=order.id, sku="MUG")
    named = {"order_id": order.id, "variant_id": world.variants["SHIRT"].id}

    async with refused(InvalidInput) as refusal:
        await propose(world.act(), ProposeSubstitute(line_id=mugs.id, **named))
    assert [(each.path, each.code) for each in refusal.value.problems] == [("line_id", "KIT")]
    async with refused(InvalidInput):
        await propose(world.act(), ProposeSubstitute(**named))
    async with refused(NotFound):
        await propose(world.act(), ProposeSubstitute(kit_id=new_id(), **named))


async def test_kits_are_asked_about_once_at_a_time_and_only_for_what_is_listed_and_sold(world):
    order = await waiting(world)
    async with refused(InvalidInput):
        await proposed_for_kits(world, order.id, "CHAIR")
    substitution = await proposed_for_kits(world, order.id, "SHIRT", quantity=1)
    async with refused(AlreadyExists):
        await proposed_for_kits(world, order.id, "PAIR", quantity=1)
    await answer(world.act(), AnswerSubstitution(substitution_id=substitution.id, accept=False))
    await deactivate_variant(world.act(), DeactivateVariant(variant_id=world.variants["CHAIR"].id))

    async with refused(InvalidInput) as refusal:
        await proposed_for_kits(world, order.id, "PAIR", quantity=1)

    assert [each.code for each in refusal.value.problems] == ["NOT_A_SUBSTITUTE"]


async def test_a_proposal_for_kits_that_are_parted_ends(world):
    order = await waiting(world)
    substitution = await proposed_for_kits(world, order.id, "PAIR", quantity=1)
    await part(world.act(), PartKit(kit_id=substitution.kit_id, reason="Asked for."))

    async with refused(IllegalTransition):
        await answer(world.act(), yes(substitution))
    await end_substitutions(world.now)

    assert (await Substitution.get(id=substitution.id)).status is SubstitutionStatus.WITHDRAWN


async def test_a_proposal_for_kits_that_wait_no_more_ends(world):
    order = await waiting(world)
    substitution = await proposed_for_kits(world, order.id, "PAIR")
    await cancel(
        world.act(), CancelOrder(order_id=order.id, kits=(CancelledKit(kit_id=substitution.kit_id, quantity=1),))
    )

    await end_substitutions(world.now)

    assert (await Substitution.get(id=substitution.id)).status is SubstitutionStatus.WITHDRAWN


async def test_of_a_yes_and_cancelling_the_kits_one_wins(world):
    for _ in range(3):
        order = await waiting(world, 1)
        substitution = await proposed_for_kits(world, order.id, "PAIR")
        stop = CancelOrder(order_id=order.id, kits=(CancelledKit(kit_id=substitution.kit_id),))

        both = await asyncio.gather(
            answer(world.act(), yes(substitution)), cancel(world.act(), stop), return_exceptions=True
        )

        assert [isinstance(each, DomainError) for each in both].count(True) == 1
        assert await kits_at(order.id) == {(S.CANCELLED, None): 1}
        taken = await Substitution.get(id=substitution.id)
        is_sent = await OrderKit.filter(order_id=order.id, sku="PAIR").exists()
        assert is_sent == (taken.status is SubstitutionStatus.ACCEPTED)
