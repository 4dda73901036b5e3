"""Plans of quotas through the graph: made, changed, read with what is short and where, watched, and ended."""

from contextlib import aclosing
from typing import Any

import pytest

from actions import desk
from actions.location_groups import GroupMember, UpsertLocationGroup, upsert_location_group
from domain.permissions import Role
from models import QuotaPlan
from resolvers.ids import global_id
from tests.actions.test_quotas import order
from tests.realtime.fixtures import hub, relay, writers
from tests.schema.asking import ask, codes
from tests.schema.test_live import heard, listen
from tests.world import World, furnish, stock
from tests.world.quotas import group, planned

__all__ = ["hub", "relay", "writers"]

pytestmark = pytest.mark.usefixtures("database")

PLAN = """
mutation ($input: PlanQuotaInput!) { planQuota(input: $input) {
  ... on QuotaPlan { id units setAside taken short version reference locationGroup { code }
    shares(first: 5) { nodes { location { code } setAside taken lost } } }
  ... on InvalidInput { problems { path code } }
  ... on Conflict { actualVersion }
} }"""
END = """
mutation ($input: EndQuotaPlanInput!) { endQuotaPlan(input: $input) {
  ... on QuotaPlan { setAside taken short endedAt version }
  ... on IllegalTransition { was }
} }"""
LISTED = """
query ($filter: QuotaPlanFilter) { quotaPlans(first: 5, filter: $filter) {
  nodes { group { code } variant { sku } units setAside taken short plannedBy endedAt }
} }"""
MOVED = """
{ quotas(first: 1) { nodes { quantity taken movements(first: 5) { nodes { kind quantity plan { units } } } } } }"""
WATCHED = """
subscription ($variants: [ID!]) { quotaPlanChanges(variantIds: $variants) {
  kind fact { kind } plans { units setAside taken short } gone hasMore
} }"""


@pytest.fixture
async def world() -> World:
    made = await furnish(units=0)
    await stock(made, {("MUG", "NYC"): 6, ("MUG", "LAX"): 4})
    return made


async def wanted(world: World, units: int, **more: Any) -> dict[str, Any]:
    web = await group(world, "ONLINE", channels=["WEB"])
    named = {"groupId": global_id("QuotaGroup", web.id), "variantId": global_id("Variant", world.variants["MUG"].id)}
    return {"input": {**named, "units": units, **more}}


async def test_a_plan_says_what_is_set_aside_taken_and_short_and_where(world: World, database_url: str) -> None:
    viewer, asked = world.viewer(), await wanted(world, 12, reference="AUTUMN")

    first = (await ask(PLAN, viewer, asked))["data"]["planQuota"]
    async with desk.opened(database_url) as counter:
        await order(counter, world, 3)
    asked["input"] |= {"units": 8, "expectedVersion": 1}
    again = (await ask(PLAN, viewer, asked))["data"]["planQuota"]
    late = (await ask(PLAN, viewer, asked))["data"]["planQuota"]

    assert first | {"id": ""} == {
        "id": "", "units": 12, "setAside": 10, "taken": 0, "short": 2, "version": 1, "reference": "AUTUMN",
        "locationGroup": None, "shares": {"nodes": first["shares"]["nodes"]},
    }  # fmt: skip
    assert {share["location"]["code"]: (share["setAside"], share["taken"]) for share in first["shares"]["nodes"]} == {
        "NYC": (6, 0),
        "LAX": (4, 0),
    }
    assert (again["id"], again["setAside"], again["taken"], again["short"]) == (first["id"], 5, 3, 0)
    assert late == {"actualVersion": 2}


async def test_a_plan_ends_once_and_is_listed_among_those_that_ended(world: World) -> None:
    viewer = world.viewer()
    made = (await ask(PLAN, viewer, await wanted(world, 12)))["data"]["planQuota"]
    ended = {"input": {"planId": made["id"]}}

    first, again = [(await ask(END, viewer, ended))["data"]["endQuotaPlan"] for _ in range(2)]

    assert (first["setAside"], first["taken"], first["short"], first["version"]) == (0, 0, 0, 2)
    assert again == {"was": "ended"}
    assert (await ask(LISTED, viewer, {"filter": {"isEnded": False}}))["data"]["quotaPlans"]["nodes"] == []
    [listed] = (await ask(LISTED, viewer, {"filter": {"isEnded": True}}))["data"]["quotaPlans"]["nodes"]
    assert (listed["variant"], listed["group"], listed["units"]) == ({"sku": "MUG"}, {"code": "ONLINE"}, 12)
    assert listed["plannedBy"] == viewer.principal


