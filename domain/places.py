"""Countries, and the opening hours of a location as they are kept.

A calendar is a JSON object, times in the location's own time zone, 24 hours, the closing time exclusive:

    {"weekly": {"mon": [["09:00", "12:30"], ["13:30", "18:00"]], "sat": [["10:00", "24:00"]]},
     "exceptions": {"2026-12-24": [["09:00", "13:00"]], "2026-12-25": []}}

A weekday that is not named is closed; an exception replaces the hours of its date, an empty one closes it. Without
`weekly` (an empty calendar) the location is open at all hours.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

_COUNTRY_CODES: Final = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA "
    "CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA "
    "GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP "
    "KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS "
    "MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS "
    "RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW "
    "TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
COUNTRIES: Final = frozenset(_COUNTRY_CODES.split())
"""ISO 3166-1 alpha-2, the 249 codes assigned in November 2026."""

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_EXCEPTIONS: Final = 400
MAX_INTERVALS: Final = 6
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00", re.ASCII)

Wrong = tuple[str, str]
"""Where, below the calendar, and what is wrong with it."""


def wrong_in_calendar(calendar: Any) -> Iterator[Wrong]:
    """Everything that keeps a calendar, or what was given for one, from being understood."""
    if not isinstance(calendar, Mapping):
        yield "", "must be an object with `weekly` and `exceptions`"
        return
    for name in calendar.keys() - {"weekly", "exceptions"}:
        yield str(name), "is not part of a calendar; give `weekly` and `exceptions`"
    for part, is_day, kind in (("weekly", _is_weekday, "weekday (mon … sun)"), ("exceptions", _is_date, "date")):
        days = calendar.get(part, {})
        if not isinstance(days, Mapping) or len(days) > MAX_EXCEPTIONS:
            yield part, f"must be an object of at most {MAX_EXCEPTIONS} days"
            continue
        for day, intervals in days.items():
            if not is_day(day):
                yield f"{part}.{day}", f"is no {kind}"
            elif problem := _wrong_in_day(intervals):
                yield f"{part}.{day}", problem


def _wrong_in_day(intervals: Any) -> str | None:
    if not isinstance(intervals, Sequence) or isinstance(intervals, str) or len(intervals) > MAX_INTERVALS:
        return f"must be a list of at most {MAX_INTERVALS} pairs of times"
    earliest = "00:00"
    for pair in intervals:
        if not isinstance(pair, Sequence) or len(pair) != 2 or not all(_is_time(time) for time in pair):
            return 'must be a list of pairs of times like ["09:00", "17:30"]'
        opens, closes = pair
        if not earliest <= opens < closes:
            return "must be hours that follow each other and do not overlap"
        earliest = closes
    return None


def _is_time(text: Any) -> bool:
    return isinstance(text, str) and _TIME.fullmatch(text) is not None


def _is_weekday(text: str) -> bool:
    return text in WEEKDAYS


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except (ValueError, TypeError):
        return False
