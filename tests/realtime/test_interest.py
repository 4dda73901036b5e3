"""An interest means the same for one fact, for a directory and for a query."""

import itertools
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from realtime.facts import RecordedFact
from realtime.interest import Directory, Interest

IDS = [uuid.UUID(int=number) for number in range(1, 4)]
some_id = st.sampled_from(IDS)
ids = st.none() | st.frozensets(some_id, max_size=2)
interests = st.builds(
    Interest,
    organization_id=some_id,
    is_of_order=st.booleans(),
    kinds=st.none() | st.frozensets(st.sampled_from(["sold", "moved"])),
    order_ids=ids,
    variant_ids=ids,
    customer_ids=ids,
    location_ids=ids,
    channel_ids=ids,
)
maybe_id = st.none() | some_id
facts = st.builds(
    RecordedFact,
    seq=st.just(1),
    organization_id=some_id,
    kind=st.sampled_from(["sold", "moved"]),
    order_id=maybe_id,
    fulfilment_id=maybe_id,
    location_id=maybe_id,
    variant_id=maybe_id,
    customer_id=maybe_id,
    channel_id=maybe_id,
    payload=st.just({}),
    actor=st.just("tester"),
    recorded_at=st.just(datetime(2026, 1, 1, tzinfo=UTC)),
)


@dataclass(frozen=True)
class Listener:
    interest: Interest
    number: int


@given(st.lists(interests, max_size=8), facts)
def test_a_directory_finds_each_interested_listener_once_and_nobody_else(wanted, fact):
    directory: Directory[Listener] = Directory()
    listeners = [Listener(interest, number) for number, interest in enumerate(wanted)]
    for listener in listeners:
        directory.add(listener)

    found = list(directory.interested_in(fact))

    assert sorted(found, key=lambda one: one.number) == [one for one in listeners if one.interest.includes(fact)]


@given(st.lists(interests, max_size=8), facts)
def test_a_directory_forgets_who_left(wanted, fact):
    directory: Directory[Listener] = Directory()
    listeners = [Listener(interest, number) for number, interest in enumerate(wanted)]
    for listener in itertools.chain(listeners, listeners[:1]):
        directory.add(listener)

    for listener in listeners:
        directory.remove(listener)

    assert list(directory.interested_in(fact)) == []
    assert len(directory) == 0
    assert directory._places == {}
