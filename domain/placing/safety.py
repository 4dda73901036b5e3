"""What lines may be given where an organization keeps units back: by the same predicate as what is promised."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from domain.placing.world import Kept, Shelf, Site
from domain.promising.supply import OnShelf, SafetyRule, may_be_given
from domain.quotas.groups import Entitled
from domain.routing.values import Demand, Method


class Careful(NamedTuple):
    """The shelves by variant and location, whose quotas may be used, and what the cart keeps by (variant, location)."""

    rules: Sequence[SafetyRule]
    shelves: Mapping[UUID, Mapping[UUID, Shelf]]
    entitled: Entitled
    own: Mapping[tuple[UUID, UUID], Kept]

    def rows(self, variants: Sequence[UUID], demands: Sequence[Demand], sites: Sequence[Site]) -> list[list[int]]:
        """By line and site; lines of one variant share its stock, and the most careful of their methods holds for all."""
        methods: dict[UUID, list[Method]] = {}
        for variant_id, demand in zip(variants, demands, strict=True):
            methods.setdefault(variant_id, []).append(demand.method)
        found = {
            variant_id: [self._free(variant_id, site, ways) for site in sites] for variant_id, ways in methods.items()
        }
        return [found[variant_id] for variant_id in variants]

    def _free(self, variant_id: UUID, site: Site, methods: Sequence[Method]) -> int:
        shelf, kept = self.shelves.get(variant_id, {}).get(site.id), self.own.get((variant_id, site.id))
        if shelf is None:
            return 0
        own = kept.usable if kept else 0
        unclaimed = shelf.available + shelf.safety + own
        if self.entitled and shelf.pool:
            unclaimed += shelf.pool.free_for(self.entitled)
        there = OnShelf(unclaimed, shelf.safety, own)
        return may_be_given(self.rules, there, methods, variant_id=variant_id, location_id=site.id)
