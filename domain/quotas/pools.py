"""The quotas of one stock level: what is set aside for which group, and what lines and carts have taken of it.

A quota is a ledger too: typed movements are the only way it changes. Units are taken from the narrowest group first and
given back the other way round, so what a line keeps is what it would have taken had it wanted no more. Whoever changes a
pool holds the lock of its level and writes `moves`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from domain.quotas.groups import Entitled


class QuotaMovementKind(StrEnum):
    SET_ASIDE = "set_aside"
    RETURNED = "returned"
    MOVED_IN = "moved_in"
    MOVED_OUT = "moved_out"
    TAKEN = "taken"
    CONVERTED = "converted"
    GIVEN_BACK = "given_back"
    SPENT = "spent"
    LAPSED = "lapsed"
    SHRUNK = "shrunk"


class QuotaEffect(NamedTuple):
    """What one unit of a movement adds to the quota, to what its line and its cart have taken of it, and to what all have."""

    quota: int = 0
    line: int = 0
    cart: int = 0
    taken: int = 0


EFFECTS: Final[Mapping[QuotaMovementKind, QuotaEffect]] = {
    QuotaMovementKind.SET_ASIDE: QuotaEffect(1),
    QuotaMovementKind.RETURNED: QuotaEffect(-1),
    QuotaMovementKind.MOVED_IN: QuotaEffect(1),
    QuotaMovementKind.MOVED_OUT: QuotaEffect(-1),
    QuotaMovementKind.TAKEN: QuotaEffect(-1, 1, 1, 1),
    QuotaMovementKind.CONVERTED: QuotaEffect(0, 1, -1),
    QuotaMovementKind.GIVEN_BACK: QuotaEffect(1, -1, -1, -1),
    QuotaMovementKind.SPENT: QuotaEffect(0, -1, -1),
    QuotaMovementKind.LAPSED: QuotaEffect(0, -1, -1, -1),
    QuotaMovementKind.SHRUNK: QuotaEffect(-1),
}
"""SPENT units left with the order and stay taken; LAPSED ones are given back to everybody, because the group is closed or they
were needed elsewhere; SHRUNK ones are not there any more."""


class Claimant(NamedTuple):
    """Who takes: a line of an order, or a cart by its reservation."""

    line_id: UUID | None = None
    reservation_id: UUID | None = None

    @property
    def key(self) -> UUID:
        key = self.line_id or self.reservation_id
        assert key is not None, "somebody takes"
        return key


class QuotaMovement(NamedTuple):
    """`quantity` is positive; a CONVERTED one names both the line and the cart's reservation. `plan_id`: who set it aside."""

    quota_id: UUID
    kind: QuotaMovementKind
    quantity: int
    line_id: UUID | None = None
    reservation_id: UUID | None = None
    plan_id: UUID | None = None


@dataclass(slots=True)
class Quota:
    """`quantity` units that nobody has taken yet."""

    id: UUID
    group_id: UUID
    quantity: int
    depth: int = 0
    priority: int = 0
    is_open: bool = True


