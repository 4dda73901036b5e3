"""Units became free: tell whoever lets waiting orders have them.

    restocking.listeners.append(retry)      the process that runs jobs

Listeners are called after the commit and must not wait; they start their work elsewhere. A process that dies in between
tells nobody, so a job that looks at all waiting orders now and then is the net.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Final, Protocol, TypeVar
from uuid import UUID

from actions.acting import Act

Listener = Callable[[Act, frozenset[UUID]], None]
listeners: Final[list[Listener]] = []


class Frees(Protocol):
    """A command that may set units free."""

    def freed(self) -> frozenset[UUID]:
        """The variants of which there may be more free units afterwards."""


C = TypeVar("C", bound=Frees)
T = TypeVar("T")


def announces(function: Callable[[Act, C], Awaitable[T]]) -> Callable[[Act, C], Awaitable[T]]:
    """Stands above `@action`, so that everything is committed."""

    @wraps(function)
    async def run(act: Act, command: C) -> T:
        changed = await function(act, command)
        announce(act, command.freed())
        return changed

    return run


def announce(act: Act, variant_ids: frozenset[UUID]) -> None:
    if variant_ids:
        for listener in listeners:
            listener(act, variant_ids)
