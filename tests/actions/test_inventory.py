"""Stock changes: every rule, every refusal with nothing changed, races, and ledger = counters."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from actions import inventory, levels, outbox, restocking
from actions.inventory import (
    Adjustment,
    AdjustStock,
    ClearStock,
    CondemnStock,
    DiscardStock,
    MarkDamaged,
    MarkRepaired,
    QuarantineStock,
    ReceiveStock,
    SafetyLine,
    SetSafetyStock,
    StockLine,
    TransferIn,
)
from domain.errors import CountChanged, InsufficientStock, InvalidInput, StockCommitted
from domain.ids import new_id
from domain.stock import COUNTERS, EFFECTS, IN_LEDGER, AdjustmentReason, MovementKind
from models import Channel, OutboxFact, Reservation, StockLevel, StockMovement
from models.db import tx
from tests.world import NOW, furnish, place

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def world():
    return await furnish(units=10)


@pytest.fixture
def told():
    """What listeners were told became free."""
    heard = []
    restocking.listeners.append(listener := lambda _act, variants: heard.append(variants))
    yield heard
    restocking.listeners.remove(listener)


def line(world, quantity, sku="MUG", at="NYC"):
    return StockLine(variant_id=world.variants[sku].id, location_id=world.locations[at].id, quantity=quantity)


def adjustment(world, change, *, sku="MUG", at="NYC", reason=AdjustmentReason.COUNTED, expected=None):
    return Adjustment(
        variant_id=world.variants[sku].id,
        location_id=world.locations[at].id,
        change=change,
        reason=reason,
        expected_on_hand=expected,
    )


async def counters(world, sku="MUG", at="NYC"):
    level = await world.level(sku, at)
    return {name: getattr(level, name) for name in (*COUNTERS, "safety") if getattr(level, name)}


async def reserve(world, units, sku="MUG", at="NYC"):
    """Units of a cart, so that there is something that others count on."""
    level = await world.level(sku, at)
    async with tx():
        reservation = await Reservation.create(
            organization_id=world.organization_id, channel=await Channel.get(code="WEB"), cart="c1",
            stock_level=level, variant_id=level.variant_id, location_id=level.location_id, quantity=units,
            created_at=NOW, expires_at=NOW,
        )  # fmt: skip
        movement = levels.Movement(
            variant_id=level.variant_id, location_id=level.location_id, kind=MovementKind.RESERVED, quantity=units,
            reservation_id=reservation.id,
        )  # fmt: skip
        await outbox.record(world.organization_id, "test", NOW, await levels.move(world.act(), [movement]))


async def assert_nothing_changed(world, movements=12):
    assert await StockMovement.all().count() == movements
    assert await counters(world) == {"on_hand": 10}


async def assert_ledger_equals_counters():
    for level in await StockLevel.all():
        sums: Counter[str] = Counter()
        for movement in await StockMovement.filter(stock_level=level):
            for name in IN_LEDGER:
                sums[name] += movement.quantity * getattr(EFFECTS[movement.kind], name)
        assert {name: sums[name] for name in IN_LEDGER} == {name: getattr(level, name) for name in IN_LEDGER}


async def test_receiving_makes_a_level_where_there_is_none(world):
    await place(world, "BOS", postal_code="02108", city="Boston")

    [changed] = await inventory.receive(world.act(), ReceiveStock(lines=(line(world, 5, at="BOS"),), reference="DN-1"))

    level = await world.level("MUG", "BOS")
    assert (level.id, level.on_hand, level.version) == (changed, 5, 2)
    movement = await StockMovement.get(stock_level=level)
    assert (movement.kind, movement.quantity, movement.reference, movement.actor) == (
        MovementKind.RECEIVED, 5, "DN-1", "staff:test",
    )  # fmt: skip
    fact = await OutboxFact.get(kind="stock_changed", location_id=level.location_id)
    assert fact.payload["available"] == 5


async def test_many_lines_are_one_change_also_twice_of_the_same_thing(world):
    lines = (line(world, 1), line(world, 2, "SHIRT"), line(world, 3))

    changed = await inventory.receive(world.act(), ReceiveStock(lines=lines))

    assert changed[0] == changed[2] != changed[1]
    assert await counters(world) == {"on_hand": 14}
    assert await counters(world, "SHIRT") == {"on_hand": 12}
    await assert_ledger_equals_counters()


async def test_the_same_key_receives_once(world):
    command = ReceiveStock(lines=(line(world, 5),))

    first = await inventory.receive(world.act("delivery-1"), command)
    again = await inventory.receive(world.act("delivery-1"), command)

    assert first == again
    assert await counters(world) == {"on_hand": 15}


async def test_a_transfer_in_is_a_movement_of_its_own_kind(world):
    await inventory.transfer_in(world.act(), TransferIn(lines=(line(world, 4),), reference="T-1"))

    assert await counters(world) == {"on_hand": 14}
    assert await StockMovement.filter(kind=MovementKind.TRANSFERRED_IN).count() == 1


async def test_an_adjustment_keeps_its_reason(world):
    await inventory.adjust(
        world.act(), AdjustStock(lines=(adjustment(world, -3, reason=AdjustmentReason.LOST, expected=10),))
    )

    assert await counters(world) == {"on_hand": 7}
    movement = await StockMovement.get(kind=MovementKind.ADJUSTED)
    assert (movement.quantity, movement.reason) == (-3, AdjustmentReason.LOST)


async def test_an_adjustment_of_another_count_is_refused(world):
    lines = (adjustment(world, 5, sku="SHIRT"), adjustment(world, -1, expected=11))

    with pytest.raises(CountChanged) as refused:
        await inventory.adjust(world.act(), AdjustStock(lines=lines))

    assert (refused.value.sku, refused.value.expected_on_hand, refused.value.actual_on_hand) == ("MUG", 11, 10)
    assert await counters(world, "SHIRT") == {"on_hand": 10}
    await assert_nothing_changed(world)


async def test_more_than_there_is_cannot_be_taken_away(world):
    with pytest.raises(InsufficientStock) as refused:
        await inventory.adjust(world.act(), AdjustStock(lines=(adjustment(world, -13),)))

    assert refused.value.missing == {"MUG": 3}
    await assert_nothing_changed(world)


async def test_what_a_cart_counts_on_cannot_be_taken_away(world):
    await reserve(world, 6)

    with pytest.raises(StockCommitted) as adjusted:
        await inventory.adjust(world.act(), AdjustStock(lines=(adjustment(world, -5),)))
    with pytest.raises(StockCommitted):
        await inventory.mark_damaged(world.act(), MarkDamaged(lines=(line(world, 5),)))
    with pytest.raises(StockCommitted):
        await inventory.quarantine(world.act(), QuarantineStock(lines=(line(world, 5),)))

    assert (adjusted.value.committed, adjusted.value.on_hand) == (6, 5)
    assert await counters(world) == {"on_hand": 10, "reserved": 6}
    assert await StockMovement.all().count() == 13


async def test_damaged_and_quarantined_units_stay_on_hand_and_come_back(world):
    await inventory.mark_damaged(world.act(), MarkDamaged(lines=(line(world, 3),)))
    await inventory.quarantine(world.act(), QuarantineStock(lines=(line(world, 2),)))
    halfway = await counters(world)
    await inventory.mark_repaired(world.act(), MarkRepaired(lines=(line(world, 1),)))
    await inventory.clear(world.act(), ClearStock(lines=(line(world, 2),)))

    assert halfway == {"on_hand": 10, "damaged": 3, "quality_control": 2}
    assert await counters(world) == {"on_hand": 10, "damaged": 2}
    await assert_ledger_equals_counters()


async def test_what_failed_its_check_is_damaged_and_thrown_away_without_ever_being_free(world, told):
    await reserve(world, 7)
    await inventory.quarantine(world.act(), QuarantineStock(lines=(line(world, 3),)))
    await inventory.condemn(world.act(), CondemnStock(lines=(line(world, 2),), reference="QC-7"))
    condemned = await counters(world)
    await inventory.discard(world.act(), DiscardStock(lines=(line(world, 2),), reference="skip"))

    assert condemned == {"on_hand": 10, "reserved": 7, "damaged": 2, "quality_control": 1}
    assert await counters(world) == {"on_hand": 8, "reserved": 7, "quality_control": 1}
    assert told == []
    await assert_ledger_equals_counters()


async def test_no_more_can_be_condemned_or_discarded_than_is_there(world):
    await inventory.mark_damaged(world.act(), MarkDamaged(lines=(line(world, 3),)))

    with pytest.raises(InsufficientStock) as discarded:
        await inventory.discard(world.act(), DiscardStock(lines=(line(world, 4),)))
    with pytest.raises(InsufficientStock) as condemned:
        await inventory.condemn(world.act(), CondemnStock(lines=(line(world, 1),)))

    assert (discarded.value.missing, condemned.value.missing) == ({"MUG": 1}, {"MUG": 1})
    assert await counters(world) == {"on_hand": 10, "damaged": 3}


async def test_two_who_throw_the_last_damaged_unit_away_are_one(world):
    await inventory.mark_damaged(world.act(), MarkDamaged(lines=(line(world, 1),)))

    both = await asyncio.gather(
        *[inventory.discard(world.act(), DiscardStock(lines=(line(world, 1),))) for _ in range(2)],
        return_exceptions=True,
    )

    assert [type(each) for each in both if isinstance(each, BaseException)] == [InsufficientStock]
    assert await counters(world) == {"on_hand": 9}


@pytest.mark.parametrize(("act", "command"), [("mark_damaged", MarkDamaged), ("quarantine", QuarantineStock)])
async def test_more_than_is_sound_is_missing_and_not_committed(world, act, command):
    await inventory.mark_damaged(world.act(), MarkDamaged(lines=(line(world, 2),)))
    await inventory.quarantine(world.act(), QuarantineStock(lines=(line(world, 1),)))

    with pytest.raises(InsufficientStock) as refused:
        await getattr(inventory, act)(world.act(), command(lines=(line(world, 9),)))

    assert refused.value.missing == {"MUG": 2}


async def test_no_more_can_be_repaired_or_cleared_than_is_there(world):
    await inventory.mark_damaged(world.act(), MarkDamaged(lines=(line(world, 3),)))

    with pytest.raises(InsufficientStock) as repaired:
        await inventory.mark_repaired(world.act(), MarkRepaired(lines=(line(world, 2), line(world, 2))))
    with pytest.raises(InsufficientStock) as cleared:
        await inventory.clear(world.act(), ClearStock(lines=(line(world, 1),)))

    assert (repaired.value.missing, cleared.value.missing) == ({"MUG": 1}, {"MUG": 1})
    assert await counters(world) == {"on_hand": 10, "damaged": 3}


async def test_safety_stock_lowers_what_is_available_and_the_ledger_says_who_wanted_it(world):
    where = {"variant_id": world.variants["MUG"].id, "location_id": world.locations["NYC"].id}
    before = await StockMovement.all().count()

    await inventory.set_safety_stock(world.act(), SetSafetyStock(lines=(SafetyLine(**where, safety=4),)))
    await inventory.set_safety_stock(world.act(), SetSafetyStock(lines=(SafetyLine(**where, safety=4),)))

    level = await world.level("MUG", "NYC")
    assert (level.safety, level.version) == (4, 3)
    lowered = replace(world.act(), actor="staff:bob", now=world.now + timedelta(hours=1))
    await inventory.set_safety_stock(lowered, SetSafetyStock(lines=(SafetyLine(**where, safety=1),)))

    trail = await StockMovement.filter(kind=MovementKind.SAFETY_CHANGED).order_by("moved_at")
    assert [(each.quantity, each.actor, each.moved_at) for each in trail] == [
        (4, world.act().actor, world.now),
        (-3, "staff:bob", world.now + timedelta(hours=1)),
    ]
    assert await StockMovement.all().count() == before + 2
    await assert_ledger_equals_counters()
    fact = await OutboxFact.filter(kind="stock_changed", variant_id=level.variant_id).order_by("-id").first()
    assert (fact.payload["available"], fact.payload["version"]) == (9, 4)


async def test_all_problems_of_a_receipt_are_told_at_once(world):
    other = await furnish(units=0)
    lines = (
        line(world, 0),
        StockLine(variant_id=other.variants["MUG"].id, location_id=world.locations["NYC"].id, quantity=1),
        StockLine(variant_id=world.variants["MUG"].id, location_id=new_id(), quantity=1),
    )

    with pytest.raises(InvalidInput) as refused:
        await inventory.receive(world.act(), ReceiveStock(lines=lines, reference="x" * 129))

    assert [(problem.path, problem.code) for problem in refused.value.problems] == [
        ("lines.0.quantity", "OUT_OF_RANGE"),
        ("reference", "TOO_LONG"),
        ("lines.1.variant_id", "UNKNOWN"),
        ("lines.2.location_id", "UNKNOWN"),
    ]
    await assert_nothing_changed(world)


@pytest.mark.parametrize("count", [0, 501])
async def test_a_receipt_has_1_to_500_lines(world, count):
    with pytest.raises(InvalidInput) as refused:
        await inventory.receive(world.act(), ReceiveStock(lines=(line(world, 1),) * count))

    assert refused.value.problems[0].path == "lines"
    await assert_nothing_changed(world)


async def test_one_thing_is_adjusted_once_in_a_list(world):
    with pytest.raises(InvalidInput) as refused:
        await inventory.adjust(world.act(), AdjustStock(lines=(adjustment(world, 1), adjustment(world, 0))))

    assert {problem.code for problem in refused.value.problems} == {"OUT_OF_RANGE", "DUPLICATE"}
    await assert_nothing_changed(world)


async def test_of_two_adjustments_of_the_same_count_one_wins(world):
    async def adjust(change):
        command = AdjustStock(lines=(adjustment(world, change, expected=10),))
        return await inventory.adjust(world.act(), command)

    done = await asyncio.gather(adjust(-4), adjust(+2), return_exceptions=True)

    assert sorted(type(each).__name__ for each in done) == ["CountChanged", "list"]
    assert (await world.level("MUG", "NYC")).on_hand in {6, 12}
    await assert_ledger_equals_counters()


async def test_fifty_receipts_at_once_sum_up(world):
    def lines(at):
        wanted = [line(world, 1), line(world, 2, "SHIRT"), line(world, 3, "LAMP", "CHI")]
        return tuple(wanted[at % 3 :] + wanted[: at % 3])

    await asyncio.gather(*(inventory.receive(world.act(), ReceiveStock(lines=lines(at))) for at in range(50)))

    assert await counters(world) == {"on_hand": 60}
    assert await counters(world, "SHIRT") == {"on_hand": 110}
    assert await counters(world, "LAMP", "CHI") == {"on_hand": 160}
    await assert_ledger_equals_counters()


async def test_receipts_of_new_levels_at_once_make_each_level_once(world):
    await place(world, "BOS")

    await asyncio.gather(
        *(
            inventory.receive(
                world.act(), ReceiveStock(lines=(line(world, 1, at="BOS"), line(world, 1, "LAMP", "BOS")))
            )
            for _ in range(20)
        )
    )

    assert await counters(world, at="BOS") == {"on_hand": 20}
    assert await counters(world, "LAMP", "BOS") == {"on_hand": 20}


async def test_those_who_wait_hear_of_what_became_free_after_the_commit(world, told):
    mug, shirt = world.variants["MUG"].id, world.variants["SHIRT"].id

    await inventory.receive(world.act(), ReceiveStock(lines=(line(world, 1), line(world, 1, "SHIRT"))))
    await inventory.adjust(world.act(), AdjustStock(lines=(adjustment(world, 1), adjustment(world, -1, sku="SHIRT"))))
    await inventory.mark_damaged(world.act(), MarkDamaged(lines=(line(world, 1),)))
    with pytest.raises(InsufficientStock):
        await inventory.clear(world.act(), ClearStock(lines=(line(world, 1),)))
    await inventory.mark_repaired(world.act(), MarkRepaired(lines=(line(world, 1),)))

    assert told == [{mug, shirt}, {mug}, {mug}]


async def test_a_snapshot_and_the_facts_after_it_give_a_fresh_read(world):
    def shown(level):
        return {name: getattr(level, name) for name in (*COUNTERS, "safety", "version")}

    state = {str(level.id): shown(level) for level in await StockLevel.all()}
    seen = (await OutboxFact.all().order_by("-id").first()).id
    where = {"variant_id": world.variants["MUG"].id, "location_id": world.locations["NYC"].id}

    await inventory.receive(world.act(), ReceiveStock(lines=(line(world, 3), line(world, 1, "LAMP"))))
    await inventory.mark_damaged(world.act(), MarkDamaged(lines=(line(world, 2),)))
    await inventory.set_safety_stock(world.act(), SetSafetyStock(lines=(SafetyLine(**where, safety=5),)))
    await inventory.adjust(world.act(), AdjustStock(lines=(adjustment(world, -1),)))

    for fact in await OutboxFact.filter(id__gt=seen, kind="stock_changed").order_by("id"):
        state[fact.payload["level"]] = {name: fact.payload[name] for name in (*COUNTERS, "safety", "version")}
    assert state == {str(level.id): shown(level) for level in await StockLevel.all()}
