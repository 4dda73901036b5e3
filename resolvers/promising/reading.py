"""Everything that the answer to a question about dates depends on, read without a lock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from actions import reference, safety
from actions.geocoding import locate
from actions.orders.reading import read_buyers, read_goods_and_kits
from actions.quotas.buyers import quotas_for
from actions.workload import read_loads
from domain.placing.commands import Together
from domain.placing.decision import Market
from domain.placing.kits import Kits
from domain.placing.merging import merge_sites
from domain.placing.world import ChannelTerms, Network, Shelf
from domain.promising.question import Coming, Destination, OnHand, Place, PromiseRule, Question, rule_for
from domain.promising.shipping import NOTHING_BOOKED, Booked, Region
from domain.promising.supply import UNLIMITED, Dated, SupplyKind, counts_on, is_within, without_demand
from domain.routing.values import Method
from models.backorders import launch_in
from models.db import Fetching, rows
from resolvers.promising.ways import calendar_of, cut_off_of, promise_rules, services_of

LEVELS: Final = f"""
SELECT id, variant_id, location_id, safety,
    on_hand - allocated - reserved - damaged - quality_control - set_aside + {quotas_for("l", "$3", "$4")} AS unclaimed
FROM stock_levels l WHERE organization_id = $1 AND variant_id = ANY($2::uuid[])"""
COMING: Final = """
SELECT id, variant_id, location_id, kind, quantity, expected_on FROM expected_supplies
WHERE organization_id = $1 AND variant_id = ANY($2::uuid[]) AND status = 'expected' ORDER BY expected_on, id"""
# Vendors that ship to the customer where their turn comes by itself, and those from whom a location orders again.
LEAD_TIMES: Final = """
SELECT f.id, f.variant_id, v.location_id, coalesce(f.lead_time_days, v.lead_time_days) AS days, f.maximum_quantity AS most
FROM unnest($2::uuid[], $3::int[]) AS w(variant_id, units) JOIN vendor_offers f ON f.variant_id = w.variant_id
JOIN vendors v ON v.id = f.vendor_id
WHERE f.organization_id = $1 AND f.is_active AND v.is_active AND f.drop_ships AND v.location_id IS NOT NULL
    AND f.minimum_quantity <= w.units
    AND (SELECT y.is_automatic FROM chaining_policies y
         WHERE y.organization_id = $1 AND (y.channel_id IS NULL OR y.channel_id = $4)
         ORDER BY y.channel_id NULLS LAST LIMIT 1)
UNION ALL
SELECT f.id, f.variant_id, r.location_id, coalesce(r.lead_time_days, f.lead_time_days, v.lead_time_days), NULL
FROM vendor_offers f JOIN vendors v ON v.id = f.vendor_id
JOIN reorder_rules r ON r.variant_id = f.variant_id AND r.vendor_id = f.vendor_id AND r.is_active
WHERE f.organization_id = $1 AND f.variant_id = ANY($2::uuid[]) AND f.is_active AND v.is_active
ORDER BY days, id"""
WAITING: Final = """
SELECT l.variant_id, sum(s.quantity)::int AS units FROM line_status s JOIN order_lines l ON l.id = s.line_id
JOIN orders o ON o.id = s.order_id
WHERE s.status IN ('backordered', 'unscheduled') AND l.variant_id = ANY($1::uuid[])
    AND ($2::date IS NULL OR o.promised_date IS NULL OR o.promised_date >= $2) GROUP BY l.variant_id"""
LAUNCHES: Final = f"""
SELECT v.id AS variant_id, t.launches_at FROM unnest($1::uuid[]) AS v(id)
CROSS JOIN LATERAL {launch_in("v.id", "$2::uuid")} AS t WHERE t.launches_at IS NOT NULL AND t.launched_at IS NULL"""
PLACES: Final = """
SELECT id, time_zone, calendar, country, region, cut_off, daily_capacity_units, daily_capacity_lines
FROM locations WHERE id = ANY($1::uuid[])"""
BACKLOG: Final = """
SELECT location_id, sum(quantity)::int AS units, count(DISTINCT line_id)::int AS lines FROM line_status
WHERE location_id = ANY($1::uuid[])
    AND status IN ('scheduled', 'awaiting_transfer', 'released', 'acknowledged', 'picked') GROUP BY location_id"""

BOOKED: Final = """
SELECT d.location_id, d.day, d.units, d.lines FROM location_days d
JOIN unnest($1::uuid[], $2::date[]) AS w(location_id, next) ON d.location_id = w.location_id AND d.day > w.next"""
MOST_STORES: Final = 20
"""Stores whose days are looked ahead to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`wanted` are units by variant, `own` what the customer's cart keeps already, by (variant, location)."""

    organization_id: UUID
    channel_id: UUID
    now: datetime
    wanted: Mapping[UUID, int]
    methods: Sequence[Method]
    country: str = ""
    region: str = ""
    postal_code: str = ""
    latitude: float | None = None
    longitude: float | None = None
    wanted_on: date | None = None
    own: Mapping[tuple[UUID, UUID], int]
    customer_id: UUID | None = None
    together: Together | None = None


