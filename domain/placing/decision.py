"""Decide one order on locked shelves: price it, route it, take its units, or refuse having taken nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter
from typing import Final, NamedTuple
from uuid import UUID

from domain.errors import InsufficientStock
from domain.orders import FulfilmentMethod
from domain.placing.backordering import TermsOf, Waiting, let_wait
from domain.placing.commands import OrderedLine, PlaceOrder
from domain.placing.forwarding import HandOvers, hand_overs
from domain.placing.kits import OrderedKit
from domain.placing.merging import Bringing
from domain.placing.merging import bringing as merge_places
from domain.placing.safety import Careful
from domain.placing.sourcing import Routed, Wanted, route_order
from domain.placing.world import ChannelTerms, Goods, Kept, Network, Shelf, Site
from domain.pricing import LineToPrice, PriceBasis, PricedOrder, Shipping, price_order
from domain.promising.supply import SafetyRule
from domain.quotas.groups import Entitled
from domain.routing.rules.choosing import ANYBODY, Asker, WantedLine
from domain.routing.values import Demand, Exclusion, Method, RoutingPlan
from domain.workdays import Loads

METHODS: Final = {method: Method(method.value) for method in FulfilmentMethod}

Shelves = Mapping[UUID, Mapping[UUID, Shelf]]
"""By variant, then by location."""
Own = Mapping[tuple[UUID, UUID], Kept]
"""What the cart keeps, by (variant, location)."""
Position = tuple[float | None, float | None]
NOWHERE: Final[Position] = (None, None)
RANK: Final = attrgetter("rank")


class Conversion(NamedTuple):
    """`quantity` units of a cart's reservation became this order's allocation."""

    reservation_id: UUID
    quantity: int


class Allocation(NamedTuple):
    """Units of a line (by position) taken from a shelf, some of them kept for the cart before."""

    line: int
    shelf: Shelf
    quantity: int
    converted: tuple[Conversion, ...]


class Backorder(NamedTuple):
    line: int
    quantity: int


class Claim(NamedTuple):
    """Units of the order that a location with a daily capacity takes on for one of its days.

    `lines` are units by line (its position), where the location says how many lines it can do.
    """

    location_id: UUID
    day: date
    units: int
    lines: Mapping[int, int]


@dataclass(slots=True)
class Decided:
    """`given_back` are the cart's units that the order did not use."""

    goods: list[Goods]
    priced: PricedOrder
    allocations: list[Allocation]
    backorders: list[Backorder]
    given_back: list[tuple[Kept, int]]
    routed: Routed | None = None
    """Nobody decided yet from where a draft's units come."""
    claims: Sequence[Claim] = ()
    kits: Sequence[OrderedKit] = ()


@dataclass(frozen=True, slots=True)
class Market:
    """What commands of a channel are decided against; `goods` by (variant, channel), `terms` of those that have some.

    `entitled` says whose quotas may be used, as far as there are any.
    """

    channel: ChannelTerms
    network: Network
    goods: Mapping[tuple[UUID, UUID], Goods]
    shelves: Shelves
    loads: Loads = field(default_factory=Loads)
    """By location, where days count; orders that are decided add to them."""
    terms: TermsOf = field(default_factory=dict)
    entitled: Entitled = ()
    safety_rules: Sequence[SafetyRule] = ()
    """The shelves know their own safety stock where there are any."""

    def goods_of(self, variant_id: UUID) -> Goods:
        return self.goods[variant_id, self.channel.id]


