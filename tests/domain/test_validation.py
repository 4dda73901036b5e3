"""What a text, a code or a number must be like to be taken in."""

import pytest

from domain.errors import InvalidInput
from domain.places import COUNTRIES, wrong_in_calendar
from domain.validation import KEEP, Checks


def noted(check: str, *values, **options) -> list[str]:
    checks = Checks()
    getattr(checks, check)("field", *values, **options)
    return [problem.code for problem in checks.problems]


@pytest.mark.parametrize("value", ["plain", "日本 😀", "x" * 10, KEEP])
def test_a_text_within_its_length_is_fine(value):
    assert noted("text", value, longest=10) == []


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "REQUIRED"),
        (None, "REQUIRED"),
        ("   ", "REQUIRED"),
        ("x" * 11, "TOO_LONG"),
        ("a\x00b", "INVALID_CHARACTER"),
        ("\ud800", "INVALID_CHARACTER"),
    ],
)
def test_a_text_the_database_could_not_hold_is_noted(value, code):
    assert noted("text", value, longest=10) == [code]


@pytest.mark.parametrize("value", ["SKU-1", "A", "FUR-BO-10001798", "10/4 x", "a_b.c#1+2"])
def test_a_sku_may_hold_what_labels_hold(value):
    assert noted("code", value) == []


@pytest.mark.parametrize("value", [" A", "A ", "A\n", "A\tB", "Ä", "-A"])
def test_a_sku_with_outer_blanks_or_line_breaks_is_noted(value):
    assert noted("code", value) == ["INVALID_CODE"]


@pytest.mark.parametrize("value", ["a@b.co", "ann.o'neil+shop@mail.example.com", "jürgen@müller.de", "", None, KEEP])
def test_an_email_address_is_fine(value):
    assert noted("email", value) == []


@pytest.mark.parametrize("value", ["a", "a@b", "a b@c.de", "a@@b.de", "@b.de", "a@.de", "a@b.de,c@d.de", "<a@b.de>"])
def test_what_is_no_email_address_is_noted(value):
    assert noted("email", value) == ["INVALID_EMAIL"]


@pytest.mark.parametrize("value", ["+1 (617) 555-0100", "617.555.0100", "555-0100 x42", "+49 30 1234567"])
def test_a_phone_number_is_fine(value):
    assert noted("phone", value) == []


@pytest.mark.parametrize("value", ["12", "phone me", "+1 617 555-0100; rm", "++1234567"])
def test_what_is_no_phone_number_is_noted(value):
    assert noted("phone", value) == ["INVALID_PHONE"]


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        ("currency", "USD", "usd"),
        ("currency", "JPY", "XXX"),
        ("country", "DE", "UK"),
        ("country", "US", "us"),
        ("time_zone", "America/Chicago", "Chicago"),
        ("time_zone", "UTC", "../../etc/passwd"),
    ],
)
def test_codes_of_the_world_are_checked_against_their_lists(check, good, bad):
    assert noted(check, good) == []
    assert noted(check, bad) == [f"INVALID_{check.upper()}"]


def test_a_number_keeps_to_its_bounds():
    assert noted("number", 5, least=5, most=6) == []
    assert noted("number", 4, least=5, most=6) == ["OUT_OF_RANGE"]
    assert noted("degrees", float("nan"), most=90) == ["OUT_OF_RANGE"]
    assert noted("degrees", 90.1, most=90) == ["OUT_OF_RANGE"]


def test_json_may_hold_no_nul_anywhere_and_not_be_too_large():
    assert noted("json", {"a": [{"b": "c"}]}) == []
    assert noted("json", {"a": [{"b\x00": "c"}]}) == ["INVALID_CHARACTER"]
    assert noted("json", {"a": "x" * 20_000}) == ["TOO_LONG"]
    assert noted("json", ["a"]) == ["INVALID_JSON"]


def test_a_list_names_the_later_of_two_equal_things():
    checks = Checks()

    checks.once("lines", "sku", ["A", "B", "A"])

    assert [(problem.path, problem.code) for problem in checks.problems] == [("lines.2.sku", "DUPLICATE")]


def test_all_problems_are_refused_together_with_their_paths():
    checks = Checks()
    for item, below in checks.below("lines").beside(["", "ok", "x" * 99]):
        below.text("sku", item, longest=64)
    checks.currency("currency", "??")

    with pytest.raises(InvalidInput) as refused:
        checks.refuse()

    assert [(problem.path, problem.code) for problem in refused.value.problems] == [
        ("lines.0.sku", "REQUIRED"),
        ("lines.2.sku", "TOO_LONG"),
        ("currency", "INVALID_CURRENCY"),
    ]


def test_there_are_249_countries():
    assert len(COUNTRIES) == 249


@pytest.mark.parametrize(
    "calendar",
    [
        {},
        {"weekly": {}},
        {"weekly": {"mon": [["09:00", "12:30"], ["13:30", "24:00"]], "sun": []}},
        {"exceptions": {"2026-12-25": [], "2028-02-29": [["10:00", "11:00"]]}},
    ],
)
def test_a_calendar_of_opening_hours_is_understood(calendar):
    assert list(wrong_in_calendar(calendar)) == []


@pytest.mark.parametrize(
    ("calendar", "where"),
    [
        ({"weeky": {}}, "weeky"),
        ({"weekly": []}, "weekly"),
        ({"weekly": {"monday": []}}, "weekly.monday"),
        ({"weekly": {"mon": "09:00-12:00"}}, "weekly.mon"),
        ({"weekly": {"mon": [["09:00"]]}}, "weekly.mon"),
        ({"weekly": {"mon": [["9:00", "12:00"]]}}, "weekly.mon"),
        ({"weekly": {"mon": [["12:00", "09:00"]]}}, "weekly.mon"),
        ({"weekly": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}}, "weekly.mon"),
        ({"exceptions": {"2026-02-29": []}}, "exceptions.2026-02-29"),
        ({"exceptions": {"20261224": []}}, "exceptions.20261224"),
        ("mon 09:00-12:00", ""),
        ([], ""),
    ],
)
def test_a_calendar_that_means_nothing_is_refused_with_its_place(calendar, where):
    assert [found for found, _ in wrong_in_calendar(calendar)] == [where]
