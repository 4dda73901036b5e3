"""What dates are promised by: supply to come, carriers' services, rules; what is kept of a promise."""

import asyncio
from dataclasses import replace
from datetime import date
from secrets import token_bytes
from uuid import UUID

import pytest

from actions import desk, restocking
from actions.promising import keeping, keys, rules, services, supplies
from actions.promising.services import ServiceZone, UpsertCarrierService
from actions.promising.supplies import AnnouncedLine, AnnounceSupplies, CancelSupply, ChangeSupply, ReceiveSupply
from domain.errors import Conflict, IllegalTransition, InvalidInput, NotFound
from domain.facts import FactKind
from domain.ids import new_id
from domain.promising.offers import offers
from domain.promising.promise import Promised
from domain.promising.sealing import NONCE_BYTES, seal
from domain.promising.supply import SupplyKind, SupplyStatus
from domain.routing.values import Method
from models import (
    CarrierService,
    ExpectedSupply,
    OutboxFact,
    Promise,
    PromiseKey,
    PromiseRule,
    SafetyRule,
    StockMovement,
)
from resolvers.promising.choosing import HoldPromise, hold
from resolvers.promising.reading import Asked, question_of
from tests.world import World, furnish

pytestmark = pytest.mark.usefixtures("database")
SOON = date(2026, 11, 10)


@pytest.fixture
async def world() -> World:
    return await furnish(units=2)


def line(world: World, quantity: int = 5, **values) -> AnnouncedLine:
    given = {"variant_id": world.variants["MUG"].id, "location_id": world.locations["NYC"].id, "expected_on": SOON}
    return AnnouncedLine(quantity=quantity, **{**given, **values})


async def announced(world: World, **values) -> ExpectedSupply:
    command = AnnounceSupplies(lines=(line(world, **values),), reference="PO-7")
    [key] = await supplies.announce(world.act(), command)
    return await ExpectedSupply.get(id=key)


async def problems(doing) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as refused:
        await doing
    return [(problem.path, problem.code) for problem in refused.value.problems]


async def test_what_is_announced_is_expected_and_not_on_hand(world):
    supply = await announced(world)

    assert (supply.status, supply.quantity, supply.received) == (SupplyStatus.EXPECTED, 5, 0)
    assert (supply.kind, supply.expected_on, supply.reference) == (SupplyKind.PURCHASE_ORDER, SOON, "PO-7")
    assert (await world.level("MUG", "NYC")).on_hand == 2


async def test_everything_wrong_with_an_announcement_is_told_at_once(world):
    other = await furnish(units=0)
    lines = (
        line(world, 0),
        line(world, kind=SupplyKind.ON_HAND),
        line(world, variant_id=other.variants["MUG"].id),
        line(world, location_id=other.locations["NYC"].id),
    )

    found = await problems(supplies.announce(world.act(), AnnounceSupplies(lines=lines)))

    assert found == [
        ("lines.0.quantity", "OUT_OF_RANGE"),
        ("lines.1.kind", "NOT_EXPECTED"),
        ("lines.2.variant_id", "UNKNOWN"),
        ("lines.3.location_id", "UNKNOWN"),
    ]
    assert await ExpectedSupply.all().count() == 0


async def test_news_changes_what_it_tells_and_nothing_else(world):
    supply = await announced(world)

    await supplies.change(world.act(), ChangeSupply(supply_id=supply.id, expected_on=date(2026, 11, 20)))
    await supplies.change(
        world.act(), ChangeSupply(supply_id=supply.id, quantity=3, kind=SupplyKind.IN_TRANSIT, expected_version=2)
    )

    changed = await ExpectedSupply.get(id=supply.id)
    assert (changed.expected_on, changed.quantity, changed.kind) == (date(2026, 11, 20), 3, SupplyKind.IN_TRANSIT)
    assert changed.version == 3


async def test_a_part_is_received_into_stock_and_the_rest_stays_expected(world):
    supply, freed = await announced(world), []
    restocking.listeners.append(lambda _, variants: freed.append(variants))

    await supplies.receive(world.act(), ReceiveSupply(supply_id=supply.id, quantity=2))

    restocking.listeners.pop()
    left = await ExpectedSupply.get(id=supply.id)
    assert (left.status, left.quantity, left.received) == (SupplyStatus.EXPECTED, 3, 2)
    assert (await world.level("MUG", "NYC")).on_hand == 4
    assert freed == [frozenset({world.variants["MUG"].id})]
    assert await StockMovement.filter(reference="PO-7").values_list("quantity", flat=True) == [2]


