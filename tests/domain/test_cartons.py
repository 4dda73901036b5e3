"""Which units go into which carton."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from domain.cartons import Carton, Measures, fits, side_by_side, suggest

SMALL = Carton(code="S", length_mm=200, width_mm=150, height_mm=100, tare_grams=50, max_weight_grams=5_000)
LARGE = Carton(code="L", length_mm=600, width_mm=400, height_mm=400, tare_grams=400, max_weight_grams=20_000)


def unit(length: int, width: int, height: int, grams: int = 100) -> Measures:
    return Measures(length_mm=length, width_mm=width, height_mm=height, weight_grams=grams)


def plain(parcels):
    return [(parcel.carton.code if parcel.carton else None, dict(parcel.units)) for parcel in parcels]


def test_one_small_thing_goes_into_the_smallest_carton():
    assert plain(suggest([("cup", unit(90, 90, 90), 1)], [LARGE, SMALL])) == [("S", {"cup": 1})]


def test_a_parcel_weighs_its_carton_too():
    [parcel] = suggest([("cup", unit(90, 90, 90, 300), 2)], [SMALL])

    assert parcel.weight_grams == 2 * 300 + 50


def test_a_long_thing_is_turned():
    assert fits(unit(90, 190, 140), SMALL)
    assert not fits(unit(201, 10, 10), SMALL)


def test_what_fits_no_carton_goes_as_it_is():
    assert plain(suggest([("pole", unit(2000, 20, 20), 2)], [SMALL, LARGE])) == [
        (None, {"pole": 1}),
        (None, {"pole": 1}),
    ]


def test_weight_opens_another_carton():
    found = plain(suggest([("iron", unit(10, 10, 10, 8_000), 5)], [LARGE]))

    assert found == [("L", {"iron": 2}), ("L", {"iron": 2}), ("L", {"iron": 1})]


def test_a_kind_that_lies_in_no_more_rows_goes_on_in_the_next_box():
    found = plain(suggest([("block", unit(300, 300, 300), 3), ("cup", unit(90, 90, 90), 1)], [SMALL, LARGE]))

    assert found == [("L", {"block": 2, "cup": 1}), ("L", {"block": 1})]


def test_no_more_of_a_kind_go_in_than_lie_in_rows():
    """Two cubes of 30 cm lie in 60 x 40 x 40, though the volume of three would do."""
    assert side_by_side(unit(300, 300, 300), LARGE) == 2
    assert side_by_side(unit(400, 100, 200), LARGE) == 12


def test_without_cartons_everything_goes_as_it_is():
    assert plain(suggest([("cup", unit(90, 90, 90), 2)], [])) == [(None, {"cup": 1}), (None, {"cup": 1})]


def test_things_of_unknown_size_count_by_weight_alone():
    assert plain(suggest([("letter", unit(0, 0, 0, 10), 400)], [SMALL])) == [("S", {"letter": 400})]


sides = st.integers(0, 700)
units = st.lists(st.tuples(st.builds(unit, sides, sides, sides, st.integers(0, 25_000)), st.integers(1, 6)), max_size=8)
kinds = st.lists(
    st.builds(
        Carton,
        code=st.text("ABC", min_size=1, max_size=2),
        length_mm=st.integers(1, 700),
        width_mm=st.integers(1, 700),
        height_mm=st.integers(1, 700),
        tare_grams=st.integers(0, 500),
        max_weight_grams=st.integers(1, 30_000),
    ),
    max_size=4,
)


@given(units, kinds)
def test_every_unit_is_in_one_parcel_and_no_parcel_is_overfull(wanted, cartons):
    named = [(at, item, quantity) for at, (item, quantity) in enumerate(wanted)]
    items = {at: item for at, item, _ in named}

    parcels = suggest(named, cartons)

    packed = sum((Counter(parcel.units) for parcel in parcels), Counter())
    assert packed == Counter({at: quantity for at, _, quantity in named})
    for parcel in parcels:
        weight = sum(items[at].weight_grams * count for at, count in parcel.units.items())
        volume = sum(items[at].volume_mm3 * count for at, count in parcel.units.items())
        if parcel.carton is None:
            [(at, count)] = parcel.units.items()
            alone = [box for box in cartons if fits(items[at], box) and items[at].volume_mm3 <= box.room_mm3]
            assert (count, alone) == (1, [])
        else:
            assert weight <= parcel.carton.max_weight_grams
            assert volume <= parcel.carton.room_mm3
            assert all(fits(items[at], parcel.carton) for at in parcel.units)
            assert all(count <= side_by_side(items[at], parcel.carton) for at, count in parcel.units.items())
            assert parcel.weight_grams == weight + parcel.carton.tare_grams


@given(units, kinds, st.randoms(use_true_random=False))
def test_the_same_units_give_the_same_parcels_in_whatever_order_cartons_are_listed(wanted, cartons, luck):
    named = [(at, item, quantity) for at, (item, quantity) in enumerate(wanted)]
    shuffled = [*cartons]
    luck.shuffle(shuffled)

    def room(parcels):
        return [(parcel.carton and parcel.carton.room_mm3, dict(parcel.units)) for parcel in parcels]

    assert room(suggest(named, cartons)) == room(suggest(named, shuffled))


@given(st.integers(1, 60), st.integers(1, 19_000))
def test_equal_weights_take_the_fewest_boxes(quantity, grams):
    parcels = suggest([("iron", unit(1, 1, 1, grams), quantity)], [LARGE])

    each = 20_000 // grams
    assert len(parcels) == -(-quantity // each)
