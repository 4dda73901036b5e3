"""Random backlogs: orders that compete for scarce goods, kits among them, and their bound by HiGHS."""

from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID

from domain.routing.backlog import Backlog, BacklogOrder
from domain.routing.values import Candidate, Demand
from domain.shipping_rates import Rate
from tests.domain.routing.oracle import NO_LIMIT, Model
from tests.domain.routing.worlds import BASE_MINOR, PER_KILOGRAM_MINOR


def random_backlog(
    seed: int, *, orders: int, places: int, variants: int, lines: int = 4, tightness: float = 1.15
) -> Backlog:
    """Popular goods are wanted more; `tightness` times what is wanted lies about at 40 % of the locations."""
    random = Random(seed)
    weights = [(at + 1) ** -0.8 for at in range(variants)]
    grams = [random.randint(100, 4000) for _ in range(variants)]
    positions = [(random.random() * 4000, random.random() * 4000) for _ in range(places)]
    stores = [random.random() < 0.7 for _ in range(places)]
    handling = [(150 if store else 60) + random.randrange(80) for store in stores]
    labour = [(90 if store else 35) + random.randrange(30) for store in stores]
    wanted, made = [0] * variants, []
    for _ in range(orders):
        chosen: dict[int, int] = {}
        while len(chosen) < min(variants, 1 + random.randrange(lines)):
            chosen[random.choices(range(variants), weights)[0]] = random.randint(1, 3)
        for variant, quantity in chosen.items():
            wanted[variant] += quantity
        made.append(_order(random, chosen, grams, positions, handling, labour))
    stock = {}
    for variant, units in enumerate(wanted):
        row = [0] * places
        having = random.sample(range(places), max(2, int(places * 0.4)))
        for _ in range(int(units * tightness) + 1):
            row[random.choice(having)] += 1
        stock[variant] = row
    capacity = int(sum(wanted) * 1.3 / places) + 1
    return Backlog(made, stock, [capacity] * places)


def with_kits(backlog: Backlog, seed: int, *, sorts: int = 3) -> Backlog:
    """Half of the orders want kits too, of components that others want alone; of each sort a few lie together somewhere."""
    random = Random(seed)
    variants = list(backlog.stock)
    parts = [
        tuple((variant, random.randint(1, 2)) for variant in random.sample(variants, min(len(variants), 2 + at % 2)))
        for at in range(sorts)
    ]
    stock = {variant: list(row) for variant, row in backlog.stock.items()}
    for uses in parts:
        at = random.randrange(len(backlog.capacity))
        for variant, units in uses:
            stock[variant][at] += 3 * units
    orders = []
    for order in backlog.orders:
        if random.random() < 0.5:
            sort, line = random.randrange(sorts), random.randint(0, len(order.demands))
            kit = Demand(f"kit {sort}", random.randint(1, 2), random.randint(200, 3000))
            demands = [*order.demands[:line], kit, *order.demands[line:]]
            orders.append(replace(order, demands=demands, parts={line: parts[sort]}))
        else:
            orders.append(order)
    return replace(backlog, orders=orders, stock=stock)


def backlog_model(backlog: Backlog) -> tuple[Model, int]:
    """All orders at once as one mixed-integer program; also the constant by which its objective is too large."""
    model = Model()
    on_stock: dict[tuple[Any, int], list[tuple[int, float]]] = {}
    on_capacity: dict[int, list[tuple[int, float]]] = {}
    for order in backlog.orders:
        served: list[list[tuple[int, float]]] = [[(model.column(backlog.backorder_minor), 1.0)] for _ in order.demands]
        for at, candidate in enumerate(order.candidates):
            able = [
                line
                for line, demand in enumerate(order.demands)
                if at not in order.excluded and backlog.stock[demand.variant][at] >= demand.quantity
            ]
            if not able:
                continue
            parcel = model.column(candidate.rate.base_minor + candidate.parcel_handling_minor + backlog.split_minor)
            weights = [order.demands[line].grams_each * order.demands[line].quantity for line in able]
            kilograms = model.column(candidate.rate.per_kilogram_minor, upper=-(-sum(weights) // 1000))
            grams = []
            for line, weight in zip(able, weights, strict=True):
                demand = order.demands[line]
                taken = model.column(demand.quantity * candidate.unit_handling_minor)
                served[line].append((taken, 1.0))
                grams.append((taken, weight / 1000))
                on_stock.setdefault((demand.variant, at), []).append((taken, demand.quantity))
                on_capacity.setdefault(at, []).append((taken, demand.quantity))
                model.row(-NO_LIMIT, 0, [(taken, 1), (parcel, -1)])
            model.row(-NO_LIMIT, 0, [*grams, (kilograms, -1)])
        for terms in served:
            model.row(1, 1, terms)
    for (variant, at), terms in on_stock.items():
        model.row(-NO_LIMIT, backlog.stock[variant][at], terms)
    for at, terms in on_capacity.items():
        if backlog.capacity[at] is not None:
            model.row(-NO_LIMIT, backlog.capacity[at], terms)
    return model, backlog.split_minor * len(backlog.orders)


def _order(random, chosen, grams, positions, handling, labour) -> BacklogOrder:
    x, y = random.random() * 4000, random.random() * 4000
    candidates, excluded = [], set()
    for at, (east, north) in enumerate(positions):
        zone = min(7, int(((x - east) ** 2 + (y - north) ** 2) ** 0.5 / 450))
        rate = Rate(BASE_MINOR[zone], PER_KILOGRAM_MINOR[zone])
        candidates.append(Candidate(UUID(int=at), rate, handling[at], labour[at]))
        if 1 + zone // 2 > 4:
            excluded.add(at)
    demands = [Demand(variant, quantity, grams[variant]) for variant, quantity in chosen.items()]
    return BacklogOrder(demands, candidates, frozenset(excluded))
