"""What is asked when a customer wants to know a date, and everything that the answer depends on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final
from uuid import UUID

from domain.geography import Coordinates, distance_km
from domain.kits import whole_kits
from domain.orders import FulfilmentMethod
from domain.placing.commands import OrderedLine, Together
from domain.placing.decision import Market, Position
from domain.placing.kits import Kits
from domain.placing.world import FAR_AWAY_KM, Shelf, Site
from domain.promising.calendars import Calendar
from domain.promising.shipping import NOTHING_BOOKED, Booked, Readiness, Region, Service
from domain.promising.supply import Dated, OnShelf, SafetyRule, SupplyKind, kept_back, may_be_given
from domain.routing.rules.choosing import Asker
from domain.routing.values import Method


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseRule:
    """How careful dates are; `location_id` None is for every location that has no rule of its own.

    Minutes are opening hours of the place: until a parcel is ready for the carrier, and until goods are ready to be
    collected. `buffer_days` are added to the last day of delivery, `valid_minutes` is how long an offer stands,
    `past_due_days` how long a late supply is still believed. Two that are None have no end: `forward_days` is how far ahead of
    the day that was asked for, or of today, a supply may come; `past_due_demand_days` how long after its promised day an
    order that waits still counts. That one is the general rule's: what waits belongs to no location yet.
    """

    code: str
    location_id: UUID | None = None
    lead_time_minutes: int = 240
    pickup_ready_minutes: int = 120
    buffer_days: int = 0
    valid_minutes: int = 15
    past_due_days: int = 2
    past_due_demand_days: int | None = None
    forward_days: int | None = None


STANDARD_RULE: Final = PromiseRule(code="standard")


def rule_for(rules: Sequence[PromiseRule], location_id: UUID | None) -> PromiseRule:
    """The location's own, else or for None the one for all, else the standard one; of two alike, the first by code."""
    fitting = [rule for rule in rules if rule.location_id in (None, location_id)]
    return min(fitting, key=lambda rule: (rule.location_id is None, rule.code), default=STANDARD_RULE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A location as promising sees it; the backlog is all units, and the lines they are of, that it has still to pack.

    What is brought to it is `booked` for the day on which it hands that over.
    """

    site: Site
    calendar: Calendar
    rule: PromiseRule = STANDARD_RULE
    capacity_units: int | None = None
    backlog_units: int = 0
    cut_off: time | None = None
    capacity_lines: int | None = None
    backlog_lines: int = 0
    booked: Booked = NOTHING_BOOKED

    def readiness(self, method: Method, today: date) -> Readiness:
        is_pickup = method is Method.PICKUP
        return Readiness(
            self.calendar,
            self.rule.pickup_ready_minutes if is_pickup else self.rule.lead_time_minutes,
            self.capacity_units,
            self.backlog_units,
            today,
            self.cut_off,
            self.capacity_lines,
            self.backlog_lines,
            self.booked,
        )


@dataclass(frozen=True, slots=True)
class OnHand:
    """Units at one location that nobody has claimed but the cart that asks, which keeps `own` of them.

    The level itself keeps `safety` back.
    """

    shelf: Shelf
    unclaimed: int
    safety: int
    own: int = 0


@dataclass(frozen=True, slots=True)
class Coming:
    """Units that will come, those already spoken for taken off."""

    id: UUID
    location_id: UUID
    kind: SupplyKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    latitude: float | None = None
    longitude: float | None = None
    region: Region = field(default_factory=Region)
    postal_code: str = ""

    @property
    def position(self) -> Position:
        return self.latitude, self.longitude

    def distance_km(self, site: Site) -> float:
        if self.latitude is None or self.longitude is None:
            return FAR_AWAY_KM
        return distance_km(site.position, Coordinates(self.latitude, self.longitude))


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`wanted` has each variant once; `coming` is by variant and by day. `places` are the channel's open locations.

    Where kits are asked for, `wanted` has the components of them all instead, and `ordered` what was asked for.

    With `wanted_on`, what comes in time is promised before what is there already. `segment` is the customer's.
    `together`: what ships shall leave in one delivery.
    """

    now: datetime
    market: Market
    wanted: Mapping[UUID, int]
    destination: Destination
    methods: Sequence[Method]
    places: Mapping[UUID, Place]
    services: Sequence[Service]
    on_hand: Mapping[UUID, Mapping[UUID, OnHand]] = field(default_factory=dict)
    coming: Mapping[UUID, Sequence[Dated[Coming]]] = field(default_factory=dict)
    safety_rules: Sequence[SafetyRule] = ()
    wanted_on: date | None = None
    segment: str = ""
    kits: Kits = field(default_factory=dict)
    ordered: Mapping[UUID, int] = field(default_factory=dict)
    together: Together | None = None

    @property
    def asked_for(self) -> Mapping[UUID, int]:
        """Units by variant, of kits whole ones."""
        return self.ordered if self.kits else self.wanted

    @property
    def asker(self) -> Asker:
        """For whom routing rules are chosen."""
        region = self.destination.region
        return Asker(self.segment, region.country, region.name, self.now)

    def free(self, variant_id: UUID, location_id: UUID, methods: Sequence[Method]) -> int:
        """Units on hand that may be promised: what the level keeps back, or the rules for the methods if that is more."""
        found = self.on_hand.get(variant_id, {}).get(location_id)
        if found is None:
            return 0
        if Method.SAME_DAY in methods:
            # What a courier brings is ordered like all that ships.
            methods = (*methods, Method.SHIP)
        shelf = OnShelf(found.unclaimed, found.safety, found.own)
        return may_be_given(self.safety_rules, shelf, methods, variant_id=variant_id, location_id=location_id)

    def will_come(
        self, variant_id: UUID, methods: Sequence[Method], location_id: UUID | None = None
    ) -> list[Dated[Coming]]:
        """What will come to places that serve any of the methods, or to the one place, as far as it may be counted on."""
        found = []
        for supply in self.coming.get(variant_id, ()):
            source, place = supply.source, self.places.get(supply.source.location_id)
            if place is None or location_id not in (None, source.location_id):
                continue
            if any(serves(place.site, method) for method in methods):
                kept = self._kept_back(source.kind, variant_id, source.location_id, methods, supply.quantity)
                left = supply.quantity - kept
                # A vendor sells as many as are wanted, and is not asked for more.
                most = self.wanted[variant_id] if source.kind is SupplyKind.LEAD_TIME else left
                found.append(supply._replace(quantity=min(left, most)))
        return found

    def kits_coming(self, kit_id: UUID, methods: Sequence[Method]) -> Iterator[Dated[Coming | None]]:
        """Kits that each place can put together now, and with what will come to it; a kit is there with its last part."""
        in_one = {part.variant_id: part.quantity for part in self.kits[kit_id]}
        for location_id, place in self.places.items():
            if not any(self.gives(place.site, method) for method in methods):
                continue
            there = {variant_id: self.free(variant_id, location_id, methods) for variant_id in in_one}
            kits = whole_kits(there, in_one)
            yield Dated(None, kits, None)
            if not any(serves(place.site, method) for method in methods):
                continue
            coming = [
                (supply, variant_id)
                for variant_id in in_one
                for supply in self.will_come(variant_id, methods, location_id)
            ]
            for supply, variant_id in sorted(coming, key=lambda each: each[0].day or date.min):
                there[variant_id] += supply.quantity
                more = whole_kits(there, in_one) - kits
                if more:
                    kits += more
                    yield Dated(supply.day, more, supply.source)

    def line(self, variant_id: UUID, quantity: int, collected_at: UUID | None = None) -> OrderedLine:
        method = FulfilmentMethod.PICKUP if collected_at else FulfilmentMethod.SHIP
        return OrderedLine(variant_id=variant_id, quantity=quantity, method=method, pickup_location_id=collected_at)

    def gives(self, site: Site, method: Method) -> bool:
        """Whether goods of the location reach customers that way, if need be by being brought to a store first."""
        is_brought = method is Method.PICKUP and bool(self.market.network.brought_to) and serves(site, Method.SHIP)
        return serves(site, method) or is_brought

    def grams(self, variant_id: UUID, quantity: int) -> int:
        return self.market.goods_of(variant_id).weight_grams * quantity

    def _kept_back(
        self, kind: SupplyKind, variant_id: UUID, location_id: UUID, methods: Sequence[Method], quantity: int
    ) -> int:
        return kept_back(
            self.safety_rules,
            kind=kind,
            variant_id=variant_id,
            location_id=location_id,
            methods=methods,
            quantity=quantity,
        )


def serves(site: Site, method: Method) -> bool:
    """A courier fetches where carriers do."""
    return site.is_active and (Method.SHIP if method is Method.SAME_DAY else method) in site.methods
