"""Many fulfilments and parcels a step further at once."""

from actions.fulfilment.waves import accept_wave, hand_over_wave, make_ready_wave, pick_wave, release_wave
from actions.parcels.manifests import ManifestEntry, ShipManifest, deliver_wave, pack_wave, ship_manifest
from domain.orders import FulfilmentMethod
from models import OrderLine
from tests.actions.scenarios import Story, scenario
from tests.world import World
from tests.world.fulfilment import ships_to
from tests.world.orders import new_order


@scenario(release_wave, accept_wave, pick_wave, pack_wave, ship_manifest, deliver_wave)
async def two_orders_from_release_to_delivery(world: World) -> Story:
    orders = [await new_order(world, MUG=2, LAMP=1, at=at) for at in ("NYC", "CHI")]
    for order in orders:
        await ships_to(order.id)
    yield
    act = world.act()
    fulfilments = await release_wave(act, [order.id for order in orders])
    await accept_wave(act, fulfilments)
    await pick_wave(act, fulfilments)
    parcels = await pack_wave(act, fulfilments)
    entries = tuple(ManifestEntry(parcel_id=key, tracking_number=f"1Z{at}") for at, key in enumerate(parcels))
    await ship_manifest(act, ShipManifest(carrier="ups", service="ground", entries=entries))
    await deliver_wave(act, parcels)


@scenario(make_ready_wave, hand_over_wave)
async def two_orders_collected(world: World) -> Story:
    orders = [await new_order(world, MUG=2) for _ in range(2)]
    await OrderLine.all().update(method=FulfilmentMethod.PICKUP, pickup_location_id=world.locations["NYC"].id)
    fulfilments = await release_wave(world.act(), [order.id for order in orders])
    await accept_wave(world.act(), fulfilments)
    await pick_wave(world.act(), fulfilments)
    yield
    await make_ready_wave(world.act(), fulfilments)
    await hand_over_wave(world.act(), fulfilments)
