"""Container codes are those of GS1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.parcels import check_digit, container_code, container_code_of


def test_the_check_digit_of_the_specification():
    """GS1 General Specifications 7.9, worked example for 18 digits: 37610425002123456 has the check digit 9."""
    assert check_digit("37610425002123456") == 9


def test_a_container_code_is_extension_prefix_serial_and_check_digit():
    assert container_code("7610425", 2123456, extension=3) == "376104250021234569"


@given(st.integers(0, 10**9 - 1), st.integers(0, 9), st.integers(0, 17), st.integers(1, 9))
def test_one_misread_digit_is_always_noticed(serial, extension, position, error):
    code = container_code("7610425", serial, extension=extension)

    misread = f"{code[:position]}{(int(code[position]) + error) % 10}{code[position + 1 :]}"

    assert check_digit(code[:-1]) == int(code[-1])
    assert check_digit(misread[:-1]) != int(misread[-1])


@pytest.mark.parametrize(("prefix", "serial"), [("761", 1), ("7610425", 10**9), ("76x0425", 1)])
def test_a_code_that_cannot_be_made_is_a_bug(prefix, serial):
    with pytest.raises(ValueError, match="no container code"):
        container_code(prefix, serial)


def test_what_the_serial_has_no_room_for_goes_on_in_the_extension_digit():
    codes = [container_code_of("061414100000", serial) for serial in (7, 10_007, 100_007)]

    assert [(code[0], code[13:17]) for code in codes] == [("0", "0007"), ("1", "0007"), ("0", "0007")]
