"""Goods that are handed over elsewhere than where they lie: brought there, at the cost of carriage and handled twice.

For routing that is one more column of candidates for each such place: every location as seen from there. Lines for the
place may come from its columns alone, all others from none of them. A location with goods for several places appears
several times; each unit it has, and each it can take on, is counted in one of these columns only. A kit is brought whole:
what one column has of all its components.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from domain.placing.world import Network, Site, View
from domain.routing.values import Candidate, Demand, Exclusion, Method, VariantKey
from domain.shipping_rates import Rate
from domain.workdays import Load, Loads

HandOvers = Sequence[UUID | None]
"""By line the location that its goods are brought to; empty if none is."""
NO_CARRIAGE: Final = Rate(0, 0)
"""What lies where it is handed over is carried nowhere."""


EITHER_WAY: Final = frozenset({Method.PICKUP, Method.SHIP})
"""From where it is handed over it is collected, or leaves with the rest."""


class Terms(NamedTuple):
    """Units by line, and by column what is there of them and why they may not come from there."""

    demands: Sequence[Demand]
    stock: Sequence[Sequence[int]]
    excluded: Mapping[tuple[int, int], Exclusion]


class Columns(NamedTuple):
    """Candidates with what rules want to know of each; a location may stand in several."""

    sites: Sequence[Site]
    candidates: Sequence[Candidate]
    kilometres: Sequence[float]
    loads: Sequence[Load | None]
    kinds_via: Sequence[str] = ()
    loads_via: Sequence[Load | None] = ()


def hand_overs(collected_at: Sequence[UUID | None], network: Network) -> HandOvers:
    """By line where its goods are brought to, of where it is collected."""
    found = [place if place in network.brought_to else None for place in collected_at]
    return found if any(found) else ()


def direct(sites: Sequence[Site], view: View, loads: Loads) -> Columns:
    """Every location once, as seen from the address."""
    return Columns(
        sites,
        [view.candidates[site.rank] for site in sites],
        [view.kilometres[site.rank] for site in sites],
        [loads.get(site.id) for site in sites] if loads else (),
    )


def brought(
    terms: Terms, straight: Columns, hand_overs: HandOvers, network: Network, loads: Loads
) -> tuple[Terms, Columns]:
    """With columns for every place that goods are brought to; those of the address only where a line needs them."""
    groups = sorted(set(hand_overs), key=lambda place: (place is not None, str(place)))
    at_column = [(place, at) for place in groups for at in range(len(straight.sites))]
    earlier = _earlier(terms.demands, hand_overs, groups)
    stock = [
        [max(0, row[at] - earlier.get((demand.variant, place), 0)) for place, at in at_column]
        for demand, row in zip(terms.demands, terms.stock, strict=True)
    ]
    excluded = {}
    for line, hand_over in enumerate(hand_overs):
        for column, (place, at) in enumerate(at_column):
            why = terms.excluded.get((line, at)) if place == hand_over else Exclusion.METHOD
            if why is not None:
                excluded[line, column] = why
    found = Terms(terms.demands, stock, excluded)
    columns = _columns(straight, hand_overs, groups, terms.demands, network)
    return found, columns._replace(loads_via=_loads_via(found, columns, hand_overs, loads)) if loads.days else columns


def seen_from(place: UUID, site: Site, network: Network) -> tuple[Candidate, float]:
    """A location as a source for what is handed over at another one, or there itself, with the kilometres between them."""
    position = network.sites[place].position
    view = network.view(position.latitude, position.longitude)
    is_there = site.id == place
    candidate = Candidate(
        site.id,
        NO_CARRIAGE if is_there else view.candidates[site.rank].rate,
        methods=EITHER_WAY if is_there or Method.SHIP in site.methods else frozenset(),
        via=place,
    )
    return candidate, 0.0 if is_there else view.kilometres[site.rank]


def _columns(
    straight: Columns, hand_overs: HandOvers, groups: Sequence[UUID | None], demands: Sequence[Demand], network: Network
) -> Columns:
    found: list[tuple[Site, Candidate, float, Load | None, str]] = []
    units = lines = 0
    for place in groups:
        for at, site in enumerate(straight.sites):
            load = straight.loads[at] if straight.loads else None
            if place is None:
                found.append((site, straight.candidates[at], straight.kilometres[at], load, ""))
                continue
            kind_via = "" if site.id == place else network.sites[place].kind
            found.append((site, *seen_from(place, site, network), load and load.with_order(units, 0, lines), kind_via))
        before = [demand.quantity for line, demand in enumerate(demands) if hand_overs[line] == place]
        units, lines = units + sum(before), lines + len(before)
    sites, candidates, kilometres, loads, kinds_via = zip(*found, strict=True) if found else ((), (), (), (), ())
    return Columns(sites, candidates, kilometres, loads if straight.loads else (), kinds_via)


def _loads_via(terms: Terms, columns: Columns, hand_overs: HandOvers, loads: Loads) -> list[Load | None]:
    """By column what the place has to do on the day when customers can have what comes from there.

    What all sources together bring for a day must have room on it: where that is not sure, the nearest has all of it, and
    the next what the nearer ones cannot need.
    """
    found: list[Load | None] = [None] * len(columns.candidates)
    before: dict[tuple[UUID, date], tuple[int, int]] = {}
    for column in sorted(range(len(found)), key=lambda at: columns.kilometres[at]):
        place, source = columns.candidates[column].via, columns.candidates[column].location
        if place is None:
            continue
        load = loads.get(source) if place == source else loads.at_hand_over(source, place)
        if load is None or not load.is_limited:
            continue
        own = [at for at, one in enumerate(terms.demands) if one.method is Method.PICKUP and hand_overs[at] == place]
        if not own:
            continue
        bringing = [min(terms.demands[line].quantity, terms.stock[line][column]) for line in own]
        units, lines = before.get((place, load.day), (0, 0))
        before[place, load.day] = units + sum(bringing), lines + sum(map(bool, bringing))
        wanted = sum(terms.demands[line].quantity for line in own)
        found[column] = load if _has_room(load, wanted, len(own)) else load.with_order(units, 0, lines)
    return found


def _has_room(load: Load, units: int, lines: int) -> bool:
    most_units, most_lines = load.room_units, load.room_lines
    return (most_units is None or units <= most_units) and (most_lines is None or lines <= most_lines)


def _earlier(
    demands: Sequence[Demand], hand_overs: HandOvers, groups: Sequence[UUID | None]
) -> dict[tuple[VariantKey, UUID | None], int]:
    """Units of a variant that go to places before this one: they may come from the same shelves."""
    found: dict[tuple[VariantKey, UUID | None], int] = {}
    for at, place in enumerate(groups):
        for demand, hand_over in zip(demands, hand_overs, strict=True):
            if hand_over in groups[:at]:
                key = (demand.variant, place)
                found[key] = found.get(key, 0) + demand.quantity
    return found