def decide(
    command: PlaceOrder,
    market: Market,
    kept: Sequence[Kept] = (),
    asker: Asker = ANYBODY,
    *,
    kits: Sequence[OrderedKit] = (),
) -> Decided:
    """The caller holds the locks of every shelf and has checked the command (`validation.problems`).

    Of `asker` the segment and the moment count; the address is the command's. Its lines have the components of `kits`.

    Takes the units from the shelves. With nothing taken, raises InsufficientStock when the order may not wait for stock,
    and BackorderLimitExceeded when too many units would.
    """
    goods = [market.goods_of(line.variant_id) for line in command.lines]
    own = {(each.shelf.variant_id, each.shelf.location_id): each for each in kept}
    address = command.shipping_address
    position = (address.latitude, address.longitude) if address else NOWHERE
    if address and market.network.rules:
        asker = asker._replace(country=address.country, region=address.region)
    wanted, sites = _wanted(command.lines, market, own, asker, kits)
    if command.deliver_together is not None:
        wanted = wanted._replace(bringing=merge_places(command.deliver_together, market.network, market.channel))
    routed = route_order(wanted, sites, market.network, position)
    plan = routed.by_line
    if plan.unserved and not command.allow_backorder:
        raise InsufficientStock(missing_skus(plan, goods, kits))
    if plan.unserved and market.terms:
        short = ((goods[each.line], each.quantity) for each in plan.unserved)
        let_wait((Waiting(item.id, item.sku, units) for item, units in short), market.terms, market.channel.id)
    left = {key: each.usable for key, each in own.items()}
    allocations = []
    for line, _, location_id, quantity in plan.assignments:
        shelf = market.shelves[command.lines[line].variant_id][location_id]
        allocations.append(Allocation(line, shelf, quantity, _take(shelf, quantity, own, left)))
    given_back = [(each, units) for key, each in own.items() if (units := left[key] + each.foreign)]
    for each, units in given_back:
        each.shelf.available += units
        each.shelf.reserved_delta -= units
    backorders = [Backorder(short.line, short.quantity) for short in plan.unserved]
    decided = Decided(goods, price(command, goods, market), allocations, backorders, given_back, routed, kits=kits)
    if market.loads:
        decided.claims = _claims(allocations, command.lines, market.loads)
    return decided


def missing_skus(plan: RoutingPlan, goods: Sequence[Goods], kits: Sequence[OrderedKit] = ()) -> dict[str, int]:
    """Kits are missing as kits."""
    inside: dict[int, tuple[str, int] | None] = {line: None for kit in kits for line in kit.lines}
    inside |= {kit.lines[0]: (kit.goods.sku, kit.in_one[0]) for kit in kits}
    missing: dict[str, int] = {}
    for short in plan.unserved:
        named = inside.get(short.line, (goods[short.line].sku, 1))
        if named is not None:
            sku, in_one = named
            missing[sku] = missing.get(sku, 0) + short.quantity // in_one
    return missing


def price(command: PlaceOrder, goods: Sequence[Goods], market: Market) -> PricedOrder:
    """Tax follows the address the goods go to, else the bill's; with neither the rate is 0."""
    address = command.shipping_address or command.billing_address
    country, region = (address.country, address.region) if address else ("", "")
    lines = []
    for line, item in zip(command.lines, goods, strict=True):
        given = line.unit_price_minor
        unit_price = given if given is not None else item.price_minor
        assert unit_price is not None, "validated"
        rate = market.network.tax_rate_ppm(item.tax_class, country, region)
        lines.append(LineToPrice(line.quantity, unit_price, line.discount_minor, rate))
    return price_order(
        lines,
        order_discount_minor=command.order_discount_minor,
        shipping=Shipping(command.shipping_minor, market.network.tax_rate_ppm("shipping", country, region)),
        basis=PriceBasis.GROSS if market.channel.prices_include_tax else PriceBasis.NET,
    )


def plan_lines(
    lines: Sequence[OrderedLine],
    position: Position,
    market: Market,
    own: Own,
    asker: Asker = ANYBODY,
    *,
    kits: Sequence[OrderedKit] = (),
) -> RoutingPlan:
    """As orders are routed, for those who only want to know the plan, line by line."""
    wanted, sites = _wanted(lines, market, own, asker, kits)
    return route_order(wanted, sites, market.network, position).by_line


def plan_promised(
    lines: Sequence[OrderedLine],
    position: Position,
    market: Market,
    asker: Asker,
    *,
    kits: Sequence[OrderedKit] = (),
    bringing: Bringing | None = None,
) -> RoutingPlan:
    """The same for those who know whether it is delivered together, whatever rules want of such lines."""
    wanted, sites = _wanted(lines, market, {}, asker, kits)
    wanted = wanted._replace(bringing=bringing, may_merge=False)
    return route_order(wanted, sites, market.network, position).by_line


