"""Groups of locations: kept as a whole, and followed by the rules that name them."""

import pytest

from actions import desk
from actions.location_groups import GroupMember, UpsertLocationGroup, upsert_location_group
from actions.routing_rules import DraftRoutingRule, RuleStep, draft_rule
from domain.errors import Conflict, InvalidInput
from domain.ids import new_id
from models import LineStatus, LocationGroup, OutboxFact, RoutingDecision
from tests.actions.test_placing import wanted
from tests.actions.test_routing_rules import activated, replays
from tests.world import World, found, furnish, place


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


def group(world: World, *codes: str, **values) -> UpsertLocationGroup:
    """Of the locations in this order of priority."""
    members = tuple(GroupMember(location_id=world.locations[code].id, priority=at) for at, code in enumerate(codes))
    return UpsertLocationGroup(code="WEST", name="West", members=members, **values)


async def test_a_rule_follows_its_group_and_the_weights_of_its_step(counter):
    world = await furnish()
    key = await upsert_location_group(world.act(), group(world, "LAX", "CHI"))
    await activated(world, DraftRoutingRule(name="R", steps=(RuleStep(group_ids=(key,), rank_weight=100_000),)))
    first = await counter.place(world.act(), wanted(world, ("MUG", 1)))
    await upsert_location_group(world.act(), group(world, "CHI", "LAX"))
    second = await counter.place(world.act(), wanted(world, ("MUG", 1)))
    await upsert_location_group(world.act(), UpsertLocationGroup(code="WEST", members=()))
    third = await counter.place(world.act(), wanted(world, ("MUG", 1)))

    codes = {location.id: code for code, location in world.locations.items()}
    places = {row.order_id: codes.get(row.location_id) for row in await LineStatus.all()}

    assert [places[order] for order in (first, second, third)] == ["LAX", "CHI", None]
    assert all([await replays(decision) for decision in await RoutingDecision.all()])


@pytest.mark.usefixtures("database")
async def test_a_group_is_kept_whole_and_what_is_silent_stays():
    world = await furnish(units=0)
    key = await upsert_location_group(world.act(), group(world, "LAX"))

    again = await upsert_location_group(world.act(), UpsertLocationGroup(code="WEST", name="Far west"))

    row = await LocationGroup.get()
    assert (again, row.name, row.version) == (key, "Far west", 2)
    assert row.members == [{"location_id": str(world.locations["LAX"].id), "priority": 0}]
    facts = await OutboxFact.filter(kind="routing_changed").order_by("id")
    assert [fact.payload["location_group"]["version"] for fact in facts] == [1, 2]


@pytest.mark.usefixtures("database")
async def test_what_does_not_fit_is_refused_and_nothing_changes():
    world = await furnish(units=0)
    stranger = await found()
    elsewhere = await place(stranger, "NYC")
    nyc = GroupMember(location_id=world.locations["NYC"].id)
    wrong = (nyc, nyc, GroupMember(location_id=elsewhere.id), GroupMember(location_id=new_id(), priority=-1))
    await upsert_location_group(world.act(), group(world, "NYC"))

    with pytest.raises(InvalidInput) as refused:
        await upsert_location_group(world.act(), UpsertLocationGroup(code="WEST", members=wrong))
    with pytest.raises(Conflict):
        await upsert_location_group(world.act(), group(world, "LAX", expected_version=7))
    with pytest.raises(InvalidInput) as unknown:
        await draft_rule(world.act(), DraftRoutingRule(name="R", steps=(RuleStep(group_ids=(new_id(),)),)))

    assert {problem.path for problem in refused.value.problems} == {
        "members.1.location_id",
        "members.2.location_id",
        "members.3.location_id",
        "members.3.priority",
    }
    assert [problem.path for problem in unknown.value.problems] == ["steps.0.group_ids.0"]
    assert (await LocationGroup.get()).version == 1
