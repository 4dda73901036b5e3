"""Stock that is set aside for some buyers, as planners see it: groups, quotas and how they came about."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from strawberry import UNSET

import models
from actions.inventory import MAX_LINES, MAX_UNITS
from actions.quotas import groups, planning
from actions.quotas.groups import MAX_PRIORITY
from domain.errors import InsufficientStock
from domain.permissions import Permission
from domain.quotas.groups import MAX_GROUPS
from resolvers import inventory as reading
from resolvers.context import Info
from resolvers.visible import QUOTA_GROUPS, QUOTA_MOVEMENTS, QUOTAS
from schema.catalogue import Variant
from schema.enums import QuotaMovementKind
from schema.fields import column, connection, find, graph, listed, many, one, root
from schema.filters import among
from schema.inputs import given, ref
from schema.locations import Location
from schema.mutations import action
from schema.nodes import Node
from schema.values import Connection

if TYPE_CHECKING:
    from schema.quota_plans import QuotaPlan

READ = Permission.READ_STOCK
CHANGE = Permission.CHANGE_QUOTAS


@graph(models.QuotaMovement, "One change of a quota, never edited.", scope=QUOTA_MOVEMENTS, needs=READ)
class QuotaMovement(Node):
    kind: QuotaMovementKind = column("What kind of change it was.")
    quantity: int = column("How many units.")
    plan: Annotated["QuotaPlan", strawberry.lazy("schema.quota_plans")] | None = one(
        "The plan that did it; null for what was done by hand, and for what orders did."
    )
    reference: str = column("The plan or paper it stands on.")
    actor: str = column("Who did it.")
    moved_at: datetime = column("When.")


@strawberry.enum(description="How movements of a quota may be listed.")
class QuotaMovementSort(Enum):
    NEWEST = "-moved_at"
    OLDEST = "moved_at"


@graph(
    models.Quota,
    "Units of a variant at a location that only the buyers of one group can have.",
    scope=QUOTAS,
    needs=READ,
)
class Quota(Node):
    group: "QuotaGroup" = one("For whom.")
    variant: Variant = one("Of what.")
    location: Location = one("Where.")
    quantity: int = column("Units that nobody of the group has taken yet.")
    taken: int = column("Units that the group's buyers have ever taken and not given back.")
    version: int = column("Counts its changes.")
    movements: Connection[QuotaMovement] = connection("Every change that made it so.", sort=QuotaMovementSort)


@strawberry.enum(description="How quotas may be listed.")
class QuotaSort(Enum):
    VARIANT = "variant_id, location_id"


@strawberry.input(description="Which quotas.")
class QuotaFilter:
    variant_ids: list[strawberry.ID] | None = among("variant_id", of="Variant")
    location_ids: list[strawberry.ID] | None = among("location_id", of="Location")
    group_ids: list[strawberry.ID] | None = among("group_id", of="QuotaGroup")


@graph(
    models.QuotaGroup,
    "Buyers that stock can be set aside for: of some channels, of a segment, or both; or nobody.",
    scope=QUOTA_GROUPS,
    needs=READ,
)
class QuotaGroup(Node):
    code: str = column("Its short name, unique here.")
    name: str = column("What people call it.")
    parent: "QuotaGroup | None" = one("The group it is part of, whose units its buyers take after their own.")
    parts: list["QuotaGroup"] = many("The groups that are part of it.", order_by="code")
    channel_ids: list[strawberry.ID] = listed("The channels it is for; none means any.", of="Channel")
    segment: str = column("The segment of customers it is for; empty means any.")
    priority: int = column("Where too few units are left, groups of a greater number lose theirs first.")
    is_active: bool = column("Whether units can be set aside for it.")
    is_for_nobody: bool = column("Whether what is set aside for it is kept back from every buyer.")
    version: int = column("Counts its changes.")
    quotas: Connection[Quota] = connection("What is set aside for it.", sort=QuotaSort)


@strawberry.enum(description="How groups may be listed.")
class QuotaGroupSort(Enum):
    CODE = "code"


@root
class QuotaQueries:
    quota_group: QuotaGroup | None = find("The group with this id.")
    quota_groups: Connection[QuotaGroup] = connection("Groups that stock is set aside for.", sort=QuotaGroupSort)
    quota: Quota | None = find("The quota with this id.")
    quotas: Connection[Quota] = connection("Quotas you may see.", sort=QuotaSort, where=QuotaFilter)


@strawberry.type(description="Quotas after a change.")
class ChangedQuotas:
    quotas: list[Quota] = strawberry.field(description="Each changed quota once, in the order of the lines.")


async def changed_quotas(info: Info, quota_ids: Sequence[UUID]) -> Any:
    quotas: Any = await reading.quotas_of(info, quota_ids)
    return ChangedQuotas(quotas=quotas)


@strawberry.input(description="A group of buyers, new or known by its short name; what is silent stays.")
class UpsertQuotaGroupInput:
    code: str = given("Its short name, unique here.", at_most=32)
    name: str | None = given("What people call it.", default=UNSET)
    parent_id: strawberry.ID | None = ref(
        "The group that a new group is part of; it must be for all buyers of the new one.", "QuotaGroup", default=None
    )
    channel_ids: list[strawberry.ID] | None = ref(
        f"The channels it is for, at most {MAX_GROUPS}; an empty list means any.", "Channel", default=UNSET
    )
    segment: str | None = given("The segment of customers it is for; empty means any.", default=UNSET, at_most=64)
    priority: int | None = given(
        "Where too few units are left, groups of a greater number lose theirs first.",
        default=UNSET,
        at_least=0,
        at_most=MAX_PRIORITY,
    )
    is_active: bool | None = given("Whether units can be set aside for it.", default=UNSET)
    is_for_nobody: bool | None = given(
        "Whether what is set aside for it is kept back from every buyer: it has no channels, no segment and no parent, and "
        "stays what it is when it is made.",
        default=UNSET,
    )
    expected_version: int | None = given("The version you read; refused if it has changed since.", default=UNSET)


@strawberry.input(description="Units of one variant at one location, for one group.")
class QuotaLineInput:
    variant_id: strawberry.ID = ref("Of what.", "Variant")
    location_id: strawberry.ID = ref("Where.", "Location")
    group_id: strawberry.ID = ref("For whom.", "QuotaGroup")
    quantity: int = given("How many units.", at_least=1, at_most=MAX_UNITS)


@strawberry.input(description="Units for groups.")
class QuotaLinesInput:
    lines: list[QuotaLineInput] = given("What, where, for whom and how many.", at_least=1, at_most=MAX_LINES)
    reference: str | None = given("The plan it stands on.", default=UNSET, at_most=128)


@strawberry.input(description="Units of one variant at one location that go from one group to another.")
class QuotaMoveInput:
    variant_id: strawberry.ID = ref("Of what.", "Variant")
    location_id: strawberry.ID = ref("Where.", "Location")
    from_group_id: strawberry.ID = ref("Who gives them up.", "QuotaGroup")
    to_group_id: strawberry.ID = ref("Who gets them.", "QuotaGroup")
    quantity: int = given("How many units.", at_least=1, at_most=MAX_UNITS)


@strawberry.input(description="Units that go from group to group.")
class MoveQuotasInput:
    lines: list[QuotaMoveInput] = given("What, where, from whom, to whom and how many.", at_least=1, at_most=MAX_LINES)
    reference: str | None = given("The plan it stands on.", default=UNSET, at_most=128)


def _plans(description: str, does: Any, takes: type[Any]) -> Any:
    return action(description, does, takes, refuses=(InsufficientStock,), needs=CHANGE, answer=changed_quotas)


@root
class QuotaMutations:
    upsert_quota_group: QuotaGroup = action(
        "Keep a group of buyers. Groups beside each other must be for different buyers.",
        groups.upsert_group,
        UpsertQuotaGroupInput,
        needs=CHANGE,
    )
    set_aside_stock: ChangedQuotas = _plans(
        "Set units aside that are free for everybody; from then on only the group can have them.",
        planning.set_aside,
        QuotaLinesInput,
    )
    move_quotas: ChangedQuotas = _plans(
        "Give units that nobody of a group has taken to another group.", planning.move_quotas, MoveQuotasInput
    )
    return_quotas: ChangedQuotas = _plans(
        "Let everybody have units again that nobody of a group has taken.", planning.return_quotas, QuotaLinesInput
    )
