"""Which rule is for a line: of all that match, the most specific by a fixed precedence.

IBM Sterling Order Management, sourcing rules: a blank parameter matches anything, and in a conflict *seller > order
sourcing classification > item > item classification > region* decides. Here: channel > customer segment > variant >
category > country and region; the fulfilment method, which Sterling keeps apart, comes last. Rules that are equally
specific go by priority, then by id.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.routing.rules.values import RoutingRule
from domain.routing.values import Method


class Asker(NamedTuple):
    """Who wants something, from where, when; without a moment no rule is out of its time."""

    segment: str = ""
    country: str = ""
    region: str = ""
    now: datetime | None = None


class WantedLine(NamedTuple):
    """A line as rules look at it."""

    channel_id: UUID
    variant_id: UUID
    category: str
    method: Method


ANYBODY = Asker()


def choose(rules: Iterable[RoutingRule], line: WantedLine, asker: Asker) -> RoutingRule | None:
    return min((rule for rule in rules if matches(rule, line, asker)), key=precedence, default=None)


def matches(rule: RoutingRule, line: WantedLine, asker: Asker) -> bool:
    return (
        rule.channel_id in (None, line.channel_id)
        and rule.segment in ("", asker.segment)
        and rule.variant_id in (None, line.variant_id)
        and rule.category in ("", line.category)
        and rule.country in ("", asker.country)
        and rule.region in ("", asker.region)
        and rule.method in (None, line.method)
        and is_effective(rule, asker.now)
    )


def is_effective(rule: RoutingRule, now: datetime | None) -> bool:
    """From `effective_from` on, `effective_until` no more."""
    if now is None:
        return True
    return (rule.effective_from is None or rule.effective_from <= now) and (
        rule.effective_until is None or now < rule.effective_until
    )


def precedence(rule: RoutingRule) -> tuple[object, ...]:
    """Smaller goes first."""
    return (
        rule.channel_id is None,
        not rule.segment,
        rule.variant_id is None,
        not rule.category,
        not rule.region,
        not rule.country,
        rule.method is None,
        rule.priority,
        rule.id,
    )


def leading(rules: Sequence[RoutingRule | None]) -> RoutingRule | None:
    """Of the rules of an order's lines the one that decides about the order as a whole."""
    return min((rule for rule in rules if rule is not None), key=precedence, default=None)
