"""What is known when an order is decided: the channel, the locations, the goods, and the locked shelves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from uuid import UUID

from domain.geography import Coordinates, distance_km
from domain.orders import Capability, ConfirmationPolicy, FulfilmentMethod
from domain.promising.supply import SafetyRule
from domain.quotas.groups import Entitled, QuotaGroup, entitled
from domain.quotas.pools import Pool
from domain.routing.kits import Part, Parts
from domain.routing.rules.keeping import plain_candidate
from domain.routing.rules.values import RoutingRule
from domain.routing.values import Candidate, Demand, Method, VariantKey, Worth
from domain.shipping_rates import DEFAULT_RATE_CARD, RateCard
from domain.workdays import Workplace

FAR_AWAY_KM: Final = 20_100.0
"""The distance to an address without coordinates: half the way round the earth, the same from everywhere."""
MOST_REMEMBERED: Final = 200_000
"""Candidates kept in memory, over all addresses."""

METHOD_OF: Final = {Capability.SHIP: Method.SHIP, Capability.PICKUP: Method.PICKUP}


@dataclass(frozen=True, slots=True)
class ChannelTerms:
    """An empty `location_ids` allows every location."""

    id: UUID
    organization_id: UUID
    currency: str
    prices_include_tax: bool
    confirmation: ConfirmationPolicy
    reservation_ttl_seconds: int
    location_ids: frozenset[UUID]
    is_active: bool
    backorder_cancel_days: int | None = None

    def allows(self, location_id: UUID) -> bool:
        return not self.location_ids or location_id in self.location_ids


@dataclass(frozen=True, slots=True)
class Site:
    """A location as routing sees it; `rank` is its place among the organization's, by id."""

    id: UUID
    rank: int
    position: Coordinates
    methods: frozenset[Method]
    is_active: bool
    kind: str = ""
    is_hazmat: bool = False

    def offers(self, method: FulfilmentMethod) -> bool:
        return self.is_active and Method(method.value) in self.methods


class Goods(NamedTuple):
    """A variant for sale in a channel; `price_minor` None when the channel has no price for it."""

    id: UUID
    organization_id: UUID
    sku: str
    name: str
    weight_grams: int
    tax_class: str
    is_active: bool
    price_minor: int | None
    category: str = ""
    is_kit: bool = False


class Buyer(NamedTuple):
    id: UUID
    organization_id: UUID
    name: str
    email: str | None
    is_blocked: bool
    segment: str = ""


@dataclass(slots=True)
class Shelf:
    """One stock level. `available` falls as commands of a batch take from it; the deltas are written at its end.

    `version` is the level's as long as nothing of this batch is written. What is set aside for somebody is not available;
    where anything is or was, `pool` says for whom.
    """

    id: UUID
    variant_id: UUID
    location_id: UUID
    available: int
    version: int = 0
    allocated_delta: int = 0
    reserved_delta: int = 0
    set_aside_delta: int = 0
    pool: Pool | None = None
    safety: int = 0
    """What the level itself keeps back; known only where safety rules want to know."""

    def follow(self, older: "Shelf") -> bool:
        """Read while the claims on `older` were being written: without them, if it was read before; False if unclear."""
        if self.version == older.version:
            self.available -= older.allocated_delta + older.reserved_delta
            self.version += 1
        return self.version == older.version + 1


@dataclass(slots=True)
class Kept:
    """Part of a cart's reservation, locked: `quantity` units still kept on `shelf`.

    `foreign` ones were set aside for others than who is asking now: back they go.
    """

    id: UUID
    shelf: Shelf
    quantity: int
    foreign: int = 0

    @property
    def usable(self) -> int:
        return self.quantity - self.foreign


@dataclass(frozen=True, slots=True)
class View:
    """Every site as seen from an address, by rank; `plain` are the candidates as decisions are stored."""

    candidates: list[Candidate]
    kilometres: list[float]
    plain: list[list[Any]]


