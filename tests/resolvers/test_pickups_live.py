"""Whoever answers for customers hears of every question that comes, changes or goes, and of nobody else's."""

import pytest

import models
from domain.permissions import Role
from domain.pickups import UNANSWERED, PickupChoice, QuestionStatus
from domain.viewer import Viewer
from resolvers.ids import global_id
from resolvers.scopes import seen
from resolvers.visible import PICKUP_QUESTIONS
from resolvers.watchable import PickupQuestions
from tests.realtime.fixtures import hub, relay, writers
from tests.resolvers.test_live import follow, told, touch
from tests.resolvers.world import START, World, furnish

__all__ = ["hub", "relay", "writers"]


@pytest.fixture
async def world(database) -> World:
    """Nobody has answered anything."""
    world = await furnish(orders=24)
    await models.PickupQuestion.all().update(
        status=QuestionStatus.OPEN, choice=None, pickup_location_id=None, answered_at=None
    )
    return world


async def unanswered(viewer: Viewer) -> list[models.PickupQuestion]:
    return await seen(models.PickupQuestion, PICKUP_QUESTIONS, viewer).filter(status__in=list(UNANSWERED))


async def tell(writers, question: models.PickupQuestion, kind: str) -> None:
    order = await models.Order.get(id=question.order_id)
    await touch(writers, order, kind=kind, payload={"question": str(question.id), "version": 1})


@pytest.mark.parametrize("role", [Role.AGENT, Role.CUSTOMER])
async def test_the_queue_of_questions_shows_what_waits_and_says_what_is_answered(world, hub, writers, role):
    viewer = world.viewers()[role]
    mine = await unanswered(viewer)

    async with follow(hub, viewer, PickupQuestions()) as stream:
        [first] = await told(stream)
        await tell(writers, mine[0], "pickup_unanswered")
        [changed] = await told(stream)
        await models.PickupQuestion.filter(id=mine[0].id).update(
            status=QuestionStatus.ANSWERED, choice=PickupChoice.CANCEL, answered_at=START
        )
        await tell(writers, mine[0], "pickup_answered")
        [done] = await told(stream)

    assert {row.id for row in first.rows} == {row.id for row in mine}
    assert [row.expires_at for row in first.rows] == sorted(row.expires_at for row in mine)
    assert ([row.id for row in changed.rows], changed.gone) == ([mine[0].id], [])
    assert done.gone == [global_id("PickupQuestion", mine[0].id)]


async def test_the_questions_to_other_customers_are_not_heard(world, hub, writers):
    customer, admin = world.viewers()[Role.CUSTOMER], world.viewers()[Role.ADMIN]
    mine = await unanswered(customer)
    others = [row for row in await unanswered(admin) if row.id not in {each.id for each in mine}]

    async with follow(hub, customer, PickupQuestions()) as stream:
        await told(stream)
        for question in (others[0], mine[0]):
            await tell(writers, question, "pickup_rejected")
        [heard] = await told(stream)

    assert [row.id for row in heard.rows] == [mine[0].id]
