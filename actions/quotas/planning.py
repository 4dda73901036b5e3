"""What a planner does with units of a level: set them aside for a group, move them to another, return them to everybody.

What is set aside is neither promised nor moved; it may be as much as is free for everybody. All lines of a command are done
together, in their order, or none. What a plan keeps (`actions/quotas/plans.py`) is not for their hands.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from actions import levels, outbox
from actions.acting import Act, action
from actions.inventory import MAX_LINES, MAX_UNITS
from actions.levels import Drawing, Level, Place
from actions.quotas import shares
from actions.restocking import announces
from actions.upserting import check_known
from domain.errors import InsufficientStock
from domain.ids import new_id
from domain.quotas.pools import QuotaMovementKind
from domain.validation import Checks
from models.db import execute, rows

GROUPS: Final = """
SELECT id, is_active FROM quota_groups WHERE organization_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR SHARE"""
OPEN: Final = """
INSERT INTO quotas (id, organization_id, group_id, stock_level_id, variant_id, location_id, quantity, version)
SELECT u.id, $1, u.group_id, l.id, l.variant_id, l.location_id, 0, 0
FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]) AS u(id, stock_level_id, group_id) JOIN stock_levels l ON l.id = u.stock_level_id
ON CONFLICT (stock_level_id, group_id) DO NOTHING"""
FLAG: Final = "UPDATE stock_levels SET has_quotas = true WHERE id = ANY($1::uuid[]) AND NOT has_quotas"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaLine:
    variant_id: UUID
    location_id: UUID
    group_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaMove:
    variant_id: UUID
    location_id: UUID
    from_group_id: UUID
    to_group_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planning:
    """`reference` names the plan it stands on."""

    lines: tuple[QuotaLine, ...]
    reference: str = ""

    def freed(self) -> frozenset[UUID]:
        """Orders that wait may be the group's."""
        return frozenset(line.variant_id for line in self.lines)


class SetAside(_Planning):
    """From what is free for everybody."""


class ReturnQuotas(_Planning):
    """To everybody; what the group has taken already stays taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveQuotas:
    lines: tuple[QuotaMove, ...]
    reference: str = ""

    def freed(self) -> frozenset[UUID]:
        return frozenset(line.variant_id for line in self.lines)


class Step(NamedTuple):
    """Units that go from one group to another; None stands for everybody."""

    place: Place
    out_of: UUID | None
    into: UUID | None
    quantity: int

    @property
    def group(self) -> UUID:
        """Whose quota the step is about."""
        group = self.into or self.out_of
        assert group is not None, "something changes"
        return group


@announces
@action
async def set_aside(act: Act, command: SetAside) -> list[UUID]:
    """The quotas. Raises InvalidInput, or InsufficientStock where fewer units are free for everybody."""
    steps = [Step(_place(line), None, line.group_id, line.quantity) for line in command.lines]
    return await _plan(act, command, steps)


@announces
@action
async def move_quotas(act: Act, command: MoveQuotas) -> list[UUID]:
    """The quotas moved to. Raises InvalidInput, or InsufficientStock where the group has fewer units left."""
    steps = [Step(_place(line), line.from_group_id, line.to_group_id, line.quantity) for line in command.lines]
    return await _plan(act, command, steps)


@announces
@action
async def return_quotas(act: Act, command: ReturnQuotas) -> list[UUID]:
    """The quotas. Raises InvalidInput, or InsufficientStock where the group has fewer units left."""
    steps = [Step(_place(line), line.group_id, None, line.quantity) for line in command.lines]
    return await _plan(act, command, steps)


async def _plan(act: Act, command: _Planning | MoveQuotas, steps: Sequence[Step]) -> list[UUID]:
    await _check(act, command, steps)
    places = [step.place for step in steps]
    await levels.open_levels(act.organization_id, places)
    found = await levels.lock(places)
    await open_quotas(act.organization_id, [(found[step.place], step.into) for step in steps if step.into])
    touched = list(found.values())
    await shares.write_off(level["id"] for level in touched)
    planned = await shares.kept_by_plans(level["id"] for level in touched)
    drawing = await levels.drawing_of(touched)
    drawing.reference = command.reference
    missing: Counter[str] = Counter()
    for step in steps:
        missing[found[step.place]["sku"]] += _take(drawing, found[step.place], step, planned)
    if +missing:
        raise InsufficientStock(+missing)
    facts = await levels.write(act, touched, drawing)
    await outbox.record(act.organization_id, act.actor, act.now, facts)
    return [drawing.quota(found[step.place], step.group).id for step in steps]


def _take(drawing: Drawing, level: Level, step: Step, planned: Mapping[tuple[UUID, UUID], int]) -> int:
    """How many units there are too few; with none, it is done."""
    left = (
        drawing.left(level, step.out_of) - planned.get((level["id"], step.out_of), 0)
        if step.out_of
        else max(0, levels.available(level))
    )
    if step.quantity > left:
        return step.quantity - left
    if step.out_of:
        kind = QuotaMovementKind.MOVED_OUT if step.into else QuotaMovementKind.RETURNED
        drawing.change(level, kind, step.quantity, of=step.out_of)
    if step.into:
        kind = QuotaMovementKind.MOVED_IN if step.out_of else QuotaMovementKind.SET_ASIDE
        drawing.change(level, kind, step.quantity, of=step.into)
    return 0


async def open_quotas(organization_id: UUID, wanted: Sequence[tuple[Level, UUID]]) -> None:
    """Empty ones where there are none; the levels are locked."""
    ids = [new_id() for _ in wanted]
    await execute(OPEN, [organization_id, ids, [level["id"] for level, _ in wanted], [group for _, group in wanted]])
    await execute(FLAG, [[level["id"] for level, _ in wanted]])
    for level, _ in wanted:
        level["has_quotas"] = True


async def _check(act: Act, command: _Planning | MoveQuotas, steps: Sequence[Step]) -> None:
    checks = Checks()
    checks.text("reference", command.reference, longest=128, is_required=False)
    if not checks.size("lines", command.lines, least=1, most=MAX_LINES):
        checks.refuse()
    for step, below in checks.below("lines").beside(steps):
        below.number("quantity", step.quantity, least=1, most=MAX_UNITS)
        if step.out_of == step.into:
            below.note("to_group_id", "SAME", "Move units to another group.")
    for at, name in enumerate(("variant_id", "location_id")):
        named = [(f"lines.{line}.{name}", step.place[at]) for line, step in enumerate(steps)]
        await check_known(act, checks, f"{name.removesuffix('_id')}s", named)
    await _check_groups(act, checks, command.lines, steps)
    checks.refuse()


async def _check_groups(
    act: Act, checks: Checks, lines: Sequence[QuotaLine | QuotaMove], steps: Sequence[Step]
) -> None:
    """Locks the groups, so that none is closed meanwhile. One that is closed gets nothing more."""
    wanted = {group for step in steps for group in (step.out_of, step.into) if group}
    known = {row["id"]: row["is_active"] for row in await rows(GROUPS, [act.organization_id, list(wanted)])}
    for (line, below), step in zip(checks.below("lines").beside(lines), steps, strict=True):
        names = ("group_id",) if isinstance(line, QuotaLine) else ("from_group_id", "to_group_id")
        for name in names:
            if getattr(line, name) not in known:
                below.note(name, "UNKNOWN", "There is no such thing, or you may not use it.")
        if known.get(step.into) is False:
            below.note(names[-1], "CLOSED", "This group is closed.")


def _place(line: QuotaLine | QuotaMove) -> Place:
    return line.variant_id, line.location_id
