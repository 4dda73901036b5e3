"""Copies of an order or a stock level kept up to date by facts alone: a snapshot and the facts after it give a fresh read.

Everything here is plain JSON data, ids as text, so a client in any language can do the same. What a payload may carry:

    version, status      of the order, after the fact; versions of one order have no gaps
    lines                the words of the lines that changed: {line: status}
    moves                units that went from one place to another; `from` is null for units of a new line, and
                         `to_line`, if there, is the line that they went to
    confirmed            whether the order is
    holds                {hold: {kind, status, line, expires_at}} for each hold that changed
    requests             {cancellation request: {line, fulfilment, quantity, status}} likewise
    questions            {pickup question: {line, quantity, status, expires_at}} likewise
    fulfilments          {fulfilment: status} likewise
    substitutions        {substitution: {line, sku, quantity, unit_price_minor, status, expires_at, new_line, kit,
                         new_kit}} likewise
    waits                {line: {cancels_at, launches_at, ships_by}} likewise
    authorize_status, charge_status

A fact without a version says something about the order but changes nothing in it: a private note, a parcel's news.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from domain.holds import HoldStatus
from domain.payments import AuthorizeStatus, ChargeStatus
from domain.stock import COUNTERS

Standing = tuple[str, str | None, str | None]
"""Status, location and fulfilment of units."""

Payload = Mapping[str, Any]


class MissedFact(ValueError):
    """A fact before this one never arrived: read the order anew."""


@dataclass(frozen=True, slots=True)
class LineSnapshot:
    status: str
    units: Mapping[Standing, int]


@dataclass(frozen=True, slots=True)
class HoldSnapshot:
    """A hold that is not resolved."""

    kind: str
    status: str
    line: str | None
    expires_at: str | None


@dataclass(frozen=True, slots=True)
class RequestSnapshot:
    line: str
    fulfilment: str
    quantity: int
    status: str


@dataclass(frozen=True, slots=True)
class WaitSnapshot:
    """Until when a line's units may wait for stock, and for which launch."""

    cancels_at: str | None
    launches_at: str | None
    ships_by: str | None


@dataclass(frozen=True, slots=True)
class QuestionSnapshot:
    """What the customer is asked, or was, about units that they cannot collect."""

    line: str
    quantity: int
    status: str
    expires_at: str


@dataclass(frozen=True, slots=True)
class SubstitutionSnapshot:
    line: str
    sku: str
    quantity: int
    unit_price_minor: int
    status: str
    expires_at: str | None
    new_line: str | None
    kit: str | None = None
    new_kit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSnapshot:
    """An order as far as facts change it; `version` 0 is the order that nobody has made yet."""

    number: str = ""
    version: int = 0
    status: str = ""
    confirmed: bool = False
    authorize_status: str = AuthorizeStatus.NONE.value
    charge_status: str = ChargeStatus.NONE.value
    lines: Mapping[str, LineSnapshot] = field(default_factory=dict)
    holds: Mapping[str, HoldSnapshot] = field(default_factory=dict)
    requests: Mapping[str, RequestSnapshot] = field(default_factory=dict)
    questions: Mapping[str, QuestionSnapshot] = field(default_factory=dict)
    fulfilments: Mapping[str, str] = field(default_factory=dict)
    waits: Mapping[str, WaitSnapshot] = field(default_factory=dict)
    substitutions: Mapping[str, SubstitutionSnapshot] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockSnapshot:
    """The counters of one variant at one location; `version` 0 is a level that nobody has opened yet."""

    version: int = 0
    counters: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTERS, 0))
    safety: int = 0
    set_aside: int = 0
    available: int = 0


UNBORN: Final = OrderSnapshot()


def apply(snapshot: OrderSnapshot, payload: Payload) -> OrderSnapshot:
    """The order after the fact. One that the snapshot contains already changes nothing.

    Raises MissedFact when versions are missing in between.
    """
    version = payload.get("version")
    if version is None or version <= snapshot.version:
        return snapshot
    if version != snapshot.version + 1:
        raise MissedFact(f"version {version} after {snapshot.version}")
    lines = _moved(snapshot.lines, payload.get("moves", ()))
    words = payload.get("lines", {})
    return replace(
        snapshot,
        version=version,
        status=payload["status"],
        lines={line: replace(seen, status=words.get(line, seen.status)) for line, seen in lines.items()},
        holds=_held(snapshot.holds, payload.get("holds", {})),
        requests={**snapshot.requests, **_asked(payload.get("requests", {}))},
        questions={**snapshot.questions, **_questioned(payload.get("questions", {}))},
        fulfilments={**snapshot.fulfilments, **payload.get("fulfilments", {})},
        waits={**snapshot.waits, **{line: WaitSnapshot(**told) for line, told in payload.get("waits", {}).items()}},
        substitutions={**snapshot.substitutions, **_instead(payload.get("substitutions", {}))},
        **{name: payload[name] for name in REPLACED if name in payload},
    )


REPLACED: Final = ("number", "confirmed", "authorize_status", "charge_status")


def apply_stock(snapshot: StockSnapshot, payload: Payload) -> StockSnapshot:
    """The level after a STOCK_CHANGED fact, which carries all of it: facts may be skipped, and old ones change nothing."""
    if payload["version"] <= snapshot.version:
        return snapshot
    return StockSnapshot(
        version=payload["version"],
        counters={name: payload[name] for name in COUNTERS},
        safety=payload["safety"],
        set_aside=payload["set_aside"],
        available=payload["available"],
    )


def _moved(lines: Mapping[str, LineSnapshot], moves: Any) -> dict[str, LineSnapshot]:
    standing = {line: dict(seen.units) for line, seen in lines.items()}
    for move in moves:
        units = standing.setdefault(move["line"], {})
        target = standing.setdefault(move.get("to_line", move["line"]), {})
        after = (move["to"], move["to_location"], move["to_fulfilment"])
        if move["from"] is not None:
            before = (move["from"], move["from_location"], move["from_fulfilment"])
            units[before] = units.get(before, 0) - move["quantity"]
            if not units[before]:
                del units[before]
        target[after] = target.get(after, 0) + move["quantity"]
    old = LineSnapshot("", {})
    return {line: replace(lines.get(line, old), units=units) for line, units in standing.items()}


def _held(holds: Mapping[str, HoldSnapshot], changed: Mapping[str, Payload]) -> dict[str, HoldSnapshot]:
    known = {**holds, **{key: HoldSnapshot(**told) for key, told in changed.items()}}
    return {key: hold for key, hold in known.items() if hold.status != HoldStatus.RESOLVED}


def _asked(changed: Mapping[str, Payload]) -> dict[str, RequestSnapshot]:
    return {key: RequestSnapshot(**told) for key, told in changed.items()}


def _questioned(changed: Mapping[str, Payload]) -> dict[str, QuestionSnapshot]:
    return {key: QuestionSnapshot(**told) for key, told in changed.items()}


def _instead(changed: Mapping[str, Payload]) -> dict[str, SubstitutionSnapshot]:
    return {key: SubstitutionSnapshot(**told) for key, told in changed.items()}
