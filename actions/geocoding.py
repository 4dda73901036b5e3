"""Where a postal address is on the map, found offline: US postal codes only, to the middle of their area."""

from dataclasses import replace
from functools import lru_cache
from typing import Any, Final, TypeVar

import zipcodes

from domain.geography import Coordinates
from domain.placing.commands import Address, PlaceOrder, ReserveCart

Placed = TypeVar("Placed", Address, ReserveCart)

MAX_REMEMBERED: Final = 50_000
US_CODE_CHARACTERS: Final = 5


@lru_cache(maxsize=MAX_REMEMBERED)
def locate(country: str, postal_code: str) -> Coordinates | None:
    """None for what is not known. ZIP+4 counts as its first five digits; a missing leading zero is put back."""
    digits = postal_code.strip().partition("-")[0]
    if country != "US" or not (digits.isascii() and digits.isdigit() and 3 <= len(digits) <= US_CODE_CHARACTERS):
        return None
    for found in zipcodes.matching(digits.zfill(US_CODE_CHARACTERS)):  # type: ignore[no-untyped-call] # the library has no types
        return Coordinates(float(found["lat"]), float(found["long"]))
    return None


def located(place: Placed) -> Placed:
    """With the position of its postal code, unless it gives one; as it was where that is not known."""
    if place.latitude is not None or place.longitude is not None:
        return place
    found = locate(place.country, place.postal_code)
    return replace(place, latitude=found.latitude, longitude=found.longitude) if found else place


def located_order(command: PlaceOrder) -> PlaceOrder:
    """With its goods going to where `located` finds the address."""
    address = command.shipping_address
    found = located(address) if address else address
    return command if found is address else replace(command, shipping_address=found)


def all_places() -> list[dict[str, Any]]:
    """Every US postal code with its `city`, `state`, `lat` and `long`."""
    found: list[dict[str, Any]] = zipcodes.list_all()  # type: ignore[no-untyped-call] # the library has no types
    return found
