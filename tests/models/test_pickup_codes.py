"""What customers were told before codes were drawn still opens the counter."""

from importlib import import_module
from uuid import UUID

import pytest

from domain.fulfilment import FulfilmentStatus
from domain.orders import FulfilmentMethod
from models import Fulfilment, PickupCode
from models.db import execute
from tests.world import furnish
from tests.world.orders import new_order

pytestmark = pytest.mark.usefixtures("database")

KEEP_CODES = import_module("models.migrations.0045_pickup_codes").KEEP_CODES


async def test_open_pickups_keep_the_code_that_followed_from_their_id() -> None:
    world = await furnish()
    order = await new_order(world)
    for at, (method, status) in enumerate(
        [
            (FulfilmentMethod.PICKUP, FulfilmentStatus.OPEN),
            (FulfilmentMethod.PICKUP, FulfilmentStatus.ACCEPTED),
            (FulfilmentMethod.PICKUP, FulfilmentStatus.IN_PROGRESS),
            (FulfilmentMethod.PICKUP, FulfilmentStatus.READY_FOR_PICKUP),
            (FulfilmentMethod.PICKUP, FulfilmentStatus.COMPLETED),
            (FulfilmentMethod.SHIP, FulfilmentStatus.OPEN),
        ]
    ):
        await Fulfilment.create(
            id=UUID(int=at),
            organization_id=world.organization_id,
            number=f"OLD-{at}",
            order_id=order.id,
            location_id=world.locations["NYC"].id,
            method=method,
            status=status,
            released_at=world.now,
        )
    await PickupCode.create(fulfilment_id=UUID(int=3), code="000001")

    await execute(KEEP_CODES, [])

    kept = await PickupCode.all().order_by("fulfilment_id").values_list("fulfilment_id", "code")
    assert [(key.int, code) for key, code in kept] == [(0, "649462"), (1, "725629"), (2, "267196"), (3, "000001")]
