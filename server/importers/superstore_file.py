"""Read a superstore CSV file: check every row, group the rows into orders, round the sales to cents.

Sales have up to four decimals. A line's cents are the difference between the rounded running totals before and after it,
in file order over the accepted rows: no line is off by more than a cent, and the lines sum to the rounded sum of the file.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from typing import Final

COLUMNS: Final = (
    "Row ID",
    "Order ID",
    "Order Date",
    "Ship Date",
    "Ship Mode",
    "Customer ID",
    "Customer Name",
    "Segment",
    "Country",
    "City",
    "State",
    "Postal Code",
    "Region",
    "Product ID",
    "Category",
    "Sub-Category",
    "Product Name",
    "Sales",
    "Quantity",
    "Discount",
)
COUNTRIES: Final = {"United States": "US"}
REGIONS: Final = ("Central", "East", "South", "West")
MAX_QUANTITY: Final = 99_999
MAX_SALES: Final = Decimal(10_000_000)
SHOWN: Final = 20
"""Wrong rows that a message lists; the reject file has them all."""


@dataclass(frozen=True, slots=True)
class Reject:
    line: int
    order: str
    reason: str


class BrokenFile(Exception):
    """The file cannot be imported as it is; the message says which rows are wrong and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row. `sales` is the price of the whole line after discount; `sales_minor` is set when all rows are known."""

    number: int
    product: str
    name: str
    category: str
    sales: Decimal
    quantity: int
    discount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOrder:
    """What every row of an order says alike."""

    id: str
    ordered: date
    shipped: date
    mode: str
    customer: str
    customer_name: str
    segment: str
    country: str
    city: str
    state: str
    postal_code: str
    region: str


@dataclass(frozen=True, slots=True)
class Order:
    head: FileOrder
    lines: tuple[Line, ...]
    sales_minor: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    orders: tuple[Order, ...]
    rejects: tuple[Reject, ...]

    @property
    def sales_minor(self) -> int:
        return sum(sum(order.sales_minor) for order in self.orders)

    @property
    def quantity(self) -> int:
        return sum(line.quantity for order in self.orders for line in order.lines)

    @property
    def lines(self) -> int:
        return sum(len(order.lines) for order in self.orders)


def read(path: Path) -> Contents:
    """Raises BrokenFile when it is no such file at all; single wrong rows are in `rejects`, with their whole orders."""
    rows, rejects = [], []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, row in _records(csv.reader(file, strict=True)):
                try:
                    rows.append((_head(row), _line(number, row)))
                except ValueError as wrong:
                    rejects.append(Reject(number, row.get("Order ID", ""), str(wrong)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BrokenFile(f"{path} cannot be read: {error}.") from None
    rejects += _contradictions(rows)
    left_out = {reject.order for reject in rejects}
    accepted = [(head, line) for head, line in rows if head.id not in left_out]
    return Contents(_orders(accepted), tuple(sorted(rejects, key=lambda reject: reject.line)))


def refuse(path: Path, rejects: Sequence[Reject], reject_file: Path) -> BrokenFile:
    """The refusal that lists the first wrong rows."""
    listed = "\n".join(f"  line {reject.line}: {reject.reason}" for reject in rejects[:SHOWN])
    more = f"\n  and {len(rejects) - SHOWN} more" if len(rejects) > SHOWN else ""
    return BrokenFile(
        f"{path} has {len(rejects)} wrong rows, so nothing was imported:\n{listed}{more}\n"
        f"All of them are in {reject_file}. Correct the file, or leave their orders out with --skip-bad."
    )


def write_rejects(rejects: Iterable[Reject], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("line", "order", "reason"))
        writer.writerows((reject.line, reject.order, reject.reason) for reject in rejects)


def _records(reader: Iterator[list[str]]) -> Iterator[tuple[int, dict[str, str]]]:
    header = next(reader, [])
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise BrokenFile(f"This is no superstore file: the header lacks {', '.join(missing)}.")
    for number, values in enumerate(reader, 2):
        if values:
            yield number, dict(zip(header, values, strict=False))


def _head(row: dict[str, str]) -> FileOrder:
    ordered, shipped = _date(row, "Order Date"), _date(row, "Ship Date")
    if shipped < ordered:
        raise ValueError(f"it ships on {shipped}, before it was ordered on {ordered}")
    return FileOrder(
        id=_text(row, "Order ID", 64),
        ordered=ordered,
        shipped=shipped,
        mode=_text(row, "Ship Mode", 32),
        customer=_text(row, "Customer ID", 64),
        customer_name=_text(row, "Customer Name", 200),
        segment=_text(row, "Segment", 64),
        country=_one_of(row, "Country", COUNTRIES),
        city=_text(row, "City", 100),
        state=_text(row, "State", 100),
        postal_code=_postal_code(row),
        region=_one_of(row, "Region", REGIONS),
    )


def _line(number: int, row: dict[str, str]) -> Line:
    return Line(
        number=number,
        product=_text(row, "Product ID", 60),
        name=_text(row, "Product Name", 300),
        category=f"{_text(row, 'Category', 48)} / {_text(row, 'Sub-Category', 48)}",
        sales=_decimal(row, "Sales", MAX_SALES),
        quantity=_quantity(row),
        discount=_decimal(row, "Discount", Decimal("0.99")),
    )


def _text(row: dict[str, str], name: str, longest: int) -> str:
    text = row.get(name, "").strip()
    if not text:
        raise ValueError(f"{name} is empty")
    if len(text) > longest or "\x00" in text:
        raise ValueError(f"{name} is longer than {longest} characters or holds NUL")
    return text


def _one_of(row: dict[str, str], name: str, known: Iterable[str]) -> str:
    text = row.get(name, "")
    if text not in known:
        raise ValueError(f"{name} is {text!r}, not one of {', '.join(known)}")
    return text


def _date(row: dict[str, str], name: str) -> date:
    try:
        return date.fromisoformat(row.get(name, ""))
    except ValueError:
        raise ValueError(f"{name} is {row.get(name, '')!r}, not a date like 2016-11-08") from None


def _decimal(row: dict[str, str], name: str, most: Decimal) -> Decimal:
    try:
        value = Decimal(row.get(name, ""))
    except InvalidOperation:
        raise ValueError(f"{name} is {row.get(name, '')!r}, not a number") from None
    if not 0 <= value <= most:
        raise ValueError(f"{name} is {value}, not from 0 to {most}")
    return value


def _quantity(row: dict[str, str]) -> int:
    text = row.get("Quantity", "")
    if not text.isdecimal() or not 1 <= int(text) <= MAX_QUANTITY:
        raise ValueError(f"Quantity is {text!r}, not a whole number from 1 to {MAX_QUANTITY}")
    return int(text)


def _postal_code(row: dict[str, str]) -> str:
    """Spreadsheets drop leading zeros: Burlington's 05401 comes as 5401."""
    text = row.get("Postal Code", "")
    if not text.isdecimal() or len(text) > 5:
        raise ValueError(f"Postal Code is {text!r}, not a US postal code")
    return text.zfill(5)


def _contradictions(rows: Sequence[tuple[FileOrder, Line]]) -> list[Reject]:
    first: dict[str, FileOrder] = {}
    return [
        Reject(line.number, head.id, "date, customer or address differ from the order's first row")
        for head, line in rows
        if first.setdefault(head.id, head) != head
    ]


def _orders(rows: Sequence[tuple[FileOrder, Line]]) -> tuple[Order, ...]:
    heads: dict[str, FileOrder] = {}
    lines: dict[str, list[Line]] = {}
    cents: dict[str, list[int]] = {}
    total, before = Decimal(0), 0
    for head, line in rows:
        total += line.sales
        after = int((total * 100).quantize(Decimal(1), ROUND_HALF_UP))
        heads.setdefault(head.id, head)
        lines.setdefault(head.id, []).append(line)
        cents.setdefault(head.id, []).append(after - before)
        before = after
    return tuple(Order(heads[key], tuple(lines[key]), tuple(cents[key])) for key in heads)
