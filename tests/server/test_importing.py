"""Orders of a file end up in the database once, to the cent, or not at all."""

import csv
import os
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from actions import desk
from actions.acting import Act
from actions.desk import Desk
from domain.placing.commands import Address, OrderedLine, PlaceOrder
from models import Order, OrderAddress, OrderLine, Organization, Variant
from models.db import rows
from server import audit
from server.importers import superstore
from server.importers.superstore import import_file
from server.importers.superstore_file import COLUMNS, BrokenFile, read
from server.settings import PROJECT_FOLDER

pytestmark = pytest.mark.usefixtures("database")

REAL_FILE = Path(
    os.environ.get("OMS_SUPERSTORE", PROJECT_FOLDER.parent / "shared" / "data" / "superstore" / "superstore.csv")
)
REAL_ROWS = 400
COUNTED = """
SELECT (SELECT count(*) FROM orders) AS orders, (SELECT count(*) FROM order_lines) AS lines,
       (SELECT count(*) FROM customers) AS customers, (SELECT count(*) FROM variants) AS variants,
       (SELECT count(*) FROM stock_movements) AS movements, (SELECT count(*) FROM parcels) AS parcels,
       (SELECT count(*) FROM outbox) AS facts, (SELECT sum(on_hand) FROM stock_levels) AS on_hand"""


@pytest.fixture
async def counter(database_url) -> AsyncGenerator[Desk, None]:
    async with desk.opened(database_url) as opened:
        yield opened


@pytest.fixture
def reject_file(tmp_path) -> Path:
    return tmp_path / "rejects.csv"


def row(order: str, product: str = "FUR-1", **values: object) -> dict[str, object]:
    """One row that is right: a chair for Claire in Kentucky."""
    given = {name.replace(" ", "_").replace("-", "_").lower(): value for name, value in BLANK.items()}
    given |= {"order_id": order, "product_id": product, **values}
    return dict(zip(BLANK, given.values(), strict=True))


BLANK = dict.fromkeys(COLUMNS, "") | {
    "Row ID": 1,
    "Order Date": "2016-11-08",
    "Ship Date": "2016-11-11",
    "Ship Mode": "Second Class",
    "Customer ID": "CG-12520",
    "Customer Name": "Claire Gute",
    "Segment": "Consumer",
    "Country": "United States",
    "City": "Henderson",
    "State": "Kentucky",
    "Postal Code": 42420,
    "Region": "South",
    "Category": "Furniture",
    "Sub-Category": "Chairs",
    "Product Name": "Stacking Chair",
    "Sales": "100.00",
    "Quantity": 1,
    "Discount": 0,
}

HARD_CASES = [
    row("O-1", sales="261.965", quantity=2),
    row("O-1", sales="130.9825", quantity=1),  # the same product again
    row("O-2", sales="0.444", quantity=3, discount="0.8", customer_id="DV-1", customer_name="Darrin Van Huff"),
    row("O-3", product="OFF-1", product_name="Labels", sales="14.62", quantity=2, ship_date="2016-11-08"),
    row("O-4", product="OFF-1", product_name="Labels, blue", sales="957.5775", quantity=5, discount="0.45"),
    row("O-5", sales="3.335", quantity=7, city="Burlington", state="Vermont", postal_code=5401, region="East"),
]


def write(folder: Path, lines: list[dict[str, object]], header: tuple[str, ...] = COLUMNS) -> Path:
    path = folder / "orders.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(lines)
    return path


async def everything() -> dict[str, int]:
    [counted] = await rows(COUNTED)
    return counted


async def broken_rules(database_url: str) -> list[str]:
    async with audit.snapshot(database_url) as connection:
        return [rule async for rule, findings in audit.examine(connection) if findings]


