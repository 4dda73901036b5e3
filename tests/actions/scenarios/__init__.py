"""What each action does to orders and stock, as short stories: `test_facts_fold.py` tells every one of them.

    @scenario(cancel)
    async def cancelling_part_of_a_line(world: World) -> Story:
        order = await new_order(world, MUG=3)
        yield
        await cancel(world.act(), CancelOrder(order_id=order.id, …))

What happens before the `yield` is preparation, what happens after it is what the facts must tell. Put the stories of an
area into the module of its name here. An action that changes neither orders nor stock says why it has no story:

    without_story(upsert_products, "Products are master data.")
"""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from tests.world import World

Story = AsyncGenerator[None, None]
Action = Callable[..., Any]


@dataclass(frozen=True)
class Scenario:
    name: str
    actions: tuple[Action, ...]
    tell: Callable[[World], Story]


_told: dict[str, Scenario] = {}
_excused: dict[Action, str] = {}


def scenario(*actions: Action) -> Callable[[Callable[[World], Story]], Callable[[World], Story]]:
    def register(tell: Callable[[World], Story]) -> Callable[[World], Story]:
        name = f"{tell.__module__.rpartition('.')[2]}.{tell.__name__}"
        assert name not in _told, f"two stories are called {name}"
        _told[name] = Scenario(name, actions, tell)
        return tell

    return register


def without_story(action: Action, reason: str) -> None:
    assert reason
    _excused[action] = reason


def scenarios() -> list[Scenario]:
    _read_all()
    return [_told[name] for name in sorted(_told)]


def excused() -> dict[Action, str]:
    _read_all()
    return _excused


def _read_all() -> None:
    for module in iter_modules([str(Path(__file__).parent)]):
        import_module(f"{__name__}.{module.name}")
