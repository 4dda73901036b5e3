"""Locations, channels and organizations are kept under their codes."""

import pytest

from actions import reference
from actions.channels import UpsertChannel, upsert_channel, upsert_channels
from actions.geocoding import locate
from actions.locations import (
    ActivateLocation,
    DeactivateLocation,
    UpsertLocation,
    activate,
    deactivate,
    upsert_location,
    upsert_locations,
)
from domain.errors import Conflict, InvalidInput, NotFound
from domain.ids import new_id
from domain.orders import Capability, ConfirmationPolicy
from models import Channel, Location, OutboxFact
from models.channels import ChannelKind
from models.locations import LocationKind
from tests.world import channel, found, place

pytestmark = pytest.mark.usefixtures("database")

HOURS = {"weekly": {"mon": [["09:00", "17:00"]]}, "exceptions": {"2026-12-25": []}}


@pytest.fixture
async def world():
    return await found()


def new(**values):
    given = {"name": "Main", "country": "US", "postal_code": "60601", "time_zone": "America/Chicago"}
    return UpsertLocation(**{"code": "CHI", **given, **values})


async def problems(refusing):
    with pytest.raises(InvalidInput) as refused:
        await refusing
    return [(problem.path, problem.code) for problem in refused.value.problems]


async def test_a_new_location_finds_its_position_by_its_postal_code(world):
    command = new(kind=LocationKind.STORE, capabilities=(Capability.SHIP, Capability.PICKUP), calendar=HOURS)

    key = await upsert_location(world.act(), command)

    made = await Location.get(id=key)
    assert (round(made.latitude, 1), round(made.longitude, 1)) == (41.9, -87.6)
    assert (made.kind, made.capabilities, made.calendar) == (LocationKind.STORE, ["pickup", "ship"], HOURS)
    assert (made.version, made.is_active, made.daily_capacity_units) == (1, True, None)


async def test_a_given_position_wins_and_stays_when_the_address_changes(world):
    await upsert_location(world.act(), new(latitude=1.5, longitude=2.5))

    key = await upsert_location(world.act(), UpsertLocation(code="CHI", city="Evanston"))

    kept = await Location.get(id=key)
    assert (kept.latitude, kept.longitude, kept.city, kept.version) == (1.5, 2.5, "Evanston", 2)


async def test_what_ends_up_as_it_was_keeps_its_version_and_tells_nobody(world):
    first = await upsert_location(world.act(), new())

    again = await upsert_location(world.act(), new())

    assert again == first
    assert (await Location.get(id=first)).version == 1
    assert await OutboxFact.filter(kind="location_changed").count() == 1


async def test_a_new_location_needs_a_name_a_country_a_time_zone_and_a_position(world):
    assert await problems(upsert_location(world.act(), UpsertLocation(code="X"))) == [
        ("name", "REQUIRED"),
        ("country", "REQUIRED"),
        ("latitude", "REQUIRED"),
        ("longitude", "REQUIRED"),
        ("time_zone", "REQUIRED"),
    ]
    assert await Location.all().count() == 0


async def test_an_unknown_postal_code_gives_no_position(world):
    assert await problems(upsert_location(world.act(), new(postal_code="00000"))) == [
        ("latitude", "REQUIRED"),
        ("longitude", "REQUIRED"),
    ]


async def test_everything_wrong_in_a_list_is_told_with_its_place_and_nothing_is_kept(world):
    commands = [
        new(),
        new(code="A B ", time_zone="Mars/Olympus", latitude=91.0, longitude=0.0),
        new(code="C", country="USA", calendar={"weekly": {"mon": [["x", "y"]]}}, daily_capacity_units=-1),
        new(code="D\x00"),
    ]

    assert await problems(upsert_locations(world.act(), commands)) == [
        ("1.code", "INVALID_CODE"),
        ("1.latitude", "OUT_OF_RANGE"),
        ("1.time_zone", "INVALID_TIME_ZONE"),
        ("2.country", "INVALID_COUNTRY"),
        ("2.calendar.weekly.mon", "INVALID_CALENDAR"),
        ("2.daily_capacity_units", "OUT_OF_RANGE"),
        ("3.code", "INVALID_CHARACTER"),
    ]
    assert await Location.all().count() == 0


async def test_a_list_names_a_code_once(world):
    assert await problems(upsert_locations(world.act(), [new(), new()])) == [("1.code", "DUPLICATE")]


