"""Positions on the earth and the distance between them."""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Final

EARTH_RADIUS_KM: Final = 6371.0088
"""Mean radius R1 of WGS 84 (IUGG); haversine on it is at most 0.6 % off the ellipsoid."""


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Degrees north and east; raises ValueError outside of the earth."""

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180):
            raise ValueError(f"latitude {self.latitude}, longitude {self.longitude} is nowhere on earth")


def distance_km(one: Coordinates, other: Coordinates) -> float:
    """Great-circle distance by the haversine formula (R. W. Sinnott, "Virtues of the Haversine", 1984)."""
    north, other_north = radians(one.latitude), radians(other.latitude)
    half_north = sin((other_north - north) / 2)
    half_east = sin(radians(other.longitude - one.longitude) / 2)
    chord = half_north * half_north + cos(north) * cos(other_north) * half_east * half_east
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(chord)))