@pytest.mark.parametrize(
    ("quantity", "is_complete", "received"), [(None, False, 5), (7, False, 7), (2, True, 2), (5, False, 5)]
)
async def test_a_supply_is_closed_when_all_came_or_no_more_will(world, quantity, is_complete, received):
    supply = await announced(world)

    command = ReceiveSupply(supply_id=supply.id, quantity=quantity, is_complete=is_complete)
    await supplies.receive(world.act(), command)

    closed = await ExpectedSupply.get(id=supply.id)
    assert (closed.status, closed.quantity, closed.received) == (SupplyStatus.RECEIVED, 0, received)
    assert closed.closed_at == world.now
    assert (await world.level("MUG", "NYC")).on_hand == 2 + received


async def test_what_is_closed_stays_so(world):
    supply = await announced(world)
    await supplies.cancel(world.act(), CancelSupply(supply_id=supply.id))

    for doing in (
        supplies.receive(world.act(), ReceiveSupply(supply_id=supply.id)),
        supplies.change(world.act(), ChangeSupply(supply_id=supply.id, quantity=9)),
        supplies.cancel(world.act(), CancelSupply(supply_id=supply.id)),
    ):
        with pytest.raises(IllegalTransition):
            await doing
    cancelled = await ExpectedSupply.get(id=supply.id)
    assert (cancelled.status, cancelled.quantity) == (SupplyStatus.CANCELLED, 5)
    assert (await world.level("MUG", "NYC")).on_hand == 2


async def test_a_supply_of_somebody_else_or_of_another_version_is_refused(world):
    supply, other = await announced(world), await furnish(units=0)

    with pytest.raises(NotFound):
        await supplies.cancel(other.act(), CancelSupply(supply_id=supply.id))
    with pytest.raises(Conflict):
        await supplies.receive(world.act(), ReceiveSupply(supply_id=supply.id, expected_version=2))


async def test_of_two_who_receive_the_same_supply_one_does(world):
    supply = await announced(world)
    command = ReceiveSupply(supply_id=supply.id)

    done = await asyncio.gather(*(supplies.receive(world.act(), command) for _ in range(4)), return_exceptions=True)

    assert sorted(type(each).__name__ for each in done) == ["IllegalTransition"] * 3 + ["UUID"]
    assert (await world.level("MUG", "NYC")).on_hand == 7


async def test_the_newest_fact_tells_a_supply_as_it_is(world):
    supply = await announced(world)
    await supplies.change(world.act(), ChangeSupply(supply_id=supply.id, kind=SupplyKind.IN_TRANSIT))
    await supplies.receive(world.act(), ReceiveSupply(supply_id=supply.id, quantity=2))

    told = await OutboxFact.filter(kind=FactKind.SUPPLY_CHANGED).order_by("id")

    fresh = await ExpectedSupply.get(id=supply.id)
    assert [each.payload["version"] for each in told] == [1, 2, 3]
    assert told[-1].location_id == fresh.location_id
    assert told[-1].payload == {
        "id": str(fresh.id), "kind": "in_transit", "status": "expected", "quantity": 3, "received": 2,
        "expected_on": "2026-11-10", "reference": "PO-7", "version": 3,
    }  # fmt: skip


def service(**values) -> UpsertCarrierService:
    zones = (ServiceZone(up_to_km=100, days_least=1, days_most=1, base_minor=500),)
    return UpsertCarrierService(**{"code": "ground", "name": "Ground", "carrier": "ups", "zones": zones, **values})


async def test_a_service_keeps_what_is_silent_and_days_in_the_order_of_the_week(world):
    await services.upsert_carrier_service(world.act(), service(pickup_days=("fri", "mon", "fri")))
    await services.upsert_carrier_service(world.act(), UpsertCarrierService(code="ground", cut_off="16:30"))

    kept = await CarrierService.get()
    assert (kept.cut_off, kept.pickup_time, kept.pickup_days) == ("16:30", "17:00", ["mon", "fri"])
    assert (kept.non_transit_days, kept.observes_holidays, kept.version) == (["sat", "sun"], True, 2)
    assert await OutboxFact.filter(kind=FactKind.PROMISING_CHANGED).count() == 2


