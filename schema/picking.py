"""Pick waves as clients see them: work gathered to be picked in one walk, how far it is, and a check of what is scanned."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated

import strawberry
from strawberry import Parent

import models
from actions.fulfilment import pick_waves
from domain.errors import Forbidden
from domain.permissions import Permission
from resolvers import picking
from resolvers.context import Info
from resolvers.picking import Verdict
from resolvers.visible import PICK_WAVES
from schema.fields import column, connection, find, graph, many, one, root, sql, via
from schema.filters import among
from schema.fulfilment import Fulfilment
from schema.inputs import given, ref
from schema.locations import Location
from schema.mutations import action
from schema.nodes import Node
from schema.values import Connection

AT_WORK = Permission.READ_FULFILMENTS

strawberry.enum(Verdict, name="ScanVerdict", description="Whether a scanned unit is one to pick.")


def _told(description: str) -> object:
    return strawberry.argument(description=description)


@strawberry.type(description="One variant that a wave picks.")
class PickLine:
    sku: str = strawberry.field(description="Its SKU.")
    name: str = strawberry.field(description="What it is called.")
    barcode: str = strawberry.field(description="Its EAN or UPC; empty where it has none.")
    waiting: int = strawberry.field(description="Units that nobody has picked yet.")
    picked: int = strawberry.field(description="Units that were picked.")


async def pick_lines(root: Parent[models.PickWave], info: Info) -> list[PickLine]:
    return [
        PickLine(sku=line.sku, name=line.name, barcode=line.barcode, waiting=line.waiting, picked=line.picked)
        for line in await picking.lines_of(root, info)
    ]


def _units(description: str, is_waiting: str) -> int:
    counted: int = sql(
        description,
        "(SELECT coalesce(sum(s.quantity), 0)::int FROM fulfilments f JOIN line_status s ON s.fulfilment_id = f.id"
        f" WHERE f.pick_wave_id = {{row}}.id AND s.status {is_waiting} ('released', 'acknowledged'))",
    )
    return counted


@graph(models.PickWave, "Work of one location that is picked in one walk.", scope=PICK_WAVES, needs=AT_WORK)
class PickWave(Node):
    number: str = column("The number on its pick list.")
    location: Location | None = one("Where it is picked.")
    due_by: date | None = column("Its work has to leave by this day, if it was chosen so.")
    carrier: str | None = column("Its work was promised with this carrier, if it was chosen so.")
    created_at: datetime = column("When it was gathered.")
    fulfilments: list[Fulfilment] = many("The work in it.", order_by="released_at")
    lines: list[PickLine] = via("What it picks, by SKU.", pick_lines)
    waiting: int = _units("Units that nobody has picked yet.", "IN")
    picked: int = _units("Units that were picked.", "NOT IN")
    pick_list_url: str = sql(
        "Where this server gives its pick list as PDF.", "('/documents/waves/' || {row}.id || '/pick-list.pdf')"
    )


@strawberry.enum(description="How waves may be listed.")
class PickWaveSort(Enum):
    NEWEST = "-created_at"
    OLDEST = "created_at"


@strawberry.input(description="Which waves.")
class PickWaveFilter:
    location_ids: list[strawberry.ID] | None = among("location_id", of="Location")


@strawberry.type(description="What a scanned unit is to whoever picks.")
class ScanCheck:
    verdict: Verdict = strawberry.field(description="Whether it is one to pick, is not, or enough of it are there.")
    sku: str | None = strawberry.field(description="What it is; null for what is not picked here.")
    left: int = strawberry.field(description="How many more of it are to be picked after this one.")


async def check_scan(
    info: Info,
    code: Annotated[str, _told("What was scanned: a barcode or a SKU.")],
    wave_id: Annotated[strawberry.ID | None, _told("The wave that is picked.")] = None,
    fulfilment_id: Annotated[strawberry.ID | None, _told("Or the work that is picked.")] = None,
    scanned: Annotated[int, _told("Units of it scanned before, and not told as picked yet.")] = 0,
) -> ScanCheck:
    found = await picking.check_scan(
        info, wave_id=wave_id, fulfilment_id=fulfilment_id, code=code, scanned=max(0, scanned)
    )
    return ScanCheck(verdict=found.verdict, sku=found.sku, left=found.left)


@strawberry.input(description="What to gather: accepted work that is in no wave yet, what leaves first comes first.")
class CreatePickWaveInput:
    location_id: strawberry.ID = ref("Where.", "Location")
    due_by: date | None = given("Only what has to leave by this day.", default=None)
    carrier: str | None = given(
        "Only what was promised with this carrier.", default=None, at_most=pick_waves.CARRIER_CHARACTERS
    )
    most_fulfilments: int = given(
        "So many pieces of work at most.", default=50, at_least=1, at_most=pick_waves.MOST_FULFILMENTS
    )


@strawberry.input(description="A wave that is not picked as it is.")
class DissolvePickWaveInput:
    pick_wave_id: strawberry.ID = ref("The wave.", "PickWave")


@root
class PickingQueries:
    pick_wave: PickWave | None = find("The wave with this id.")
    pick_wave_by_number: PickWave | None = find("The wave with this number.", number=str)
    pick_waves: Connection[PickWave] = connection("Waves you may see.", sort=PickWaveSort, where=PickWaveFilter)
    check_scan: ScanCheck = via(
        "Whether a scanned unit is one to pick. It changes nothing: tell with `pickUnits` what was picked.",
        check_scan,
        needs=Permission.FULFIL,
    )


@root
class PickingMutations:
    create_pick_wave: PickWave = action(
        "Gather accepted work of a location to pick it in one walk.",
        picking.create_pick_wave,
        CreatePickWaveInput,
        refuses=(Forbidden,),
        needs=Permission.FULFIL,
    )
    dissolve_pick_wave: PickWave = action(
        "Let the work of a wave that nobody has begun be gathered into another one; what is begun stays.",
        pick_waves.dissolve_pick_wave,
        DissolvePickWaveInput,
        needs=Permission.FULFIL,
    )