def _wanted(
    lines: Sequence[OrderedLine], market: Market, own: Own, asker: Asker, kits: Sequence[OrderedKit]
) -> tuple[Wanted, list[Site]]:
    """From the channel's open locations; the cart's own reservations count as free for it."""
    sites = _sites(lines, market)
    demands, stock = [], []
    excluded: dict[tuple[int, int], Exclusion] = {}
    to = _hand_overs(lines, market.network) if market.network.brought_to else ()
    for at, line in enumerate(lines):
        grams = market.goods_of(line.variant_id).weight_grams
        demands.append(Demand(line.variant_id, line.quantity, grams, METHODS[line.method]))
        stock.append(_free_at(sites, line.variant_id, market, own))
        only = line.location_id if to and to[at] else line.pickup_location_id or line.location_id
        if only is not None:
            for place, site in enumerate(sites):
                if site.id != only:
                    excluded[at, place] = Exclusion.METHOD
    if market.safety_rules:
        careful = Careful(market.safety_rules, market.shelves, market.entitled, own)
        stock = careful.rows([line.variant_id for line in lines], demands, sites)
    if market.terms:
        excluded |= _not_launched(lines, market, sites)
    wanted = Wanted(demands, stock, excluded)
    if market.network.rules:
        goods = [market.goods_of(line.variant_id) for line in lines]
        wanted = Wanted(
            demands,
            stock,
            excluded,
            lines=[
                WantedLine(market.channel.id, item.id, item.category, METHODS[line.method])
                for line, item in zip(lines, goods, strict=True)
            ],
            asker=asker,
            value_minor=sum(_unit_price(line, item) * line.quantity for line, item in zip(lines, goods, strict=True)),
            loads=market.loads,
        )
    if kits:
        wanted = wanted._replace(bundles=[kit.bundle for kit in kits])
    if to:
        wanted = wanted._replace(hand_overs=to)
    return wanted, sites


def _hand_overs(lines: Sequence[OrderedLine], network: Network) -> HandOvers:
    return hand_overs([line.pickup_location_id for line in lines], network)


def _not_launched(
    lines: Sequence[OrderedLine], market: Market, sites: Sequence[Site]
) -> dict[tuple[int, int], Exclusion]:
    terms, channel_id = market.terms, market.channel.id
    awaited = [
        at
        for at, line in enumerate(lines)
        if line.variant_id in terms and not terms[line.variant_id].launch(channel_id).is_launched
    ]
    return {(at, place): Exclusion.NOT_LAUNCHED for at in awaited for place in range(len(sites))}


def _unit_price(line: OrderedLine, item: Goods) -> int:
    return line.unit_price_minor if line.unit_price_minor is not None else item.price_minor or 0


def _sites(lines: Sequence[OrderedLine], market: Market) -> list[Site]:
    """In the network's order, which is that of the ids: ties in cost go to the first."""
    known, allows = market.network.sites, market.channel.allows
    present = {place for line in lines for place in market.shelves.get(line.variant_id, ())}
    open_sites = (site for place in present if (site := known.get(place)) and site.is_active and allows(place))
    return sorted(open_sites, key=RANK)


def _free_at(sites: Sequence[Site], variant_id: UUID, market: Market, own: Own) -> list[int]:
    at = market.shelves.get(variant_id, {})
    free = [max(0, at[site.id].available) if site.id in at else 0 for site in sites]
    if market.entitled:
        for place, site in enumerate(sites):
            if site.id in at and (pool := at[site.id].pool):
                free[place] += pool.free_for(market.entitled)
    if own:
        for place, site in enumerate(sites):
            if each := own.get((variant_id, site.id)):
                free[place] += each.usable
    return free


def _claims(allocations: Sequence[Allocation], lines: Sequence[OrderedLine], loads: Loads) -> list[Claim]:
    """Where units come from, and where they are brought to: each on the day of its work."""
    taken: dict[tuple[UUID, date], dict[int, int]] = {}
    for allocation in allocations:
        source, place = allocation.shelf.location_id, lines[allocation.line].pickup_location_id
        load = loads.get(source)
        days = [(source, load)] if load is not None and load.is_limited else []
        if place is not None and loads.days and (load := loads.at_hand_over(source, place)):
            days.append((place, load))
        for location_id, load in days:
            at = taken.setdefault((location_id, load.day), {})
            at[allocation.line] = at.get(allocation.line, 0) + allocation.quantity
    claims = []
    for (location_id, day), of_lines in taken.items():
        units, counted = sum(of_lines.values()), {} if loads.on(location_id, day).most_lines is None else of_lines
        loads.take(location_id, day, units, lines=len(counted))
        claims.append(Claim(location_id, day, units, counted))
    return claims


def _take(shelf: Shelf, quantity: int, own: Own, left: dict[tuple[UUID, UUID], int]) -> tuple[Conversion, ...]:
    """From what the cart kept first, then from what is free; `drawing.py` says what of it was set aside."""
    key = (shelf.variant_id, shelf.location_id)
    converted = min(left.get(key, 0), quantity)
    shelf.allocated_delta += quantity
    shelf.available -= quantity - converted
    if not converted:
        return ()
    shelf.reserved_delta -= converted
    left[key] -= converted
    return (Conversion(own[key].id, converted),)