async def test_a_plan_is_confined_to_a_group_of_locations_and_its_movements_name_it(world: World) -> None:
    members = (GroupMember(location_id=world.locations["LAX"].id),)
    west = await upsert_location_group(world.act(), UpsertLocationGroup(code="WEST", name="West", members=members))
    asked = await wanted(world, 3, locationGroupId=global_id("LocationGroup", west))

    made = (await ask(PLAN, world.viewer(), asked))["data"]["planQuota"]
    del asked["input"]["locationGroupId"]
    other = (await ask(PLAN, world.viewer(), asked))["data"]["planQuota"]

    assert made["locationGroup"] == {"code": "WEST"}
    assert [share["location"]["code"] for share in made["shares"]["nodes"]] == ["LAX"]
    assert other == {"problems": [{"path": ["locationGroupId"], "code": "OVERLAPS"}]}
    [quota] = (await ask(MOVED, world.viewer()))["data"]["quotas"]["nodes"]
    assert quota == {
        "quantity": 3,
        "taken": 0,
        "movements": {"nodes": [{"kind": "SET_ASIDE", "quantity": 3, "plan": {"units": 3}}]},
    }


async def test_only_planners_plan_and_a_store_sees_no_plans_of_others(world: World) -> None:
    asked = await wanted(world, 3)
    await ask(PLAN, world.viewer(), asked)

    for role in (Role.AGENT, Role.STORE_ASSOCIATE, Role.PARTNER, Role.CUSTOMER):
        assert codes(await ask(PLAN, world.viewer(role), asked)) == ["FORBIDDEN"]
    assert codes(await ask(LISTED, world.viewer(Role.CUSTOMER))) == ["FORBIDDEN"]
    assert (await ask(LISTED, world.viewer(Role.STORE_ASSOCIATE)))["data"]["quotaPlans"]["nodes"] == []
    assert len((await ask(LISTED, world.viewer(Role.AGENT)))["data"]["quotaPlans"]["nodes"]) == 1


async def test_who_watches_plans_hears_of_fillings_of_what_is_taken_and_of_the_end(
    world: World, database_url: str, hub, relay
) -> None:
    viewer, web = world.viewer(), await group(world, "ONLINE", channels=["WEB"])
    plan = await planned(world, web, 12)

    async with (
        aclosing(listen(hub, viewer, WATCHED, variants=[global_id("Variant", plan.variant_id)])) as stream,
        desk.opened(database_url) as counter,
    ):
        first = (await heard(stream))["data"]["quotaPlanChanges"]
        await order(counter, world, 3)
        taken = await until(stream, "QUOTA_CHANGED", 7)
        await planned(world, web, 9)
        changed = await until(stream, "QUOTA_PLAN_CHANGED", 6)
        await ask(END, viewer, {"input": {"planId": global_id("QuotaPlan", plan.id)}})
        ended = await until(stream, "QUOTA_PLAN_CHANGED", 0)

    assert first["plans"] == [{"units": 12, "setAside": 10, "taken": 0, "short": 2}]
    assert taken["plans"] == [{"units": 12, "setAside": 7, "taken": 3, "short": 2}]
    assert changed["plans"] == [{"units": 9, "setAside": 6, "taken": 3, "short": 0}]
    assert ended["gone"] == [global_id("QuotaPlan", (await QuotaPlan.get()).id)]


async def until(stream: Any, kind: str, set_aside: int) -> dict[str, Any]:
    """Facts of what was done before come as well."""
    while True:
        message = (await heard(stream))["data"]["quotaPlanChanges"]
        if message["fact"] and (message["fact"]["kind"], message["plans"][0]["setAside"]) == (kind, set_aside):
            return message
