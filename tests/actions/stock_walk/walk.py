"""One walk: a world, luck from a seed, what was done so far, and what the shelves must hold by the walk's own sums.

    await walk.do(inventory.receive, ReceiveStock(…))       as an action; now and then twice with one key
    walk.came(place, 5)                                      once the action succeeded: the sums of its own

A step that is refused has done nothing. Steps choose through `walk.luck` alone, and from rows in the order of their SKU
or number, so that a seed leads the same way again.
"""

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar
from uuid import UUID

from actions.acting import Act
from actions.desk import Desk
from domain.errors import DomainError
from models import Location, Variant
from models.db import rows
from tests.world import World

if TYPE_CHECKING:
    from actions.counting import CountedUnits
    from tests.actions.stock_walk.steps import Step

Place = tuple[UUID, UUID]
T = TypeVar("T")

TWICE = 0.1
"""How often an action is sent again with the same key, as a client does that heard no answer."""
STRAY = 0.04
"""How often a step is tried on what is not in the right state for it."""


class NothingToDo(Exception):
    """The step makes no sense now: another is chosen."""


@dataclass
class Walk:
    """`is_alone`: nobody else works at the same time, so what an empty shelf loses can be foretold.

    `noted` are lines of counts that are not written down yet, by their id, with their count; `looked_at` is what lay
    there when those were counted that are. `kits` lie nowhere, so they are not among the world's variants.
    """

    world: World
    desk: Desk
    luck: random.Random
    open: tuple["Step", ...]
    is_alone: bool = True
    name: str = ""
    now: datetime = field(init=False)
    steps: list[str] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    on_hand: Counter[Place] = field(default_factory=Counter)
    damaged: Counter[Place] = field(default_factory=Counter)
    quality_control: Counter[Place] = field(default_factory=Counter)
    safety: dict[Place, int] = field(default_factory=dict)
    noted: dict[UUID, tuple[UUID, tuple["CountedUnits", int]]] = field(default_factory=dict)
    looked_at: dict[UUID, int] = field(default_factory=dict)
    kits: tuple[Variant, ...] = ()
    keys: int = 0
    allowed: tuple[Callable[..., Any], ...] = ()

    def __post_init__(self) -> None:
        self.now = self.world.now

    async def take(self, step: "Step") -> None:
        """Whatever is not a refusal is a bug of the system. Raises NothingToDo."""
        self.now += timedelta(seconds=self.luck.choice((1, 30, 200, 400)))
        self.steps.append(step.name)
        self.allowed = step.actions
        try:
            await step.take(self)
        except NothingToDo:
            self.steps.pop()
            raise
        except DomainError as refusal:
            self.refusals[step.name] += 1
            self.steps[-1] += f": {refusal.code}"
        else:
            self.done[step.name] += 1

    async def do(self, function: Callable[[Act, Any], Awaitable[T]], command: object, *, actor: str | None = None) -> T:
        assert getattr(function, "__func__", function) in self.allowed, f"steps.py does not name {function} for it"
        self.steps[-1] += f" {command}"
        if self.luck.random() >= TWICE:
            return await function(self.act(actor=actor), command)
        self.keys += 1
        act = self.act(f"{self.name}/{self.keys}", actor=actor)
        answer = await function(act, command)
        assert await function(act, command) == answer, "the same key has the same answer"
        self.steps[-1] += " twice"
        return answer

    def story(self) -> str:
        """What happened, for whoever has to find out why."""
        return "\n".join([self.name, *(f"{at:4} {taken}" for at, taken in enumerate(self.steps, 1))])

    def act(self, key: str | None = None, *, actor: str | None = None) -> Act:
        return self.world.act(key, now=self.now, actor=actor or "staff:test")

    def came(self, place: Place, units: int) -> None:
        self.on_hand[place] += units

    def is_lucky(self, chance: float) -> bool:
        return self.luck.random() < chance

    def strays(self) -> bool:
        return self.is_lucky(STRAY)

    def nothing_to_do(self) -> NoReturn:
        raise NothingToDo

    def variant(self) -> Variant:
        return self.luck.choice(list(self.world.variants.values()))

    def location(self) -> Location:
        return self.luck.choice(list(self.world.locations.values()))

    def place(self) -> Place:
        return self.variant().id, self.location().id

    def places(self, most: int = 3) -> list[Place]:
        """Different ones."""
        every = [(v.id, at.id) for v in self.world.variants.values() for at in self.world.locations.values()]
        return self.luck.sample(every, self.luck.randint(1, most))

    async def one_of(self, sql: str, *values: object) -> dict[str, Any]:
        """A row at random; the statement orders them. Raises NothingToDo when there is none."""
        found = await self.all_of(sql, *values)
        if not found:
            raise NothingToDo
        return self.luck.choice(found)

    async def all_of(self, sql: str, *values: object) -> Sequence[dict[str, Any]]:
        return await rows(sql, list(values))
