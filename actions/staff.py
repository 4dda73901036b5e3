"""Who works here and what they may do: roles and staff. Keys are in `actions/api_keys.py`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.upserting import Entry, Row, Table, amend, check_known, given, upsert
from domain.facts import Fact, FactKind
from domain.ids import new_id
from domain.permissions import PERMISSIONS_OF, Permission, Role
from domain.validation import KEEP, Checks, Keep
from models.db import execute, rows

WORKING: Final = frozenset({Role.ADMIN, Role.AGENT, Role.STORE_ASSOCIATE, Role.WAREHOUSE})
"""The kinds of role that staff can have."""
MAX_CONFINED: Final = 1_000

STAFF: Final = Table(
    name="staff",
    kind="staff",
    code="email",
    defaults={"role_id": None, "name": None, "is_active": True},
    required=("role_id", "name"),
)
FIND_ROLE: Final = "SELECT id, kind FROM roles WHERE organization_id = $1 AND code = $2 FOR NO KEY UPDATE"
SET_ROLE: Final = """
INSERT INTO roles (id, organization_id, code, name, kind, permissions) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (organization_id, code) DO UPDATE SET name = excluded.name, permissions = excluded.permissions
RETURNING id"""
CONFINED_TO: Final = {
    "channel": "SELECT channel_id AS id FROM staff_channels WHERE staff_id = $1 ORDER BY channel_id",
    "location": "SELECT location_id AS id FROM staff_locations WHERE staff_id = $1 ORDER BY location_id",
}
SET_KEYS_ROLE: Final = "UPDATE api_keys SET role_id = $2 WHERE staff_id = $1 AND role_id <> $2"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertRole:
    """`permissions` may only take away from what the kind allows; an empty tuple takes nothing away."""

    code: str
    name: str
    kind: Role
    permissions: tuple[Permission, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertStaff:
    """Agents work for the channels, stores and warehouses at the locations that are named."""

    email: str
    name: str | Keep = KEEP
    role_id: UUID | Keep = KEEP
    channel_ids: tuple[UUID, ...] | Keep = KEEP
    location_ids: tuple[UUID, ...] | Keep = KEEP
    is_active: bool | Keep = KEEP
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeactivateStaff:
    """Their keys stop working within seconds."""

    staff_id: UUID
    expected_version: int | None = None


@action
async def upsert_role(act: Act, command: UpsertRole) -> UUID:
    """Whoever has the role has its new rights within seconds. A role keeps its kind. Raises InvalidInput."""
    checks = Checks()
    checks.code("code", command.code, longest=32)
    checks.text("name", command.name, longest=200)
    known = await rows(FIND_ROLE, [act.organization_id, command.code])
    if command.kind is Role.ANONYMOUS or (known and known[0]["kind"] != command.kind):
        checks.note("kind", "NOT_ALLOWED", "A role keeps its kind, and nobody is given the role of a stranger.")
    check_allowed(checks, "permissions", command.permissions, command.kind)
    checks.refuse()
    permissions = sorted(set(command.permissions))
    values = [new_id(), act.organization_id, command.code, command.name, command.kind.value, permissions]
    [kept] = await rows(SET_ROLE, values)
    role_id: UUID = kept["id"]
    payload = {"id": str(role_id), "code": command.code, "kind": command.kind.value, "permissions": permissions}
    await _record(act, FactKind.ROLE_CHANGED, {"role": payload})
    return role_id


@action
async def upsert_staff(act: Act, command: UpsertStaff) -> UUID:
    """Raises InvalidInput, NotFound or Conflict. An e-mail address is the same in upper and lower case."""
    checks = Checks()
    checks.email("email", command.email, is_required=True)
    checks.text("name", command.name, longest=200)
    await _check_role(act, checks, command)
    await check_confined(act, checks, "channel_ids", "channels", command.channel_ids)
    await check_confined(act, checks, "location_ids", "locations", command.location_ids)
    values = given(name=command.name, role_id=command.role_id, is_active=command.is_active)
    entry = Entry(code=command.email.lower(), given=values, checks=checks, expected_version=command.expected_version)
    [row] = await upsert(act, STAFF, [entry])
    await _confine(row, "channel", command.channel_ids)
    await _confine(row, "location", command.location_ids)
    await execute(SET_KEYS_ROLE, [row.id, UUID(row.values["role_id"])])
    if row.is_changed:
        await _record(act, FactKind.STAFF_CHANGED, {"staff": row.values})
    return row.id


@action
async def deactivate_staff(act: Act, command: DeactivateStaff) -> UUID:
    row = await amend(act, STAFF, command.staff_id, {"is_active": False}, command.expected_version)
    if row.is_changed:
        await _record(act, FactKind.STAFF_CHANGED, {"staff": row.values})
    return row.id


def check_allowed(checks: Checks, path: str, permissions: Iterable[Permission], kind: Role) -> None:
    """Note every permission that the kind of role does not have."""
    for at, permission in enumerate(permissions):
        if permission not in PERMISSIONS_OF[kind]:
            checks.note(f"{path}.{at}", "NOT_ALLOWED", f"{permission} is more than {kind} may do.")


async def check_confined(act: Act, checks: Checks, path: str, table: str, wanted: Sequence[UUID] | Keep) -> None:
    """Note every channel or location that is not ours."""
    if not isinstance(wanted, Keep) and checks.size(path, wanted, most=MAX_CONFINED):
        await check_known(act, checks, table, [(f"{path}.{at}", each) for at, each in enumerate(wanted)])


async def _check_role(act: Act, checks: Checks, command: UpsertStaff) -> None:
    if isinstance(command.role_id, UUID):
        found = await rows(
            "SELECT kind FROM roles WHERE organization_id = $1 AND id = $2", [act.organization_id, command.role_id]
        )
        if not found or found[0]["kind"] not in WORKING:
            checks.note("role_id", "UNKNOWN", "There is no such role for staff.")


async def _confine(row: Row, kind: str, wanted: tuple[UUID, ...] | Keep) -> None:
    if isinstance(wanted, Keep):
        return
    after = sorted(set(wanted))
    if after == [each["id"] for each in await rows(CONFINED_TO[kind], [row.id])]:
        return
    await execute(f"DELETE FROM staff_{kind}s WHERE staff_id = $1", [row.id])
    await execute(f"INSERT INTO staff_{kind}s (staff_id, {kind}_id) SELECT $1, unnest($2::uuid[])", [row.id, after])
    if not row.is_changed:
        row.is_changed = True
        row.values["version"] += 1
        await execute("UPDATE staff SET version = version + 1 WHERE id = $1", [row.id])


async def _record(act: Act, kind: FactKind, payload: dict[str, object]) -> None:
    await outbox.record(act.organization_id, act.actor, act.now, [Fact(kind=kind, payload=payload)])
