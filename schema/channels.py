"""Channels as clients see them: where orders come from."""

from enum import Enum

import strawberry
from strawberry import UNSET

import models
from actions import channels as keeping
from domain.permissions import Permission
from domain.placing.backordering import MOST_CANCEL_DAYS
from resolvers.visible import CHANNELS
from schema.enums import ChannelKind, ConfirmationPolicy, UnansweredPickup
from schema.fields import column, connection, find, graph, many, root
from schema.inputs import given, ref
from schema.locations import Location
from schema.mutations import action
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
    backorder_cancel_days: int | None = column(
        "After how many days what waits for stock is cancelled; null for never.", needs=INTERNAL
    )
    may_split_declined: bool = column(
        "Whether work that a location cannot ship whole may leave it in part.", needs=INTERNAL
    )
    pickup_answer_minutes: int = column(
        "For how many minutes customers are asked what becomes of units that they cannot collect."
    )
    pickup_unanswered: UnansweredPickup = column("What becomes of them when nobody answers.", needs=INTERNAL)
    refunds_by_itself: bool = column(
        "Whether what was captured and is not owed any more goes back without being asked for.", needs=INTERNAL
    )
    substitute_offer_hours: int | None = column(
        "For how many hours substitutes are proposed by themselves for what waits; null for not at all.", needs=INTERNAL
    )
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


@strawberry.input(description="A channel, new or known by its short name; what is silent stays.")
class UpsertChannelInput:
    code: str = given("Its short name, unique here.", at_most=32)
    name: str | None = given("What people call it.", default=UNSET)
    kind: ChannelKind | None = given("What kind of way it is.", default=UNSET)
    currency: str | None = given("ISO 4217 code of the currency it sells in.", default=UNSET, at_most=3)
    location_ids: list[strawberry.ID] | None = ref(
        "The locations that serve it; an empty list means all do.", "Location", default=UNSET
    )
    reservation_ttl_seconds: int | None = given(
        "How long a cart's units are kept, in seconds.",
        default=UNSET,
        at_least=keeping.LEAST_TTL_SECONDS,
        at_most=keeping.MOST_TTL_SECONDS,
    )
    confirmation: ConfirmationPolicy | None = given("When its orders may be released.", default=UNSET)
    backorder_cancel_days: int | None = given(
        "After how many days what waits for stock is cancelled; null for never.",
        default=UNSET,
        at_least=1,
        at_most=MOST_CANCEL_DAYS,
    )
    may_split_declined: bool | None = given(
        "Whether work that a location cannot ship whole may leave it in part.", default=UNSET
    )
    pickup_answer_minutes: int | None = given(
        "For how many minutes customers are asked what becomes of units that they cannot collect.",
        default=UNSET,
        at_least=1,
        at_most=keeping.MOST_ANSWER_MINUTES,
    )
    pickup_unanswered: UnansweredPickup | None = given("What becomes of them when nobody answers.", default=UNSET)
    refunds_by_itself: bool | None = given(
        "Whether what was captured and is not owed any more, as for cancelled units, goes back without being asked for.",
        default=UNSET,
    )
    substitute_offer_hours: int | None = given(
        "For how many hours substitutes are proposed by themselves for what waits; null for not at all.",
        default=UNSET,
        at_least=1,
        at_most=keeping.MOST_OFFER_HOURS,
    )
    prices_include_tax: bool | None = given("Whether its prices already hold the tax.", default=UNSET)
    is_active: bool | None = given("Whether it takes orders.", default=UNSET)
    expected_version: int | None = given("The version you read; refused if it has changed since.", default=UNSET)


@root
class ChannelMutations:
    upsert_channel: Channel = action(
        "Keep a channel.", keeping.upsert_channel, UpsertChannelInput, needs=Permission.CHANGE_ORGANIZATION
    )
