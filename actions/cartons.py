"""The cartons an organization packs into, which of them a fulfilment's units are best put into, and its GS1 prefix."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.upserting import Entry, Table, given, upsert
from domain.cartons import Carton, Measures, SuggestedParcel, suggest
from domain.errors import InputProblem, InvalidInput, NotFound
from domain.facts import Fact, FactKind
from domain.validation import KEEP, Checks, Keep
from models import CartonType, Organization
from models.db import rows

MOST_MM: Final = 10_000
MOST_GRAMS: Final = 2_000_000
MOST_CARTONS: Final = 100
MOST_UNITS: Final = 2_000
"""Units that one suggestion is made for at most."""

CARTONS: Final = Table(
    name="carton_types",
    kind="carton type",
    code="code",
    defaults={
        "name": None,
        "length_mm": None,
        "width_mm": None,
        "height_mm": None,
        "tare_grams": 0,
        "max_weight_grams": None,
        "is_active": True,
    },
    required=("name", "length_mm", "width_mm", "height_mm", "max_weight_grams"),
)

TO_PACK: Final = """
SELECT s.line_id, v.length_mm, v.width_mm, v.height_mm, v.weight_grams, sum(s.quantity)::int AS quantity
FROM line_status s JOIN order_lines l ON l.id = s.line_id JOIN variants v ON v.id = l.variant_id
WHERE s.fulfilment_id = $1 AND s.status IN ('released', 'acknowledged', 'picked')
GROUP BY s.line_id, l.position, v.id ORDER BY l.position"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertCartonType:
    """Inner dimensions. `max_weight_grams` is what may go in, `tare_grams` the carton itself."""

    code: str
    name: str | Keep = KEEP
    length_mm: int | Keep = KEEP
    width_mm: int | Keep = KEEP
    height_mm: int | Keep = KEEP
    tare_grams: int | Keep = KEEP
    max_weight_grams: int | Keep = KEEP
    is_active: bool | Keep = KEEP
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCompanyPrefix:
    """Four to twelve digits as GS1 gave them; None to put no container codes on parcels."""

    gs1_company_prefix: str | None


@action
async def upsert_carton_type(act: Act, command: UpsertCartonType) -> UUID:
    """Raises InvalidInput, NotFound, Conflict."""
    checks = Checks()
    _check(checks, command)
    values = given(**{name: getattr(command, name) for name in CARTONS.defaults})
    entry = Entry(code=command.code, given=values, checks=checks, expected_version=command.expected_version)
    [row] = await upsert(act, CARTONS, [entry])
    if row.is_changed:
        fact = Fact(kind=FactKind.CARTON_CHANGED, payload=row.values)
        await outbox.record(act.organization_id, act.actor, act.now, [fact])
    return row.id


@action
async def set_company_prefix(act: Act, command: SetCompanyPrefix) -> UUID:
    """From now on parcels get container codes with it; returns the organization's id. Raises InvalidInput."""
    prefix = command.gs1_company_prefix
    if prefix is not None and not (prefix.isascii() and prefix.isdecimal() and 4 <= len(prefix) <= 12):
        raise InvalidInput([InputProblem("gs1_company_prefix", "INVALID_PREFIX", "Give four to twelve digits.")])
    await Organization.filter(id=act.organization_id).update(gs1_company_prefix=prefix)
    fact = Fact(kind=FactKind.ORGANIZATION_CHANGED, payload={"gs1_company_prefix": prefix})
    await outbox.record(act.organization_id, act.actor, act.now, [fact])
    return act.organization_id


async def suggestion(organization_id: UUID, fulfilment_id: UUID) -> list[SuggestedParcel[UUID]]:
    """Parcels for what the fulfilment has still to pack, by order line. Raises InvalidInput for more than can be looked at.

    The caller has checked that the fulfilment is there.
    """
    units = await rows(TO_PACK, [fulfilment_id])
    if sum(row["quantity"] for row in units) > MOST_UNITS:
        raise InvalidInput([InputProblem("fulfilment_id", "TOO_MANY", f"Has more than {MOST_UNITS} units to pack.")])
    known = (
        await CartonType.filter(organization_id=organization_id, is_active=True).order_by("code").limit(MOST_CARTONS)
    )
    return suggest(
        [(row["line_id"], measures_of(row), row["quantity"]) for row in units], [carton_of(one) for one in known]
    )


async def carton(act: Act, carton_type_id: UUID) -> CartonType:
    """One that may be packed into. Raises NotFound, InvalidInput."""
    found = await CartonType.get_or_none(id=carton_type_id, organization_id=act.organization_id)
    if found is None:
        raise NotFound("carton type", carton_type_id)
    if not found.is_active:
        raise InvalidInput([InputProblem("carton_type_id", "NOT_ACTIVE", f"{found.code} is not used any more.")])
    return found


def measures_of(row: dict[str, int]) -> Measures:
    return Measures(
        length_mm=row["length_mm"],
        width_mm=row["width_mm"],
        height_mm=row["height_mm"],
        weight_grams=row["weight_grams"],
    )


def carton_of(kind: CartonType) -> Carton:
    return Carton(
        code=kind.code,
        length_mm=kind.length_mm,
        width_mm=kind.width_mm,
        height_mm=kind.height_mm,
        tare_grams=kind.tare_grams,
        max_weight_grams=kind.max_weight_grams,
    )


def _check(checks: Checks, command: UpsertCartonType) -> None:
    checks.code("code", command.code, longest=32)
    checks.text("name", command.name, longest=200)
    for name in ("length_mm", "width_mm", "height_mm"):
        checks.number(name, getattr(command, name), least=1, most=MOST_MM)
    checks.number("tare_grams", command.tare_grams, most=MOST_GRAMS)
    checks.number("max_weight_grams", command.max_weight_grams, least=1, most=MOST_GRAMS)
