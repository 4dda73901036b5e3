"""What it costs to ship."""

import pytest

from domain.shipping_rates import DEFAULT_RATE_CARD, FallbackRate, Rate, RateCard, with_factor


def test_the_fallback_rate_of_a_heavy_parcel():
    """D365 Intelligent Order Management: 8 + 0.75 x (10 - 5) = 11.75."""
    assert FallbackRate(800, 75, 5000).price_minor(10_000) == 1175


def test_the_fallback_rate_is_flat_up_to_its_threshold():
    assert [FallbackRate(800, 75, 5000).price_minor(grams) for grams in (1, 5000, 5010)] == [800, 800, 801]


def test_a_carriers_rate_is_multiplied_by_our_factor():
    assert with_factor(1175, 1_100_000) == 1293


def test_every_started_kilogram_is_charged():
    assert [Rate(500, 40).price_minor(grams) for grams in (0, 1, 1000, 1001)] == [500, 540, 540, 580]


def test_included_kilograms_are_free():
    assert [Rate(500, 40, included_kilograms=2).price_minor(grams) for grams in (1, 2000, 2001)] == [500, 500, 540]


def test_a_zone_reaches_to_its_distance_inclusive():
    card = RateCard((100, 300), (Rate(1, 0), Rate(2, 0), Rate(3, 0)))

    assert [card.zone(km) for km in (0, 100, 100.1, 300, 9999)] == [0, 0, 1, 1, 2]
    assert card.rate(250).base_minor == 2


def test_the_default_card_never_gets_cheaper_with_distance():
    prices = [DEFAULT_RATE_CARD.rate(km).price_minor(2500) for km in range(0, 6000, 50)]

    assert prices == sorted(prices)
    assert len(set(prices)) == 8


@pytest.mark.parametrize(("distances", "rates"), [((10,), 1), ((20, 10), 3)])
def test_a_card_with_gaps_is_refused(distances, rates):
    with pytest.raises(ValueError, match="rate card"):
        RateCard(distances, (Rate(1, 1),) * rates)
