"""What may be there once only, written by two at the same instant: one wins, and the others are told as if they came later."""

import asyncio

import asyncpg
import pytest

from actions import desk
from actions.orders.drafting import draft
from actions.purchasing.vendors import UpsertVendor, upsert_vendor
from domain.errors import ExternalIdReused, InvalidInput
from models import Order, Vendor
from models.locations import LocationKind
from tests.actions.test_placing import wanted
from tests.world import World, furnish, place

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def world() -> World:
    return await furnish()


def numbered(world: World, units: int = 1):
    return wanted(world, ("MUG", units), external_id="A-1")


async def test_drafts_of_one_external_id_at_once_are_one_order(world):
    answers = await asyncio.gather(*(draft(world.act(), numbered(world)) for _ in range(8)))

    assert set(answers) == {(await Order.get()).id}


async def test_of_two_contents_of_one_external_id_drafted_at_once_one_is_kept(world):
    drafts = [draft(world.act(f"key-{at:04}"), numbered(world, 1 + at % 2)) for at in range(8)]

    answers = await asyncio.gather(*drafts, return_exceptions=True)

    kept = await Order.get()
    refused = [answer for answer in answers if answer != kept.id]
    assert len(refused) == 4
    assert all(isinstance(answer, ExternalIdReused) for answer in refused)


async def test_a_draft_and_an_order_of_one_external_id_at_once_are_one(world, database_url):
    async with desk.opened(database_url) as counter:
        both = [*(draft(world.act(), numbered(world)) for _ in range(4)),
                *(counter.place(world.act(), numbered(world)) for _ in range(4))]  # fmt: skip

        answers = await asyncio.gather(*both)

    assert set(answers) == {(await Order.get()).id}


async def test_of_vendors_that_claim_one_location_at_once_one_has_it(world):
    shared = await place(world, "ACM", kind=LocationKind.VENDOR)

    def claims(code: str):
        command = UpsertVendor(code=code, name=code, currency="USD", location_id=shared.id)
        return upsert_vendor(world.act(), command)

    answers = await asyncio.gather(*(claims(f"V{at}") for at in range(6)), return_exceptions=True)

    owner = await Vendor.get(location_id=shared.id)
    refused = [answer for answer in answers if answer != owner.id]
    assert len(refused) == 5
    assert all(isinstance(answer, InvalidInput) for answer in refused)
    assert {(each.path, each.code) for answer in refused for each in answer.problems} == {("location_id", "IN_USE")}
    assert await Vendor.all().count() == 1


async def test_a_vendor_that_waited_for_another_to_take_the_location_is_told(world, database_url):
    """Not by luck: the other one's row is written and not committed when this one asks."""
    shared = await place(world, "ACM", kind=LocationKind.VENDOR)
    first = await upsert_vendor(world.act(), UpsertVendor(code="FIRST", name="First", currency="USD"))
    other = await asyncpg.connect(database_url)
    written = other.transaction()
    await written.start()
    await other.execute("UPDATE vendors SET location_id = $1 WHERE id = $2", shared.id, first)
    late = UpsertVendor(code="LATE", name="Late", currency="USD", location_id=shared.id)

    waiting = asyncio.create_task(upsert_vendor(world.act(), late))
    await asyncio.sleep(0.3)
    is_done = waiting.done()
    await written.commit()
    await other.close()

    with pytest.raises(InvalidInput) as refused:
        await waiting
    assert not is_done
    assert [(each.path, each.code) for each in refused.value.problems] == [("location_id", "IN_USE")]