async def test_what_was_imported_agrees_with_the_file_to_the_cent(counter, database_url, tmp_path, reject_file, capsys):
    path = write(tmp_path, HARD_CASES)

    agreed = await import_file(counter, path, rejects=reject_file, skip_bad=False)

    assert agreed
    assert capsys.readouterr().out.count("1,368.92") == 2, "in the file, and in the database"
    assert sum(line.total_minor for line in await OrderLine.all()) == 136_892
    assert sum(line.quantity for line in await OrderLine.all()) == 20
    assert {order.status for order in await Order.all()} == {"shipped"}
    assert not reject_file.exists()
    assert await broken_rules(database_url) == []


def test_each_line_is_rounded_so_that_the_running_total_is_right(tmp_path):
    """docs/importing.md works the same example."""
    thirds = [row(f"O-{at}", sales="0.334") for at in range(3)]

    contents = read(write(tmp_path, thirds))

    assert [order.sales_minor for order in contents.orders] == [(33,), (34,), (33,)]
    assert contents.sales_minor == 100


async def test_orders_keep_what_the_file_says(counter, tmp_path, reject_file):
    await import_file(counter, write(tmp_path, HARD_CASES), rejects=reject_file, skip_bad=False)

    twice = await OrderLine.filter(order__external_id="O-1").order_by("position")
    discounted = await OrderLine.get(order__external_id="O-2")
    burlington = await OrderAddress.get(order__external_id="O-5")
    assert [(line.sku, line.quantity, line.total_minor) for line in twice] == [
        ("FUR-1", 2, 26_197),
        ("FUR-1", 1, 13_098),
    ]
    assert (discounted.unit_price_minor, discounted.discount_minor, discounted.total_minor) == (74, 178, 44)
    assert (burlington.postal_code, burlington.region) == ("05401", "Vermont")
    assert burlington.latitude == pytest.approx(44.5, abs=0.3)


async def test_a_product_that_goes_by_two_names_has_two_variants(counter, tmp_path, reject_file):
    await import_file(counter, write(tmp_path, HARD_CASES), rejects=reject_file, skip_bad=False)

    labels = await Variant.filter(product__code="OFF-1").order_by("sku")
    assert [(variant.sku, variant.name) for variant in labels] == [("OFF-1", "Labels"), ("OFF-1-2", "Labels, blue")]


async def test_importing_twice_changes_nothing(counter, tmp_path, reject_file):
    path = write(tmp_path, HARD_CASES)
    await import_file(counter, path, rejects=reject_file, skip_bad=False)
    before = await everything()

    agreed = await import_file(counter, path, rejects=reject_file, skip_bad=False)

    assert agreed
    assert await everything() == before


async def test_what_was_ordered_there_since_is_no_difference_to_the_file(counter, tmp_path, reject_file):
    path = write(tmp_path, HARD_CASES)
    await import_file(counter, path, rejects=reject_file, skip_bad=False)
    order = await Order.all().first()
    mug = await Variant.all().first()
    act = Act(organization_id=order.organization_id, actor="clerk", now=datetime.now(UTC))
    line = OrderedLine(variant_id=mug.id, quantity=1, unit_price_minor=100)
    address = Address(name="Ada", line1="1 Beacon Street", city="Boston", country="US")
    await counter.place(
        act, PlaceOrder(channel_id=order.channel_id, lines=(line,), customer_name="Ada", shipping_address=address)
    )

    assert await import_file(counter, path, rejects=reject_file, skip_bad=False)


async def test_an_import_that_ended_between_placing_and_shipping_is_completed(
    counter, database_url, tmp_path, reject_file
):
    path = write(tmp_path, HARD_CASES)
    contents = read(path)
    shop = await superstore._furnish(contents)
    await superstore._place(counter, shop, contents)
    placed = await everything()
    assert placed["orders"] == 5
    assert placed["parcels"] == 0

    agreed = await import_file(counter, path, rejects=reject_file, skip_bad=False)

    after = await everything()
    assert agreed
    assert {order.status for order in await Order.all()} == {"shipped"}
    assert after["on_hand"] == placed["on_hand"] - 20
    assert (after["orders"], after["lines"], after["variants"]) == (5, 6, 3)
    assert await broken_rules(database_url) == []


