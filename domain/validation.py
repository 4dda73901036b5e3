"""Checks of what clients send: every check notes what is wrong, so that all problems are told at once.

    checks = Checks()
    checks.text("name", command.name, longest=200)
    checks.currency("currency", command.currency)
    checks.refuse()            raises InvalidInput when anything was noted

`Checks.below("lines.2")` notes into the same list with a longer path. A check lets KEEP pass: nothing was given.
"""

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from enum import Enum
from functools import cache
from math import isfinite
from typing import Any, Final, Self, TypeVar
from zoneinfo import available_timezones

from domain.errors import InputProblem, InvalidInput
from domain.money import DIGITS, MAX_MINOR
from domain.places import COUNTRIES, wrong_in_calendar

T = TypeVar("T")
MAX_INT: Final = 2**31 - 1
MAX_JSON_CHARACTERS: Final = 16_384


class Keep(Enum):
    """Stands for a value that was not given: what is there stays, a new thing gets the default."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP

# Text columns hold neither NUL nor half of a surrogate pair.
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_CODE: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._/+#-]*[A-Za-z0-9._/+#-])?", re.ASCII)
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_EMAIL: Final = re.compile(r"[^\s@\"<>,;:]{1,64}@(?:[^\s@.\"<>,;:-][^\s@.\"<>,;:]*\.)+[^\s@.\"<>,;:]{2,63}")
_PHONE: Final = re.compile(r"\+?[0-9(][0-9 ()./-]{3,29}(?: ?(?:x|ext\.?) ?[0-9]{1,6})?", re.ASCII)


class Checks:
    def __init__(self, path: str = "", problems: list[InputProblem] | None = None) -> None:
        self._path = path
        self.problems: list[InputProblem] = [] if problems is None else problems

    def below(self, path: object) -> Self:
        """The same list of problems, for what lies under `path`."""
        return type(self)(f"{self._path}{path}.", self.problems)

    def beside(self, items: Iterable[T]) -> Iterator[tuple[T, Self]]:
        """Each item of a list with the checks for what lies under its position."""
        return ((item, self.below(at)) for at, item in enumerate(items))

    def note(self, path: str, code: str, message: str) -> None:
        self.problems.append(InputProblem((self._path + path).rstrip("."), code, message))

    def refuse(self) -> None:
        """Raise InvalidInput with everything noted so far, if anything was."""
        if self.problems:
            raise InvalidInput(self.problems)

    def text(self, path: str, value: Any, *, longest: int, is_required: bool = True) -> bool:
        """Whether it is fit to be checked further. Blank counts as missing; `longest` is in characters."""
        if value is KEEP or value is None or value == "":
            if is_required and value is not KEEP:
                self.note(path, "REQUIRED", "Must not be empty.")
            return False
        if _UNSTORABLE.search(value):
            self.note(path, "INVALID_CHARACTER", "Must not hold NUL characters or broken surrogates.")
        elif len(value) > longest:
            self.note(path, "TOO_LONG", f"Must have at most {longest} characters, not {len(value)}.")
        elif is_required and not value.strip():
            self.note(path, "REQUIRED", "Must not be blank.")
        else:
            return True
        return False

    def code(self, path: str, value: Any, *, longest: int = 64) -> None:
        """A code, SKU or number: what stands on labels and in files, without line breaks or outer blanks."""
        if self.text(path, value, longest=longest) and not _CODE.fullmatch(value):
            self.note(path, "INVALID_CODE", "Use letters, digits and . _ - / + #, with blanks only between them.")

    def currency(self, path: str, value: Any) -> None:
        if value is not KEEP and value not in DIGITS:
            self.note(path, "INVALID_CURRENCY", "Must be an ISO 4217 code in upper case, such as USD.")

    def country(self, path: str, value: Any) -> None:
        if value is not KEEP and value not in COUNTRIES:
            self.note(path, "INVALID_COUNTRY", "Must be an ISO 3166 code of two upper case letters, such as US.")

    def time_zone(self, path: str, value: Any) -> None:
        if value is not KEEP and value not in _time_zones():
            self.note(path, "INVALID_TIME_ZONE", "Must be an IANA time zone, such as America/Chicago.")

    def time_of_day(self, path: str, value: Any) -> None:
        if value is not KEEP and not _TIME.fullmatch(value):
            self.note(path, "INVALID_TIME", "Give a time of the day, such as 14:00.")

    def email(self, path: str, value: Any, *, is_required: bool = False) -> None:
        if self.text(path, value, longest=254, is_required=is_required) and not _EMAIL.fullmatch(value):
            self.note(path, "INVALID_EMAIL", "Must look like name@example.com.")

    def phone(self, path: str, value: Any, *, is_required: bool = False) -> None:
        if self.text(path, value, longest=32, is_required=is_required) and not _PHONE.fullmatch(value):
            self.note(
                path, "INVALID_PHONE", "Use digits, blanks, brackets and dashes, with + in front if international."
            )

    def number(self, path: str, value: Any, *, least: int = 0, most: int = MAX_INT) -> None:
        if isinstance(value, int) and not least <= value <= most:
            self.note(path, "OUT_OF_RANGE", f"Must be between {least} and {most}.")

    def amount(self, path: str, value: Any) -> None:
        """Minor units, not negative."""
        self.number(path, value, most=MAX_MINOR)

    def degrees(self, path: str, value: Any, *, most: int) -> None:
        if isinstance(value, float | int) and not (isfinite(value) and -most <= value <= most):
            self.note(path, "OUT_OF_RANGE", f"Must be between -{most} and {most} degrees.")

    def size(self, path: str, values: Any, *, most: int, least: int = 0) -> bool:
        """Whether a list is short enough to be looked at."""
        if values is not KEEP and not least <= len(values) <= most:
            self.note(path, "OUT_OF_RANGE", f"Give {least} to {most} of them, not {len(values)}.")
            return False
        return True

    def once(self, path: str, name: str, values: Iterable[Hashable]) -> None:
        """Each of `values` (of the list at `path`, by their field `name`) may appear once."""
        met: dict[Hashable, int] = {}
        for at, value in enumerate(values):
            if met.setdefault(value, at) != at:
                where = ".".join(part for part in (path, str(at), name) if part)
                self.note(where, "DUPLICATE", f"Is the same as at position {met[value]}.")

    def json(self, path: str, value: Any) -> None:
        """An object of plain values that the database can hold."""
        if value is KEEP:
            return
        if not isinstance(value, Mapping):
            self.note(path, "INVALID_JSON", "Must be an object.")
        elif len(str(value)) > MAX_JSON_CHARACTERS:
            self.note(path, "TOO_LONG", f"Must have at most {MAX_JSON_CHARACTERS} characters.")
        elif any(_UNSTORABLE.search(text) for text in _texts(value)):
            self.note(path, "INVALID_CHARACTER", "Must not hold NUL characters or broken surrogates.")

    def calendar(self, path: str, value: Any) -> None:
        if value is not KEEP:
            for where, message in wrong_in_calendar(value):
                self.note(f"{path}.{where}", "INVALID_CALENDAR", f"{where or 'A calendar'} {message}.")


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield str(name)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