async def question_of(asked: Asked) -> Question | None:
    """None when the channel takes no orders, or does not sell one of the variants."""
    network = await reference.network(Fetching, asked.organization_id)
    channel = network.channels.get(asked.channel_id)
    if channel is None or not channel.is_active:
        return None
    goods, kits = await read_goods_and_kits(Fetching, {(variant_id, channel.id) for variant_id in asked.wanted})
    units = _units(asked.wanted, kits)
    named = {*asked.wanted, *units}
    if len(goods) < len(named) or not all(each.is_active for each in goods.values()) or not all(kits.values()):
        return None
    wanted = [asked.organization_id, list(units)]
    segment = await _segment(asked)
    on_hand = _on_hand(await rows(LEVELS, [*wanted, channel.id, segment]), asked.own)
    coming = await rows(COMING, wanted)
    sold = await rows(LEAD_TIMES, [*wanted, list(units.values()), channel.id])
    present = {place for at in on_hand.values() for place in at} | {row["location_id"] for row in (*coming, *sold)}
    present |= network.brought_to
    if asked.together is not None or network.is_merging:
        present |= {site.id for site in merge_sites(network, channel)}
    destination = _destination(asked)
    stores = _stores(asked, network, destination)
    loads = await read_loads(Fetching, network, asked.now, stores)
    rules = await promise_rules(asked.organization_id)
    places = await _places(asked, channel, network, present, rules)
    launches = await _launches(units, channel.id) if network.has_backorder_terms else {}
    announced = [*coming, *_awaited({variant_id: on_hand.pop(variant_id, {}) for variant_id in launches})]
    waiting = await _waiting(asked.now, rule_for(rules, None), units) if announced else {}
    return Question(
        now=asked.now,
        market=Market(channel, network, goods, {}, loads),
        wanted=units,
        destination=destination,
        methods=asked.methods,
        places=places,
        services=await services_of(asked.organization_id, asked.channel_id),
        on_hand=on_hand,
        coming=_near(
            asked,
            places,
            _then(
                _coming(asked, announced, places, launches, waiting), _after_lead_time(asked, sold, places, launches)
            ),
        ),
        safety_rules=await safety.rules_of(Fetching, asked.organization_id),
        wanted_on=asked.wanted_on,
        segment=segment,
        kits=kits,
        ordered=asked.wanted,
        together=asked.together,
    )


def _units(wanted: Mapping[UUID, int], kits: Kits) -> dict[UUID, int]:
    """Units by variant with the components in the place of the kits."""
    units: dict[UUID, int] = {}
    for variant_id, quantity in wanted.items():
        for part_id, in_one in kits.get(variant_id, ((variant_id, 1),)):
            units[part_id] = units.get(part_id, 0) + quantity * in_one
    return units


async def _segment(asked: Asked) -> str:
    """Of the customer who asks; rules may route for some customers otherwise than for others, and units be set aside for them."""
    buyers = await read_buyers(Fetching, [asked.customer_id] if asked.customer_id else [])
    return buyers[asked.customer_id].segment if asked.customer_id in buyers else ""


