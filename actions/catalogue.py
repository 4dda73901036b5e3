"""The catalogue: products, their variants, and what may be sent instead. Prices and taxes are in `actions/prices.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.upserting import Entry, Row, Table, amend, check_known, given, known_ids, upsert
from domain.errors import NotFound
from domain.facts import Fact, FactKind
from domain.ids import id_maker
from domain.substitution import SubstitutePrice
from domain.validation import KEEP, Checks, Keep
from models import Substitute
from models.db import execute

MAX_SUBSTITUTES: Final = 50

PRODUCTS: Final = Table(
    name="products",
    kind="product",
    code="code",
    defaults={"name": None, "category": "", "description": "", "is_active": True},
    required=("name",),
)
VARIANTS: Final = Table(
    name="variants",
    kind="variant",
    code="sku",
    defaults={
        "product_id": None,
        "name": None,
        "barcode": None,
        "weight_grams": 0,
        "length_mm": 0,
        "width_mm": 0,
        "height_mm": 0,
        "tax_class": "standard",
        "is_active": True,
        "is_kit": False,
    },
    required=("product_id", "name"),
)
FORGET_SUBSTITUTES: Final = "DELETE FROM substitutes WHERE variant_id = $1 AND substitute_id <> ALL($2::uuid[])"
ADD_SUBSTITUTES: Final = """
INSERT INTO substitutes (id, variant_id, substitute_id, rank, price_rule, is_automatic)
SELECT id, $1, substitute_id, rank, $5, false FROM unnest($2::uuid[], $3::uuid[], $4::int[]) AS u(id, substitute_id, rank)
ON CONFLICT (variant_id, substitute_id) DO UPDATE SET rank = excluded.rank"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertProduct:
    code: str
    name: str | Keep = KEEP
    category: str | Keep = KEEP
    description: str | Keep = KEEP
    is_active: bool | Keep = KEEP
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertVariant:
    """A variant stays with the product it was made for, unless another is given."""

    sku: str
    product_id: UUID | Keep = KEEP
    name: str | Keep = KEEP
    barcode: str | Keep | None = KEEP
    weight_grams: int | Keep = KEEP
    length_mm: int | Keep = KEEP
    width_mm: int | Keep = KEEP
    height_mm: int | Keep = KEEP
    tax_class: str | Keep = KEEP
    is_active: bool | Keep = KEEP
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeactivateProduct:
    """Neither it nor its variants can be ordered any more; orders that hold them go on."""

    product_id: UUID
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeactivateVariant:
    variant_id: UUID
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSubstitutes:
    """What may be sent instead, best first, in the place of what was listed before; what stays keeps its terms."""

    variant_id: UUID
    substitute_ids: tuple[UUID, ...]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSubstituteTerms:
    """Of one of a variant's substitutes: what it costs, and whether it is sent without asking to those who allow it."""

    variant_id: UUID
    substitute_id: UUID
    price_rule: SubstitutePrice | Keep = KEEP
    is_automatic: bool | Keep = KEEP
    expected_version: int | None = None


@action
async def upsert_product(act: Act, command: UpsertProduct) -> UUID:
    [changed] = await _upsert_products(act, [_product(command, Checks())])
    return changed


@action
async def upsert_products(act: Act, commands: Sequence[UpsertProduct]) -> list[UUID]:
    return await _upsert_products(act, [_product(command, checks) for command, checks in Checks().beside(commands)])


@action
async def upsert_variant(act: Act, command: UpsertVariant) -> UUID:
    [changed] = await _upsert_variants(act, [(command, Checks())])
    return changed


@action
async def upsert_variants(act: Act, commands: Sequence[UpsertVariant]) -> list[UUID]:
    return await _upsert_variants(act, list(Checks().beside(commands)))


@action
async def deactivate_product(act: Act, command: DeactivateProduct) -> UUID:
    row = await amend(act, PRODUCTS, command.product_id, {"is_active": False}, command.expected_version)
    await _record(act, [_product_fact(row)] if row.is_changed else [])
    return row.id


@action
async def deactivate_variant(act: Act, command: DeactivateVariant) -> UUID:
    row = await amend(act, VARIANTS, command.variant_id, {"is_active": False}, command.expected_version)
    await _record(act, [_variant_fact(row)] if row.is_changed else [])
    return row.id


