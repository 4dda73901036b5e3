"""Organizations: the tenants. Made by the demo, by importers and by whoever runs the servers, never through the graph."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from actions.acting import Act, action
from actions.upserting import Json, plain
from domain.errors import AlreadyExists
from domain.ids import id_maker
from domain.permissions import Role
from domain.validation import Checks
from models.db import execute, rows

STANDARD_ROLES: Final = {
    Role.ADMIN: "Administrator",
    Role.AGENT: "Call-centre agent",
    Role.STORE_ASSOCIATE: "Store associate",
    Role.WAREHOUSE: "Warehouse worker",
    Role.PARTNER: "Partner application",
    Role.CUSTOMER: "Customer",
}
"""Every organization has one of each, with all that its kind allows; nobody holds a key as ANONYMOUS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateOrganization:
    code: str
    name: str
    currency: str = "USD"


@action
async def create(act: Act, command: CreateOrganization) -> UUID:
    """The new organization takes the id that `act` names, and the standard roles. Raises AlreadyExists."""
    checks = Checks()
    checks.code("code", command.code, longest=32)
    checks.text("name", command.name, longest=200)
    checks.currency("currency", command.currency)
    checks.refuse()
    made = await rows(
        "INSERT INTO organizations (id, code, name, currency, created_at) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT DO NOTHING RETURNING id",
        [act.organization_id, command.code, command.name, command.currency, act.now],
    )
    if not made:
        raise AlreadyExists("organization", command.code)
    await _write_roles(act)
    return act.organization_id


async def _write_roles(act: Act) -> None:
    make = id_maker(len(STANDARD_ROLES))
    roles: list[Json] = [
        {
            "id": make(),
            "organization_id": act.organization_id,
            "code": kind.value,
            "name": name,
            "kind": kind.value,
            "permissions": [],
        }
        for kind, name in STANDARD_ROLES.items()
    ]
    await execute("INSERT INTO roles SELECT * FROM jsonb_populate_recordset(NULL::roles, $1::jsonb)", [plain(roles)])
