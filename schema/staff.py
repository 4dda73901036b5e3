"""Staff, roles and API keys as administrators see them."""

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry
from strawberry import UNSET

import models
from actions import api_keys, staff
from domain.permissions import Permission as Allowed
from resolvers import staff as reading
from resolvers.context import Info
from resolvers.seeing import row_of
from resolvers.visible import INTERNAL
from schema.channels import Channel
from schema.customers import Customer
from schema.enums import Permission, Role
from schema.fields import column, connection, find, graph, listed, many, one, root, via
from schema.filters import equals
from schema.inputs import given, ref
from schema.locations import Location
from schema.mutations import action
from schema.nodes import Node
from schema.values import Connection

READ = Allowed.READ_STAFF
CHANGE = Allowed.CHANGE_ORGANIZATION
VERSION = "The version you read; refused if it has changed since."
CHANNELS = "The channels it is confined to, where the role is."
LOCATIONS = "The locations it is confined to, where the role is."


@graph(models.Role, "What some of the staff, or some programs, may do.", scope=INTERNAL, needs=READ)
class AccessRole(Node):
    code: str = column("Its short name, unique here.")
    name: str = column("What people call it.")
    kind: Role = column("The standard role it derives from.")
    permissions: list[Permission] = listed("What is left of what the kind allows; none listed means all of it.")


@graph(models.Staff, "Someone who works here.", scope=INTERNAL, needs=READ)
class Staff(Node):
    email: str = column("The address by which the person is known, in lower case.")
    name: str = column("The person's name.")
    is_active: bool = column("Whether the person may still come in.")
    version: int = column("Counts its changes.")
    role: AccessRole = one("What the person may do.")
    channels: list[Channel] = many("The channels the person works for, where the role is confined.", order_by="code")
    locations: list[Location] = many("The locations the person works at, where the role is confined.", order_by="code")


@graph(
    models.ApiKey, "A key by which a program comes in; its text is shown once, when made.", scope=INTERNAL, needs=READ
)
class ApiKey(Node):
    name: str = column("What it is for.")
    prefix: str = column("How its text begins, to know it by.")
    role: AccessRole = one("What it may do.")
    staff: Staff | None = one("On whose behalf of the staff.")
    customer: Customer | None = one("On behalf of which customer.")
    scopes: list[Permission] = listed("What is left of what the role allows; none listed means all of it.")
    channels: list[Channel] = many(CHANNELS, order_by="code")
    locations: list[Location] = many(LOCATIONS, order_by="code")
    created_at: datetime = column("When it was made.")
    expires_at: datetime | None = column("When it ends.")
    revoked_at: datetime | None = column("When it was taken back.")


@strawberry.enum(description="How staff may be listed.")
class StaffSort(Enum):
    NAME = "name"


@strawberry.input(description="Which staff.")
class StaffFilter:
    email: str | None = equals("email")


@strawberry.enum(description="How API keys may be listed.")
class ApiKeySort(Enum):
    NAME = "name"


@root
class StaffQueries:
    staff_member: Staff | None = find("The person with this id.")
    staff: Connection[Staff] = connection("Everybody who works here.", sort=StaffSort, where=StaffFilter)
    roles: list[AccessRole] = via("All roles, by short name.", reading.roles, needs=READ)
    api_keys: Connection[ApiKey] = connection("All API keys, revoked ones too.", sort=ApiKeySort)


@strawberry.input(description="A role, new or known by its short name.")
class UpsertRoleInput:
    code: str = given("Its short name, unique here.", at_most=32)
    name: str = given("What people call it.")
    kind: Role = given("The standard role it derives from; it cannot be changed later.")
    permissions: list[Permission] | None = given("What is left of it; all if silent.", default=UNSET)


@strawberry.input(description="Someone who works here, new or known by the e-mail address; what is silent stays.")
class UpsertStaffInput:
    email: str = given("The address by which the person is known.", at_most=254)
    name: str | None = given("The person's name.", default=UNSET)
    role_id: strawberry.ID | None = ref("What the person may do.", "AccessRole", default=UNSET)
    channel_ids: list[strawberry.ID] | None = ref("The channels the person works for.", "Channel", default=UNSET)
    location_ids: list[strawberry.ID] | None = ref("The locations the person works at.", "Location", default=UNSET)
    is_active: bool | None = given("Whether the person may come in.", default=UNSET)
    expected_version: int | None = given(VERSION, default=UNSET)


@strawberry.input(description="Someone who leaves.")
class DeactivateStaffInput:
    staff_id: strawberry.ID = ref("Who.", "Staff")
    expected_version: int | None = given(VERSION, default=UNSET)


@strawberry.input(description="A new key, for exactly one of a role, one of the staff, and a customer.")
class CreateApiKeyInput:
    name: str = given("What it is for.")
    role_id: strawberry.ID | None = ref("The role of a program.", "AccessRole", default=UNSET)
    staff_id: strawberry.ID | None = ref("The person whose role it lends.", "Staff", default=UNSET)
    customer_id: strawberry.ID | None = ref("The customer it stands for.", "Customer", default=UNSET)
    scopes: list[Permission] | None = given("What is left of what the role allows; all if silent.", default=UNSET)
    channel_ids: list[strawberry.ID] | None = ref("The channels it is confined to.", "Channel", default=UNSET)
    location_ids: list[strawberry.ID] | None = ref("The locations it is confined to.", "Location", default=UNSET)
    expires_at: datetime | None = given("When it ends.", default=UNSET)


@strawberry.input(description="A key that shall not work any more.")
class RevokeApiKeyInput:
    api_key_id: strawberry.ID = ref("Which key.", "ApiKey")


@strawberry.type(description="A key that was just made.")
class CreatedApiKey:
    api_key: ApiKey = strawberry.field(description="What is kept of it.")
    text: str | None = strawberry.field(
        description="What the program sends, shown this once; null when the same request was answered before."
    )


async def created_key(info: Info, made: api_keys.MadeKey) -> Any:
    info.context.forget()
    row: Any = await row_of(info, ApiKey.__graph__, made.id)  # type: ignore[attr-defined] # put there by @graph
    return CreatedApiKey(api_key=row, text=made.text)


@root
class StaffMutations:
    upsert_role: AccessRole = action("Keep a role.", staff.upsert_role, UpsertRoleInput, needs=CHANGE)
    upsert_staff: Staff = action("Keep someone who works here.", staff.upsert_staff, UpsertStaffInput, needs=CHANGE)
    deactivate_staff: Staff = action(
        "Let someone in no more; keys of that person end too.",
        staff.deactivate_staff,
        DeactivateStaffInput,
        needs=CHANGE,
    )
    create_api_key: CreatedApiKey = action(
        "Make a key and show its text, once.",
        api_keys.create_api_key,
        CreateApiKeyInput,
        needs=CHANGE,
        answer=created_key,
    )
    revoke_api_key: ApiKey = action(
        "Take a key back for good.", api_keys.revoke_api_key, RevokeApiKeyInput, needs=CHANGE
    )