@dataclass(slots=True)
class Pool:
    """`quotas` by group; `taken` by line or reservation, then by group."""

    quotas: dict[UUID, Quota]
    taken: dict[UUID, dict[UUID, int]] = field(default_factory=dict)
    moves: list[QuotaMovement] = field(default_factory=list)

    @property
    def set_aside(self) -> int:
        return sum(quota.quantity for quota in self.quotas.values())

    def free_for(self, groups: Entitled) -> int:
        return sum(self.quotas[group].quantity for group in groups if group in self.quotas)

    def foreign(self, claimant: UUID, groups: Entitled) -> int:
        """Units that the claimant took from quotas it would not be let to now."""
        return sum(units for group, units in self.taken.get(claimant, {}).items() if group not in groups)

    def change(self, group_id: UUID, kind: QuotaMovementKind, units: int, *, plan_id: UUID | None = None) -> None:
        """What a planner or a plan does; the quota is there."""
        self._move(self.quotas[group_id], QuotaMovement(self.quotas[group_id].id, kind, units, plan_id=plan_id))

    def take(self, claimant: Claimant, groups: Entitled, units: int) -> int:
        """As many of the units as the groups' quotas have; the caller takes the others from what is common."""
        left = units
        for quota in (self.quotas[group] for group in groups if group in self.quotas):
            taken = min(left, quota.quantity)
            if taken:
                left -= taken
                self._count(claimant.key, quota.group_id, taken)
                self._move(quota, QuotaMovement(quota.id, QuotaMovementKind.TAKEN, taken, *claimant))
        return units - left

    def give_back(self, claimant: Claimant, *, keeping: int = 0, room: int) -> int:
        """What was taken beyond `keeping` units goes back to where it came from; how many units are set aside again.

        At most `room` units are free to be set aside; the others lapse, as do those of a closed group.
        """
        taken = self.taken.get(claimant.key, {})
        left, returned = sum(taken.values()) - keeping, 0
        for quota in reversed(self._narrowest_first(taken)):
            units = min(left, taken[quota.group_id])
            if units > 0:
                left -= units
                returned += self._return(claimant, quota, units, room - returned)
        return returned

    def give_back_foreign(self, claimant: Claimant, groups: Entitled, *, room: int) -> int:
        """The same for all that came from other groups than these."""
        returned = 0
        for group_id, units in list(self.taken.get(claimant.key, {}).items()):
            if group_id not in groups:
                returned += self._return(claimant, self.quotas[group_id], units, room - returned)
        return returned

    def convert(self, units: int, groups: Entitled, *, reservation_id: UUID, line_id: UUID) -> None:
        """The line keeps what the cart took, as far as its `units` go."""
        taken, left = self.taken.get(reservation_id, {}), units
        for quota in self._narrowest_first(group for group in taken if group in groups):
            passed = min(left, taken[quota.group_id])
            if passed:
                left -= passed
                self._count(reservation_id, quota.group_id, -passed)
                self._count(line_id, quota.group_id, passed)
                kind = QuotaMovementKind.CONVERTED
                self._move(quota, QuotaMovement(quota.id, kind, passed, line_id, reservation_id))

    def spend(self, units: int, *, line_id: UUID) -> None:
        """Units of the line left; those that were set aside first."""
        taken, left = self.taken.get(line_id, {}), units
        for quota in self._narrowest_first(taken):
            spent = min(left, taken[quota.group_id])
            if spent:
                left -= spent
                self._count(line_id, quota.group_id, -spent)
                self._move(quota, QuotaMovement(quota.id, QuotaMovementKind.SPENT, spent, line_id))

    def shrink(self, units: int) -> None:
        """Fewer are there than were set aside: groups of the greatest priority lose theirs first, the broadest of them."""
        left = units
        for quota in sorted(self.quotas.values(), key=lambda each: (-each.priority, each.depth, each.group_id)):
            lost = min(left, quota.quantity)
            if lost:
                left -= lost
                self._move(quota, QuotaMovement(quota.id, QuotaMovementKind.SHRUNK, lost))

    def _return(self, claimant: Claimant, quota: Quota, units: int, room: int) -> int:
        back = min(units, max(0, room)) if quota.is_open else 0
        self._count(claimant.key, quota.group_id, -units)
        for kind, some in ((QuotaMovementKind.GIVEN_BACK, back), (QuotaMovementKind.LAPSED, units - back)):
            if some:
                self._move(quota, QuotaMovement(quota.id, kind, some, *claimant))
        return back

    def _narrowest_first(self, groups: Iterable[UUID]) -> list[Quota]:
        return sorted((self.quotas[group] for group in groups), key=lambda quota: -quota.depth)

    def _count(self, claimant: UUID, group_id: UUID, units: int) -> None:
        taken = self.taken.setdefault(claimant, {})
        taken[group_id] = taken.get(group_id, 0) + units
        if not taken[group_id]:
            del taken[group_id]

    def _move(self, quota: Quota, movement: QuotaMovement) -> None:
        quota.quantity += EFFECTS[movement.kind].quota * movement.quantity
        assert quota.quantity >= 0, f"{movement} takes more than {quota}"
        self.moves.append(movement)
