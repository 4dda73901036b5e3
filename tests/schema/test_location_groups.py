"""Groups of locations through the graph: kept, named by a rule, read back, and refused to those who may not."""

import pytest

from domain.permissions import Role
from resolvers.ids import global_id
from tests.schema.asking import ask, codes
from tests.schema.test_routing import RULE, at, do
from tests.world import World, furnish

pytestmark = pytest.mark.usefixtures("database")

KEEP = """mutation($input: UpsertLocationGroupInput!) { upsertLocationGroup(input: $input) {
    __typename ... on Problem { code } ... on InvalidInput { problems { path code } }
    ... on LocationGroup { id code name version members { location { code } priority } } } }"""
STEPS = """query($id: ID!) { routingRule(id: $id) { steps { groups { code } distanceWeight rankWeight locations { code } } } }"""
LIST = "{ locationGroups(first: 5) { edges { node { code } } } }"


async def west(world: World) -> dict:
    members = [
        {"locationId": key, "priority": priority} for key, priority in zip(at(world, "CHI", "LAX"), (2, 1), strict=True)
    ]
    return await do(KEEP, world, {"code": "WEST", "name": "West", "members": members})


async def test_a_group_is_kept_with_its_locations_by_priority_and_named_by_a_rule():
    world = await furnish(units=0)
    group = await west(world)
    step = {"groupIds": [group["id"]], "distanceWeight": 1, "rankWeight": 100_000}

    rule = await do(RULE, world, {"name": "R", "steps": [step]})
    read = await ask(STEPS, world.viewer(Role.AGENT), {"id": rule["id"]})

    assert group["members"] == [
        {"location": {"code": "LAX"}, "priority": 1},
        {"location": {"code": "CHI"}, "priority": 2},
    ]
    assert read["data"]["routingRule"]["steps"] == [
        {"groups": [{"code": "WEST"}], "distanceWeight": 1, "rankWeight": 100_000, "locations": []}
    ]


async def test_groups_are_kept_by_those_who_change_routing_and_read_in_the_organization_only():
    world, other = await furnish(units=0), await furnish(units=0)
    await west(world)
    values = {"code": "W", "name": "W", "members": []}

    refused = await ask(KEEP, world.viewer(Role.AGENT), {"input": values})
    ours = await ask(LIST, world.viewer(Role.AGENT), {})
    theirs = await ask(LIST, other.viewer(), {})
    step = {"groupIds": [global_id("LocationGroup", world.organization_id)]}
    unknown = await ask(RULE, world.viewer(), {"input": {"name": "R", "steps": [step]}})

    assert codes(refused) == ["FORBIDDEN"]
    assert [edge["node"]["code"] for edge in ours["data"]["locationGroups"]["edges"]] == ["WEST"]
    assert theirs["data"]["locationGroups"]["edges"] == []
    assert unknown["data"]["draftRoutingRule"]["__typename"] != "RoutingRule"
