"""Anybody may hear how plentiful a variant is, in a word; those who work with stock set and see the boundaries."""

import asyncio
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import pytest

from actions.availability.announcing import follow
from actions.availability.thresholds import SetAvailabilityThreshold, set_threshold
from actions.catalogue import DeactivateVariant, deactivate_variant
from actions.customers import UpdateCustomer, update_customer
from actions.inventory import Adjustment, AdjustStock, adjust
from actions.promising.rules import UpsertSafetyRule, upsert_safety_rule
from domain.availability import bounds_from, level_of
from domain.ids import new_id
from domain.permissions import Role
from domain.stock import AdjustmentReason
from models import LoggedFact
from resolvers.ids import global_id
from tests.patience import PATIENCE_SECONDS
from tests.realtime.fixtures import hub, relay, writers
from tests.schema.asking import ask, codes
from tests.schema.test_live import first_answer, heard, listen
from tests.world import World, channel, furnish, stock
from tests.world.quotas import aside, group
from tests.world.waiting import terms

__all__ = ["hub", "relay", "writers"]

pytestmark = pytest.mark.usefixtures("database")

CHANGES = """
subscription($variants: [ID!]!, $channel: ID!) {
  availabilityChanges(variantIds: $variants, channelId: $channel) {
    kind fact { kind } availability { variant { sku } channel { code } level }
  }
}"""
AVAILABILITY = """
query($channel: ID!) { availability(channelId: $channel, skus: ["LAMP", "MUG"]) { variant { sku } level available } }"""
LEVELS = "{ inventory(first: 50) { edges { node { variant { sku } location { code } available level } } } }"
SET = """
mutation($input: SetAvailabilityThresholdInput!) {
  setAvailabilityThreshold(input: $input) {
    __typename
    ... on AvailabilityThreshold { variant { sku } location { code } mediumFrom highFrom version }
    ... on InvalidInput { problems { path code } }
  }
}"""
LIST = "{ availabilityThresholds { edges { node { variant { sku } mediumFrom highFrom } } } }"


@pytest.fixture
async def world() -> World:
    """Two mugs in New York, thirty in Chicago; two are medium, thirty-one high."""
    world = await furnish(units=0)
    await set_threshold(world.act(), SetAvailabilityThreshold(medium_from=2, high_from=31))
    await stock(world, {("MUG", "NYC"): 2, ("MUG", "CHI"): 30})
    return world


def watching(world: World, *skus: str) -> dict[str, Any]:
    variants = [global_id("Variant", world.variants[sku].id) for sku in skus]
    return {"variants": variants, "channel": global_id("Channel", world.web.id)}


def words(message: dict[str, Any]) -> dict[str, str]:
    found = message["data"]["availabilityChanges"]["availability"]
    return {each["variant"]["sku"]: each["level"] for each in found}


@pytest.mark.parametrize("role", list(Role))
async def test_everybody_hears_first_how_plentiful_everything_is(world, hub, role) -> None:
    answer = await first_answer(hub, world.viewer(role), CHANGES, **watching(world, "MUG", "LAMP"))

    assert answer["data"]["availabilityChanges"]["kind"] == "SNAPSHOT"
    assert words(answer) == {"LAMP": "NONE", "MUG": "HIGH"}


async def test_before_its_launch_nothing_of_a_variant_is_to_be_had(world) -> None:
    await follow(world.now)
    viewer, asked = world.viewer(Role.ANONYMOUS), {"channel": global_id("Channel", world.web.id)}
    before = await ask(AVAILABILITY, viewer, asked)

    await terms(world, launches_at=world.now + timedelta(days=9))
    awaited = await ask(AVAILABILITY, viewer, asked)
    await terms(world, launches_at=None)

    mug = {"variant": {"sku": "MUG"}, "level": "HIGH", "available": 32}
    assert before["data"]["availability"][1] == mug
    assert awaited["data"]["availability"][1] == {**mug, "level": "NONE", "available": 0}
    assert (await ask(AVAILABILITY, viewer, asked))["data"] == before["data"]


