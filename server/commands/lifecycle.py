"""`oms.py lifecycle`: write docs/lifecycle.md, the tables of the lifecycle and of the holds as a page to read."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from domain.holds import STOPS, HoldKind
from domain.lifecycle import (
    ALLOCATED,
    FIRST,
    FROM_OF,
    IN_FULFILMENT,
    LEFT,
    TO_OF,
    TRANSITIONS,
    Action,
    UnitStatus,
    by_rank,
    stock_effect,
)
from server.settings import Settings

PAGE = """# The life of ordered units

Written by `python oms.py lifecycle --output docs/lifecycle.md` from the tables in `domain/lifecycle.py` and
`domain/holds.py`; a test fails when it is out of date. Change the tables, not this page.

A status belongs to a quantity: of three units two may be scheduled in Chicago and one backordered. The word on a line
and on an order is derived: the common status of its units, or "partially" and the furthest one. Cancelled units don't
count while anything else is left.

```mermaid
stateDiagram-v2
{diagram}
```

## Statuses

Units are *allocated* while a location holds them for the order: they sum to the `allocated` counter of its stock level.
Units that *left* are in no counter any more.

{statuses}

## Actions

An action moves units from one of its statuses to another. What that does to stock follows from the two statuses.

{actions}

Confirming moves no units: it is the yes to the whole order after which units may be released.

Before release an order's units are cancelled at once. After it the location is asked (`recall` is its yes); shipped
units cannot be cancelled.

## Holds

A hold is an overlay, never a status: it stops the actions of its kind on the order or on one line until it is resolved or
expires. Several can stand at once, and stock stays allocated meanwhile. Ticked actions are stopped.

{holds}
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", type=Path, metavar="FILE", help="write to this file instead of printing")


def run(arguments: argparse.Namespace, _settings: Settings) -> int:
    if arguments.output is None:
        sys.stdout.write(page())
    else:
        arguments.output.write_text(page())
    return 0


def page() -> str:
    return PAGE.format(diagram=_diagram(), statuses=_statuses(), actions=_actions(), holds=_holds())


def _diagram() -> str:
    starts = [f"    [*] --> {status}" for status in by_rank(FIRST)]
    edges = [
        f"    {before} --> {after}: {_listed(action for action in Action if action in actions)}"
        for before in by_rank(UnitStatus)
        for after, actions in TRANSITIONS[before].items()
    ]
    ends = [f"    {status} --> [*]" for status in by_rank(UnitStatus) if not TRANSITIONS[status]]
    return "\n".join([*starts, *edges, *ends])


def _statuses() -> str:
    def stock(status: UnitStatus) -> str:
        return "allocated" if status in ALLOCATED else "left" if status in LEFT else ""

    def cancelling(status: UnitStatus) -> str:
        if status in FROM_OF[Action.CANCEL]:
            return "at once"
        return "the location is asked" if status in IN_FULFILMENT else "no"

    rows = [
        (
            f"`{status}`",
            "yes" if status in FIRST else "",
            stock(status),
            cancelling(status),
            _listed(f"`{after}`" for after in by_rank(TRANSITIONS[status])) or "final",
        )
        for status in by_rank(UnitStatus)
    ]
    return _table(("Status", "Units may begin here", "Stock", "Can be cancelled", "Next"), rows)


def _actions() -> str:
    rows = []
    for action in FROM_OF:
        effects = sorted({effect for before in FROM_OF[action] if (effect := stock_effect(before, TO_OF[action]))})
        before = _listed(f"`{status}`" for status in by_rank(FROM_OF[action]))
        rows.append((f"`{action}`", before, f"`{TO_OF[action]}`", _listed(effects)))
    return _table(("Action", "From", "To", "Stock"), rows)


def _holds() -> str:
    stopped = [action for action in Action if any(action in STOPS[kind] for kind in HoldKind)]
    rows = [(f"`{kind}`", *("✓" if action in STOPS[kind] else "" for action in stopped)) for kind in HoldKind]
    return _table(("Hold", *(action.replace("_", " ") for action in stopped)), rows)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])
