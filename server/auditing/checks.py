"""A check is a rule that every row keeps, and a way of finding those that do not."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import asyncpg

BATCH: Final = 1_000
"""Rows fetched at a time."""

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@dataclass(frozen=True, slots=True)
class Finding:
    """`name` is how a person would look the row up, `wrong` what is the matter with it."""

    name: str
    wrong: str


Find = Callable[[Connection], AsyncIterator[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """`rule` is a sentence that is true of a sound database. `find` runs inside one snapshot."""

    rule: str
    find: Find


def by_sql(rule: str, sql: str, *values: Any) -> Check:
    """The statement selects what breaks the rule: a text `name` and a text `wrong`."""

    async def find(connection: Connection) -> AsyncIterator[Finding]:
        async for found in connection.cursor(sql, *values, prefetch=BATCH):
            yield Finding(found["name"], found["wrong"])

    return Check(rule, find)


def by_word(rule: str, sql: str, word_of: Callable[[list[str]], str]) -> Check:
    """The statement selects every `name` with its `word` and, as one text apart by commas, what it follows from: `present`.

    There are few different `present`, so each is decided once, by the rule that decided it when it was written.
    """

    async def find(connection: Connection) -> AsyncIterator[Finding]:
        kinds = [kind["present"] for kind in await connection.fetch(f"SELECT DISTINCT present FROM ({sql}) AS every")]
        words = [word_of(kind.split(",") if kind else []) for kind in kinds]
        wrong = (
            f"SELECT name, word, implied FROM ({sql}) AS every"
            " JOIN unnest($1::text[], $2::text[]) AS rule(present, implied) USING (present) WHERE word <> implied"
        )
        async for found in connection.cursor(wrong, kinds, words, prefetch=BATCH):
            yield Finding(found["name"], f"is called {found['word']}, its units make it {found['implied']}")

    return Check(rule, find)


def listed(values: Any) -> str:
    """SQL text of a list of codes of ours."""
    return ", ".join(f"'{value}'" for value in sorted(values))
