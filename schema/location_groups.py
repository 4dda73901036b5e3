"""Groups of locations as planners see them: who is in one, and how early each comes."""

from enum import Enum

import strawberry
from strawberry import UNSET

import models
from actions import location_groups as groups
from domain.permissions import Permission
from resolvers import routing
from resolvers.visible import ROUTING_RULES
from schema.fields import column, connection, find, graph, root, via
from schema.inputs import given, ref
from schema.locations import Location
from schema.mutations import action
from schema.nodes import Node
from schema.values import Connection


@strawberry.type(description="A location in a group.")
class LocationGroupMember:
    location: Location = strawberry.field(description="Which.")
    priority: int = strawberry.field(description="The smaller, the earlier it comes where a step weighs that.")


@graph(
    models.LocationGroup,
    "Locations that routing rules name as one; a location may be in many groups.",
    scope=ROUTING_RULES,
    needs=Permission.READ_ROUTING,
)
class LocationGroup(Node):
    code: str = column("Its short name, unique here.")
    name: str = column("What planners call it.")
    members: list[LocationGroupMember] = via("Its locations, by priority.", routing.members)
    version: int = column("Counts its changes; send it as `expectedVersion`.")


@strawberry.enum(description="How groups of locations may be listed.")
class LocationGroupSort(Enum):
    CODE = "code"


@root
class LocationGroupQueries:
    location_group: LocationGroup | None = find("The group with this id.")
    location_groups: Connection[LocationGroup] = connection("Groups of locations.", sort=LocationGroupSort)


@strawberry.input(description="A location in a group.")
class GroupMemberInput:
    location_id: strawberry.ID = ref("Which.", "Location")
    priority: int = given("The smaller, the earlier it comes where a step weighs that.", default=0, at_least=0)


@strawberry.input(description="A group of locations, new or known by its short name; what is silent stays.")
class UpsertLocationGroupInput:
    code: str = given("Its short name, unique here.", at_most=64)
    name: str | None = given("What planners call it.", default=UNSET, at_most=200)
    members: list[GroupMemberInput] | None = given("All its locations.", default=UNSET)
    expected_version: int | None = given("The version you read; refused if it has changed since.", default=UNSET)


@root
class LocationGroupMutations:
    upsert_location_group: LocationGroup = action(
        "Keep a group of locations. Rules that name it decide by its new locations from now on.",
        groups.upsert_location_group,
        UpsertLocationGroupInput,
        needs=Permission.CHANGE_ROUTING,
    )