@action
async def set_substitutes(act: Act, command: SetSubstitutes) -> UUID:
    """The list belongs to the variant and counts up its version. Raises InvalidInput, NotFound or Conflict."""
    checks = Checks()
    wanted = command.substitute_ids
    if checks.size("substitute_ids", wanted, most=MAX_SUBSTITUTES):
        checks.once("substitute_ids", "", wanted)
        if command.variant_id in wanted:
            at = wanted.index(command.variant_id)
            checks.note(f"substitute_ids.{at}", "SAME", "A variant is no substitute for itself.")
        await check_known(act, checks, "variants", [(f"substitute_ids.{at}", each) for at, each in enumerate(wanted)])
    checks.refuse()
    row = await touch(act, command.variant_id, command.expected_version)
    make = id_maker(len(wanted))
    await execute(FORGET_SUBSTITUTES, [row.id, list(wanted)])
    ranked = [[make() for _ in wanted], list(wanted), list(range(len(wanted)))]
    await execute(ADD_SUBSTITUTES, [row.id, *ranked, SubstitutePrice.LOWER_OF_BOTH.value])
    await _record(act, [_variant_fact(row, substitutes=[str(each) for each in wanted])])
    return row.id


@action
async def set_substitute_terms(act: Act, command: SetSubstituteTerms) -> UUID:
    """The variant's id, whose version counts it. Raises NotFound or Conflict."""
    row = await touch(act, command.variant_id, command.expected_version)
    listed = await Substitute.get_or_none(variant_id=row.id, substitute_id=command.substitute_id)
    if listed is None:
        raise NotFound("substitute", command.substitute_id)
    await listed.update_from_dict(given(price_rule=command.price_rule, is_automatic=command.is_automatic)).save()
    terms = {"price_rule": listed.price_rule.value, "is_automatic": listed.is_automatic}
    await _record(act, [_variant_fact(row, substitute_terms={str(command.substitute_id): terms})])
    return row.id


async def touch(act: Act, variant_id: UUID, expected_version: int | None = None) -> Row:
    """Lock a variant and count up its version, for a change of what belongs to it. Raises NotFound or Conflict."""
    row = await amend(act, VARIANTS, variant_id, {}, expected_version)
    row.values["version"] += 1
    await execute("UPDATE variants SET version = version + 1 WHERE id = $1", [variant_id])
    return row


async def _upsert_products(act: Act, entries: Sequence[Entry]) -> list[UUID]:
    found = await upsert(act, PRODUCTS, entries)
    await _record(act, [_product_fact(row) for row in found if row.is_changed])
    return [row.id for row in found]


async def _upsert_variants(act: Act, commands: Sequence[tuple[UpsertVariant, Checks]]) -> list[UUID]:
    products = {command.product_id for command, _ in commands if isinstance(command.product_id, UUID)}
    known = await known_ids(act, "products", products)
    for command, checks in commands:
        if isinstance(command.product_id, UUID) and command.product_id not in known:
            checks.note("product_id", "UNKNOWN", "There is no such product, or you may not use it.")
    found = await upsert(act, VARIANTS, [_variant(command, checks) for command, checks in commands])
    await _record(act, [_variant_fact(row) for row in found if row.is_changed])
    return [row.id for row in found]


def _product(command: UpsertProduct, checks: Checks) -> Entry:
    checks.code("code", command.code)
    checks.text("name", command.name, longest=300)
    checks.text("category", command.category, longest=100, is_required=False)
    checks.text("description", command.description, longest=10_000, is_required=False)
    values = given(
        name=command.name,
        category=command.category,
        description=command.description,
        is_active=command.is_active,
    )
    return Entry(code=command.code, given=values, checks=checks, expected_version=command.expected_version)


def _variant(command: UpsertVariant, checks: Checks) -> Entry:
    checks.code("sku", command.sku)
    checks.text("name", command.name, longest=300)
    checks.text("barcode", command.barcode, longest=64, is_required=False)
    checks.text("tax_class", command.tax_class, longest=32)
    for name in ("weight_grams", "length_mm", "width_mm", "height_mm"):
        checks.number(name, getattr(command, name))
    values = given(
        product_id=command.product_id,
        name=command.name,
        barcode=command.barcode or None,
        weight_grams=command.weight_grams,
        length_mm=command.length_mm,
        width_mm=command.width_mm,
        height_mm=command.height_mm,
        tax_class=command.tax_class,
        is_active=command.is_active,
    )
    return Entry(code=command.sku, given=values, checks=checks, expected_version=command.expected_version)


def _product_fact(row: Row) -> Fact:
    return Fact(kind=FactKind.CATALOGUE_CHANGED, payload={"product": row.values})


def _variant_fact(row: Row, **details: Any) -> Fact:
    return Fact(kind=FactKind.CATALOGUE_CHANGED, variant_id=row.id, payload={"variant": row.values, **details})


async def _record(act: Act, facts: Sequence[Fact]) -> None:
    await outbox.record(act.organization_id, act.actor, act.now, facts)
