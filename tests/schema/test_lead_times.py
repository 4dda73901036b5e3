"""Dates from vendors' lead times: what nobody has and nothing announced, but a vendor sells."""

from datetime import date, timedelta

import pytest

from actions.backordering.terms import SetBackorderTerms, set_terms
from actions.promising import rules, supplies
from actions.promising.rules import UpsertSafetyRule
from actions.promising.supplies import AnnouncedLine, AnnounceSupplies
from actions.purchasing.offers import WithdrawOffer, withdraw_offer
from domain.errors import InvalidInput
from domain.promising.supply import SupplyKind
from tests.schema.promise_talk import promise
from tests.world import NOW, furnish, place, stock
from tests.world.stock_papers import reorder_rule
from tests.world.vendors import by_itself, drop_shipper, offer

pytestmark = pytest.mark.usefixtures("database")
TODAY = NOW.date()


@pytest.fixture
async def world():
    return await furnish(units=0)


@pytest.fixture
async def acme(world):
    """Ships to customers in seven days, where vendors are asked by themselves."""
    await by_itself(world)
    return await drop_shipper(world)


def coming(answer):
    [line] = answer["lines"]
    return [(each["comingOn"], each["quantity"], each["kind"]) for each in line["supplies"]]


def after(days):
    return (TODAY + timedelta(days=days)).isoformat()


async def test_what_a_vendor_ships_is_promised_from_its_location_after_its_lead_time(world, acme):
    await offer(world, acme, "MUG", lead_time_days=3)

    answer = await promise(world, MUG=2)

    option = answer["options"][0]
    [parcel] = option["parcels"]
    assert coming(answer) == [(after(3), 2, "LEAD_TIME")]
    assert parcel["location"] == {"code": "ACME"}
    assert parcel["units"] == [{"variant": {"sku": "MUG"}, "quantity": 2, "kind": "LEAD_TIME", "comingOn": after(3)}]
    assert option["confidence"] == "LOW"
    assert date.fromisoformat(option["shipOn"]) > TODAY + timedelta(days=3)


async def test_without_a_lead_time_of_its_own_the_vendors_counts(world, acme):
    await offer(world, acme, "MUG")

    assert coming(await promise(world, MUG=2)) == [(after(7), 2, "LEAD_TIME")]


async def test_a_day_on_which_the_vendor_does_not_work_is_put_off(world, acme):
    weekly = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    await place(world, "ACME", kind=world.locations["ACME"].kind, calendar={"weekly": weekly})
    # From Monday, November 2, five days on is a Saturday.
    await offer(world, acme, "MUG", lead_time_days=5)

    assert coming(await promise(world, MUG=2)) == [("2026-11-09", 2, "LEAD_TIME")]


async def test_what_is_there_or_known_to_come_before_is_promised_first(world, acme):
    await offer(world, acme, "MUG", lead_time_days=5)
    await stock(world, {("MUG", "NYC"): 1})
    soon = AnnouncedLine(
        variant_id=world.variants["MUG"].id,
        location_id=world.locations["NYC"].id,
        quantity=1,
        expected_on=TODAY + timedelta(days=5),
    )
    await supplies.announce(world.act(), AnnounceSupplies(lines=(soon,)))

    assert coming(await promise(world, MUG=4)) == [
        (None, 1, "ON_HAND"),
        (after(5), 1, "PURCHASE_ORDER"),
        (after(5), 2, "LEAD_TIME"),
    ]


async def test_only_what_would_be_chained_is_promised(world, acme):
    offer_id = await offer(world, acme, "MUG", minimum_quantity=3)
    assert coming(await promise(world, MUG=2)) == []
    assert coming(await promise(world, MUG=3)) == [(after(7), 3, "LEAD_TIME")]

    await by_itself(world, channel_id=world.web.id)
    assert coming(await promise(world, MUG=3)) == [(after(7), 3, "LEAD_TIME")]
    await withdraw_offer(world.act(), WithdrawOffer(offer_id=offer_id))
    assert coming(await promise(world, MUG=3)) == []


async def test_where_vendors_are_asked_by_hand_only_nothing_is_promised_of_them(world):
    vendor_id = await drop_shipper(world)
    await offer(world, vendor_id, "MUG")

    answer = await promise(world, MUG=2)

    assert (coming(answer), answer["lines"][0]["missing"]) == ([], 2)


async def test_a_vendor_is_counted_on_for_no_more_than_it_ships(world, acme):
    await offer(world, acme, "MUG", maximum_quantity=10)
    rule = UpsertSafetyRule(code="vendors", kind=SupplyKind.LEAD_TIME, percent=60)
    assert coming(await promise(world, MUG=10)) == [(after(7), 10, "LEAD_TIME")]

    await rules.upsert_safety_rule(world.act(), rule)

    answer = await promise(world, MUG=10)
    assert (coming(answer), answer["lines"][0]["missing"]) == ([(after(7), 4, "LEAD_TIME")], 6)


async def test_a_safety_factor_takes_nothing_from_a_supply_without_an_end_but_all_of_it(world, acme):
    await offer(world, acme, "MUG")
    await rules.upsert_safety_rule(world.act(), UpsertSafetyRule(code="v", kind=SupplyKind.LEAD_TIME, percent=60))
    assert coming(await promise(world, MUG=10)) == [(after(7), 10, "LEAD_TIME")]

    await rules.upsert_safety_rule(world.act(), UpsertSafetyRule(code="v", percent=100))

    assert coming(await promise(world, MUG=10)) == []


async def test_nothing_is_promised_before_its_launch(world, acme):
    await offer(world, acme, "MUG", lead_time_days=3)
    launch = SetBackorderTerms(variant_id=world.variants["MUG"].id, launches_at=NOW + timedelta(days=20))

    await set_terms(world.act(), launch)

    assert coming(await promise(world, MUG=2)) == [(after(20), 2, "LEAD_TIME")]


async def test_what_a_location_orders_again_is_promised_from_there(world):
    vendor_id = await drop_shipper(world)
    await offer(world, vendor_id, "MUG", drop_ships=False, lead_time_days=4)
    await reorder_rule(world, "MUG", at="CHI", vendor_id=vendor_id)

    answer = await promise(world, MUG=2)

    assert coming(answer) == [(after(4), 2, "LEAD_TIME")]
    assert answer["options"][0]["parcels"][0]["location"] == {"code": "CHI"}

    await reorder_rule(world, "MUG", at="CHI", vendor_id=vendor_id, lead_time_days=2)
    assert coming(await promise(world, MUG=2)) == [(after(2), 2, "LEAD_TIME")]


async def test_a_lead_time_is_not_announced(world):
    line = AnnouncedLine(
        variant_id=world.variants["MUG"].id,
        location_id=world.locations["NYC"].id,
        quantity=1,
        expected_on=TODAY,
        kind=SupplyKind.LEAD_TIME,
    )

    with pytest.raises(InvalidInput) as refused:
        await supplies.announce(world.act(), AnnounceSupplies(lines=(line,)))

    assert [(problem.path, problem.code) for problem in refused.value.problems] == [("lines.0.kind", "NOT_EXPECTED")]
