"""What stands on the papers of a location: labels, packing slips and pick lists, as plain values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MOST_LINES: Final = 1_000
"""Lines of one paper at most; what is longer is not printed."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An address as it is printed, line by line."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingLabel:
    number: str
    sender: Place
    recipient: Place
    carrier: str
    service: str
    tracking_number: str
    weight_grams: int
    container_code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperLine:
    sku: str
    name: str
    barcode: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PackingSlip:
    fulfilment_number: str
    order_number: str
    ordered_on: str
    sender: Place
    recipient: Place
    lines: tuple[PaperLine, ...]
    parcels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PickList:
    number: str
    location: str
    lines: tuple[PaperLine, ...]
    """Sorted as they are walked along."""

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)


def place_of(address: Mapping[str, str]) -> Place:
    """City, region and postal code on one line, as in the US; what is empty is left out."""
    town = ", ".join(part for part in (address["city"], address["region"]) if part)
    last = " ".join(part for part in (town, address["postal_code"]) if part)
    lines = (address["name"], address["line1"], address["line2"], last, address["country"])
    return Place(lines=tuple(printable(line) for line in lines if line.strip()))


def printable(text: str) -> str:
    """Without control characters, which printers take for commands."""
    return _CONTROL.sub(" ", text)


def read_aloud(container_code: str) -> str:
    """As it stands below the bars: the application identifier in brackets (GS1 General Specifications, section 4.14)."""
    return f"(00) {container_code}"
