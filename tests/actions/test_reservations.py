"""What carts keep ends: by release, by time, or as an order."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from actions import desk, reservations
from actions.levels import lock
from domain.errors import InvalidInput, ReservationEnded
from domain.placing.commands import CartLine, ReserveCart
from models import OutboxFact, Reservation
from models.db import rows, tx
from tests.world import World, furnish, stock


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


async def keep(counter, world: World, units: int, *, name: str = "cart-1", now=None) -> None:
    line = CartLine(variant_id=world.variants["MUG"].id, quantity=units)
    await counter.reserve(world.act(now=now), ReserveCart(channel_id=world.web.id, cart=name, lines=(line,)))


async def test_a_released_cart_gives_back_everything_and_says_so(counter) -> None:
    world = await furnish(units=2)
    await keep(counter, world, 2)

    await reservations.release(world.act(), "cart-1")

    assert [level.reserved for level in [await world.level("MUG", code) for code in world.locations]] == [0, 0, 0]
    fact = await OutboxFact.filter(kind="stock_changed").order_by("-id").first()
    assert (fact.payload["reserved"], fact.payload["available"]) == (0, 2)


async def test_releasing_twice_is_refused(counter) -> None:
    world = await furnish()
    await keep(counter, world, 1)
    await reservations.release(world.act(), "cart-1")

    with pytest.raises(ReservationEnded):
        await reservations.release(world.act(), "cart-1")


async def test_kept_units_are_free_again_when_the_time_is_over(counter) -> None:
    """IBM Sterling Intelligent Promising: 100 on hand, 20 reserved for 15 minutes: 80, and 100 again at T+15."""
    world = await furnish(units=0)
    await stock(world, {("MUG", "NYC"): 100})
    await keep(counter, world, 20)
    ttl = timedelta(seconds=world.web.reservation_ttl_seconds)

    too_early = await reservations.expire_due("job", world.now + ttl - timedelta(seconds=1))
    kept = (await world.level("MUG", "NYC")).reserved
    in_time = await reservations.expire_due("job", world.now + ttl)

    assert (too_early, kept, in_time) == (0, 20, 1)
    assert (await world.level("MUG", "NYC")).reserved == 0
    assert [each.status.value for each in await Reservation.all()] == ["expired"]


async def test_activity_counts_the_time_anew(counter) -> None:
    world = await furnish()
    await keep(counter, world, 1)
    later = world.now + timedelta(seconds=world.web.reservation_ttl_seconds - 1)

    await reservations.extend(world.act(now=later), "cart-1")

    [kept] = await Reservation.all()
    assert kept.expires_at == later + timedelta(seconds=world.web.reservation_ttl_seconds)
    assert await reservations.expire_due("job", later + timedelta(seconds=5)) == 0


async def test_what_several_organizations_kept_ends_with_levels_locked_by_id(counter) -> None:
    """Whoever locks a lower level and then a higher one must find nobody who does so the other way round."""
    first, second = await furnish(units=0), await furnish(units=0)
    for world in (second, first):  # so that the second organization has the lower level
        await stock(world, {("MUG", "NYC"): 1})
        await keep(counter, world, 1)
    low, high = await second.level("MUG", "NYC"), await first.level("MUG", "NYC")
    begin = asyncio.Event()

    async def expire() -> int:
        await begin.wait()
        return await reservations.expire_due("job", first.now + timedelta(days=1))

    expiring = asyncio.create_task(expire())
    async with tx():
        await lock([(low.variant_id, low.location_id)])
        begin.set()
        while not await rows("SELECT 1 FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.01)
        await lock([(high.variant_id, high.location_id)])

    assert (low.id < high.id, first.organization_id < second.organization_id) == (True, True)
    assert await expiring == 2


async def test_two_expirers_end_each_reservation_once(counter) -> None:
    world = await furnish(units=20)
    for at in range(10):
        await keep(counter, world, 1, name=f"cart-{at}")
    over = world.now + timedelta(days=1)

    ended = await asyncio.gather(*(reservations.expire_due("job", over) for _ in range(4)))

    assert sum(ended) == 10
    assert [(await world.level("MUG", code)).reserved for code in world.locations] == [0, 0, 0]


async def test_a_lane_survives_killed_connections(counter, database_url) -> None:
    world = await furnish(units=200)
    killer = await asyncpg.connect(database_url)

    for wave in range(10):
        keeping = [asyncio.create_task(keep(counter, world, 1, name=f"cart-{wave}-{at}")) for at in range(10)]
        await killer.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ordergraph lane'"
        )
        await asyncio.gather(*keeping)
    await killer.close()

    assert await Reservation.filter(status="active").count() == 100
    assert sum([(await world.level("MUG", code)).reserved for code in world.locations]) == 100


@pytest.mark.parametrize("position", [(91.5, 0.0), (0.0, 1e308), (42.0, None)])
async def test_a_cart_that_is_nowhere_on_earth_keeps_nothing(counter, position) -> None:
    world = await furnish()
    line = CartLine(variant_id=world.variants["MUG"].id, quantity=1)
    latitude, longitude = position
    command = ReserveCart(channel_id=world.web.id, cart="cart-1", lines=(line,), latitude=latitude, longitude=longitude)

    with pytest.raises(InvalidInput) as refusal:
        await counter.reserve(world.act(), command)

    assert [(problem.path, problem.code) for problem in refusal.value.problems] == [("latitude", "POSITION")]
    assert await Reservation.all().count() == 0
