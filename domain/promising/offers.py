"""What a customer is offered: by which way, from where, on which day, at what cost, and for how long that stands.

Goods that are there are shared among locations by the very routing that placing an order uses, so that what was promised
is what will be done; goods that will come are shipped from where they come to.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from domain.placing.commands import OrderedLine
from domain.placing.decision import plan_promised
from domain.placing.kits import OrderedKit, Sold, exploded
from domain.placing.merging import Bringing
from domain.placing.world import Shelf
from domain.promising.capacity import days_of_capacity
from domain.promising.forwarding import brought, carried, starts_at
from domain.promising.loads import Load, OfferedParcel, OfferedUnits
from domain.promising.merging import asked_for, parcels_together, place_for, wait_days
from domain.promising.question import Coming, Place, Question, serves
from domain.promising.shipping import Service
from domain.promising.supply import Dated, Matched, SupplyKind, match
from domain.routing.values import Method

CHOOSING: Final = timedelta(minutes=1)
"""Days are those of an order placed so much later, so that there is always time to choose."""
MAX_STORES: Final = 10
"""Stores offered for collection, the nearest."""


class Confidence(StrEnum):
    """HIGH: everything is there and the places are not behind. MEDIUM: some is on its way, or a place has more than a day
    of work waiting. LOW: some is not even on its way."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """`latest_on` is the day that is promised. `location_id` is the one place it depends on: a store, a courier's start, or
    where it comes together; then what has come waits so many days for the rest."""

    method: Method
    parcels: tuple[OfferedParcel, ...]
    rule: str
    confidence: Confidence
    expires_at: datetime
    service: Service | None = None
    location_id: UUID | None = None
    wait_days: int | None = None

    @property
    def ship_on(self) -> date | None:
        """The day on which the last of it leaves."""
        return max((parcel.ship_on for parcel in self.parcels if parcel.ship_on), default=None)

    @property
    def earliest_on(self) -> date:
        return max(parcel.earliest_on for parcel in self.parcels)

    @property
    def latest_on(self) -> date:
        return max(parcel.latest_on for parcel in self.parcels)

    @property
    def ready_at(self) -> datetime:
        return max(parcel.ready_at for parcel in self.parcels)

    @property
    def cost_minor(self) -> int:
        return sum(parcel.cost_minor for parcel in self.parcels)

    @property
    def price_minor(self) -> int:
        given = self.service.price_minor if self.service else None
        return self.cost_minor if given is None else given


def offers(question: Question) -> list[Option]:
    """Only options that have everything: by method as asked, the first to arrive first, then the cheapest."""
    question = replace(question, now=question.now + CHOOSING)
    ways: Mapping[Method, Callable[[Question], Iterator[Option]]] = {
        Method.SHIP: _shipped,
        Method.PICKUP: _collected,
        Method.SAME_DAY: _same_day,
    }
    found: list[Option] = []
    for method in dict.fromkeys(question.methods):
        found += ways[method](question)
    return found


def availability(question: Question, variant_id: UUID) -> Matched[Coming | None]:
    """When the wanted units of a variant are there, with as much kept back as the most careful method asked for wants."""
    methods = question.methods
    if variant_id in question.kits:
        return match(question.asked_for[variant_id], question.kits_coming(variant_id, methods))
    there = sum(
        question.free(variant_id, place.site.id, methods)
        for place in question.places.values()
        if any(question.gives(place.site, method) for method in methods)
    )
    supplies: list[Dated[Coming | None]] = [Dated(None, there, None)]
    supplies += [Dated(*supply) for supply in question.will_come(variant_id, methods)]
    return match(question.asked_for[variant_id], supplies)


def _shipped(question: Question) -> Iterator[Option]:
    found = []
    for service in question.services:
        if not service.is_same_day:
            loads = _loads_to_ship(question, service)
            if loads and (option := _option(question, Method.SHIP, loads, service)):
                found.append(option)
    yield from sorted(
        found, key=lambda option: (option.latest_on, option.cost_minor, option.service and option.service.code)
    )


def _collected(question: Question) -> Iterator[Option]:
    stores = [place for place in question.places.values() if serves(place.site, Method.PICKUP)]
    stores.sort(key=lambda place: (question.destination.distance_km(place.site), place.site.rank))
    found = 0
    for store in stores:
        ways = [_loads_at(question, store, Method.PICKUP), _loads_brought(question, store)]
        options = [_option(question, Method.PICKUP, loads, None) for loads in ways if loads]
        option = min(filter(None, options), key=lambda each: each.ready_at, default=None)
        if option:
            yield replace(option, location_id=store.site.id)
            found += 1
            if found == MAX_STORES:
                return


def _same_day(question: Question) -> Iterator[Option]:
    """From the cheapest place that has all of it in reach and open long enough today."""
    for service in question.services:
        if not service.is_same_day:
            continue
        found = []
        for place in question.places.values():
            if serves(place.site, Method.SAME_DAY):
                loads = _loads_at(question, place, Method.SAME_DAY)
                option = _option(question, Method.SAME_DAY, loads, service) if loads else None
                if option and option.latest_on == place.calendar.day_of(question.now):
                    found.append((option.cost_minor, question.destination.distance_km(place.site), place, option))
        if found:
            _, _, place, option = min(found, key=lambda each: (each[0], each[1], each[2].site.rank))
            yield replace(option, location_id=place.site.id)


def _loads_to_ship(question: Question, service: Service) -> list[Load]:
    """Everything wanted, shared among the places; empty when that is not possible."""
    if question.kits:
        return _loads_of_kits(question, service)
    there: dict[UUID, int] = {}
    late: list[Load] = []
    for variant_id, quantity in question.wanted.items():
        matched = match(quantity, _supplies_to_ship(question, service, variant_id), question.wanted_on)
        if matched.missing:
            return []
        for (_, _, coming), units in matched.parts:
            if coming is None:
                there[variant_id] = units
            else:
                late.append(_load_of(variant_id, units, coming))
    asked = asked_for(question, is_all_there=not late)
    if asked is not None and not asked.sites:
        return []
    routed = _routed(question, there, asked=asked)
    if routed is None or (asked is None or asked.is_optional):
        return [] if routed is None else [*routed, *_together(late)]
    via = routed[0].via if routed else place_for(asked, late)
    return [load._replace(via=via) for load in (*routed, *_together(late))] if via else []


def _supplies_to_ship(question: Question, service: Service, variant_id: UUID) -> Iterator[Dated[Dated[Coming] | None]]:
    """Units on hand anywhere, and each that will come under the last day on which it would reach the customer."""
    ways = [place for place in question.places.values() if serves(place.site, Method.SHIP)]
    yield Dated(None, sum(question.free(variant_id, place.site.id, (Method.SHIP,)) for place in ways), None)
    yield from _at_the_customer(question, Method.SHIP, service, variant_id)


def _at_the_customer(
    question: Question, method: Method, service: Service | None, variant_id: UUID, place: Place | None = None
) -> Iterator[Dated[Dated[Coming] | None]]:
    """What will come, anywhere or to the one place, under the last day on which the customer would have what is needed of it."""
    wanted = question.wanted[variant_id]
    for supply in question.will_come(variant_id, (method,), place.site.id if place else None):
        parcel = _parcel(question, method, _load_of(variant_id, min(wanted, supply.quantity), supply), service)
        if parcel:
            yield Dated(parcel.latest_on, supply.quantity, supply)


def _loads_brought(question: Question, store: Place) -> list[Load]:
    """Everything that is wanted, on hand anywhere, for a store that other places bring it to."""
    if store.site.id not in question.market.network.brought_to:
        return []
    loads = _routed(question, question.wanted, store) or []
    return [load if load.location_id == store.site.id else load._replace(via=store.site.id) for load in loads]


def _routed(
    question: Question, wanted: Mapping[UUID, int], store: Place | None = None, asked: Bringing | None = None
) -> list[Load] | None:
    """Units on hand by the plan that placing would make now; None where that leaves some of them.

    With a store to be collected there, or as it is `asked` brought together.
    """
    if not wanted:
        return []
    to, method = (store.site.id, Method.PICKUP) if store else (None, Method.SHIP)
    lines: Sequence[OrderedLine] = [question.line(variant_id, units, to) for variant_id, units in wanted.items()]
    kits: Sequence[OrderedKit] = ()
    if question.kits:
        sold = Sold(question.market.channel.id, question.market.goods, question.kits)
        lines, kits = exploded([question.line(*each, to) for each in question.ordered.items()], sold)
    shelves = {
        variant_id: {
            location_id: Shelf(at.shelf.id, variant_id, location_id, question.free(variant_id, location_id, (method,)))
            for location_id, at in question.on_hand.get(variant_id, {}).items()
            if location_id in question.places
        }
        for variant_id in wanted
    }
    market = replace(question.market, shelves=shelves)
    plan = plan_promised(lines, question.destination.position, market, question.asker, kits=kits, bringing=asked)
    if plan.unserved:
        return None
    via = plan.last_leg.location if plan.last_leg else None
    by_location: dict[UUID, list[OfferedUnits]] = {}
    for line, _, location_id, quantity in plan.assignments:
        units = OfferedUnits(lines[line].variant_id, quantity, SupplyKind.ON_HAND, None)
        by_location.setdefault(location_id, []).append(units)
    return [Load(location_id, None, tuple(units), via) for location_id, units in by_location.items()]


def _loads_of_kits(question: Question, service: Service) -> list[Load]:
    """Kits that are not all there are promised from the one place that has everything first, so that none is parted."""
    asked = asked_for(question, is_all_there=True)
    if asked is not None and not asked.sites:
        return []
    routed = _routed(question, question.wanted, asked=asked)
    if routed is not None:
        return routed
    asked = asked_for(question, is_all_there=False)
    found: list[tuple[Any, list[Load]]] = []
    for place in question.places.values():
        loads = _loads_at(question, place, Method.SHIP, service) if serves(place.site, Method.SHIP) else []
        if asked is not None:
            via = place_for(asked, loads)
            loads = [load._replace(via=via) for load in loads] if via else []
        if loads and (option := _option(question, Method.SHIP, loads, service)):
            found.append(((option.latest_on, option.cost_minor, place.site.rank), loads))
    return min(found, default=((), []))[1]


def _loads_at(question: Question, place: Place, method: Method, service: Service | None = None) -> list[Load]:
    """Everything wanted from this one place; empty when it will not have it. What a courier brings is all there today."""
    units: list[OfferedUnits] = []
    day: date | None = None
    for variant_id, quantity in question.wanted.items():
        supplies: list[Dated[Dated[Coming] | None]] = [
            Dated(None, question.free(variant_id, place.site.id, (method,)), None)
        ]
        if method is not Method.SAME_DAY:
            supplies += _at_the_customer(question, method, service, variant_id, place)
        matched = match(quantity, supplies, question.wanted_on)
        if matched.missing:
            return []
        for (_, _, supply), taken in matched.parts:
            if supply is None:
                units.append(OfferedUnits(variant_id, taken, SupplyKind.ON_HAND, None))
            else:
                units.append(OfferedUnits(variant_id, taken, supply.source.kind, supply.day))
                day = max(filter(None, (day, supply.day)))
    return [Load(place.site.id, day, tuple(units))]


def _load_of(variant_id: UUID, units: int, supply: Dated[Coming]) -> Load:
    coming = supply.source
    return Load(coming.location_id, supply.day, (OfferedUnits(variant_id, units, coming.kind, supply.day),))


def _together(loads: Sequence[Load]) -> list[Load]:
    """What comes to the same place on the same day leaves it together."""
    found: dict[tuple[UUID, date | None], Load] = {}
    for load in loads:
        key = (load.location_id, load.after)
        found[key] = load._replace(units=(*found[key].units, *load.units)) if key in found else load
    return list(found.values())


def _option(question: Question, method: Method, loads: Sequence[Load], service: Service | None) -> Option | None:
    parcels = _parcels(question, method, loads, service)
    if parcels is None:
        return None
    rules = [question.places[load.location_id].rule for load in loads]
    return Option(
        method=method,
        parcels=tuple(parcels),
        rule=", ".join(sorted({rule.code for rule in rules})),
        confidence=_confidence(question, loads),
        expires_at=_expiry(question, method, loads, service, parcels, min(rule.valid_minutes for rule in rules)),
        service=service,
        **_merge(question, method, loads, parcels),
    )


def _merge(
    question: Question, method: Method, loads: Sequence[Load], parcels: Sequence[OfferedParcel]
) -> dict[str, Any]:
    """Where it comes together, if what ships does."""
    asked = asked_for(question, is_all_there=True)
    via = loads[0].via
    if method is not Method.SHIP or via is None or asked is None:
        return {}
    calendar = question.places[via].calendar
    days = wait_days(asked.wait_days, calendar.day_of(question.now), calendar.day_of(parcels[0].ready_at))
    return {"location_id": via, "wait_days": days}


def _parcels(
    question: Question, method: Method, loads: Sequence[Load], service: Service | None
) -> list[OfferedParcel] | None:
    if method is Method.SHIP and service is not None and loads[0].via is not None:
        return parcels_together(question, loads, service)
    found = [_parcel(question, method, load, service) for load in loads]
    whole = [parcel for parcel in found if parcel]
    return whole if len(whole) == len(found) else None


def _parcel(question: Question, method: Method, load: Load, service: Service | None) -> OfferedParcel | None:
    """None where the place or the carrier cannot do it within reach."""
    if load.via is not None:
        return brought(question, load, question.places[load.via])
    place = question.places[load.location_id]
    calendar = place.calendar
    start = starts_at(question, load, place)
    ready_at = place.readiness(method, calendar.day_of(question.now)).ready_at(start, load.quantity, load.lines)
    if ready_at is None:
        return None
    if service is None:
        day = calendar.day_of(ready_at)
        return OfferedParcel(load.location_id, load.units, ready_at, None, day, day, 0)
    return carried(question, place, load, ready_at, service)


def _expiry(
    question: Question,
    method: Method,
    loads: Sequence[Load],
    service: Service | None,
    parcels: Sequence[OfferedParcel],
    valid_minutes: int,
) -> datetime:
    """Until the rule's time is over, or the last minute in which ordering still gives the same days."""

    def same(minutes: int) -> bool:
        asked_then = replace(question, now=question.now + timedelta(minutes=minutes))
        then = _parcels(asked_then, method, loads, service)
        return then is not None and all(
            (parcel.ship_on, parcel.earliest_on, parcel.latest_on) == (now.ship_on, now.earliest_on, now.latest_on)
            for parcel, now in zip(then, parcels, strict=True)
        )

    least, most = 0, valid_minutes - int(CHOOSING.total_seconds() // 60)
    if not same(most):
        while most - least > 1:
            middle = (least + most) // 2
            least, most = (middle, most) if same(middle) else (least, middle)
        most = least
    return question.now + timedelta(minutes=most)


def _confidence(question: Question, loads: Sequence[Load]) -> Confidence:
    kinds = {units.kind for load in loads for units in load.units}
    if kinds & {SupplyKind.PURCHASE_ORDER, SupplyKind.PLANNED, SupplyKind.LEAD_TIME}:
        return Confidence.LOW
    places = [question.places[load.location_id] for load in loads]
    is_brought = any(load.via not in (None, load.location_id) for load in loads)
    is_behind = any(_days_of_work(place) > 1 for place in places)
    return Confidence.MEDIUM if is_behind or is_brought or SupplyKind.IN_TRANSIT in kinds else Confidence.HIGH


def _days_of_work(place: Place) -> float:
    counts = (place.backlog_units, place.capacity_units), (place.backlog_lines, place.capacity_lines)
    return max((days_of_capacity(backlog, [most]) for backlog, most in counts if most is not None), default=0.0)
