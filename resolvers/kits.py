"""Kits: how many of one could be put together, and where; and how far those in an order are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import strawberry
from strawberry import Parent

from actions import reference
from actions.quotas.buyers import free_for
from actions.safe_units import safe_kits
from domain.kits import standing_kits
from domain.lifecycle import OrderStatus, UnitStatus, derive
from models import Channel, Location, OrderKit, Variant
from models.channels import serves
from models.db import Fetching, rows
from models.kits import kits_sql
from resolvers.context import Info
from resolvers.ids import uuid_of
from resolvers.scopes import seen
from resolvers.sources import Sql
from resolvers.visible import CHANNELS, LOCATIONS, VARIANTS


def _buildable(kits: str) -> str:
    return f"""
SELECT k.location_id, k.units::int AS units FROM ({kits}) AS k
WHERE k.units > 0 AND {serves("$2", "k.location_id")}"""


KIT: Final = "ARRAY[$1::uuid]"
BUILDABLE: Final = _buildable(kits_sql(KIT, free_for("f", "$2", "''")))
SAFELY_BUILDABLE: Final = _buildable(safe_kits(KIT, "$2", "''"))

STANDING: Final = Sql(
    "(SELECT array_agg(ARRAY[c.line_id::text, c.units::text, s.status, s.quantity::text]) FROM kit_lines c"
    " JOIN line_status s ON s.line_id = c.line_id WHERE c.kit_id = {row}.id)"
)


@dataclass(frozen=True, slots=True)
class Standing:
    status: UnitStatus
    quantity: int


async def standing(root: Parent[OrderKit], info: Info) -> list[Standing]:
    return [Standing(status, kits) for status, kits in (await _standing(root, info)).items()]


async def word(root: Parent[OrderKit], info: Info) -> OrderStatus:
    return derive(await _standing(root, info))


async def _standing(kit: OrderKit, info: Info) -> dict[UnitStatus, int]:
    units: dict[str, dict[UnitStatus, int]] = {}
    in_one = {}
    for line_id, needed, status, quantity in await info.context.loaders.computed(STANDING, kit) or ():
        in_one[line_id] = int(needed)
        at = units.setdefault(line_id, {})
        at[UnitStatus(status)] = at.get(UnitStatus(status), 0) + int(quantity)
    return standing_kits(units, in_one, kit.quantity) if in_one else {}


@dataclass(frozen=True, slots=True)
class Buildable:
    location: Location
    kits: int


async def buildable(
    info: Info,
    channel_id: Annotated[strawberry.ID, strawberry.argument(description="The channel to sell in.")],
    variant_id: Annotated[strawberry.ID, strawberry.argument(description="The kit.")],
) -> Sequence[Buildable]:
    """At open locations that the viewer may see, by their codes. Raises `BadId`."""
    viewer = info.context.viewer
    kit = await seen(Variant, VARIANTS, viewer).get_or_none(id=uuid_of("Variant", variant_id))
    channel = await seen(Channel, CHANNELS, viewer).get_or_none(id=uuid_of("Channel", channel_id))
    if kit is None or channel is None:
        return []
    network = await reference.network(Fetching, viewer.organization_id)
    sql = SAFELY_BUILDABLE if network.safety_rules else BUILDABLE
    units = {row["location_id"]: row["units"] for row in await rows(sql, [kit.id, channel.id])}
    places = seen(Location, LOCATIONS, viewer).filter(id__in=sorted(units), is_active=True)
    return [Buildable(place, units[place.id]) for place in await places.order_by("code")]
