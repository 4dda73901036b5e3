"""A copy of an order follows its facts."""

from dataclasses import replace

import pytest

from domain.projection import (
    UNBORN,
    HoldSnapshot,
    LineSnapshot,
    MissedFact,
    RequestSnapshot,
    StockSnapshot,
    apply,
    apply_stock,
)

MUG, CUP, HERE, THERE, BOX = "mug", "cup", "here", "there", "box"
COUNTERS = {"on_hand": 9, "allocated": 2, "reserved": 1, "damaged": 0, "quality_control": 0}


def move(line, quantity, before, after, *, at=(None, None), to=(None, None)):
    """`at` and `to` are (location, fulfilment)."""
    return {
        "line": line,
        "quantity": quantity,
        "from": before,
        "to": after,
        "from_location": at[0],
        "to_location": to[0],
        "from_fulfilment": at[1],
        "to_fulfilment": to[1],
    }


def fact(version, status="scheduled", **details):
    return {"number": "SO-1", "version": version, "status": status, "lines": {}, "moves": [], **details}


PLACED = apply(
    UNBORN,
    fact(
        1,
        "partially_scheduled",
        confirmed=True,
        lines={MUG: "partially_scheduled"},
        moves=[move(MUG, 2, None, "scheduled", to=(HERE, None)), move(MUG, 1, None, "backordered")],
    ),
)


def test_the_first_fact_makes_the_order():
    assert PLACED.version == 1
    assert PLACED.number == "SO-1"
    assert PLACED.status == "partially_scheduled"
    assert PLACED.confirmed
    units = {("scheduled", HERE, None): 2, ("backordered", None, None): 1}
    assert PLACED.lines == {MUG: LineSnapshot("partially_scheduled", units)}


def test_units_go_where_the_fact_says_and_join_those_that_stand_there():
    moved = fact(2, lines={MUG: "scheduled"}, moves=[move(MUG, 1, "backordered", "scheduled", to=(HERE, None))])

    after = apply(PLACED, moved)

    assert after.lines == {MUG: LineSnapshot("scheduled", {("scheduled", HERE, None): 3})}
    assert PLACED.lines[MUG].units[("scheduled", HERE, None)] == 2


def test_a_line_that_the_fact_does_not_name_stays_as_it_is():
    both = apply(PLACED, fact(2, lines={CUP: "backordered"}, moves=[move(CUP, 1, None, "backordered")]))

    assert both.lines[MUG] == PLACED.lines[MUG]
    assert both.lines[CUP] == LineSnapshot("backordered", {("backordered", None, None): 1})


def test_a_fulfilment_has_the_word_of_the_last_fact_that_named_it():
    released = apply(PLACED, fact(2, fulfilments={BOX: "open"}))

    assert apply(apply(released, fact(3)), fact(4, fulfilments={BOX: "accepted"})).fulfilments == {BOX: "accepted"}


def test_a_resolved_hold_is_gone_and_the_others_stay():
    fraud = {"kind": "fraud", "status": "created", "line": None, "expires_at": None}
    credit = {**fraud, "kind": "credit"}
    held = apply(apply(PLACED, fact(2, holds={"f": fraud})), fact(3, holds={"c": credit}))

    after = apply(held, fact(4, holds={"f": {**fraud, "status": "resolved"}}))

    assert after.holds == {"c": HoldSnapshot(**credit)}


def test_a_cancellation_request_has_the_answer_of_the_last_fact():
    asked = {"line": MUG, "fulfilment": BOX, "quantity": 1, "status": "requested"}
    after = apply(
        apply(PLACED, fact(2, requests={"r": asked})), fact(3, requests={"r": {**asked, "status": "declined"}})
    )

    assert after.requests == {"r": RequestSnapshot(MUG, BOX, 1, "declined")}


def test_payment_words_and_confirmation_are_replaced_only_when_told():
    paid = apply(PLACED, fact(2, authorize_status="full", charge_status="partial"))

    assert (paid.authorize_status, paid.charge_status, paid.confirmed) == ("full", "partial", True)
    assert apply(paid, fact(3)) == replace(paid, version=3, status="scheduled")


def test_a_fact_heard_twice_changes_nothing():
    assert apply(PLACED, fact(1, "cancelled")) is PLACED


def test_news_without_a_version_change_nothing():
    assert apply(PLACED, {"number": "SO-1", "note": "n"}) is PLACED


def test_a_gap_is_noticed():
    with pytest.raises(MissedFact):
        apply(PLACED, fact(3))


def test_a_stock_fact_carries_the_whole_level():
    level = {"level": "l", "sku": "MUG", **COUNTERS, "safety": 1, "set_aside": 0, "available": 5, "version": 4}

    after = apply_stock(StockSnapshot(), level)

    assert after == StockSnapshot(version=4, counters=COUNTERS, safety=1, available=5)


def test_an_old_stock_fact_changes_nothing():
    level = {"level": "l", "sku": "MUG", **COUNTERS, "safety": 1, "set_aside": 0, "available": 5, "version": 4}
    now = apply_stock(StockSnapshot(), level)

    assert apply_stock(now, {**level, "on_hand": 0, "version": 3}) is now
