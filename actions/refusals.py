"""Refusals as answers: what a command was told is what its retry is told; what a job is refused it passes over."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from inspect import signature
from typing import Any, NamedTuple

from domain.errors import DomainError, InputProblem, InvalidInput

Stored = dict[str, Any]


def kept(refusal: DomainError) -> Stored:
    """`{"refused": code, "with": …}`: the arguments the refusal was made with, as plain JSON data."""
    if isinstance(refusal, InvalidInput):
        return {"refused": refusal.code, "with": {"problems": [asdict(problem) for problem in refusal.problems]}}
    names = _kinds()[refusal.code].made_with
    return {"refused": refusal.code, "with": {name: getattr(refusal, name) for name in names}}


@contextmanager
def passed_over(log: logging.Logger, message: str, *about: object) -> Iterator[None]:
    """For jobs, around what is done about one thing of many: a refusal is logged, with its code after the message."""
    try:
        yield
    except DomainError as refusal:
        log.info("%s: %s", message % about, refusal.code)


def raise_if_refused(stored: Stored) -> None:
    """Raise the refusal again, if it is one."""
    code = stored.get("refused")
    if code is None:
        return
    if code == InvalidInput.code:
        raise InvalidInput([InputProblem(**problem) for problem in stored["with"]["problems"]])
    raise _kinds()[code].refusal(**stored["with"])


class Kind(NamedTuple):
    refusal: type[DomainError]
    made_with: tuple[str, ...]


@cache
def _kinds() -> dict[str, Kind]:
    """By code; looked up once, for in a flash sale most answers are refusals."""
    return {sub.code: Kind(sub, tuple(signature(sub).parameters)) for sub in _below(DomainError) if "code" in vars(sub)}


def _below(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from _below(sub)
