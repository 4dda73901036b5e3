"""Cycle counts as clients see them: blind for whoever counts, with all differences for whoever approves."""

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

import models
from actions import counting as counts
from actions.inventory import MAX_LINES, MAX_UNITS
from domain.counting import PERCENT
from domain.errors import Forbidden, IllegalTransition, StockCommitted
from domain.permissions import Permission
from resolvers import counting as reading
from resolvers.counting import at_counted_location
from resolvers.visible import PARTS_OF_STOCK_COUNTS, STOCK_COUNTS
from schema.catalogue import Variant
from schema.enums import CountAction, CountLineStatus, CountStatus
from schema.fields import column, connection, find, graph, one, root, sql, via
from schema.filters import among
from schema.inputs import given, ref
from schema.locations import Location
from schema.mutations import action
from schema.nodes import Node
from schema.values import Connection

COUNT = Permission.COUNT_STOCK
APPROVE = Permission.APPROVE_COUNTS
VERSION = "The count's version that you read; another one is refused."


@graph(models.CountLine, "One variant on a count of stock.", scope=PARTS_OF_STOCK_COUNTS, needs=COUNT)
class CountLine(Node):
    variant: Variant = one("Of what.")
    status: CountLineStatus = column("How far it is.")
    counted: int | None = column("How many units were found.")
    counted_at: datetime | None = column("When.")
    counted_by: str | None = column("By whom.")
    expected_at_start: int = column("Units on hand when the count began.", needs=APPROVE)
    expected: int | None = column("Units on hand when they were counted.", needs=APPROVE)
    variance: int | None = sql(
        "Units found beyond what was expected; below 0 where some are missing.",
        "({row}.counted - {row}.expected)",
        needs=APPROVE,
    )


@strawberry.enum(description="How the lines of a count may be listed.")
class CountLineSort(Enum):
    POSITION = "position"


@strawberry.input(description="Which lines of a count.")
class CountLineFilter:
    status: list[CountLineStatus] | None = among("status")


@graph(models.StockCount, "A count of stock at one location.", scope=STOCK_COUNTS, needs=COUNT)
class StockCount(Node):
    number: str = column("The number on its sheet.")
    location: Location = one("Where is counted.")
    status: CountStatus = column("How far it is.")
    tolerance_units: int = column("Differences of so many units are posted without approval.", needs=APPROVE)
    tolerance_percent: int = column(
        "Differences of so many percent of what was expected are posted without approval.", needs=APPROVE
    )
    started_at: datetime = column("When it began.")
    submitted_at: datetime | None = column("When everything was counted.")
    closed_at: datetime | None = column("When it was posted or given up.")
    lines: Connection[CountLine] = connection("What is counted.", sort=CountLineSort, where=CountLineFilter)
    available_actions: list[CountAction] = via("What may be done next.", reading.actions_of_count)
    version: int = column("Counts its changes; send it as `expectedVersion`.")


@strawberry.enum(description="How counts of stock may be listed.")
class StockCountSort(Enum):
    NEWEST = "-started_at"
    OLDEST = "started_at"


@strawberry.input(description="Which counts of stock.")
class StockCountFilter:
    status: list[CountStatus] | None = among("status")
    location_ids: list[strawberry.ID] | None = among("location_id", of="Location")


@strawberry.input(description="A count to begin.")
class OpenCountInput:
    location_id: strawberry.ID = ref("Where to count.", "Location")
    variant_ids: list[strawberry.ID] | None = ref(
        "What to count; everything there that is on no other open count if left out.", "Variant", default=None
    )
    tolerance_units: int = given(
        "Differences of so many units are posted without approval.", default=0, at_least=0, at_most=MAX_UNITS
    )
    tolerance_percent: int = given(
        "Differences of so many percent of what was expected are posted without approval.",
        default=0,
        at_least=0,
        at_most=PERCENT,
    )


@strawberry.input(description="Units found of one variant.")
class CountedUnitsInput:
    variant_id: strawberry.ID = ref("Of what.", "Variant")
    counted: int = given("How many units lie there, in whatever condition.", at_least=0, at_most=MAX_UNITS)
    counted_at: datetime | None = given(
        "When, if it is written down later: what came and went since is taken into account.", default=None
    )


@strawberry.input(description="What was found.")
class RecordCountInput:
    count_id: strawberry.ID = ref("The count.", "StockCount")
    lines: list[CountedUnitsInput] = given("Each variant once.", at_least=1, at_most=MAX_LINES)
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(description="Which count.")
class StockCountInput:
    count_id: strawberry.ID = ref("The count.", "StockCount")
    expected_version: int | None = given(VERSION, default=None)


@root
class CountingQueries:
    stock_count: StockCount | None = find("The count with this id.")
    stock_count_by_number: StockCount | None = find("The count with this number.", number=str)
    stock_counts: Connection[StockCount] = connection(
        "Counts of stock you may see.", sort=StockCountSort, where=StockCountFilter
    )


def _step(description: str, does: Any, takes: type[Any], *also_refuses: type[Any], needs: Permission = APPROVE) -> Any:
    refuses = (IllegalTransition, Forbidden, *also_refuses)
    return action(description, at_counted_location(does), takes, refuses=refuses, needs=needs)


@root
class CountingMutations:
    open_stock_count: StockCount = action(
        "Begin a count; work at the location goes on meanwhile.",
        counts.open_count,
        OpenCountInput,
        refuses=(Forbidden,),
        needs=APPROVE,
        prepare=reading.at_own_location,
    )
    record_stock_count: StockCount = _step(
        "Say how many units were found; said again, it takes the place of what was said before.",
        counts.record,
        RecordCountInput,
        needs=COUNT,
    )
    submit_stock_count: StockCount = _step(
        "Say that everything is counted: tolerated differences are posted, others wait to be approved.",
        counts.submit,
        StockCountInput,
        needs=COUNT,
    )
    approve_stock_count: StockCount = _step(
        "Post the differences that wait; whoever counted them may not. Units that orders count on are not taken away.",
        counts.approve,
        StockCountInput,
        StockCommitted,
    )
    recount_stock: StockCount = _step("Have what waits counted again.", counts.recount, StockCountInput)
    cancel_stock_count: StockCount = _step("Give up what is not posted.", counts.cancel, StockCountInput)