def _destination(asked: Asked) -> Destination:
    """Where the postal code is, if nobody said it better."""
    latitude, longitude = asked.latitude, asked.longitude
    if latitude is None or longitude is None:
        found = locate(asked.country, asked.postal_code)
        latitude, longitude = (found.latitude, found.longitude) if found else (None, None)
    return Destination(
        latitude=latitude,
        longitude=longitude,
        region=Region(asked.country, asked.region),
        postal_code=asked.postal_code,
    )


def _stores(asked: Asked, network: Network, destination: Destination) -> list[UUID]:
    """Those that goods are brought to whose days routing will ask for: the nearest, as they are offered first."""
    if Method.PICKUP not in asked.methods or not network.rules:
        return []
    sites = [site for key in network.brought_to if (site := network.sites.get(key))]
    sites.sort(key=lambda site: (destination.distance_km(site), site.rank))
    return [site.id for site in sites[:MOST_STORES]]


async def _booked(network: Network, now: datetime, limited: Sequence[UUID]) -> dict[UUID, Booked]:
    """What is brought to the places: whatever they have to do on a day after the next was counted for when it is there."""
    after = {key: network.workplaces[key].next_load(now).day for key in limited if key in network.brought_to}
    if not after:
        return {}
    units: dict[UUID, dict[date, int]] = {}
    lines: dict[UUID, dict[date, int]] = {}
    for row in await rows(BOOKED, [list(after), list(after.values())]):
        units.setdefault(row["location_id"], {})[row["day"]] = row["units"]
        lines.setdefault(row["location_id"], {})[row["day"]] = row["lines"]
    return {key: Booked(units[key], lines[key]) for key in units}


def _on_hand(levels: Sequence[Any], own: Mapping[tuple[UUID, UUID], int]) -> dict[UUID, dict[UUID, OnHand]]:
    found: dict[UUID, dict[UUID, OnHand]] = {}
    for row in levels:
        variant_id, location_id = row["variant_id"], row["location_id"]
        kept = own.get((variant_id, location_id), 0)
        unclaimed = row["unclaimed"] + kept
        shelf = Shelf(row["id"], variant_id, location_id, max(0, unclaimed - row["safety"]))
        found.setdefault(variant_id, {})[location_id] = OnHand(shelf, unclaimed, row["safety"], kept)
    return found


async def _places(
    asked: Asked, channel: ChannelTerms, network: Network, present: set[UUID], rules: Sequence[PromiseRule]
) -> dict[UUID, Place]:
    """The channel's open locations among those present, in the network's order."""
    sites = [site for key, site in network.sites.items() if key in present and site.is_active and channel.allows(key)]
    keys = [site.id for site in sites]
    kept = {row["id"]: row for row in await rows(PLACES, [keys])}
    limits = ("daily_capacity_units", "daily_capacity_lines")
    limited = [key for key in keys if any(kept[key][limit] is not None for limit in limits)]
    found = await rows(BACKLOG, [limited]) if limited else []
    backlog = {row["location_id"]: (row["units"], row["lines"]) for row in found}
    booked = await _booked(network, asked.now, limited)
    return {
        site.id: Place(
            site=site,
            calendar=calendar_of(kept[site.id]),
            rule=rule_for(rules, site.id),
            capacity_units=kept[site.id]["daily_capacity_units"],
            backlog_units=backlog.get(site.id, (0, 0))[0],
            cut_off=cut_off_of(kept[site.id]),
            capacity_lines=kept[site.id]["daily_capacity_lines"],
            backlog_lines=backlog.get(site.id, (0, 0))[1],
            booked=booked.get(site.id, NOTHING_BOOKED),
        )
        for site in sites
        if site.id in kept
    }


async def _launches(wanted: Mapping[UUID, int], channel_id: UUID) -> dict[UUID, datetime]:
    """Of the variants that are not sent yet in the channel."""
    return {row["variant_id"]: row["launches_at"] for row in await rows(LAUNCHES, [list(wanted), channel_id])}


