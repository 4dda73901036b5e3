"""Many rows of several tables in one statement: one array per column, one INSERT per table."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

Columns = Mapping[str, str]
"""Column name to PostgreSQL type; a `jsonb` column is sent as text."""

SENT_AS: Final = {"jsonb": "text"}


def insert_sql(table: str, columns: Columns, first: int) -> str:
    """INSERT from parameters `$first` and following, one array each; rows keep their order."""
    sent = ((f"${at}::{SENT_AS.get(kind, kind)}[]", kind) for at, kind in enumerate(columns.values(), first))
    values = ", ".join(f"unnest({array}){'::jsonb' if kind == 'jsonb' else ''}" for array, kind in sent)
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values}"


def arrays(rows: Sequence[Sequence[Any]], columns: Columns) -> Sequence[Sequence[Any]]:
    """The rows turned into one array per column."""
    return list(zip(*rows, strict=True)) if rows else [()] * len(columns)
