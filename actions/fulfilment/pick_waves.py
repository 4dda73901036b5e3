"""Pick waves: accepted work of one location that is due, gathered to be picked in one walk."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.promising.keeping import DUE, promise_of
from domain.errors import InputProblem, InvalidInput, NotFound
from domain.facts import Fact, FactKind
from domain.ids import new_id
from domain.validation import Checks
from models import Location, PickWave
from models.db import execute, rows

MOST_FULFILMENTS: Final = 200
CARRIER_CHARACTERS: Final = 32

# What leaves first is picked first: by its day, then by when its carrier's service closes that day. Work that somebody else
# is just putting into a wave is passed over.
READY: Final = f"""
SELECT f.id FROM fulfilments f JOIN orders o ON o.id = f.order_id LEFT JOIN promises p ON p.id = {promise_of("f")}
LEFT JOIN carrier_services c ON c.organization_id = f.organization_id AND c.code = p.service
WHERE f.location_id = $1 AND f.organization_id = $2 AND f.status = 'accepted' AND f.pick_wave_id IS NULL
    AND ($3::date IS NULL OR {DUE} <= $3::date)
    AND ($4::text IS NULL OR p.carrier = $4::text)
ORDER BY {DUE} NULLS LAST, c.cut_off NULLS LAST, f.released_at, f.id
LIMIT $5 FOR NO KEY UPDATE OF f SKIP LOCKED"""
# Whoever picks or declines work just now is waited for, and has begun it.
SET_FREE: Final = """
UPDATE fulfilments SET pick_wave_id = NULL WHERE status = 'accepted' AND id IN (
    SELECT id FROM fulfilments WHERE pick_wave_id = $1 AND status = 'accepted' ORDER BY id FOR NO KEY UPDATE)
RETURNING id"""
GATHER: Final = "UPDATE fulfilments SET pick_wave_id = $1 WHERE id = ANY($2::uuid[])"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePickWave:
    """`due_by` is the day it has to leave, promised or wished for; `carrier` the one it was promised with."""

    location_id: UUID
    due_by: date | None = None
    carrier: str | None = None
    most_fulfilments: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class DissolvePickWave:
    pick_wave_id: UUID


@action
async def create_pick_wave(act: Act, command: CreatePickWave) -> UUID:
    """What leaves first comes first. Raises NotFound, or InvalidInput when there is nothing to gather."""
    checks = Checks()
    checks.number("most_fulfilments", command.most_fulfilments, least=1, most=MOST_FULFILMENTS)
    if command.carrier is not None:
        checks.code("carrier", command.carrier, longest=CARRIER_CHARACTERS)
    checks.refuse()
    if not await Location.filter(id=command.location_id, organization_id=act.organization_id).exists():
        raise NotFound("location", command.location_id)
    wanted = [command.location_id, act.organization_id, command.due_by, command.carrier, command.most_fulfilments]
    gathered = [row["id"] for row in await rows(READY, wanted)]
    if not gathered:
        raise InvalidInput(
            [InputProblem("location_id", "NOTHING_DUE", "No accepted work there waits to be picked so.")]
        )
    [numbered] = await rows("SELECT 'PW-' || nextval('pick_wave_numbers') AS number")
    wave = await PickWave.create(
        id=new_id(),
        organization_id=act.organization_id,
        location_id=command.location_id,
        number=numbered["number"],
        due_by=command.due_by,
        carrier=command.carrier,
        created_at=act.now,
    )
    await execute(GATHER, [wave.id, gathered])
    await outbox.record(act.organization_id, act.actor, act.now, [_told(FactKind.PICK_WAVE_CREATED, wave, gathered)])
    return wave.id


@action
async def dissolve_pick_wave(act: Act, command: DissolvePickWave) -> UUID:
    """What nobody has begun may be gathered into another wave; what is begun stays. Raises NotFound, or InvalidInput when
    nothing is left to be set free.
    """
    wave = await PickWave.get_or_none(id=command.pick_wave_id, organization_id=act.organization_id)
    if wave is None:
        raise NotFound("pick wave", command.pick_wave_id)
    free = sorted(row["id"] for row in await rows(SET_FREE, [wave.id]))
    if not free:
        why = "All of its work is begun or was given back."
        raise InvalidInput([InputProblem("pick_wave_id", "NOTHING_LEFT", why)])
    await outbox.record(act.organization_id, act.actor, act.now, [_told(FactKind.PICK_WAVE_DISSOLVED, wave, free)])
    return wave.id


def _told(kind: FactKind, wave: PickWave, fulfilments: Iterable[UUID]) -> Fact:
    payload = {"id": str(wave.id), "number": wave.number, "fulfilments": [str(key) for key in fulfilments]}
    return Fact(kind=kind, location_id=wave.location_id, payload={"wave": payload})