async def test_an_expected_version_must_be_the_one_there_is(world):
    await upsert_location(world.act(), new())

    with pytest.raises(Conflict) as refused:
        await upsert_location(world.act(), new(name="Other", expected_version=2))
    with pytest.raises(NotFound):
        await upsert_location(world.act(), new(code="NEW", expected_version=1))

    assert (refused.value.expected_version, refused.value.actual_version) == (2, 1)
    assert (await Location.get(code="CHI")).name == "Main"


async def test_a_location_can_be_taken_out_and_put_back(world):
    made = await place(world, "NYC")

    await deactivate(world.act(), DeactivateLocation(location_id=made.id, expected_version=1))
    halfway = await Location.get(id=made.id)
    await activate(world.act(), ActivateLocation(location_id=made.id))

    kept = await Location.get(id=made.id)
    assert (halfway.is_active, kept.is_active, kept.version) == (False, True, 3)


async def test_a_location_of_another_organization_is_not_found(world):
    other = await found()
    made = await place(world, "NYC")

    with pytest.raises(NotFound):
        await deactivate(other.act(), DeactivateLocation(location_id=made.id))

    assert (await Location.get(id=made.id)).is_active


@pytest.mark.parametrize(
    ("country", "code", "is_found"),
    [
        ("US", "10001", True),
        ("US", "10001-1234", True),
        ("US", "2108", True),  # a spreadsheet ate the zero of Boston
        ("US", "00000", False),
        ("US", "SW1A 1AA", False),
        ("US", "", False),
        ("DE", "10115", False),
    ],
)
def test_only_us_postal_codes_are_on_the_map(country, code, is_found):
    assert (locate(country, code) is not None) is is_found


async def test_a_channel_names_its_locations_or_allows_all(world):
    near, far = await place(world, "NYC"), await place(world, "LAX")
    key = await upsert_channel(
        world.act(),
        UpsertChannel(
            code="WEB", name="Web", kind=ChannelKind.WEB, currency="USD", location_ids=(far.id, near.id, near.id)
        ),
    )

    named = await upsert_channel(world.act(), UpsertChannel(code="WEB", location_ids=(near.id, far.id)))
    unchanged = await Channel.get(id=named)
    await upsert_channel(world.act(), UpsertChannel(code="WEB", location_ids=()))

    kept = await Channel.get(id=key)
    assert (unchanged.version, kept.version, await kept.locations.all()) == (1, 2, [])
    facts = await OutboxFact.filter(kind="channel_changed").order_by("id")
    assert [len(fact.payload["locations"]) for fact in facts] == [2, 0]


async def test_a_channel_keeps_what_is_not_given(world):
    await channel(world, "EDI", kind=ChannelKind.B2B, currency="EUR", reservation_ttl_seconds=3_600)

    key = await upsert_channel(
        world.act(), UpsertChannel(code="EDI", confirmation=ConfirmationPolicy.MANUAL, expected_version=1)
    )

    kept = await Channel.get(id=key)
    assert (kept.kind, kept.currency, kept.reservation_ttl_seconds, kept.confirmation, kept.version) == (
        ChannelKind.B2B, "EUR", 3_600, ConfirmationPolicy.MANUAL, 2,
    )  # fmt: skip


@pytest.mark.parametrize("seconds", [59, 2_678_401])
async def test_carts_are_kept_for_a_minute_to_a_month(world, seconds):
    command = UpsertChannel(
        code="WEB", name="Web", kind=ChannelKind.WEB, currency="USD", reservation_ttl_seconds=seconds
    )

    assert await problems(upsert_channel(world.act(), command)) == [("reservation_ttl_seconds", "OUT_OF_RANGE")]
    assert await Channel.all().count() == 0


async def test_a_channel_cannot_name_the_locations_of_others(world):
    other = await found()
    theirs = await place(other, "NYC")
    command = UpsertChannel(
        code="WEB", name="Web", kind=ChannelKind.WEB, currency="usd", location_ids=(theirs.id, new_id())
    )

    assert await problems(upsert_channels(world.act(), [command])) == [
        ("0.currency", "INVALID_CURRENCY"),
        ("0.location_ids.0", "UNKNOWN"),
        ("0.location_ids.1", "UNKNOWN"),
    ]


async def test_placements_see_a_changed_channel_at_once(world):
    made = await channel(world, "WEB")
    reference._known[world.organization_id] = (1e12, None)

    await upsert_channel(world.act(), UpsertChannel(code="WEB", name="Anew"))

    assert world.organization_id not in reference._known
    assert made.id
