"""Goods that come, are counted, break, are set aside or kept back."""

from collections import Counter

from actions import inventory
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
from domain.stock import AdjustmentReason
from tests.actions.stock_walk.walk import Place, Walk


async def receive(walk: Walk) -> None:
    lines = some_lines(walk, most=6)
    await walk.do(inventory.receive, ReceiveStock(lines=lines))
    walk.on_hand.update(units_of(lines))


async def transfer_in(walk: Walk) -> None:
    lines = some_lines(walk, most=3)
    await walk.do(inventory.transfer_in, TransferIn(lines=lines))
    walk.on_hand.update(units_of(lines))


async def adjust(walk: Walk) -> None:
    lines = tuple(
        [
            Adjustment(
                variant_id=place[0],
                location_id=place[1],
                change=walk.luck.choice((-9, -3, -2, -1, 1, 2)),
                reason=walk.luck.choice(list(AdjustmentReason)),
                expected_on_hand=await expected(walk, place),
            )
            for place in walk.places(2)
        ]
    )
    await walk.do(inventory.adjust, AdjustStock(lines=lines))
    for line in lines:
        walk.came((line.variant_id, line.location_id), line.change)


async def expected(walk: Walk, place: Place) -> int | None:
    """What the books say, what they do not say, or nothing to compare with."""
    if walk.is_lucky(0.5):
        return None
    sql = "SELECT on_hand FROM stock_levels WHERE variant_id = $1 AND location_id = $2"
    on_hand: int = (await walk.one_of(sql, *place))["on_hand"]
    return on_hand + 1 if walk.is_lucky(0.2) else on_hand


async def mark_damaged(walk: Walk) -> None:
    lines = some_lines(walk, most=3)
    await walk.do(inventory.mark_damaged, MarkDamaged(lines=lines))
    walk.damaged.update(units_of(lines))


async def mark_repaired(walk: Walk) -> None:
    lines = await set_aside(walk, "damaged")
    await walk.do(inventory.mark_repaired, MarkRepaired(lines=lines))
    walk.damaged.subtract(units_of(lines))


async def quarantine(walk: Walk) -> None:
    lines = some_lines(walk, most=3)
    await walk.do(inventory.quarantine, QuarantineStock(lines=lines))
    walk.quality_control.update(units_of(lines))


async def clear(walk: Walk) -> None:
    lines = await set_aside(walk, "quality_control")
    await walk.do(inventory.clear, ClearStock(lines=lines))
    walk.quality_control.subtract(units_of(lines))


async def condemn(walk: Walk) -> None:
    lines = await set_aside(walk, "quality_control")
    await walk.do(inventory.condemn, CondemnStock(lines=lines))
    walk.quality_control.subtract(units_of(lines))
    walk.damaged.update(units_of(lines))


async def discard(walk: Walk) -> None:
    lines = await set_aside(walk, "damaged")
    await walk.do(inventory.discard, DiscardStock(lines=lines))
    walk.damaged.subtract(units_of(lines))
    walk.on_hand.subtract(units_of(lines))


async def set_safety_stock(walk: Walk) -> None:
    lines = tuple(
        SafetyLine(variant_id=variant, location_id=at, safety=walk.luck.choice((0, 0, 1, 3)))
        for variant, at in walk.places()
    )
    await walk.do(inventory.set_safety_stock, SetSafetyStock(lines=lines))
    walk.safety.update({(line.variant_id, line.location_id): line.safety for line in lines})


def some_lines(walk: Walk, *, most: int) -> tuple[StockLine, ...]:
    """Now and then one place twice."""
    places = [place for place in walk.places() for _ in range(2 if walk.is_lucky(0.1) else 1)]
    return tuple(
        StockLine(variant_id=variant, location_id=at, quantity=walk.luck.randint(1, most)) for variant, at in places
    )


async def set_aside(walk: Walk, counter: str) -> tuple[StockLine, ...]:
    """Of units in this condition, now and then more than there are."""
    row = await walk.one_of(
        f"SELECT l.* FROM stock_levels l JOIN variants v ON v.id = l.variant_id JOIN locations p ON p.id = l.location_id "
        f"WHERE l.{counter} > 0 ORDER BY v.sku, p.code"
    )
    quantity = walk.luck.randint(1, row[counter] + 1)
    return (StockLine(variant_id=row["variant_id"], location_id=row["location_id"], quantity=quantity),)


def units_of(lines: tuple[StockLine, ...]) -> Counter[Place]:
    units: Counter[Place] = Counter()
    for line in lines:
        units[line.variant_id, line.location_id] += line.quantity
    return units