async def test_a_launch_that_is_set_is_told_as_a_crossing(world, hub, relay) -> None:
    async with aclosing(listen(hub, world.viewer(Role.ANONYMOUS), CHANGES, **watching(world, "MUG"))) as stream:
        first = await heard(stream)
        await announced(world, "WEB", "high")
        await heard(stream)
        await terms(world, launches_at=world.now + timedelta(days=9))
        await announced(world, "WEB", "none")
        second = await heard(stream)

    assert (words(first), words(second)) == ({"MUG": "HIGH"}, {"MUG": "NONE"})


async def test_units_that_rules_keep_back_are_not_to_be_had_and_that_is_told(world, hub, relay) -> None:
    viewer, asked = world.viewer(Role.ANONYMOUS), {"channel": global_id("Channel", world.web.id)}
    async with aclosing(listen(hub, viewer, CHANGES, **watching(world, "MUG"))) as stream:
        first = await heard(stream)
        await announced(world, "WEB", "high")
        await heard(stream)
        await upsert_safety_rule(world.act(), UpsertSafetyRule(code="safe", quantity=29))
        await announced(world, "WEB", "low")
        second = await heard(stream)

    answer = await ask(AVAILABILITY, viewer, asked)
    assert (words(first), words(second)) == ({"MUG": "HIGH"}, {"MUG": "LOW"})
    assert answer["data"]["availability"][1] == {"variant": {"sku": "MUG"}, "level": "LOW", "available": 1}


async def test_only_a_crossing_in_the_watched_channel_is_told(world, hub, relay) -> None:
    await channel(world, "NY", location_ids=(world.locations["NYC"].id,))
    viewer = world.viewer(Role.ANONYMOUS)

    async with aclosing(listen(hub, viewer, CHANGES, **watching(world, "MUG"))) as stream:
        await heard(stream)
        await announced(world, "WEB", "high")
        await heard(stream)
        await stock(world, {("MUG", "NYC"): 40, ("LAMP", "NYC"): 1})
        await announced(world, "NY", "high")
        await set_threshold(world.act(), SetAvailabilityThreshold(medium_from=80, high_from=90))
        await announced(world, "WEB", "low")
        second = await heard(stream)

    assert words(second) == {"MUG": "LOW"}
    told = second["data"]["availabilityChanges"]
    assert (told["kind"], told["fact"]["kind"]) == ("CHANGED", "AVAILABILITY_CROSSED")
    assert told["availability"][0]["channel"]["code"] == "WEB"


async def test_a_customer_hears_of_what_its_segment_can_have(world, hub, relay) -> None:
    await update_customer(world.act(), UpdateCustomer(customer_id=world.customer.id, segment="gold"))
    gold = await group(world, "GOLD", channels=["WEB"], segment="gold")
    await aside(world, gold, 30, location="CHI")
    await announced(world, "WEB", "high", segment="gold")

    async with aclosing(listen(hub, world.viewer(Role.CUSTOMER), CHANGES, **watching(world, "MUG"))) as stream:
        first = await heard(stream)
        await aside(world, gold, 2)
        await announced(world, "WEB", "none")
        await lose(world, 5)
        await announced(world, "WEB", "medium", segment="gold")
        second = await heard(stream)

    assert words(first) == {"MUG": "HIGH"}
    assert words(second) == {"MUG": "MEDIUM"}


async def lose(world: World, units: int) -> None:
    place = {"variant_id": world.variants["MUG"].id, "location_id": world.locations["CHI"].id}
    line = Adjustment(**place, change=-units, reason=AdjustmentReason.LOST)
    await adjust(world.act(), AdjustStock(lines=(line,)))