@dataclass(slots=True)
class Network:
    """One organization's channels, locations, tax rates, active routing rules and groups that stock is set aside for; views
    from addresses are remembered."""

    channels: Mapping[UUID, ChannelTerms]
    sites: Mapping[UUID, Site]
    """In the order of their ranks."""
    tax_rates: Mapping[tuple[str, str, str], int]
    rules: Sequence[RoutingRule] = ()
    card: RateCard = DEFAULT_RATE_CARD
    worth: Mapping[VariantKey, Mapping[UUID, int]] = field(default_factory=dict)
    """Shadow prices by variant and location, where the organization looks ahead."""
    credits: Mapping[VariantKey, Mapping[UUID, int]] = field(default_factory=dict)
    """What being rid of a unit is worth, by variant and location."""
    workplaces: Mapping[UUID, Workplace] = field(default_factory=dict)
    """Locations whose days count: those with a daily capacity, and all where a rule asks for ship dates."""
    has_backorder_terms: bool = False
    has_channel_terms: bool = False
    """Whether any variant has some: else nobody asks."""
    quota_groups: Sequence[QuotaGroup] = ()
    safety_rules: Sequence[SafetyRule] = ()
    """Those that keep back units on hand."""
    brought_to: frozenset[UUID] = frozenset()
    """Locations that goods are brought to for those who collect them there."""
    seen: dict[tuple[float | None, float | None], View] = field(default_factory=dict)
    is_merging: bool = field(init=False)
    """Whether any rule asks that orders are delivered together."""

    def __post_init__(self) -> None:
        self.is_merging = any(rule.together for rule in self.rules)

    def worth_of(self, variant: VariantKey) -> Mapping[UUID, int]:
        """By location, what is lost with a unit taken there: its worth to later orders, and the best credit if not its own."""
        prices, lost = self.worth.get(variant, {}), self._credit_lost(variant)
        return {key: prices.get(key, 0) + lost[key] for key in self.sites} if lost else prices

    def _credit_lost(self, variant: VariantKey) -> Mapping[UUID, int]:
        """By location, the best credit less its own."""
        credit = self.credits.get(variant)
        if not credit:
            return {}
        most = max(credit.values())
        return {key: most - credit.get(key, 0) for key in self.sites}

    def worth_of_kit(self, parts: Sequence[Part]) -> Mapping[UUID, int]:
        """The same of a kit, which is made of so much of its components."""
        found: dict[UUID, int] = {}
        for part in parts:
            for key, minor in self.worth_of(part.variant).items():
                found[key] = found.get(key, 0) + part.units * minor
        return found

    def worth_at(self, demands: Sequence[Demand], sites: Sequence[Site], parts: Parts | None = None) -> Worth | None:
        """By demand and site, see `worth_of`; None where it makes no difference. A kit, by its `parts`, counts its components."""
        if not (self.worth or self.credits):
            return None
        made_of = [
            [(part.variant, part.units) for part in parts[at]] if parts and at in parts else [(demand.variant, 1)]
            for at, demand in enumerate(demands)
        ]

        def rows(of: Callable[[VariantKey], Mapping[UUID, int]]) -> list[list[int]]:
            found = [[(of(variant), units) for variant, units in each] for each in made_of]
            if not any(minor for each in found for minor, _ in each):
                return []
            return [[sum(minor.get(site.id, 0) * units for minor, units in each) for site in sites] for each in found]

        worth = Worth(rows(lambda variant: self.worth.get(variant, {})), rows(self._credit_lost))
        return worth if any(worth) else None

    def entitled(self, channel_id: UUID, segment: str) -> Entitled:
        """The groups whose quotas such a buyer may use."""
        return entitled(self.quota_groups, channel_id, segment) if self.quota_groups else ()

    def tax_rate_ppm(self, tax_class: str, country: str, region: str) -> int:
        """The region's rate, else the country's, else 0."""
        regional = self.tax_rates.get((tax_class, country, region))
        if regional is not None:
            return regional
        return self.tax_rates.get((tax_class, country, ""), 0)

    def view(self, latitude: float | None, longitude: float | None) -> View:
        """Every site as seen from this position, by rank."""
        found = self.seen.get((latitude, longitude))
        if found is None:
            if len(self.seen) * len(self.sites) >= MOST_REMEMBERED:
                self.seen.clear()
            found = self.seen[latitude, longitude] = self._view_from(latitude, longitude)
        return found

    def candidate(self, site: Site, latitude: float | None, longitude: float | None) -> Candidate:
        return self.view(latitude, longitude).candidates[site.rank]

    def keep_views(self, older: "Network") -> None:
        """Nothing moved since `older` was made, so what was worked out for it still holds."""
        self.seen = older.seen
        if self.workplaces == older.workplaces:
            self.workplaces = older.workplaces

    def _view_from(self, latitude: float | None, longitude: float | None) -> View:
        known = latitude is not None and longitude is not None
        here = Coordinates(latitude or 0.0, longitude or 0.0)
        far = [distance_km(site.position, here) if known else FAR_AWAY_KM for site in self.sites.values()]
        candidates = [
            Candidate(site.id, self.card.rate(kilometres), methods=site.methods)
            for site, kilometres in zip(self.sites.values(), far, strict=True)
        ]
        return View(candidates, far, list(map(plain_candidate, candidates, far)))
