"""Dates for kits: every kit comes whole from one place, and is there with the last of its components."""

from datetime import date
from typing import Any

import pytest

from actions.promising import supplies
from actions.promising.supplies import AnnouncedLine, AnnounceSupplies
from domain.ids import new_id
from domain.placing.commands import Together
from domain.placing.decision import Market
from domain.promising.offers import availability, offers
from domain.promising.promise import Promised
from domain.promising.question import Question
from domain.routing.values import Method
from resolvers.promising.reading import Asked, question_of
from tests.world import World, furnish, stock
from tests.world.forwarding import take_any_stock
from tests.world.kits import kit
from tests.world.vendors import by_itself, drop_shipper

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def world() -> World:
    """A set is a mug and two lamps. New York has what makes one of them, and mugs."""
    world = await furnish(units=0)
    await kit(world, "SET", MUG=1, LAMP=2)
    await stock(world, {("MUG", "NYC"): 5, ("LAMP", "NYC"): 3, ("LAMP", "CHI"): 9})
    return world


async def question(world: World, *methods: Method, together: Together | None = None, **quantities: int) -> Question:
    asked = Asked(
        organization_id=world.organization_id,
        channel_id=world.web.id,
        now=world.now,
        wanted={world.variants[sku].id: units for sku, units in quantities.items()},
        methods=methods or (Method.SHIP,),
        country="US",
        own={},
        together=together,
    )
    found = await question_of(asked)
    assert found is not None
    return found


async def announced(world: World, sku: str, units: int, on: date, at: str = "NYC") -> None:
    line = AnnouncedLine(
        variant_id=world.variants[sku].id, location_id=world.locations[at].id, quantity=units, expected_on=on
    )
    await supplies.announce(world.act(), AnnounceSupplies(lines=(line,)))


def contents(world: World, option: Any) -> list[tuple[str, dict[str, int], bool]]:
    """From where, what, and whether some of it is to come."""
    skus = {variant.id: sku for sku, variant in world.variants.items()}
    codes = {place.id: code for code, place in world.locations.items()}
    found = []
    for parcel in option.parcels:
        units: dict[str, int] = {}
        for each in parcel.units:
            units[skus[each.variant_id]] = units.get(skus[each.variant_id], 0) + each.quantity
        found.append((codes[parcel.location_id], units, any(each.coming_on for each in parcel.units)))
    return found


async def test_what_is_there_is_offered_from_where_kits_are_whole(world):
    [option] = offers(await question(world, SET=1))

    assert contents(world, option) == [("NYC", {"MUG": 1, "LAMP": 2}, False)]


async def test_components_in_two_places_make_no_offer(world):
    assert offers(await question(world, SET=2)) == []
    assert offers(await question(world, Method.PICKUP, SET=2)) == []


async def test_a_kit_is_promised_with_the_last_of_its_components(world):
    await announced(world, "LAMP", 1, date(2026, 11, 10))
    await announced(world, "LAMP", 9, date(2026, 12, 10))

    asked = await question(world, SET=2)
    [option] = offers(asked)

    assert contents(world, option) == [("NYC", {"MUG": 2, "LAMP": 4}, True)]
    assert option.latest_on > date(2026, 11, 10)
    matched = availability(asked, world.variants["SET"].id)
    assert [(part.supply.day, part.quantity) for part in matched.parts] == [(None, 1), (date(2026, 11, 10), 1)]
    assert matched.missing == 0


async def test_a_store_that_lacks_kits_offers_what_is_brought_whole(world):
    await take_any_stock(world)
    await stock(world, {("MUG", "CHI"): 4})

    [option] = [
        each
        for each in offers(await question(world, Method.PICKUP, SET=4))
        if each.location_id == world.locations["NYC"].id
    ]

    assert contents(world, option) == [("CHI", {"MUG": 4, "LAMP": 8}, False)]
    assert option.latest_on > world.now.date()


async def test_kits_are_promised_in_one_delivery_with_the_days_that_bringing_takes(world):
    at = Together(location_id=world.locations["CHI"].id)
    [apart], [together] = offers(await question(world, SET=1)), offers(await question(world, together=at, SET=1))

    assert (together.location_id, together.latest_on > apart.latest_on) == (world.locations["CHI"].id, True)
    assert contents(world, together) == [("NYC", {"MUG": 1, "LAMP": 2}, False)]


async def test_kits_that_are_still_to_come_are_promised_in_one_delivery(world):
    await announced(world, "LAMP", 9, date(2026, 11, 10))
    at = Together(location_id=world.locations["CHI"].id)

    [together] = offers(await question(world, together=at, SET=2))

    assert contents(world, together) == [("NYC", {"MUG": 2, "LAMP": 4}, True)]
    assert together.location_id == world.locations["CHI"].id


async def test_kits_that_one_vendor_ships_whole_are_promised_after_its_lead_time(world):
    await by_itself(world)
    await drop_shipper(world, MUG=400)
    assert offers(await question(world, SET=2)) == []

    await drop_shipper(world, "BRIGHT", MUG=400, LAMP=400)
    [option] = offers(await question(world, SET=2))

    assert contents(world, option) == [("BRIGHT", {"MUG": 2, "LAMP": 4}, True)]


async def test_a_component_is_not_promised_to_a_kit_and_beside_it(world):
    assert offers(await question(world, SET=1, LAMP=10)) != []
    assert offers(await question(world, SET=1, LAMP=11)) == []


async def test_a_promise_keeps_what_was_asked_for(world):
    asked = await question(world, SET=1)
    [option] = offers(asked)

    promised = Promised.of(new_id(), asked, option)

    assert promised.wanted == {world.variants["SET"].id: 1}
    assert isinstance(asked.market, Market)
    assert sorted(promised.there().values()) == [1, 2]
