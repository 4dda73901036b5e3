"""Kits lie nowhere, so no paper is about one: it could never be moved, received or ordered."""

import asyncio
from datetime import timedelta

import pytest

from actions.kits import KitPart, SetKitComponents, set_kit_components
from actions.promising import supplies
from actions.promising.supplies import AnnouncedLine, AnnounceSupplies
from actions.purchasing import ordering
from actions.purchasing.ordering import CancelPurchaseOrder
from actions.quotas import plans
from actions.quotas.plans import EndQuotaPlan
from domain.errors import DomainError, InvalidInput
from models import PurchaseOrder, QuotaPlan, Variant, Vendor
from tests.actions.asserting import refused
from tests.world import furnish, variant
from tests.world.kits import kit
from tests.world.quotas import group, planned
from tests.world.stock_papers import draft_purchase, draft_transfer, ready_transfer, reorder_rule, vendor
from tests.world.vendors import drop_shipper, offer

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def world():
    return await furnish()


async def announce(world, sku):
    coming = AnnouncedLine(
        variant_id=world.variants[sku].id,
        location_id=world.locations["NYC"].id,
        quantity=5,
        expected_on=world.now.date() + timedelta(days=3),
    )
    await supplies.announce(world.act(), AnnounceSupplies(lines=(coming,)))


async def planned_for(world, sku):
    return await planned(world, await group(world, "ONLINE", channels=["WEB"]), 5, sku)


async def offered(world, sku):
    await offer(world, (await Vendor.get(code="ACME")).id, sku, drop_ships=False)


def composed(world, sku):
    parts = (KitPart(variant_id=world.variants["CHAIR"].id, quantity=1),)
    return set_kit_components(world.act(), SetKitComponents(variant_id=world.variants[sku].id, components=parts))


PAPERS = {
    "purchase order": (lambda world, sku: draft_purchase(world, MUG=1, **{sku: 2}), "lines.1.variant_id"),
    "transfer": (lambda world, sku: draft_transfer(world, MUG=1, **{sku: 2}), "lines.1.variant_id"),
    "supply": (announce, "lines.0.variant_id"),
    "reorder rule": (reorder_rule, "variant_id"),
    "offer": (offered, "variant_id"),
}


@pytest.mark.parametrize("paper", PAPERS)
async def test_no_paper_is_about_a_kit(world, paper):
    await kit(world)
    await vendor(world)
    write, path = PAPERS[paper]

    async with refused(InvalidInput) as refusal:
        await write(world, "SET")

    assert [(problem.path, problem.code) for problem in refusal.value.problems] == [(path, "KIT")]


@pytest.mark.parametrize(
    "write",
    [
        lambda world: draft_purchase(world, VASE=1),
        lambda world: draft_transfer(world, VASE=1),
        lambda world: ready_transfer(world, VASE=1),
        lambda world: announce(world, "VASE"),
        lambda world: reorder_rule(world, "VASE"),
        lambda world: planned_for(world, "VASE"),
        lambda world: drop_shipper(world, "BRIGHT", VASE=400),
    ],
    ids=["purchase", "draft", "ready", "supply", "rule", "quota plan", "offer"],
)
async def test_what_is_on_paper_does_not_become_a_kit(world, write):
    await variant(world, "VASE")
    await write(world)

    async with refused(InvalidInput) as refusal:
        await composed(world, "VASE")

    assert [(problem.path, problem.code) for problem in refusal.value.problems] == [("variant_id", "IN_USE")]


async def test_what_is_on_paper_no_more_may_become_a_kit(world):
    await variant(world, "VASE")
    draft = await draft_purchase(world, VASE=1)
    await ordering.cancel(world.act(), CancelPurchaseOrder(purchase_order_id=draft))
    await reorder_rule(world, "VASE", is_active=False)
    plan = await planned_for(world, "VASE")
    await plans.end_plan(world.act(), EndQuotaPlan(plan_id=plan.id))

    await composed(world, "VASE")

    assert (await Variant.get(sku="VASE")).is_kit


async def test_of_who_orders_a_variant_and_who_makes_it_a_kit_one_is_refused(world):
    await vendor(world)
    for sku in ("VASE-1", "VASE-2", "VASE-3", "VASE-4"):
        await variant(world, sku)

        both = await asyncio.gather(draft_purchase(world, **{sku: 1}), composed(world, sku), return_exceptions=True)

        assert [isinstance(each, DomainError) for each in both].count(True) == 1
        is_ordered = await PurchaseOrder.filter(lines__variant_id=world.variants[sku].id).exists()
        assert is_ordered != (await Variant.get(sku=sku)).is_kit


async def test_of_who_plans_for_a_variant_and_who_makes_it_a_kit_one_is_refused(world):
    of = await group(world, "ONLINE", channels=["WEB"])
    for sku in ("VASE-1", "VASE-2", "VASE-3", "VASE-4"):
        await variant(world, sku)

        both = await asyncio.gather(planned(world, of, 5, sku), composed(world, sku), return_exceptions=True)

        assert [isinstance(each, DomainError) for each in both].count(True) == 1
        is_planned = await QuotaPlan.filter(variant_id=world.variants[sku].id).exists()
        assert is_planned != (await Variant.get(sku=sku)).is_kit
