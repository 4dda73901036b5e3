"""Groups of buyers form a tree, and every buyer belongs to one way down it."""

from dataclasses import replace
from itertools import product
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.quotas.groups import QuotaGroup, entitled, problems

WEB, SHOP, APP = CHANNELS = tuple(UUID(int=number) for number in range(1, 4))
SEGMENTS = ("", "gold", "trade")
ONLINE = QuotaGroup(id=UUID(int=11), code="ONLINE", channel_ids=frozenset({WEB, APP}))
GOLD = QuotaGroup(
    id=UUID(int=12), code="GOLD", channel_ids=frozenset({WEB}), segment="gold", parent_id=ONLINE.id, depth=1
)


def codes(group: QuotaGroup, *others: QuotaGroup) -> list[tuple[str, str]]:
    return [(each.path, each.code) for each in problems(group, others)]


def test_a_buyer_may_use_the_narrowest_groups_units_and_those_of_the_groups_above_it() -> None:
    groups = [ONLINE, GOLD]

    assert entitled(groups, WEB, "gold") == (GOLD.id, ONLINE.id)
    assert entitled(groups, APP, "gold") == (ONLINE.id,)
    assert entitled(groups, WEB, "") == (ONLINE.id,)
    assert entitled(groups, SHOP, "gold") == ()


def test_a_group_that_is_closed_is_nobodys() -> None:
    closed = QuotaGroup(id=ONLINE.id, code="ONLINE", channel_ids=ONLINE.channel_ids, is_active=False)

    assert entitled([closed], WEB, "") == ()


def test_a_group_is_for_somebody() -> None:
    assert codes(QuotaGroup(id=UUID(int=13), code="ALL")) == [("channel_ids", "REQUIRED")]


def test_a_group_for_nobody_stands_alone_and_admits_nobody() -> None:
    nobody = QuotaGroup(id=UUID(int=13), code="NOBODY", is_for_nobody=True)
    named = replace(nobody, channel_ids=frozenset({WEB}))
    below = QuotaGroup(id=UUID(int=14), code="X", segment="gold", parent_id=nobody.id, depth=1)

    assert codes(nobody, ONLINE, GOLD) == []
    assert codes(ONLINE, nobody) == []
    assert entitled([nobody, ONLINE], WEB, "") == (ONLINE.id,)
    assert codes(named) == [("is_for_nobody", "NOT_ALONE")]
    assert codes(below, nobody) == [("parent_id", "NOT_WITHIN")]


def test_groups_beside_each_other_have_no_buyer_in_common() -> None:
    gold = QuotaGroup(id=UUID(int=13), code="GOLD", segment="gold")
    shop = QuotaGroup(id=UUID(int=14), code="SHOP", channel_ids=frozenset({SHOP}))

    assert codes(gold, ONLINE) == [("channel_ids", "OVERLAPS")]
    assert codes(shop, ONLINE, GOLD) == []


def test_a_part_is_for_some_of_its_parents_buyers() -> None:
    outside = QuotaGroup(id=UUID(int=13), code="X", channel_ids=frozenset({SHOP}), parent_id=ONLINE.id, depth=1)
    narrowed = QuotaGroup(id=ONLINE.id, code="ONLINE", channel_ids=frozenset({APP}))

    assert codes(outside, ONLINE) == [("parent_id", "NOT_WITHIN")]
    assert codes(narrowed, GOLD) == [("channel_ids", "NOT_WITHIN")]


def test_a_group_with_open_parts_stays_open() -> None:
    closed = QuotaGroup(id=ONLINE.id, code="ONLINE", channel_ids=ONLINE.channel_ids, is_active=False)

    assert codes(closed, GOLD) == [("is_active", "HAS_PARTS")]


def test_there_are_eight_levels() -> None:
    """Dynamics 365, inventory allocation: up to eight group levels."""
    deep = QuotaGroup(id=UUID(int=13), code="X", segment="gold", depth=8)

    assert codes(deep) == [("parent_id", "TOO_DEEP")]


wishes = st.lists(
    st.tuples(st.sets(st.sampled_from(CHANNELS)), st.sampled_from(SEGMENTS), st.integers(0, 8)), max_size=12
)


@given(wishes)
def test_the_groups_of_every_buyer_are_one_way_down_the_tree(wanted: list[tuple[set[UUID], str, int]]) -> None:
    groups: list[QuotaGroup] = []
    for at, (channels, segment, above) in enumerate(wanted):
        parent = groups[above] if above < len(groups) else None
        group = QuotaGroup(
            id=UUID(int=100 + at),
            code=str(at),
            channel_ids=frozenset(channels),
            segment=segment,
            parent_id=parent.id if parent else None,
            depth=parent.depth + 1 if parent else 0,
        )
        if not list(problems(group, groups)):
            groups.append(group)
    known = {group.id: group for group in groups}

    for channel, segment in product(CHANNELS, SEGMENTS):
        found = [known[key] for key in entitled(groups, channel, segment)]

        assert [group.parent_id for group in found] == [*(group.id for group in found[1:]), None][: len(found)]
