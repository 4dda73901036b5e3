"""Units became free: tell whoever lets waiting orders have them.

    restocking.listeners.append(retry)      the process that runs jobs

Listeners are called after the commit and must not wait; they start their work elsewhere. A process that dies in between
tells nobody, so a job that looks at all waiting orders now and then is the net.
"""

from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from functools import wraps
from typing import Concatenate, Final, ParamSpec, Protocol, TypeVar
from uuid import UUID

from actions.acting import Act

Listener = Callable[[Act, frozenset[UUID]], None]
listeners: Final[list[Listener]] = []
_freed: ContextVar[set[UUID] | None] = ContextVar("freed", default=None)


class Frees(Protocol):
    """A command that may set units free."""

    def freed(self) -> frozenset[UUID]:
        """The variants of which there may be more free units afterwards."""


P = ParamSpec("P")
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


def announces_freed(
    function: Callable[Concatenate[Act, P], Awaitable[T]],
) -> Callable[Concatenate[Act, P], Awaitable[T]]:
    """The same for an action that learns only while it acts what it sets free; one inside another leaves it to that one."""

    @wraps(function)
    async def run(act: Act, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if _freed.get() is not None:
            return await function(act, *args, **kwargs)
        freed: set[UUID] = set()
        token = _freed.set(freed)
        try:
            changed = await function(act, *args, **kwargs)
        finally:
            _freed.reset(token)
        announce(act, frozenset(freed))
        return changed

    return run


def note_freed(variant_ids: Iterable[UUID]) -> None:
    """Units of these were given back, for the action above that announces it, if there is one."""
    freed = _freed.get()
    if freed is not None:
        freed.update(variant_ids)


def announce(act: Act, variant_ids: frozenset[UUID]) -> None:
    if variant_ids:
        for listener in listeners:
            listener(act, variant_ids)
