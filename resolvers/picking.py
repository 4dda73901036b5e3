"""What a wave still has to pick, whether what somebody scans is part of it, and who may gather one."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from graphql import GraphQLError

from actions.acting import Act
from actions.fulfilment import pick_waves
from actions.fulfilment.pick_waves import CreatePickWave
from domain.errors import NotFound
from domain.viewer import Viewer
from models import Fulfilment, PickWave
from models.db import rows
from resolvers.context import Info
from resolvers.fulfilment import check_locations, is_confined
from resolvers.ids import uuid_of
from resolvers.scopes import seen
from resolvers.sources import Sql
from resolvers.visible import FULFILMENTS, PICK_WAVES

STANDING: Final = """
SELECT o.sku, o.name, coalesce(v.barcode, '') AS barcode,
    coalesce(sum(s.quantity) FILTER (WHERE s.status IN ('released', 'acknowledged')), 0)::int AS waiting,
    coalesce(sum(s.quantity) FILTER (WHERE s.status NOT IN ('released', 'acknowledged')), 0)::int AS picked
FROM fulfilments f JOIN line_status s ON s.fulfilment_id = f.id JOIN order_lines o ON o.id = s.line_id
JOIN variants v ON v.id = o.variant_id WHERE {of} GROUP BY v.id, o.sku, o.name ORDER BY o.sku, o.name"""
PICKED_IN_WAVE: Final = Sql(
    "(SELECT array_agg(ARRAY[w.sku, w.name, w.barcode, w.waiting::text, w.picked::text] ORDER BY w.sku, w.name) FROM ("
    f"{STANDING.format(of='f.pick_wave_id = {row}.id')}) w)"
)


@dataclass(frozen=True, slots=True)
class Picking:
    """One variant of what is picked."""

    sku: str
    name: str
    barcode: str
    waiting: int
    picked: int


class Verdict(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    ENOUGH = "enough"


@dataclass(frozen=True, slots=True)
class Scanned:
    """`left` units are to be picked after this one."""

    verdict: Verdict
    sku: str | None
    left: int


async def lines_of(wave: PickWave, info: Info) -> list[Picking]:
    found: Any = await info.context.loaders.computed(PICKED_IN_WAVE, wave)
    return [
        Picking(sku, name, barcode, int(waiting), int(picked)) for sku, name, barcode, waiting, picked in found or ()
    ]


async def check_scan(info: Info, *, wave_id: str | None, fulfilment_id: str | None, code: str, scanned: int) -> Scanned:
    """Against what is still to be picked. Raises NotFound, and GraphQLError where not one thing is named."""
    of, key = await _sought(info, wave_id, fulfilment_id)
    for row in await rows(STANDING.format(of=of), [key]):
        if code.strip() in {row["sku"], row["barcode"]} - {""}:
            left = row["waiting"] - scanned - 1
            return Scanned(Verdict.RIGHT if left >= 0 else Verdict.ENOUGH, row["sku"], max(0, left))
    return Scanned(Verdict.WRONG, None, 0)


async def create_pick_wave(act: Act, viewer: Viewer, command: CreatePickWave) -> UUID:
    """Raises Forbidden for a location that is not the viewer's, and what the action does."""
    if is_confined(viewer):
        check_locations(viewer, [command.location_id])
    return await pick_waves.create_pick_wave(act, command)


async def _sought(info: Info, wave_id: str | None, fulfilment_id: str | None) -> tuple[str, UUID]:
    viewer = info.context.viewer
    if wave_id is not None and fulfilment_id is None:
        key = uuid_of("PickWave", wave_id)
        if await seen(PickWave, PICK_WAVES, viewer).filter(id=key).exists():
            return "f.pick_wave_id = $1", key
        raise NotFound("pick wave", key)
    if fulfilment_id is not None and wave_id is None:
        key = uuid_of("Fulfilment", fulfilment_id)
        if await seen(Fulfilment, FULFILMENTS, viewer).filter(id=key).exists():
            return "f.id = $1", key
        raise NotFound("fulfilment", key)
    raise GraphQLError("Name a wave or a fulfilment, one of them.", extensions={"code": "BAD_ARGUMENTS"})
