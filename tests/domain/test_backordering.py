"""How many units may wait, and for how long."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BackorderLimitExceeded
from domain.placing.backordering import Terms, Wait, Waiting, let_wait, wait_of

MUG, LAMP = UUID(int=1), UUID(int=2)
WEB, SHOP = UUID(int=3), UUID(int=4)
NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)


def test_what_waits_already_counts_and_so_do_two_lines_of_one_variant():
    terms = {MUG: Terms(limit_units=10, waiting=7)}

    with pytest.raises(BackorderLimitExceeded) as refused:
        let_wait([Waiting(MUG, "MUG", 2), Waiting(MUG, "MUG", 2), Waiting(LAMP, "LAMP", 99)], terms, WEB)

    assert refused.value.left == {"MUG": 3}
    assert terms[MUG].waiting == 7


def test_a_limit_that_was_lowered_below_what_waits_leaves_nothing():
    assert Terms(limit_units=3, waiting=5).left == 0


def test_without_a_limit_any_number_may_wait():
    let_wait([Waiting(MUG, "MUG", 10**6)], {MUG: Terms()}, WEB)


@given(st.integers(0, 50), st.lists(st.integers(1, 20), max_size=20))
def test_never_more_wait_than_the_limit_and_nobody_is_refused_who_fits(limit, orders):
    terms = {MUG: Terms(limit_units=limit)}
    let = 0
    for units in orders:
        try:
            let_wait([Waiting(MUG, "MUG", units)], terms, WEB)
        except BackorderLimitExceeded:
            assert let + units > limit
        else:
            let += units

    assert terms[MUG].waiting == let <= limit


@given(
    st.integers(0, 50),
    st.dictionaries(st.sampled_from([WEB, SHOP]), st.integers(0, 30)),
    st.lists(st.tuples(st.sampled_from([WEB, SHOP]), st.integers(1, 20)), max_size=20),
)
def test_never_more_wait_than_the_limit_of_all_and_of_each_channel(limit, of_channels, orders):
    own = {channel: Terms(limit_units=most) for channel, most in of_channels.items()}
    terms = {MUG: Terms(limit_units=limit, own=own)}
    let = {WEB: 0, SHOP: 0}
    for channel, units in orders:
        left = min(limit - sum(let.values()), of_channels.get(channel, limit) - let[channel])
        try:
            let_wait([Waiting(MUG, "MUG", units)], terms, channel)
        except BackorderLimitExceeded as refusal:
            assert units > left
            assert refusal.left == {"MUG": left}
        else:
            assert units <= left
            let[channel] += units

    assert terms[MUG].waiting == sum(let.values())
    assert {channel: each.waiting for channel, each in own.items()} == {channel: let[channel] for channel in own}


def test_a_launch_in_a_channel_holds_there_and_the_variants_elsewhere():
    terms = Terms(launches_at=NOW + timedelta(days=3), is_launched=False)
    terms.own = {WEB: Terms(launches_at=NOW, is_launched=True), SHOP: Terms(limit_units=1)}

    assert terms.launch(WEB).is_launched
    assert not terms.launch(SHOP).is_launched
    assert terms.launch(UUID(int=9)) is terms


def test_a_pre_orders_days_begin_with_its_launch():
    """Dynamics 365: held until the launch date, then like a backorder with its days until it is cancelled."""
    launch = NOW + timedelta(days=30)
    terms = Terms(launches_at=launch, ships_by=date(2026, 12, 5), is_launched=False)

    assert wait_of(NOW, terms, 14) == Wait(NOW, launch + timedelta(days=14), launch, date(2026, 12, 5))
    assert wait_of(NOW, terms, None) == Wait(NOW, None, launch, date(2026, 12, 5))


def test_after_the_launch_it_is_a_product_like_any_other():
    """Spree: once the date has passed."""
    terms = Terms(launches_at=NOW - timedelta(days=1), ships_by=date(2026, 12, 5), is_launched=True)

    assert wait_of(NOW, terms, 14) == Wait(NOW, NOW + timedelta(days=14), None, None)
    assert wait_of(NOW, terms, None) is None
