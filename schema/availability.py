"""How plentiful variants are: the word that anybody may know, told when it changes, and its boundaries."""

from collections.abc import AsyncGenerator
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

import models
from actions.availability import thresholds
from domain.permissions import Permission
from resolvers.availability import VariantIds, Words
from resolvers.context import Info
from resolvers.ids import uuid_of
from resolvers.live import Message, messages
from resolvers.visible import THRESHOLDS
from schema.catalogue import Variant
from schema.channels import Channel
from schema.enums import AvailabilityLevel
from schema.fields import column, connection, find, graph, live, one, root, via
from schema.inputs import given, ref
from schema.live import After, LiveMessage, all_rows
from schema.locations import Location
from schema.mutations import action
from schema.nodes import Node
from schema.values import Connection

READ = Permission.READ_STOCK


@graph(
    models.AvailabilityThreshold,
    "From how many units on a variant is called medium and high: of one variant, else of one location, else of all. "
    "In the sum over a channel, locations' boundaries do not count.",
    scope=THRESHOLDS,
    needs=READ,
)
class AvailabilityThreshold(Node):
    variant: Variant | None = one("The variant it is for.")
    location: Location | None = one("The location it is for; with neither, it is for the organization.")
    medium_from: int | None = column("The fewest units called medium; null lets the next one hold.")
    high_from: int | None = column("The fewest units called high; null lets the next one hold.")
    changed_at: datetime = column("When it was last set.")
    version: int = column("Counts its changes.")


@strawberry.enum(description="How boundaries may be listed.")
class AvailabilityThresholdSort(Enum):
    NEWEST = "-changed_at"
    OLDEST = "changed_at"


@root
class AvailabilityQueries:
    availability_threshold: AvailabilityThreshold | None = find("The boundaries with this id.")
    availability_thresholds: Connection[AvailabilityThreshold] = connection(
        "Boundaries that were set.", sort=AvailabilityThresholdSort
    )


@strawberry.input(description="Boundaries for a variant, or a location, or with neither for the organization.")
class SetAvailabilityThresholdInput:
    variant_id: strawberry.ID | None = ref("For this variant.", "Variant", default=UNSET)
    location_id: strawberry.ID | None = ref("For this location.", "Location", default=UNSET)
    medium_from: int | None = given("The fewest units called medium.", default=UNSET, at_least=1)
    high_from: int | None = given("The fewest units called high.", default=UNSET, at_least=1)
    expected_version: int | None = given("The version you read; refused if it has changed since.", default=UNSET)


@root
class AvailabilityMutations:
    set_availability_threshold: AvailabilityThreshold = action(
        "Say from how many units on a variant is called medium and high; without numbers, what comes next after it "
        "holds again.",
        thresholds.set_threshold,
        SetAvailabilityThresholdInput,
        needs=Permission.CHANGE_ORGANIZATION,
    )


@strawberry.type(description="How plentiful a variant is in a channel, over all locations that serve it.")
class VariantAvailability:
    variant: Variant = strawberry.field(description="Of what.")
    channel: Channel = strawberry.field(description="In which channel.")
    level: AvailabilityLevel = strawberry.field(description="How plentiful it is.")


@strawberry.type(description="News of how plentiful variants are.")
class AvailabilityMessage(LiveMessage):
    availability: list[VariantAvailability] = via(
        "All watched variants, or the one that changed, as they are now.", all_rows
    )


def availability_changes(
    info: Info,
    variant_ids: VariantIds,
    channel_id: Annotated[strawberry.ID, strawberry.argument(description="The channel to buy in.")],
    after: After = UNSET,
) -> AsyncGenerator[Message[Any], None]:
    watched = Words(uuid_of("Channel", channel_id), frozenset(uuid_of("Variant", each) for each in variant_ids))
    return messages(info, watched, after if after is not UNSET else None)


@root
class AvailabilitySubscriptions:
    availability_changes: AsyncGenerator[AvailabilityMessage, None] = live(
        "Watch how plentiful variants are in a channel: all of them, then each that crosses a level; never for other "
        "changes of stock. Variants you may not see are left out.",
        availability_changes,
        needs=Permission.READ_AVAILABILITY,
    )
