"""A good plan at once for orders too large to be routed exactly: again and again the cheapest location per unit served."""

from domain.routing.augment import serve_more
from domain.routing.quantities import Taken, lines_of, taken_cost, usable_units, whole_somewhere
from domain.routing.values import RoutingRequest


def serve_greedily(request: RoutingRequest) -> Taken:
    """Serves whole lines first, cuts those that no location has whole, then whatever is left from wherever it lies."""
    return _Greedy(request).run()


class _Greedy:
    """The units taken so far and what is left to take, while one plan is made."""

    def __init__(self, request: RoutingRequest) -> None:
        self.request = request
        self.lines, self.places = range(len(request.demands)), range(len(request.candidates))
        self.wanted = [demand.quantity for demand in request.demands]
        self.whole = whole_somewhere(request)
        self.limited = request.most_sources or {}
        self.usable = [[usable_units(request, line, at) for at in self.places] for line in self.lines]
        self.taken = [[0] * len(self.wanted) for _ in self.places]
        self.parcels = 0

    def run(self) -> Taken:
        for may_cut in (False, True):
            while any(self.wanted):
                choice = self._cheapest_offer(may_cut=may_cut)
                if choice is None:
                    break
                at, units, parcels = choice
                self.parcels += parcels
                for line in self.lines:
                    self.taken[at][line] += units[line]
                    self.wanted[line] -= units[line]
        if any(self.wanted) and self.request.options.max_parcels is None and not self.limited:
            serve_more(self.request, self.taken, self.wanted)
        return [(at, tuple(units)) for at, units in enumerate(self.taken) if any(units)]

    def _cheapest_offer(self, *, may_cut: bool) -> tuple[int, list[int], int] | None:
        """(candidate, units, new parcels) with the least added cost per unit; the first of equals."""
        options = self.request.options
        best, least, served = None, 0, 1
        for at in self.places:
            units = self._offer(at, may_cut=may_cut)
            count = sum(units)
            if not count:
                continue
            before, parcels_before = taken_cost(self.request, at, self.taken[at])
            together = [have + more for have, more in zip(self.taken[at], units, strict=True)]
            after, parcels_after = taken_cost(self.request, at, together)
            parcels = parcels_after - parcels_before
            if options.max_parcels is not None and self.parcels + parcels > options.max_parcels:
                continue
            cost = after - before + parcels * options.split_minor
            if best is None or cost * served < least * count:
                best, least, served = (at, units, parcels), cost, count
        return best

    def _offer(self, at: int, *, may_cut: bool) -> list[int]:
        """All that the candidate can still give of what is wanted, earlier lines first."""
        demands, taken = self.request.demands, self.taken[at]
        candidate = self.request.candidates[at]
        capacity, lines = candidate.capacity_units, lines_of(demands, taken)
        room = sum(self.wanted) if capacity is None else capacity - sum(taken)
        given: dict[object, int] = {}
        for demand, quantity in zip(demands, taken, strict=True):
            given[demand.variant] = given.get(demand.variant, 0) + quantity
        units = []
        for line, demand in enumerate(demands):
            most = min(self.wanted[line], self.usable[line][at] - given[demand.variant], room)
            if most < self.wanted[line] and self.whole[line] and (line in self.limited or not may_cut):
                most = 0
            is_new = not taken[line]
            if is_new and not candidate.has_room_for(lines + demand.lines):
                most = 0
            most = max(0, most)
            lines += demand.lines if is_new and most else 0
            given[demand.variant] += most
            room -= most
            units.append(most)
        return units
