"""How the units of a plan lie: so many of a variant for a group, spread over the locations that have some.

The rule, and the only one: new units come from the locations in proportion to what is free there, by largest remainder, in
a tie by rank. Where nothing is kept and some would be if all were spread anew, all are. So units move only when a location
has run dry, and a plan that nothing happened to stays as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A location as a plan finds it: units `free` for everybody, and `kept` by the plan, which nobody has taken yet.

    `units` are all that the plan has put there: kept, taken, or lost since. One that does not serve gives back what it keeps.
    """

    location_id: UUID
    free: int
    units: int = 0
    taken: int = 0
    kept: int = 0
    serves: bool = True
    is_open: bool = False

    @property
    def lost(self) -> int:
        return self.units - self.taken - self.kept if self.is_open else 0


def settled(wanted: int, standings: Sequence[Standing]) -> list[int]:
    """How many of the `wanted` units should be kept at each, in their order, which is that of their rank.

    Never more than are free there and kept already, and never fewer in all than there could be.
    """
    kept = [each.kept if each.serves else 0 for each in standings]
    room = [each.kept + each.free if each.serves else 0 for each in standings]
    kept = spread(min(wanted, sum(kept)), kept)
    free = [there - units for there, units in zip(room, kept, strict=True)]
    grown = [units + more for units, more in zip(kept, spread(min(wanted - sum(kept), sum(free)), free), strict=True)]
    anew = spread(sum(grown), room)
    has_run_dry = any(not units and some for units, some in zip(grown, anew, strict=True))
    return anew if has_run_dry else grown


def spread(units: int, shares: Sequence[int]) -> list[int]:
    """Units in proportion to the shares, by largest remainder, in a tie the earlier first; none gets more than its share.

    There are no more units than all the shares together.
    """
    whole = sum(shares)
    assert 0 <= units <= whole, f"{units} of {whole}"
    if not units:
        return [0] * len(shares)
    parts = [units * share // whole for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda at: -(units * shares[at] % whole))
    for at in by_remainder[: units - sum(parts)]:
        parts[at] += 1
    return parts
