"""An object-centric order log in CSV: its events, and which orders share packages."""

import ast
import csv
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Event:
    activity: str
    at: datetime
    items: tuple[str, ...]
    order: str
    package: str
    price: str


@dataclass
class Log:
    events: list[Event]
    order_of: dict[str, str] = field(default_factory=dict)
    customer_of: dict[str, str] = field(default_factory=dict)
    packages: dict[str, tuple[str, ...]] = field(default_factory=dict)
    prices_minor: dict[str, int] = field(default_factory=dict)

    def count(self, activity: str) -> int:
        return sum(event.activity == activity for event in self.events)


def read(path: Path, *, orders: int | None = None) -> Log:
    """The whole log, or about so many orders of it: groups of orders that share packages stay whole, small ones first."""
    with path.open(newline="") as file:
        events = [_event(row) for row in csv.DictReader(file)]
    log = _indexed(events)
    if orders is None:
        return log
    groups = Counter(log.customer_of.values())
    chosen: set[str] = set()
    for customer, size in sorted(groups.items(), key=lambda group: (group[1], group[0])):
        if len(chosen) + size <= orders:
            chosen |= {order for order, whose in log.customer_of.items() if whose == customer}
    return _indexed([event for event in events if orders_of(event, log) <= chosen])


def _event(row: dict[str, str]) -> Event:
    def listed(name: str) -> tuple[str, ...]:
        text = row[f"ocel:type:{name}"].strip()
        return tuple(ast.literal_eval(text)) if text else ()

    (order, *_), (package, *_) = listed("orders") or ("",), listed("packages") or ("",)
    at = datetime.fromisoformat(row["ocel:timestamp"].replace(" ", "T"))
    return Event(row["ocel:activity"], at, listed("items"), order, package, row["price"])


def _indexed(events: list[Event]) -> Log:
    log = Log(events)
    for event in events:
        if event.activity == "place order":
            log.order_of |= dict.fromkeys(event.items, event.order)
            log.customer_of[event.order] = event.order
        elif event.activity == "pick item":
            log.prices_minor[event.items[0]] = round(float(event.price) * 100)
    for event in events:
        if event.activity == "create package":
            log.packages[event.package] = event.items
            sharing = {log.customer_of[log.order_of[item]] for item in event.items}
            first = min(sharing)
            for order, customer in log.customer_of.items():
                if customer in sharing:
                    log.customer_of[order] = first
    return log


def orders_of(event: Event, log: Log) -> set[str]:
    items = event.items or log.packages.get(event.package, ())
    return {event.order} if event.order else {log.order_of[item] for item in items}
