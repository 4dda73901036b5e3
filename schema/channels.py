"""Channels as clients see them: where orders come from."""

from enum import Enum

import strawberry

import models
from domain.permissions import Permission
from resolvers.visible import CHANNELS
from schema.enums import ChannelKind, ConfirmationPolicy
from schema.fields import column, connection, find, graph, many, root
from schema.locations import Location
from schema.nodes import Node
from schema.values import Connection

INTERNAL = Permission.READ_ORGANIZATION


@graph(models.Channel, "A way by which orders come in.", scope=CHANNELS, needs=Permission.READ_CATALOGUE)
class Channel(Node):
    code: str = column("Its short name, unique here.")
    name: str = column("What people call it.")
    kind: ChannelKind = column("What kind of way it is.")
    currency: str = column("ISO 4217 code of the currency it sells in.")
    prices_include_tax: bool = column("Whether its prices already hold the tax.")
    reservation_ttl_seconds: int = column("How long a cart's units are kept, in seconds.")
    is_active: bool = column("Whether it takes orders.")
    confirmation: ConfirmationPolicy = column("When its orders may be released.", needs=INTERNAL)
    version: int = column("Counts its changes.", needs=INTERNAL)
    locations: list[Location] = many("The locations that serve it; none means all do.", order_by="code", needs=INTERNAL)


@strawberry.enum(description="How channels may be listed.")
class ChannelSort(Enum):
    CODE = "code"


@root
class ChannelQueries:
    channel: Channel | None = find("The channel with this id.")
    channel_by_code: Channel | None = find("The channel with this short name.", code=str)
    channels: Connection[Channel] = connection("Channels you may see.", sort=ChannelSort)
