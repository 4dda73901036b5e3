"""Distances on the earth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.geography import Coordinates, distance_km

PLACES = st.builds(Coordinates, st.floats(-90, 90), st.floats(-180, 180))


def test_known_distances():
    """R. Chamberlain's worked example: 38.8976 N 77.0366 W to 39.9496 N 75.1503 W is 199.83 km on a sphere of 6371 km."""
    washington, philadelphia = Coordinates(38.8976, -77.0366), Coordinates(39.9496, -75.1503)

    assert distance_km(washington, philadelphia) == pytest.approx(199.83, abs=0.01)


def test_a_degree_of_the_equator_and_half_the_earth():
    assert distance_km(Coordinates(0, 0), Coordinates(0, 1)) == pytest.approx(111.195, abs=0.001)
    assert distance_km(Coordinates(90, 0), Coordinates(-90, 0)) == pytest.approx(20015.115, abs=0.001)


@given(PLACES, PLACES)
def test_distance_is_the_same_both_ways_and_never_negative(one, other):
    there = distance_km(one, other)

    assert there == pytest.approx(distance_km(other, one), abs=1e-6)
    assert 0 <= there <= 20015.2
    assert distance_km(one, one) == 0


@pytest.mark.parametrize("place", [(90.1, 0), (0, -180.5), (float("nan"), 0)])
def test_what_is_nowhere_on_earth_is_refused(place):
    with pytest.raises(ValueError, match="nowhere"):
        Coordinates(*place)
