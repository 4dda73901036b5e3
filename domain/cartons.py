"""Which units go into which carton: by weight and volume, and no item into a box that it does not fit.

First-fit decreasing: items from the largest to the smallest, each into the first open box that still has room for it, or
into a new one. A new box is the smallest kind that could take everything left, or else the roomiest. At the end each box
shrinks to the smallest kind that holds what is in it. First-fit decreasing needs at most 11/9 of the fewest boxes and a
little (D. S. Johnson, "Near-optimal bin packing algorithms", 1973) where only one measure binds.

A box has room when weight and volume are within its limits, and for no more units of one kind than lie in it in rows. How
different kinds lie beside each other is not computed; therefore only `FILL_PERCENT` of its inside is used. Each
item must fit alone, turned as it may be: its sorted sides against the box's.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from math import inf, prod
from operator import floordiv
from typing import Final, Generic, TypeVar

FILL_PERCENT: Final = 85
"""Of the inside of a box: the rest is lost between things that are not made for each other."""

K = TypeVar("K")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """One unit. A side of 0 is not known: such a unit fits anywhere and takes no room."""

    length_mm: int
    width_mm: int
    height_mm: int
    weight_grams: int

    @property
    def volume_mm3(self) -> int:
        return self.length_mm * self.width_mm * self.height_mm


@dataclass(frozen=True, slots=True, kw_only=True)
class Carton:
    """Inner dimensions; `max_weight_grams` is of what goes in."""

    code: str
    length_mm: int
    width_mm: int
    height_mm: int
    tare_grams: int
    max_weight_grams: int

    @property
    def room_mm3(self) -> int:
        """What may be used of its inside, down to a whole cubic millimetre."""
        return self.length_mm * self.width_mm * self.height_mm * FILL_PERCENT // 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedParcel(Generic[K]):
    """Units by key, and what the parcel weighs with its carton; None where no carton takes them: they go as they are."""

    carton: Carton | None
    units: Mapping[K, int]
    weight_grams: int


@dataclass(slots=True)
class _Box(Generic[K]):
    carton: Carton
    units: Counter[K]
    weight_grams: int = 0
    volume_mm3: int = 0

    def has_room(self, key: K, item: Measures) -> bool:
        return (
            fits(item, self.carton)
            and self.units[key] < side_by_side(item, self.carton)
            and self.weight_grams + item.weight_grams <= self.carton.max_weight_grams
            and self.volume_mm3 + item.volume_mm3 <= self.carton.room_mm3
        )

    def put(self, key: K, item: Measures) -> None:
        self.units[key] += 1
        self.weight_grams += item.weight_grams
        self.volume_mm3 += item.volume_mm3


def fits(item: Measures, carton: Carton) -> bool:
    """Whether one unit alone goes in, turned as it may be, and is not too heavy or too bulky for the box."""
    sides = sorted((item.length_mm, item.width_mm, item.height_mm))
    inside = sorted((carton.length_mm, carton.width_mm, carton.height_mm))
    return all(side <= room for side, room in zip(sides, inside, strict=True)) and (
        item.weight_grams <= carton.max_weight_grams
    )


@lru_cache(maxsize=10_000)
def side_by_side(item: Measures, carton: Carton) -> float:
    """How many of one kind lie in the box in rows, all turned alike; as many as one likes of what has no size."""
    inside = (carton.length_mm, carton.width_mm, carton.height_mm)
    sides = (item.length_mm, item.width_mm, item.height_mm)
    if 0 in sides:
        return inf
    most: int = max(prod(map(floordiv, inside, turned)) for turned in permutations(sides))
    return most


def suggest(units: Iterable[tuple[K, Measures, int]], cartons: Sequence[Carton]) -> list[SuggestedParcel[K]]:
    """Every unit in exactly one parcel. `units` are key, measures and quantity; the answer depends on their order only
    among equals. What fits no carton goes by itself, without one, each unit a parcel.
    """
    kinds = sorted(cartons, key=lambda carton: (carton.room_mm3, carton.max_weight_grams, carton.code))
    boxes: list[_Box[K]] = []
    loose: list[SuggestedParcel[K]] = []
    left = sorted(
        ((key, item) for key, item, quantity in units for _ in range(quantity)),
        key=lambda each: (-each[1].volume_mm3, -each[1].weight_grams),
    )
    for at, (key, item) in enumerate(left):
        box = next((box for box in boxes if box.has_room(key, item)), None)
        if box is None:
            carton = _opened([each for _, each in left[at:]], kinds)
            if carton is None:
                loose.append(SuggestedParcel(carton=None, units={key: 1}, weight_grams=item.weight_grams))
                continue
            box = _Box(carton, Counter())
            boxes.append(box)
        box.put(key, item)
    measures = dict(left)
    return [*(_shrunk(box, measures, kinds) for box in boxes), *loose]


def _alone(item: Measures, carton: Carton) -> bool:
    return fits(item, carton) and item.volume_mm3 <= carton.room_mm3


def _opened(left: Sequence[Measures], kinds: Sequence[Carton]) -> Carton | None:
    """The smallest kind that takes the first item and could take all that is left, or else the roomiest that takes it."""
    able = [carton for carton in kinds if _alone(left[0], carton)]
    volume, weight = sum(item.volume_mm3 for item in left), sum(item.weight_grams for item in left)
    enough = (carton for carton in able if volume <= carton.room_mm3 and weight <= carton.max_weight_grams)
    return next(enough, able[-1] if able else None)


def _shrunk(box: _Box[K], measures: Mapping[K, Measures], kinds: Sequence[Carton]) -> SuggestedParcel[K]:
    carton = next(
        carton
        for carton in kinds
        if box.volume_mm3 <= carton.room_mm3
        and box.weight_grams <= carton.max_weight_grams
        and all(fits(measures[key], carton) for key in box.units)
        and all(count <= side_by_side(measures[key], carton) for key, count in box.units.items())
    )
    return SuggestedParcel(carton=carton, units=dict(box.units), weight_grams=box.weight_grams + carton.tare_grams)
