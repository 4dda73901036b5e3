"""Units set aside wherever they lie, as planners see it: plans, how far each has come, and what it has where."""

from datetime import datetime
from enum import Enum
from typing import Final

import strawberry
from strawberry import UNSET

import models
from actions.inventory import MAX_UNITS
from actions.quotas import plans
from actions.quotas.shares import KEPT, TAKEN
from domain.errors import IllegalTransition
from domain.permissions import Permission
from resolvers.visible import QUOTA_PLANS, QUOTA_SHARES
from schema.catalogue import Variant
from schema.fields import column, connection, find, graph, one, root, sql
from schema.filters import among, is_set
from schema.inputs import given, ref
from schema.location_groups import LocationGroup
from schema.locations import Location
from schema.mutations import action
from schema.nodes import Node
from schema.quotas import CHANGE, READ, QuotaGroup
from schema.values import Connection


def _of_its_quota(units: str) -> str:
    return f"(SELECT ({units})::int FROM quota_shares s JOIN quotas q ON q.id = s.quota_id WHERE s.id = {{row}}.id)"


def _of_all_shares(units: str) -> str:
    return (
        f"(SELECT coalesce(sum({units}), 0)::int FROM quota_shares s JOIN quotas q ON q.id = s.quota_id"
        " WHERE s.plan_id = {row}.id)"
    )


SHORT: Final = (
    "CASE WHEN {row}.ended_at IS NULL THEN greatest(0, {row}.units - "
    + _of_all_shares(f"({TAKEN}) + ({KEPT})")
    + ") ELSE 0 END"
)


@graph(models.QuotaShare, "What a plan has at one location.", scope=QUOTA_SHARES, needs=READ)
class QuotaShare(Node):
    location: Location = one("Where.")
    set_aside: int = sql("Units that nobody of the group has taken yet.", _of_its_quota(KEPT))
    taken: int = sql("Units that the group's buyers have taken and not given back.", _of_its_quota(TAKEN))
    lost: int = column(
        "Units that were set aside and are not there any more; they were wanted anew, wherever some are free."
    )


@strawberry.enum(description="How what a plan has may be listed.")
class QuotaShareSort(Enum):
    LOCATION = "location_id"


@graph(
    models.QuotaPlan,
    "So many units of a variant for a group, wherever they lie: set aside at locations as units are free there.",
    scope=QUOTA_PLANS,
    needs=READ,
)
class QuotaPlan(Node):
    group: QuotaGroup = one("For whom.")
    variant: Variant = one("Of what.")
    location_group: LocationGroup | None = one(
        "The locations it is confined to; null for all.", needs=Permission.READ_ROUTING
    )
    units: int = column("How many units it is for in all, taken ones counted.")
    set_aside: int = sql("Units that lie aside and that nobody of the group has taken yet.", _of_all_shares(KEPT))
    taken: int = sql("Units that the group's buyers have taken of them and not given back.", _of_all_shares(TAKEN))
    short: int = sql("Units that could not be set aside yet, because nowhere are enough free.", SHORT)
    shares: Connection[QuotaShare] = connection("What it has where.", sort=QuotaShareSort)
    reference: str = column("The plan or paper it stands on.")
    planned_at: datetime = column("When it was made.")
    planned_by: str = column("Who made it.")
    ended_at: datetime | None = column("When it ended; null while it is open.")
    version: int = column("Counts the changes that planners made; send it as `expectedVersion`.")


@strawberry.enum(description="How plans may be listed.")
class QuotaPlanSort(Enum):
    NEWEST = "-planned_at"
    VARIANT = "variant_id"


@strawberry.input(description="Which plans.")
class QuotaPlanFilter:
    variant_ids: list[strawberry.ID] | None = among("variant_id", of="Variant")
    group_ids: list[strawberry.ID] | None = among("group_id", of="QuotaGroup")
    is_ended: bool | None = is_set("ended_at")


@root
class QuotaPlanQueries:
    quota_plan: QuotaPlan | None = find("The plan with this id.")
    quota_plans: Connection[QuotaPlan] = connection(
        "Plans of units for groups, wherever they lie.", sort=QuotaPlanSort, where=QuotaPlanFilter
    )


@strawberry.input(description="How many units of a variant are for a group, wherever they lie.")
class PlanQuotaInput:
    group_id: strawberry.ID = ref("For whom.", "QuotaGroup")
    variant_id: strawberry.ID = ref("Of what.", "Variant")
    units: int = given(
        "How many units in all; what the group takes from now on counts as part of them.", at_least=1, at_most=MAX_UNITS
    )
    location_group_id: strawberry.ID | None = ref(
        "The locations they may lie at; null for all.", "LocationGroup", default=None
    )
    reference: str | None = given("The plan or paper it stands on.", default=UNSET, at_most=128)
    expected_version: int | None = given("The version you read; refused if it has changed since.", default=UNSET)


@strawberry.input(description="Which plan ends.")
class EndQuotaPlanInput:
    plan_id: strawberry.ID = ref("Which.", "QuotaPlan")
    expected_version: int | None = given("The version you read; refused if it has changed since.", default=UNSET)


@root
class QuotaPlanMutations:
    plan_quota: QuotaPlan = action(
        "Set units aside for a group wherever some are free, now and as more come. Said again of the same group, variant "
        "and locations, it changes how many.",
        plans.plan_quota,
        PlanQuotaInput,
        needs=CHANGE,
    )
    end_quota_plan: QuotaPlan = action(
        "End a plan: everybody can have again what nobody of the group has taken.",
        plans.end_plan,
        EndQuotaPlanInput,
        refuses=(IllegalTransition,),
        needs=CHANGE,
    )
