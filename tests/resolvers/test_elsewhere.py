"""A location does not read orders that it has nothing to do with, and misses none that comes to it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.facts import FactKind
from domain.ids import new_id
from domain.permissions import Role
from domain.viewer import AUDIENCE_OF, Viewer
from realtime.facts import RecordedFact
from resolvers import elsewhere
from resolvers.elsewhere import Elsewhere

HERE, THERE, FAR, ORDER = new_id(), new_id(), new_id(), new_id()


def viewer(role: Role = Role.STORE_ASSOCIATE, *locations: UUID) -> Viewer:
    return Viewer(
        audience=AUDIENCE_OF[role],
        principal="staff:test",
        organization_id=new_id(),
        permissions=frozenset(),
        location_ids=locations or (HERE,),
        role=role,
    )


def fact(kind: FactKind, *moves: tuple[UUID | None, UUID | None], **columns: Any) -> RecordedFact:
    told = [
        {"from_location": start and str(start), "to_location": end and str(end), "line": "l", "quantity": 1}
        for start, end in moves
    ]
    ids = dict.fromkeys(("fulfilment_id", "location_id", "variant_id", "customer_id", "channel_id"))
    values = {"seq": 1, "organization_id": new_id(), "order_id": ORDER, "actor": "", "recorded_at": datetime.now(UTC)}
    return RecordedFact(kind=kind, payload={"moves": told}, **values | ids | columns)


NOTED = fact(FactKind.NOTE_ADDED)


def test_an_order_placed_elsewhere_is_never_read_until_it_comes() -> None:
    known = Elsewhere()

    assert known.has(viewer(), fact(FactKind.ORDER_PLACED, (None, THERE), (None, FAR)))
    assert known.has(viewer(), NOTED)
    assert known.has(viewer(), fact(FactKind.UNITS_SCHEDULED, (THERE, FAR)))
    assert not known.has(viewer(), fact(FactKind.UNITS_SCHEDULED, (FAR, HERE)))
    assert not known.has(viewer(), NOTED)


def test_an_order_that_leaves_is_told_once_more() -> None:
    assert not Elsewhere().has(viewer(), fact(FactKind.FULFILMENT_DECLINED, (HERE, THERE)))


def test_work_that_is_named_counts_without_moves() -> None:
    known = Elsewhere()
    known.remember(NOTED)

    assert not known.has(viewer(), fact(FactKind.FULFILMENT_ACCEPTED, location_id=HERE))


def test_what_is_not_known_is_read_once() -> None:
    known = Elsewhere()

    assert not known.has(viewer(), NOTED)
    known.remember(NOTED)

    assert known.has(viewer(), NOTED)


def test_other_locations_are_another_matter() -> None:
    known = Elsewhere()
    assert known.has(viewer(), fact(FactKind.ORDER_PLACED, (None, THERE)))

    assert not known.has(viewer(Role.STORE_ASSOCIATE, HERE, THERE), NOTED)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AGENT, Role.PARTNER, Role.CUSTOMER])
def test_whoever_sees_orders_by_other_rules_reads_them(role: Role) -> None:
    assert not Elsewhere().has(viewer(role), fact(FactKind.ORDER_PLACED, (None, THERE)))


def test_memory_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elsewhere, "MOST_REMEMBERED", 2)
    known, others = Elsewhere(), [replace(NOTED, order_id=new_id()) for _ in range(3)]
    for other in others:
        known.has(viewer(), other)
        known.remember(other)

    assert [known.has(viewer(), other) for other in others] == [False, True, True]
