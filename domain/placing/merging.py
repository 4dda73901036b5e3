"""What ships of an order is delivered together: the places where it may come together, and what routing sees of each.

A place is one more way to hand goods over, so it is seen as `domain/placing/forwarding.py` sees a store that goods are
brought to. Which of them it is decides `domain/routing/rules/merging.py`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from domain.merging import Merge
from domain.placing.commands import Together
from domain.placing.forwarding import HandOvers, Terms
from domain.placing.world import ChannelTerms, Network, Site, View
from domain.routing.kits import Parts
from domain.routing.rules.choosing import Asker, WantedLine, choose, leading
from domain.routing.rules.values import RoutingRule
from domain.routing.values import Demand, Method, RoutingPlan

MOST_PLACES: Final = 16
"""Places that are compared: where most of the units lie, then those with the cheapest last leg."""
OTHERS: Final = "vendor"
"""The kind of locations that handle nobody's goods but their own."""


class Bringing(NamedTuple):
    """What ships comes together at one of the sites; `grams_before` of it are there already, or on their way.

    If it `is_optional` it does so only where all of it can. `asked_by` is the rule that asks for it, if one does.
    """

    sites: Sequence[Site]
    wait_days: int
    grams_before: int = 0
    is_optional: bool = False
    asked_by: str = ""


def bringing(together: Together, network: Network, channel: ChannelTerms) -> Bringing:
    """The location that was named is known and ships: see `domain/placing/validation.py`."""
    if together.location_id is not None:
        return Bringing([network.sites[together.location_id]], together.wait_days)
    return Bringing(merge_sites(network, channel), together.wait_days)


def asked_by_rule(
    rules: Sequence[RoutingRule], lines: Sequence[WantedLine], asker: Asker, network: Network
) -> Bringing | None:
    """Of the rules of what ships the most specific one decides, as it does about all that concerns the whole order.

    None as well where the location that it names ships nothing any more.
    """
    shipped = [line for line in lines if line.method is Method.SHIP]
    lead = leading([choose(rules, line, asker) for line in shipped])
    asked = lead.together if lead else None
    if lead is None or asked is None:
        return None
    sites = merge_sites(network, network.channels[shipped[0].channel_id])
    if asked.location_id is not None:
        sites = [site for site in sites if site.id == asked.location_id]
    by = f"routing rule {lead.name}"
    return Bringing(sites, asked.value, is_optional=not asked.is_hard, asked_by=by) if sites else None


def merge_of(bringing: Bringing, plan: RoutingPlan, now: datetime) -> Merge:
    """Where it comes together by the plan; if that is still to be found, once something can be served."""
    named = bringing.sites[0].id if len(bringing.sites) == 1 else None
    chosen = plan.last_leg.location if plan.last_leg else named
    return Merge.asked(now, bringing.wait_days, chosen)._replace(asked_by=bringing.asked_by)


def merge_sites(network: Network, channel: ChannelTerms) -> list[Site]:
    """Where the orders of a channel may come together, in the network's order."""
    return [
        site
        for site in network.sites.values()
        if site.is_active and Method.SHIP in site.methods and site.kind != OTHERS and channel.allows(site.id)
    ]


def first_sites(
    wanted: Terms, sites: Sequence[Site], places: Sequence[Site], view: View, *, parts: Parts | None = None
) -> list[Site]:
    """Of the places so many as are compared. `sites` are those of the stock; what lies of a kit are units of its `parts`."""
    shipped = [line for line, demand in enumerate(wanted.demands) if demand.method is Method.SHIP]
    grams = sum(wanted.demands[line].grams_each * wanted.demands[line].quantity for line in shipped)
    lying = [
        (free, wanted.demands[line].quantity * units)
        for line in shipped
        for _, units, free in (parts or {}).get(line, ((wanted.demands[line].variant, 1, wanted.stock[line]),))
    ]
    there = {site.id: sum(min(free[at], most) for free, most in lying) for at, site in enumerate(sites)}

    def comes(site: Site) -> tuple[int, int, int]:
        return -there.get(site.id, 0), view.candidates[site.rank].rate.price_minor(grams), site.rank

    return sorted(places, key=comes)[:MOST_PLACES]


def handed_over_at(place: UUID, demands: Sequence[Demand], collected: HandOvers) -> HandOvers:
    """By line where it is brought to: what ships to the place, what is collected to where it is."""
    return [
        place if demand.method is Method.SHIP else collected[line] if collected else None
        for line, demand in enumerate(demands)
    ]
