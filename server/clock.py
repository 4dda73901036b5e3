"""The one clock of a process: rules and actions are told the time, and only this module asks for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


def _system_time() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells the time in UTC; `read` is replaced to fix or shift it."""

    read: Callable[[], datetime] = _system_time

    def now(self) -> datetime:
        return self.read()


SYSTEM_CLOCK = Clock()


def fixed(moment: datetime) -> Clock:
    return Clock(lambda: moment)


def shifted(by: timedelta) -> Clock:
    return Clock(lambda: _system_time() + by)


def parse_clock(text: str) -> Clock:
    """`""` is the system's clock, `+3600` or `-60` shifts it by seconds, an ISO 8601 time with a zone stops it there.

    Raises ValueError with a sentence that says what is wrong.
    """
    if not text:
        return SYSTEM_CLOCK
    if text[0] in "+-":
        try:
            return shifted(timedelta(seconds=float(text)))
        except (ValueError, OverflowError):
            raise ValueError(f"{text!r} is not a number of seconds") from None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither a shift like +3600 nor a time like 2026-01-01T00:00:00Z") from None
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone; end it with Z for UTC")
    return fixed(moment.astimezone(UTC))
