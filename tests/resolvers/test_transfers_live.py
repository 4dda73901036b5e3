"""A location hears of what it has to send and of what is brought to it, and of nothing between other places."""

import pytest

import models
from domain.errors import NotFound
from domain.permissions import Role
from domain.transfers import TransferStatus
from resolvers.ids import global_id
from resolvers.watchable import Transfers
from tests.realtime.fixtures import hub, relay, writers
from tests.resolvers.test_live import follow, told
from tests.resolvers.world import World, furnish

__all__ = ["hub", "relay", "writers"]


@pytest.fixture
async def world(database) -> World:
    return await furnish(orders=24)


async def tell(writers, transfer: models.Transfer) -> None:
    """One fact for each end, as actions do."""
    for end in (transfer.origin_id, transfer.destination_id):
        payload = {"id": str(transfer.id)}
        organization = transfer.organization_id
        await writers._insert(
            writers.pool, "transfer_changed", organization=organization, payload=payload, location_id=end
        )


async def ready(world: World) -> models.Transfer:
    admin = world.viewers()[Role.ADMIN]
    return await models.Transfer.get(organization_id=admin.organization_id, status=TransferStatus.READY)


async def test_the_source_hears_until_it_is_sent_and_the_destination_until_it_is_there(world, hub, writers):
    admin, transfer = world.viewers()[Role.ADMIN], await ready(world)

    async with (
        follow(hub, admin, Transfers(transfer.origin_id)) as source,
        follow(hub, admin, Transfers(transfer.destination_id)) as store,
    ):
        [first], [also] = await told(source), await told(store)
        await models.Transfer.filter(id=transfer.id).update(status=TransferStatus.IN_TRANSIT)
        await tell(writers, transfer)
        [sent], [coming] = await told(source), await told(store)

    assert transfer.id in {row.id for row in first.rows} & {row.id for row in also.rows}
    assert sent.gone == [global_id("Transfer", transfer.id)]
    assert ([row.id for row in coming.rows], coming.gone) == ([transfer.id], [])


async def test_another_locations_transfers_are_not_to_be_watched(world, hub):
    transfer, associate = await ready(world), world.viewers()[Role.STORE_ASSOCIATE]
    elsewhere = next(each for each in world.of(models.Location) if each.id not in associate.location_ids)

    async with follow(hub, associate, Transfers(elsewhere.id)) as stream:
        with pytest.raises(NotFound):
            await told(stream)

    assert transfer.status is TransferStatus.READY
