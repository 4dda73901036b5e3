"""The demo is a sound business: founded, given a past and kept going, it passes the audit."""

import random
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest

from actions import desk
from actions.desk import Desk
from actions.fulfilment.releasing import release_due
from actions.payments.capturing import capture_shipments
from domain.errors import DomainError
from models import ApiKey, Fulfilment, Order, Parcel, StockMovement
from server import audit
from server.clock import SYSTEM_CLOCK
from server.demo.business import Business, found, known
from server.demo.history import give_past
from server.demo.simulation import STEPS, Simulation
from server.demo.welcome import new_tokens
from server.gateways import providers
from server.settings import Settings

PAST_ORDERS = 60
ROUNDS = 12


@pytest.fixture
async def counter(database, database_url) -> AsyncGenerator[Desk, None]:
    async with desk.opened(database_url) as opened:
        yield opened


@pytest.fixture
async def founded(database) -> Business:
    await found(products=8, people=6, luck=random.Random(1))
    business = await known()
    assert business is not None
    return business


@pytest.fixture
async def business(founded, counter) -> Business:
    await give_past(counter, founded, orders=PAST_ORDERS, luck=random.Random(1))
    return founded


async def broken_rules(database_url: str) -> list[str]:
    async with audit.snapshot(database_url) as connection:
        return [rule async for rule, findings in audit.examine(connection) if findings]


async def test_a_demo_with_a_past_passes_the_audit(business, database_url):
    by_status = [order.status for order in await Order.filter(organization_id=business.organization_id)]

    assert len(by_status) == PAST_ORDERS
    assert {"delivered", "shipped", "scheduled"} <= set(by_status), "long ago, some days ago, yesterday"
    assert len(business.locations) == 12
    assert await broken_rules(database_url) == []


async def test_a_demo_that_lives_passes_the_audit(business, counter, database_url):
    gateways = providers(Settings())
    life = Simulation(counter, gateways, business, SYSTEM_CLOCK, random.Random(2))
    refused, began = [], datetime.now(UTC)

    for _ in range(ROUNDS):
        for step in STEPS:
            now = datetime.now(UTC)
            try:
                await step(life, now)
            except DomainError as refusal:
                refused.append(f"{step.__name__}: {refusal}")
            await release_due(now)
            await capture_shipments(gateways, now)

    assert len(refused) < ROUNDS, refused
    assert await Order.all().count() == PAST_ORDERS + ROUNDS
    assert await Fulfilment.filter(accepted_at__gte=began).exists()
    assert await Parcel.filter(shipped_at__gte=began).exists()
    assert await StockMovement.filter(kind="shipped", moved_at__gte=began).exists()
    assert await broken_rules(database_url) == []


async def test_each_start_has_keys_of_its_own(founded):
    first = await new_tokens(founded, datetime.now(UTC))

    second = await new_tokens(founded, datetime.now(UTC))

    assert len({token.text for token in [*first, *second]}) == 12
    assert await ApiKey.filter(revoked_at=None).count() == 6
