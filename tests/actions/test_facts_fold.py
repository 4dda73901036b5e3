"""For every action: a snapshot and the facts that the action recorded give what a fresh read gives."""

from collections import defaultdict
from importlib import import_module
from inspect import isfunction
from pathlib import Path
from typing import Any

import pytest

import actions
from domain.facts import FactKind
from domain.projection import (
    UNBORN,
    HoldSnapshot,
    LineSnapshot,
    OrderSnapshot,
    QuestionSnapshot,
    RequestSnapshot,
    StockSnapshot,
    SubstitutionSnapshot,
    WaitSnapshot,
    apply,
    apply_stock,
)
from domain.stock import COUNTERS
from models import (
    Backorder,
    CancellationRequest,
    Fulfilment,
    Hold,
    LineStatus,
    Order,
    OrderLine,
    OutboxFact,
    PickupQuestion,
    StockLevel,
    Substitution,
)
from tests.actions.scenarios import Scenario, excused, scenarios
from tests.world import furnish

Orders = dict[str, OrderSnapshot]
Stock = dict[str, StockSnapshot]


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.name)
async def test_a_snapshot_and_the_facts_give_what_a_fresh_read_gives(database, scenario: Scenario):
    story = scenario.tell(await furnish())
    await anext(story)
    orders, stock = await read_orders(), await read_stock()
    last = await OutboxFact.all().order_by("-id").first()

    assert await anext(story, None) is None

    facts = await OutboxFact.filter(id__gt=last.id if last else 0).order_by("id")
    assert facts, "the action told nobody what it did"
    assert fold_orders(orders, facts) == await read_orders()
    assert fold_stock(stock, facts) == await read_stock()


def test_every_action_has_a_story_or_a_reason_to_have_none():
    told = {action for scenario in scenarios() for action in scenario.actions}
    missing = [f"{action.__module__}.{action.__name__}" for action in public_actions() - told - set(excused())]

    assert sorted(missing) == []


def test_no_action_is_excused_that_has_a_story():
    told = {action for scenario in scenarios() for action in scenario.actions}

    assert [action.__name__ for action in excused() if action in told] == []


def fold_orders(orders: Orders, facts: list[OutboxFact]) -> Orders:
    folded = dict(orders)
    for fact in facts:
        if fact.order_id is not None:
            key = str(fact.order_id)
            folded[key] = apply(folded.get(key, UNBORN), fact.payload)
    return folded


def fold_stock(stock: Stock, facts: list[OutboxFact]) -> Stock:
    folded = dict(stock)
    for fact in facts:
        if fact.kind == FactKind.STOCK_CHANGED:
            key = fact.payload["level"]
            folded[key] = apply_stock(folded.get(key, StockSnapshot()), fact.payload)
    return folded


async def read_orders() -> Orders:
    units: dict[str, dict[Any, int]] = defaultdict(dict)
    for row in await LineStatus.all():
        standing = (row.status.value, _text(row.location_id), _text(row.fulfilment_id))
        units[str(row.line_id)][standing] = row.quantity
    lines, holds, requests, questions, fulfilments, waits, instead = [defaultdict(dict) for _ in range(7)]
    for row in await OrderLine.all():
        lines[row.order_id][str(row.id)] = LineSnapshot(row.status.value, units[str(row.id)])
    for row in await Hold.exclude(status="resolved"):
        expires_at = row.expires_at.isoformat() if row.expires_at else None
        holds[row.order_id][str(row.id)] = HoldSnapshot(
            row.kind.value, row.status.value, _text(row.line_id), expires_at
        )
    for row in await CancellationRequest.all():
        told = RequestSnapshot(str(row.line_id), str(row.fulfilment_id), row.quantity, row.status.value)
        requests[row.order_id][str(row.id)] = told
    for row in await Backorder.all():
        days = [value.isoformat() if value else None for value in (row.cancels_at, row.launches_at, row.ships_by)]
        waits[row.order_id][str(row.line_id)] = WaitSnapshot(*days)
    for row in await PickupQuestion.all():
        expires_at = row.expires_at.isoformat()
        question = QuestionSnapshot(str(row.line_id), row.quantity, row.status.value, expires_at)
        questions[row.order_id][str(row.id)] = question
    for row in await Substitution.all():
        expires_at = row.expires_at.isoformat() if row.expires_at else None
        instead[row.order_id][str(row.id)] = SubstitutionSnapshot(
            str(row.line_id), row.sku, row.quantity, row.unit_price_minor, row.status.value, expires_at,
            _text(row.new_line_id), _text(row.kit_id), _text(row.new_kit_id),
        )  # fmt: skip
    for row in await Fulfilment.all():
        fulfilments[row.order_id][str(row.id)] = row.status.value
    return {
        str(order.id): OrderSnapshot(
            number=order.number,
            version=order.version,
            status=order.status.value,
            confirmed=order.confirmed_at is not None,
            authorize_status=order.authorize_status.value,
            charge_status=order.charge_status.value,
            lines=lines[order.id],
            holds=holds[order.id],
            requests=requests[order.id],
            questions=questions[order.id],
            fulfilments=fulfilments[order.id],
            waits=waits[order.id],
            substitutions=instead[order.id],
        )
        for order in await Order.all()
    }


async def read_stock() -> Stock:
    found = {}
    for level in await StockLevel.all():
        taken = level.allocated + level.reserved + level.damaged + level.quality_control
        found[str(level.id)] = StockSnapshot(
            version=level.version,
            counters={name: getattr(level, name) for name in COUNTERS},
            safety=level.safety,
            set_aside=level.set_aside,
            available=max(0, level.on_hand - taken - level.safety - level.set_aside),
        )
    return found


def public_actions() -> set[Any]:
    """Every function that `@action` decorates, but for the steps that only their own module takes."""
    root = Path(actions.__file__).parent
    names = (path.relative_to(root.parent).with_suffix("") for path in root.rglob("*.py"))
    modules = [import_module(".".join(name.parts)) for name in names if name.name != "__init__"]
    return {
        value
        for module in modules
        for name, value in vars(module).items()
        if isfunction(value) and not name.startswith("_") and is_action(value)
    }


def is_action(function: Any) -> bool:
    """Under whatever other decorators."""
    while function is not None:
        if getattr(getattr(function, "__code__", None), "co_qualname", "") == "action.<locals>.run":
            return True
        function = getattr(function, "__wrapped__", None)
    return False


def _text(key: Any) -> str | None:
    return None if key is None else str(key)