BROKEN = {
    "Quantity is '0'": row("O-9", quantity=0),
    "Quantity is 'two'": row("O-9", quantity="two"),
    "Sales is 'much', not a number": row("O-9", sales="much"),
    "Discount is 1, not from 0 to 0.99": row("O-9", discount=1),
    "Order Date is '11/08/2016'": row("O-9", order_date="11/08/2016"),
    "it ships on 2016-11-01, before it was ordered": row("O-9", ship_date="2016-11-01"),
    "Country is 'Atlantis'": row("O-9", country="Atlantis"),
    "Postal Code is 'K1A 0B1'": row("O-9", postal_code="K1A 0B1"),
    "Customer ID is empty": row("O-9", customer_id=""),
    "differ from the order's first row": row("O-1", city="Lexington"),
}


@pytest.mark.parametrize("reason", BROKEN)
async def test_a_broken_file_is_refused_with_its_rows_named_and_nothing_imported(
    counter, tmp_path, reject_file, reason
):
    path = write(tmp_path, [*HARD_CASES, BROKEN[reason]])

    with pytest.raises(BrokenFile) as refused:
        await import_file(counter, path, rejects=reject_file, skip_bad=False)

    assert "1 wrong rows, so nothing was imported" in str(refused.value)
    assert f"line {len(HARD_CASES) + 2}: " in str(refused.value)
    assert reason in str(refused.value)
    assert reason in reject_file.read_text()
    assert await Organization.all().count() == 0


async def test_what_is_no_superstore_file_is_refused(counter, tmp_path, reject_file):
    path = write(tmp_path, HARD_CASES, header=tuple(name for name in COLUMNS if name != "Sales"))

    with pytest.raises(BrokenFile, match="the header lacks Sales"):
        await import_file(counter, path, rejects=reject_file, skip_bad=True)
    with pytest.raises(BrokenFile, match="cannot be read"):
        await import_file(counter, tmp_path / "nowhere.csv", rejects=reject_file, skip_bad=True)

    assert await Organization.all().count() == 0


async def test_skipping_bad_rows_leaves_out_their_whole_orders_until_they_are_right(counter, tmp_path, reject_file):
    first, second = row("O-1", sales="20.00", quantity=2), row("O-1", sales="10.00")
    other = row("O-2", sales="30.00", quantity=3)

    agreed = await import_file(
        counter, write(tmp_path, [first, second | {"Quantity": "two"}, other]), rejects=reject_file, skip_bad=True
    )
    assert agreed, "with the orders that could be read"
    assert [order.external_id for order in await Order.all()] == ["O-2"]
    assert "3,O-1,\"Quantity is 'two', not a whole number" in reject_file.read_text()

    agreed = await import_file(counter, write(tmp_path, [first, second, other]), rejects=reject_file, skip_bad=False)
    assert agreed, "corrected, the file is completed"
    assert {order.external_id: order.status for order in await Order.all()} == {"O-1": "shipped", "O-2": "shipped"}


@pytest.mark.skipif(not REAL_FILE.is_file(), reason="the real orders are not here; OMS_SUPERSTORE says where they are")
async def test_real_orders_agree_with_a_straight_sum(counter, database_url, tmp_path, reject_file):
    with REAL_FILE.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))[:REAL_ROWS]
    path = tmp_path / "real.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, lines[0])
        writer.writeheader()
        writer.writerows(lines)

    agreed = await import_file(counter, path, rejects=reject_file, skip_bad=False)

    sales = sum(Decimal(line["Sales"]) for line in lines)
    imported = await OrderLine.all()
    assert agreed
    assert sum(line.total_minor for line in imported) == int((sales * 100).quantize(Decimal(1), ROUND_HALF_UP))
    assert sum(line.quantity for line in imported) == sum(int(line["Quantity"]) for line in lines)
    assert await Order.all().count() == len({line["Order ID"] for line in lines})
    assert await broken_rules(database_url) == []
