"""`oms.py audit`: prove that ledger, counters, orders, payments and facts agree, and name every row that does not.

Reads one snapshot of a live database and locks nothing, so it may run at any time.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from models.config import credentials
from server.auditing import forwarding, kits, orders, papers, payments, quota_plans, quotas, records, stock
from server.auditing.checks import Check, Connection, Finding
from server.embedded import servers_for
from server.settings import Settings

AREAS: Final = (stock, quotas, quota_plans, papers, forwarding, orders, kits, payments, records)
CHECKS: Final[tuple[Check, ...]] = tuple(check for area in AREAS for check in area.CHECKS)
PATIENT: Final = {
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "default_transaction_read_only": "on",
}
SHOWN: Final = 1_000


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--show", type=int, default=SHOWN, metavar="N", help="name at most N rows for each rule")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    with servers_for(settings) as running:
        try:
            broken = asyncio.run(audit(running.database_url, show=arguments.show))
        except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError) as error:
            sys.stderr.write(f"oms.py audit: {error}; run `oms.py migrate` first\n")
            return 2
    sys.stdout.write(f"\n{len(CHECKS)} rules, {broken} broken.\n")
    return 1 if broken else 0


async def audit(database_url: str, *, show: int = SHOWN) -> int:
    """Prints every rule and what breaks it; how many rules are broken."""
    broken = 0
    async with snapshot(database_url) as connection:
        async for rule, findings in examine(connection):
            _print(rule, findings, show)
            broken += bool(findings)
    return broken


@asynccontextmanager
async def snapshot(database_url: str) -> AsyncGenerator[Connection, None]:
    """Everything read through it is as of one moment."""
    connection = await asyncpg.connect(**credentials(database_url, **PATIENT))
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield connection
    finally:
        await connection.close()


async def examine(connection: Connection) -> AsyncGenerator[tuple[str, list[Finding]], None]:
    """Each rule with what breaks it. `connection` is in a transaction."""
    for check in CHECKS:
        yield check.rule, [finding async for finding in check.find(connection)]


def _print(rule: str, findings: list[Finding], show: int) -> None:
    if not findings:
        sys.stdout.write(f"ok   {rule}\n")
        return
    sys.stdout.write(f"BAD  {rule}: {len(findings)} findings\n")
    for finding in findings[:show]:
        sys.stdout.write(f"       {finding.name}: {finding.wrong}\n")
    if len(findings) > show:
        sys.stdout.write(f"       … and {len(findings) - show} more\n")