def _awaited(on_hand: Mapping[UUID, Mapping[UUID, OnHand]]) -> list[dict[str, Any]]:
    """What lies there before its launch, as if it were still to come: nobody can be given it now."""
    return [
        {
            "id": found.shelf.id,
            "variant_id": variant_id,
            "location_id": location_id,
            "kind": SupplyKind.PLANNED,
            "quantity": found.shelf.available,
            "expected_on": None,
        }
        for variant_id, at in on_hand.items()
        for location_id, found in at.items()
        if found.shelf.available
    ]


async def _waiting(now: datetime, rule: PromiseRule, wanted: Iterable[UUID]) -> dict[UUID, int]:
    """Units of orders that wait, but for those that are past their day for so long that they count no more."""
    days = rule.past_due_demand_days
    since = None if days is None else now.date() - timedelta(days=days)
    return {row["variant_id"]: row["units"] for row in await rows(WAITING, [list(wanted), since])}


def _coming(
    asked: Asked,
    supplies: Sequence[Any],
    places: Mapping[UUID, Place],
    launches: Mapping[UUID, datetime],
    waiting: Mapping[UUID, int],
) -> dict[UUID, list[Dated[Coming]]]:
    """What may be believed of what was announced, less what waiting orders will take of it; nothing before its launch."""
    found: dict[UUID, list[Dated[Coming]]] = {}
    for row in supplies:
        place = places.get(row["location_id"])
        if place is None:
            continue
        today = place.calendar.day_of(asked.now)
        launch = launches.get(row["variant_id"])
        launch_day = max(today, place.calendar.day_of(launch)) if launch else today
        day = counts_on(row["expected_on"] or launch_day, today, place.rule.past_due_days)
        if day is not None:
            day = max(day, launch_day) if launch else day
            source = Coming(row["id"], row["location_id"], SupplyKind(row["kind"]))
            found.setdefault(row["variant_id"], []).append(Dated(day, row["quantity"], source))
    return {variant_id: without_demand(each, waiting.get(variant_id, 0)) for variant_id, each in found.items()}


def _after_lead_time(
    asked: Asked, sold: Sequence[Any], places: Mapping[UUID, Place], launches: Mapping[UUID, datetime]
) -> dict[UUID, list[Dated[Coming]]]:
    """What vendors could send if it was ordered now, by the calendar of where it comes to; nothing before its launch."""
    found: dict[UUID, list[Dated[Coming]]] = {}
    for row in sold:
        place = places.get(row["location_id"])
        if place is None:
            continue
        launch = max(asked.now, launches.get(row["variant_id"], asked.now))
        days = (place.calendar.open_after(asked.now, row["days"]), place.calendar.open_after(launch, 0))
        day = max(filter(None, days), default=None) if all(days) else None
        if day is not None:
            source = Coming(row["id"], row["location_id"], SupplyKind.LEAD_TIME)
            supply = Dated(day, UNLIMITED if row["most"] is None else row["most"], source)
            found.setdefault(row["variant_id"], []).append(supply)
    return found


def _then(
    known: Mapping[UUID, Sequence[Dated[Coming]]], unplanned: Mapping[UUID, Sequence[Dated[Coming]]]
) -> dict[UUID, list[Dated[Coming]]]:
    """On the same day what is known of is taken first."""
    return {
        variant_id: [*known.get(variant_id, ()), *unplanned.get(variant_id, ())] for variant_id in {*known, *unplanned}
    }


def _near(
    asked: Asked, places: Mapping[UUID, Place], supplies: Mapping[UUID, Sequence[Dated[Coming]]]
) -> dict[UUID, list[Dated[Coming]]]:
    """Those that do not come later than the rule of their place looks ahead from the day that was asked for, or today."""

    def is_near(supply: Dated[Coming]) -> bool:
        place = places[supply.source.location_id]
        today = place.calendar.day_of(asked.now)
        since = max(today, asked.wanted_on or today)
        return supply.day is None or is_within(supply.day, since, place.rule.forward_days)

    return {variant_id: [each for each in found if is_near(each)] for variant_id, found in supplies.items()}
