"""A level is announced when it is crossed, once, whoever is killed meanwhile; boundaries are the sharpest that were set."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from actions import inventory, locations
from actions.availability import announcing
from actions.availability.announcing import follow
from actions.availability.thresholds import SetAvailabilityThreshold, set_threshold
from actions.inventory import Adjustment, AdjustStock
from domain.errors import Conflict, InvalidInput
from domain.stock import AdjustmentReason
from models import AnnouncedLevel, AvailabilityThreshold, OutboxFact
from models.config import credentials
from models.db import execute, rows
from realtime import log
from tests.world import World, channel, furnish, stock, variant
from tests.world.quotas import aside, group

pytestmark = pytest.mark.usefixtures("database")

Word = tuple[str, str, str]
TOLD = """
SELECT v.sku, coalesce(c.code, l.code) AS place, f.payload ->> 'level' AS level
FROM (SELECT id, variant_id, channel_id, location_id, payload FROM outbox WHERE kind = 'availability_crossed' UNION ALL
    SELECT seq, variant_id, channel_id, location_id, payload FROM event_log WHERE kind = 'availability_crossed') AS f
JOIN variants v ON v.id = f.variant_id LEFT JOIN channels c ON c.id = f.channel_id
LEFT JOIN locations l ON l.id = f.location_id ORDER BY f.id, 1, 2"""


@pytest.fixture
async def world(database, database_url) -> World:
    """Mugs in New York and Chicago; the web sells both, the shop in New York what lies there. Followed so far."""
    world = await furnish(units=0)
    await channel(world, "SHOP", location_ids=(world.locations["NYC"].id,))
    await bounds(world, medium_from=5, high_from=10)
    await stock(world, {("MUG", "NYC"): 7, ("MUG", "CHI"): 2})
    await number_facts(database_url)
    await follow(world.now)
    await forget_facts(database_url)
    return world


async def number_facts(database_url: str) -> None:
    """As the relay does."""
    connection = await asyncpg.connect(**credentials(database_url))
    state = await log.read_state(connection)
    await log.move(connection, state.epoch, 10_000)
    await connection.close()


async def forget_facts(database_url: str) -> None:
    await number_facts(database_url)
    await execute("DELETE FROM event_log WHERE kind = 'availability_crossed'")


async def bounds(world: World, **values: Any) -> Any:
    return await set_threshold(world.act(), SetAvailabilityThreshold(**values))


async def change(world: World, units: int, *, at: str = "NYC", sku: str = "MUG") -> None:
    line = Adjustment(
        variant_id=world.variants[sku].id,
        location_id=world.locations[at].id,
        change=units,
        reason=AdjustmentReason.CORRECTION,
    )
    await inventory.adjust(world.act(), AdjustStock(lines=(line,)))


async def followed(world: World, database_url: str) -> list[Word]:
    """What was announced since, after the relay and the job have run."""
    await number_facts(database_url)
    await follow(world.now)
    return await told()


async def told() -> list[Word]:
    return [(row["sku"], row["place"], row["level"]) for row in await rows(TOLD)]


async def announced(world: World) -> dict[tuple[str, str], str]:
    found = await AnnouncedLevel.all().prefetch_related("variant", "channel", "location")
    return {(each.variant.sku, (each.channel or each.location).code): each.level.value for each in found}  # type: ignore[union-attr] # one of them is there


async def test_the_first_look_tells_what_is_there(world) -> None:
    assert await announced(world) == {
        ("MUG", "NYC"): "medium",
        ("MUG", "CHI"): "low",
        ("MUG", "WEB"): "medium",
        ("MUG", "SHOP"): "medium",
    }


async def test_a_change_within_a_level_is_not_told(world, database_url) -> None:
    await change(world, -2)

    assert await followed(world, database_url) == []


async def test_a_crossing_is_told_where_it_happens(world, database_url) -> None:
    await change(world, -3)

    assert sorted(await followed(world, database_url)) == [("MUG", "NYC", "low"), ("MUG", "SHOP", "low")]


async def test_a_crossing_names_no_counts(world, database_url) -> None:
    await change(world, -3)

    await followed(world, database_url)

    facts = await OutboxFact.filter(kind="availability_crossed")
    assert [fact.payload for fact in facts] == [{"level": "low", "before": "medium", "segment": ""}] * 2


async def test_what_is_set_aside_for_a_segment_is_told_to_it_and_missing_to_the_others(world, database_url) -> None:
    gold = await group(world, "GOLD", channels=["WEB"], segment="gold")

    await aside(world, gold, 6)
    await followed(world, database_url)

    facts = await OutboxFact.filter(kind="availability_crossed")
    places = {channel.id: code for code, channel in world.channels.items()}
    told = {(places.get(fact.channel_id, "NYC"), fact.payload["segment"]): fact.payload["level"] for fact in facts}
    assert told == {
        ("NYC", ""): "low",
        ("WEB", ""): "low",
        ("SHOP", ""): "low",
        ("WEB", "gold"): "medium",
        ("SHOP", "gold"): "low",
    }


async def test_a_crossing_is_told_once(world, database_url) -> None:
    await change(world, 5)

    first = await followed(world, database_url)
    again = await followed(world, database_url)

    assert sorted(first) == sorted(again)
    assert sorted(first) == [("MUG", "NYC", "high"), ("MUG", "SHOP", "high"), ("MUG", "WEB", "high")]


async def test_what_was_crossed_and_crossed_back_between_two_looks_is_not_told(world, database_url) -> None:
    await change(world, -7)
    await change(world, 7)

    assert await followed(world, database_url) == []


async def test_several_followers_tell_each_crossing_once(world, database_url) -> None:
    await change(world, -7)
    await number_facts(database_url)

    await asyncio.gather(*(follow(world.now) for _ in range(4)))

    assert sorted(await told()) == [("MUG", "NYC", "none"), ("MUG", "SHOP", "none"), ("MUG", "WEB", "low")]


async def test_a_follower_that_is_killed_anywhere_neither_forgets_nor_repeats(world, database_url) -> None:
    expected = []
    for at in range(12):
        await change(world, -7 if at % 2 == 0 else 7)
        expected += ["none" if at % 2 == 0 else "medium"]
        await number_facts(database_url)
        killed = asyncio.create_task(follow(world.now))
        await asyncio.sleep(0.001 * at)
        killed.cancel()
        await asyncio.gather(killed, return_exceptions=True)
        await follow(world.now)

    assert [level for _, place, level in await told() if place == "SHOP"] == expected


async def test_the_variants_boundaries_come_before_the_locations_and_those_before_the_organizations(
    world, database_url
) -> None:
    await bounds(world, location_id=world.locations["NYC"].id, medium_from=1, high_from=7)
    at_the_location = await followed(world, database_url)
    await bounds(world, variant_id=world.variants["MUG"].id, medium_from=100, high_from=200)

    every = await followed(world, database_url)

    assert at_the_location == [("MUG", "NYC", "high")]
    assert sorted(every[1:]) == [("MUG", "NYC", "low"), ("MUG", "SHOP", "low"), ("MUG", "WEB", "low")]


async def test_boundaries_without_numbers_let_the_next_ones_hold_again(world, database_url) -> None:
    mug = world.variants["MUG"].id
    await bounds(world, variant_id=mug, medium_from=1, high_from=1)
    await followed(world, database_url)

    await bounds(world, variant_id=mug)

    await followed(world, database_url)
    assert (await announced(world))["MUG", "NYC"] == "medium"


async def test_a_closed_location_has_nothing(world, database_url) -> None:
    await locations.deactivate(world.act(), locations.DeactivateLocation(location_id=world.locations["NYC"].id))

    assert sorted(await followed(world, database_url)) == [
        ("MUG", "NYC", "none"),
        ("MUG", "SHOP", "none"),
        ("MUG", "WEB", "low"),
    ]


async def test_a_channel_that_may_use_other_locations_is_looked_at_anew(world, database_url) -> None:
    await channel(world, "SHOP", location_ids=(world.locations["CHI"].id,))

    assert await followed(world, database_url) == [("MUG", "SHOP", "low")]


async def test_facts_that_were_forgotten_before_they_were_followed_lose_no_crossing(world, database_url) -> None:
    await change(world, -7)
    await number_facts(database_url)
    connection = await asyncpg.connect(**credentials(database_url))
    await log.prune(connection, keep=timedelta(0), now=world.now + timedelta(days=1))
    await connection.close()

    await follow(world.now)

    assert sorted(await told()) == [("MUG", "NYC", "none"), ("MUG", "SHOP", "none"), ("MUG", "WEB", "low")]


async def test_another_history_begins_with_a_look_at_everything(world, database_url) -> None:
    await execute("UPDATE stock_levels SET on_hand = 0")
    connection = await asyncpg.connect(**credentials(database_url))
    await log.begin_epoch(connection)
    await connection.close()

    await follow(world.now)

    assert {level for _, _, level in await told()} == {"none"}
    assert len(await told()) == 4


async def test_many_variants_are_followed_in_batches(world, database_url, monkeypatch) -> None:
    monkeypatch.setattr(announcing, "VARIANTS_AT_ONCE", 2)
    monkeypatch.setattr(announcing, "SWEPT_AT_ONCE", 2)
    skus = [f"V{at}" for at in range(5)]
    for sku in skus:
        await variant(world, sku)
    await stock(world, {(sku, "NYC"): 1 for sku in skus})

    found = await followed(world, database_url)

    assert sorted(found) == sorted((sku, place, "low") for sku in skus for place in ("NYC", "SHOP", "WEB"))


async def test_changes_that_never_end_keep_no_variant_from_its_turn(world, database_url, monkeypatch) -> None:
    """A location is changed before every look, and each look is at one variant: the last of them has its turn too."""
    await stock(world, {("CHAIR", "NYC"): 7})
    await followed(world, database_url)
    await forget_facts(database_url)
    monkeypatch.setattr(announcing, "SWEPT_AT_ONCE", 1)
    monkeypatch.setattr(announcing, "MOST_ROUNDS", 1)

    for count in range(len(world.variants) + 1):
        command = locations.UpsertLocation(code="NYC", name=f"The {count}. name", is_active=False)
        await locations.upsert_location(world.act(), command)
        await followed(world, database_url)

    assert ("CHAIR", "NYC", "none") in await told()


async def test_setting_the_same_boundaries_again_changes_nothing(world) -> None:
    before = await OutboxFact.all().count()

    await bounds(world, medium_from=5, high_from=10)

    assert await OutboxFact.all().count() == before
    assert [each.version for each in await AvailabilityThreshold.all()] == [1]


async def test_boundaries_changed_meanwhile_are_a_conflict(world) -> None:
    with pytest.raises(Conflict):
        await bounds(world, medium_from=6, high_from=10, expected_version=7)


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        ({"medium_from": 0, "high_from": 3}, ["medium_from"]),
        ({"medium_from": 5, "high_from": 4}, ["high_from"]),
        ({"medium_from": 5}, ["high_from"]),
    ],
)
async def test_boundaries_that_make_no_sense_are_refused(world, given, paths: Sequence[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        await bounds(world, **given)

    assert [problem.path for problem in refused.value.problems] == paths


async def test_one_variant_at_one_location_has_no_boundaries_of_its_own(world) -> None:
    with pytest.raises(InvalidInput):
        await bounds(
            world,
            variant_id=world.variants["MUG"].id,
            location_id=world.locations["NYC"].id,
            medium_from=1,
            high_from=2,
        )
