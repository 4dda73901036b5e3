"""Numbers on parcels: the serial shipping container code that every carrier and trading partner can read."""

from typing import Final

SSCC_DIGITS: Final = 18


def container_code(company_prefix: str, serial: int, *, extension: int = 0) -> str:
    """An SSCC: extension digit, GS1 company prefix (4 to 12 digits), serial number, check digit.

    Raises ValueError when the serial no longer fits: the caller then changes the extension digit.
    """
    room = SSCC_DIGITS - 2 - len(company_prefix)
    digits = f"{extension}{company_prefix}{serial:0{room}d}"
    if not 4 <= len(company_prefix) <= 12 or len(digits) != SSCC_DIGITS - 1 or not digits.isdecimal():
        raise ValueError(f"{extension}, {company_prefix!r}, {serial} make no container code")
    return f"{digits}{check_digit(digits)}"


def container_code_of(company_prefix: str, serial: int) -> str:
    """The code of the parcel with this number of ours: what does not fit into the serial goes on in the extension digit.

    After ten times as many parcels as the prefix has room for it begins anew; GS1 asks for a year in between.
    """
    room: int = 10 ** (SSCC_DIGITS - 2 - len(company_prefix))
    return container_code(company_prefix, serial % room, extension=serial // room % 10)


def check_digit(digits: str) -> int:
    """From the right, digits count three times and once in turn; the check digit fills up to a multiple of ten.

    GS1 General Specifications, section 7.9 "Check digit calculation".
    """
    return -sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(digits))) % 10
