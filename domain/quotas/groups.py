"""Groups of buyers that stock is set aside for: by channel, by customer segment, or by both.

Groups form a tree. A group is for fewer buyers than its parent, and no buyer belongs to two groups beside each other, so
the groups of a buyer are one way down the tree. What a group's quota leaves wanting, its parents' give, then what is
common to all. (Dynamics 365 keeps allocations in such a hierarchy, of at most eight levels.)

A group for nobody stands alone: what is set aside for it is kept back from every buyer. With a plan for it, so many units of
a variant stay back over all locations together. (HotWax calls that a threshold: safety stock of the network.)
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from domain.errors import InputProblem

MAX_DEPTH: Final = 8
"""Levels of the tree."""
MAX_GROUPS: Final = 500
"""Of one organization."""

Entitled = tuple[UUID, ...]
"""The groups whose quotas a buyer may use, the narrowest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaGroup:
    """Without channels it is for any channel, without a segment for any segment, unless it is for nobody; `depth` counts its
    parents.

    When too few units are left, groups of a greater `priority` lose theirs first.
    """

    id: UUID
    code: str
    channel_ids: frozenset[UUID] = frozenset()
    segment: str = ""
    parent_id: UUID | None = None
    depth: int = 0
    priority: int = 0
    is_active: bool = True
    is_for_nobody: bool = False

    def admits(self, channel_id: UUID, segment: str) -> bool:
        return (
            self.is_active
            and not self.is_for_nobody
            and (not self.channel_ids or channel_id in self.channel_ids)
            and self.segment in ("", segment)
        )


def entitled(groups: Iterable[QuotaGroup], channel_id: UUID, segment: str) -> Entitled:
    found = [group for group in groups if group.admits(channel_id, segment)]
    return tuple(group.id for group in sorted(found, key=lambda group: -group.depth))


def problems(group: QuotaGroup, others: Iterable[QuotaGroup]) -> Iterator[InputProblem]:
    """What is wrong with the group beside the organization's other ones."""
    known = {other.id: other for other in others}
    if group.is_for_nobody and (group.channel_ids or group.segment or group.parent_id):
        yield InputProblem("is_for_nobody", "NOT_ALONE", "It has no channels, no segment and no parent.")
    if not (group.channel_ids or group.segment or group.is_for_nobody):
        yield InputProblem("channel_ids", "REQUIRED", "Name channels, a segment, or both.")
    if group.depth >= MAX_DEPTH:
        yield InputProblem("parent_id", "TOO_DEEP", f"Groups have at most {MAX_DEPTH} levels.")
    if not group.is_active:
        if any(other.parent_id == group.id and other.is_active for other in known.values()):
            yield InputProblem("is_active", "HAS_PARTS", "Close the groups below it first.")
        return
    parent = known.get(group.parent_id) if group.parent_id else None
    if parent is not None and not (parent.is_active and _is_within(group, parent)):
        yield InputProblem("parent_id", "NOT_WITHIN", f"It must be for some of the buyers of {parent.code}.")
    for other in known.values():
        if other.is_active and other.parent_id == group.parent_id and _overlap(group, other):
            yield InputProblem("channel_ids", "OVERLAPS", f"{other.code} beside it is for some of the same buyers.")
        if other.is_active and other.parent_id == group.id and not _is_within(other, group):
            yield InputProblem("channel_ids", "NOT_WITHIN", f"{other.code} below it is for buyers that it is not for.")


def _is_within(group: QuotaGroup, parent: QuotaGroup) -> bool:
    if parent.is_for_nobody:
        return False
    channels = not parent.channel_ids or (bool(group.channel_ids) and group.channel_ids <= parent.channel_ids)
    return channels and parent.segment in ("", group.segment)


def _overlap(one: QuotaGroup, other: QuotaGroup) -> bool:
    if one.is_for_nobody or other.is_for_nobody:
        return False
    channels = not one.channel_ids or not other.channel_ids or bool(one.channel_ids & other.channel_ids)
    return channels and (not one.segment or not other.segment or one.segment == other.segment)