async def announced(world: World, place: str, level: str, segment: str = "") -> None:
    """Let the job run until the log says so of mugs."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await LoggedFact.filter(
            kind="availability_crossed",
            variant_id=world.variants["MUG"].id,
            channel_id=world.channels[place].id,
            payload__contains={"level": level, "segment": segment},
        ).exists():
            await follow(world.now)
            await asyncio.sleep(0.02)


async def test_variants_that_are_not_to_be_seen_are_left_out(world, hub) -> None:
    await deactivate_variant(world.act(), DeactivateVariant(variant_id=world.variants["MUG"].id))

    buyer = await first_answer(hub, world.viewer(Role.CUSTOMER), CHANGES, **watching(world, "MUG", "LAMP"))
    seller = await first_answer(hub, world.viewer(), CHANGES, **watching(world, "MUG", "LAMP"))

    assert (words(buyer), words(seller)) == ({"LAMP": "NONE"}, {"LAMP": "NONE", "MUG": "NONE"})


async def test_a_channel_that_is_not_to_be_seen_cannot_be_watched(world, hub) -> None:
    unknown = {**watching(world, "MUG"), "channel": global_id("Channel", new_id())}

    answer = await first_answer(hub, world.viewer(Role.ANONYMOUS), CHANGES, **unknown)

    assert answer["codes"] == ["NOT_FOUND"]


async def test_a_partner_watches_its_own_channels_only(world, hub) -> None:
    partner = world.viewer(Role.PARTNER, channel_ids=(world.channels["SHOP"].id,))

    answer = await first_answer(hub, partner, CHANGES, **watching(world, "MUG"))

    assert answer["codes"] == ["NOT_FOUND"]


@pytest.mark.parametrize("count", [0, 201])
async def test_too_few_or_too_many_variants_are_refused(world, hub, count) -> None:
    variants = [global_id("Variant", new_id()) for _ in range(count)]

    answer = await first_answer(hub, world.viewer(), CHANGES, **{**watching(world), "variants": variants})

    assert answer["codes"] == ["INVALID_INPUT"]


async def test_who_hears_the_word_is_not_told_the_boundaries(world) -> None:
    assert codes(await ask(LIST, world.viewer(Role.ANONYMOUS))) == ["FORBIDDEN"]


async def test_availability_has_its_word(world) -> None:
    answer = await ask(AVAILABILITY, world.viewer(Role.ANONYMOUS), {"channel": global_id("Channel", world.web.id)})

    assert {each["variant"]["sku"]: each["level"] for each in answer["data"]["availability"]} == {
        "LAMP": "NONE",
        "MUG": "HIGH",
    }


async def test_the_word_of_a_stock_level_is_what_the_rule_says(world) -> None:
    mug, chicago = world.variants["MUG"].id, world.locations["CHI"].id
    await stock(world, {(sku, code): at for at, sku in enumerate(("SHIRT", "LAMP"), 1) for code in world.locations})
    await set_threshold(world.act(), SetAvailabilityThreshold(location_id=chicago, medium_from=1, high_from=2))
    await set_threshold(world.act(), SetAvailabilityThreshold(variant_id=mug, medium_from=30, high_from=30))

    answer = await ask(LEVELS, world.viewer())

    bounds = {"MUG": (30, 30), "CHI": (1, 2)}
    for edge in answer["data"]["inventory"]["edges"]:
        node = edge["node"]
        sharpest = bounds.get(node["variant"]["sku"]) or bounds.get(node["location"]["code"]) or (2, 31)
        assert node["level"] == level_of(node["available"], bounds_from(*sharpest)).name, node


async def test_boundaries_are_set_read_and_taken_back(world) -> None:
    mug = global_id("Variant", world.variants["MUG"].id)

    given = await ask(SET, world.viewer(), {"input": {"variantId": mug, "mediumFrom": 3, "highFrom": 4}})
    listed = await ask(LIST, world.viewer(Role.WAREHOUSE))
    back = await ask(SET, world.viewer(), {"input": {"variantId": mug}})

    assert given["data"]["setAvailabilityThreshold"] == {
        "__typename": "AvailabilityThreshold",
        "variant": {"sku": "MUG"},
        "location": None,
        "mediumFrom": 3,
        "highFrom": 4,
        "version": 1,
    }
    assert {"node": {"variant": {"sku": "MUG"}, "mediumFrom": 3, "highFrom": 4}} in listed["data"][
        "availabilityThresholds"
    ]["edges"]
    assert (
        back["data"]["setAvailabilityThreshold"]["mediumFrom"],
        back["data"]["setAvailabilityThreshold"]["version"],
    ) == (
        None,
        2,
    )


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
async def test_only_who_runs_the_organization_sets_boundaries(world, role) -> None:
    answer = await ask(SET, world.viewer(role), {"input": {"mediumFrom": 3, "highFrom": 4}})

    assert codes(answer) == ["FORBIDDEN"]