async def test_a_service_that_nobody_could_promise_by_is_refused(world):
    def zone(far: int | None, least: int = 1, most: int = 2) -> ServiceZone:
        return ServiceZone(up_to_km=far, days_least=least, days_most=most, base_minor=-1)

    wrong = service(
        cut_off="24:00",
        pickup_days=("monday",),
        zones=(zone(200, 3, 2), zone(100), zone(None), zone(300)),
        channel_id=new_id(),
        price_minor=-1,
    )

    found = await problems(services.upsert_carrier_service(world.act(), wrong))

    assert {path for path, _ in found} == {
        "cut_off", "pickup_days.0", "zones.0.days_most", "zones.0.base_minor", "zones.1.base_minor",
        "zones.2.base_minor", "zones.3.base_minor", "zones.1.up_to_km", "zones.3.up_to_km", "channel_id", "price_minor",
    }  # fmt: skip
    assert await CarrierService.all().count() == 0


async def test_rules_are_kept_within_their_bounds(world):
    await rules.upsert_promise_rule(world.act(), rules.UpsertPromiseRule(code="all", buffer_days=1))
    found = await problems(
        rules.upsert_promise_rule(
            world.act(),
            rules.UpsertPromiseRule(code="all", valid_minutes=0, lead_time_minutes=-1, location_id=new_id()),
        )
    )

    kept = await PromiseRule.get()
    assert (kept.lead_time_minutes, kept.buffer_days, kept.valid_minutes, kept.version) == (240, 1, 15, 1)
    assert {path for path, _ in found} == {"lead_time_minutes", "valid_minutes", "location_id"}


async def test_a_safety_rule_says_a_quantity_or_a_percentage(world):
    def rule(**values) -> rules.UpsertSafetyRule:
        return rules.UpsertSafetyRule(code="po", **values)

    both = await problems(rules.upsert_safety_rule(world.act(), rule(quantity=1, percent=1)))
    neither = await problems(rules.upsert_safety_rule(world.act(), rule()))
    await rules.upsert_safety_rule(world.act(), rule(percent=60, kind=SupplyKind.PURCHASE_ORDER))
    await rules.upsert_safety_rule(world.act(), rule(quantity=2))

    assert both == neither == [("quantity", "ONE_OF")]
    kept = await SafetyRule.get()
    assert (kept.quantity, kept.percent, kept.kind) == (2, None, SupplyKind.PURCHASE_ORDER)


async def test_the_seal_is_made_once_for_all(world):
    keys._known.clear()

    found = await asyncio.gather(*(keys.key_of(world.organization_id) for _ in range(5)))

    keys._known.clear()
    assert {*found, await keys.key_of(world.organization_id)} == {found[0]}
    assert await PromiseKey.all().count() == 1


async def promised_of(world: World, quantity: int = 2) -> Promised:
    asked = Asked(
        organization_id=world.organization_id,
        channel_id=world.web.id,
        now=world.now,
        wanted={world.variants["MUG"].id: quantity},
        methods=(Method.PICKUP,),
        own={},
    )
    question = await question_of(asked)
    assert question is not None
    return Promised.of(new_id(), question, offers(question)[0])


async def test_a_promise_held_and_then_chosen_is_one(world):
    promised = await promised_of(world)

    for customer_id, cart in ((None, "cart-1"), (world.customer.id, None), (None, "cart-2")):
        await keeping.keep(world.act(), promised, customer_id, cart)

    kept = await Promise.get()
    assert (kept.id, kept.cart, kept.customer_id) == (promised.id, "cart-1", world.customer.id)
    assert (kept.latest_on, kept.parcels) == (promised.latest_on, promised.parcels_told())


async def test_of_many_who_hold_the_last_units_one_does(world, database_url):
    promised = await promised_of(world)
    sealed = [await _sealed(world, replace(promised, id=new_id())) for _ in range(6)]

    async with desk.opened(database_url) as counter:
        held = await asyncio.gather(
            *(
                hold(world.act(), counter, world.viewer(), HoldPromise(cart=f"cart-{at}", option=each))
                for at, each in enumerate(sealed)
            ),
            return_exceptions=True,
        )

    assert sorted(type(each).__name__ for each in held) == ["InsufficientStock"] * 5 + ["UUID"]
    [kept] = [each for each in held if isinstance(each, UUID)]
    assert (await Promise.get()).id == kept


async def _sealed(world: World, promised: Promised) -> str:
    return seal(await keys.key_of(world.organization_id), token_bytes(NONCE_BYTES), promised.told())
