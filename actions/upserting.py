"""Master data: rows that a merchant keeps under a code of their own, made or changed many at a time.

    found = await upsert(act, PRODUCTS, [Entry(code="SHIRT", given={"name": "Shirt"}, checks=checks), …])

A row is read and written as one JSON object, so that a statement takes any number of rows of any table. What is not
given (KEEP) stays, or is the default of a new row; a row that ends up as it was keeps its version and records nothing.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar
from uuid import UUID

import orjson

from actions import reference
from actions.acting import Act
from domain.errors import Conflict, NotFound
from domain.ids import id_maker
from domain.validation import KEEP, Checks
from models.db import execute, rows

MAX_ENTRIES: Final = 10_000
"""In one statement; importers send what they have in lists of this size or smaller."""

P = ParamSpec("P")
T = TypeVar("T")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`kind` is its name in refusals, `code` the column that identifies a row within its organization.

    `defaults` has every other column but id, organization and version; None for one in `required`, which a new row
    must be given.
    """

    name: str
    kind: str
    code: str
    defaults: Mapping[str, Any]
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is wanted of one row; `checks` has noted what is wrong with it, and knows where it came from."""

    code: str
    given: Mapping[str, Any]
    checks: Checks
    expected_version: int | None = None


@dataclass(slots=True)
class Row:
    """A row as it is now. `is_changed` when this action made or changed it."""

    values: Json
    is_changed: bool = False
    id: UUID = field(init=False)

    def __post_init__(self) -> None:
        self.id = UUID(self.values["id"])

    @property
    def version(self) -> int:
        version: int = self.values["version"]
        return version


async def upsert(act: Act, table: Table, entries: Sequence[Entry]) -> list[Row]:
    """The row of each entry, in their order. Raises InvalidInput with everything that was noted, NotFound or Conflict.

    Two actions never upsert into the same table of an organization at once.
    """
    assert len(entries) <= MAX_ENTRIES, f"at most {MAX_ENTRIES} at a time"
    _check_distinct(table, entries)
    await execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [f"{table.name}/{act.organization_id}"])
    known = await _known(act, table, [entry.code for entry in entries])
    make = id_maker(len(entries))
    found = []
    for entry in entries:
        before = known.get(entry.code)
        if entry.expected_version is not None:
            _check_version(table, entry, before)
        fresh = {"id": str(make()), "organization_id": str(act.organization_id), table.code: entry.code, "version": 0}
        row = _merged(before or {**fresh, **table.defaults}, entry.given)
        for name in table.required:
            if row.values[name] is None:
                entry.checks.note(name, "REQUIRED", f"A new {table.kind} needs it.")
        found.append(row)
    refuse(entry.checks for entry in entries)
    await write(table.name, [row.values for row in found if row.is_changed])
    return found


async def amend(
    act: Act, table: Table, row_id: UUID, given: Mapping[str, Any], expected_version: int | None = None
) -> Row:
    """Change one row by its id, but for its code. Raises NotFound or Conflict."""
    sql = f"SELECT to_jsonb(t) AS row FROM {table.name} t WHERE id = $1 AND organization_id = $2 FOR NO KEY UPDATE"
    found = await rows(sql, [row_id, act.organization_id])
    if not found:
        raise NotFound(table.kind, row_id)
    before = orjson.loads(found[0]["row"])
    if expected_version not in (None, before["version"]):
        raise Conflict(table.kind, expected_version or 0, before["version"])
    row = _merged(before, given)
    await write(table.name, [row.values] if row.is_changed else [])
    return row


async def write(table: str, records: Sequence[Json]) -> None:
    """Insert rows, or put them in the place of those with the same id; all must have the same columns."""
    if not records:
        return
    columns = [name for name in records[0] if name not in {"id", "organization_id"}]
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns)
    await execute(
        f"INSERT INTO {table} SELECT * FROM jsonb_populate_recordset(NULL::{table}, $1::jsonb) "
        f"ON CONFLICT (id) DO UPDATE SET {changes}",
        [plain(records)],
    )


def given(**values: Any) -> Json:
    """Only the values that are there."""
    return {name: value for name, value in values.items() if value is not KEEP}


def plain(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


def refuse(checks: Iterable[Checks]) -> None:
    """Raise InvalidInput when any of them, which share their notes, has noted anything."""
    for each in checks:
        each.refuse()


async def known_ids(act: Act, table: str, wanted: Iterable[UUID]) -> frozenset[UUID]:
    """Those of the ids that are rows of this organization."""
    sql = f"SELECT id FROM {table} WHERE organization_id = $1 AND id = ANY($2::uuid[])"
    return frozenset(row["id"] for row in await rows(sql, [act.organization_id, sorted(set(wanted))]))


async def check_known(act: Act, checks: Checks, table: str, wanted: Sequence[tuple[str, UUID]]) -> None:
    """Note UNKNOWN at the path of every id that is no row of this organization."""
    if not wanted:
        return
    known = await known_ids(act, table, [row_id for _, row_id in wanted])
    for path, row_id in wanted:
        if row_id not in known:
            checks.note(path, "UNKNOWN", "There is no such thing, or you may not use it.")


def fresh_network(
    function: Callable[Concatenate[Act, P], Awaitable[T]],
) -> Callable[Concatenate[Act, P], Awaitable[T]]:
    """Placements read channels, locations and tax rates anew once the action, which this stands above, has committed."""

    @wraps(function)
    async def run(act: Act, /, *args: P.args, **kwargs: P.kwargs) -> T:
        changed = await function(act, *args, **kwargs)
        reference.forget(act.organization_id)
        return changed

    return run


async def _known(act: Act, table: Table, codes: list[str]) -> dict[str, Json]:
    found = await rows(
        f"SELECT to_jsonb(t) AS row FROM {table.name} t WHERE organization_id = $1 AND {table.code} = ANY($2::text[]) "
        "ORDER BY id FOR NO KEY UPDATE",
        [act.organization_id, codes],
    )
    loaded = [orjson.loads(each["row"]) for each in found]
    return {row[table.code]: row for row in loaded}


def _check_distinct(table: Table, entries: Sequence[Entry]) -> None:
    met: dict[str, int] = {}
    for at, entry in enumerate(entries):
        if met.setdefault(entry.code, at) != at:
            entry.checks.note(table.code, "DUPLICATE", f"Is the same as at position {met[entry.code]}.")
    refuse(entry.checks for entry in entries)


def _check_version(table: Table, entry: Entry, before: Json | None) -> None:
    if before is None:
        raise NotFound(table.kind, entry.code)
    if entry.expected_version != before["version"]:
        raise Conflict(table.kind, entry.expected_version or 0, before["version"])


def _merged(before: Json, given: Mapping[str, Any]) -> Row:
    after = {**before, **orjson.loads(plain(given))}
    if after == before and before["version"]:
        return Row(before)
    after["version"] += 1
    return Row(after, is_changed=True)
