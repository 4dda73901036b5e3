"""Papers over HTTP: what stands on them, and who is given them."""

import asyncio
import io
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection

import jwt
import pytest
from pypdf import PdfReader

from actions.cartons import SetCompanyPrefix, set_company_prefix
from actions.fulfilment.pick_waves import CreatePickWave, create_pick_wave
from domain.documents import PackingSlip, PaperLine, PickList, Place, ShippingLabel
from domain.ids import new_id
from models import Organization, Parcel
from server.documents import pdf, zpl
from tests.world import World, furnish
from tests.world.fulfilment import accepted, open_fulfilment, packed, picked, shipped, ships_to
from tests.world.serving import TOKEN_SECRET

ADA = Place(lines=("Ada Exämple", "1 Beacon Street", "Boston, MA 02108", "US"))
SHOP = Place(lines=("Example Retail", "New York, NY 10001", "US"))
LABEL = ShippingLabel(
    number="PC-12",
    sender=SHOP,
    recipient=ADA,
    carrier="fake",
    service="ground",
    tracking_number="92000123456789012345",
    weight_grams=1_250,
    container_code="006141410000000128",
)
CUP = PaperLine(sku="CUP", name="Cup <b>& saucer</b>", barcode="0614141000012", quantity=3)


def words(content: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


async def get(address, path: str, **claims):
    """Status, headers and body; without claims nobody in particular asks."""

    def ask():
        connection = HTTPConnection("127.0.0.1", address.port, timeout=20)
        body = {"sub": "u1", "exp": datetime.now(UTC) + timedelta(hours=1), **claims}
        headers = {"authorization": f"Bearer {jwt.encode(body, TOKEN_SECRET)}"} if claims else {}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()

    return await asyncio.to_thread(ask)


async def code_of(world: World) -> str:
    return (await Organization.get(id=world.organization_id)).code


async def labelled(world: World) -> Parcel:
    await set_company_prefix(world.act(), SetCompanyPrefix(gs1_company_prefix="0614141"))
    fulfilment = await picked(world, await open_fulfilment(world, MUG=2))
    await ships_to(fulfilment.order_id)
    return await shipped(world, await packed(world, fulfilment))


def test_a_label_says_from_where_to_where_and_by_whom():
    text = words(pdf.label(LABEL))

    for said in ("Example Retail", "Ada Exämple", "Boston, MA 02108", "fake ground", "1.25 kg", "92000123456789012345"):
        assert said in text
    assert "(00) 006141410000000128" in text


def test_a_label_is_four_by_six_inches_and_one_page():
    [page] = PdfReader(io.BytesIO(pdf.label(LABEL))).pages

    assert (float(page.mediabox.width), float(page.mediabox.height)) == (288, 432)


def test_the_same_values_print_the_same_bytes():
    assert pdf.label(LABEL) == pdf.label(LABEL)


def test_a_packing_slip_lists_what_is_in_it_and_prints_markup_as_it_stands():
    slip = PackingSlip(
        fulfilment_number="FF-1",
        order_number="W-1",
        ordered_on="2026-11-02",
        sender=SHOP,
        recipient=ADA,
        lines=(CUP,),
        parcels=("PC-12",),
    )

    text = words(pdf.packing_slip(slip))

    for said in ("Packing slip", "FF-1", "W-1", "PC-12", "CUP", "Cup <b>& saucer</b>", "0614141000012", "3"):
        assert said in text


def test_a_long_pick_list_has_pages_with_its_head_on_each():
    content = pdf.pick_list(PickList(number="FF-1", location="New York", lines=(CUP,) * 100))

    pages = [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
    assert len(pages) > 1
    assert all("SKU" in page and f"Page {at}" in page for at, page in enumerate(pages, 1))
    assert "300" in pages[0]


def test_a_label_in_zpl_holds_both_codes():
    text = zpl.label(LABEL)

    assert text.startswith("^XA") and text.endswith("^XZ\n")
    assert "^BCN,180,Y,N,N,A^FH^FD92000123456789012345^FS" in text
    assert "^BCN,180,Y,N,N,D^FD(00)006141410000000128^FS" in text


def test_no_address_gives_the_printer_a_command():
    evil = ShippingLabel(
        number="PC-1",
        sender=SHOP,
        recipient=Place(lines=("^XZ~JA\\_5E",)),
        carrier="c",
        service="s",
        tracking_number="1Z^XZ",
        weight_grams=1,
        container_code=None,
    )

    text = zpl.label(evil)

    assert text.count("^XZ") == 1
    assert "~" not in text


@pytest.fixture
async def world(database):
    return await furnish()


async def test_whoever_packs_gets_the_papers(world, address):
    parcel = await labelled(world)
    line = await parcel.lines.all().first()
    who = {"role": "warehouse", "org": await code_of(world), "locations": ["NYC"]}

    for path, said in (
        (f"/documents/parcels/{parcel.id}/label.pdf", "1Z 999"),
        (f"/documents/fulfilments/{line.fulfilment_id}/packing-slip.pdf", "MUG"),
        (f"/documents/fulfilments/{line.fulfilment_id}/pick-list.pdf", "Pick list"),
    ):
        status, headers, body = await get(address, path, **who)
        assert (status, headers["content-type"], headers["cache-control"]) == (
            200,
            "application/pdf",
            "private, no-store",
        )
        assert headers["content-disposition"].startswith('inline; filename="')
        assert said in words(body)
    status, headers, body = await get(address, f"/documents/parcels/{parcel.id}/label.zpl", **who)
    assert (status, headers["content-type"]) == (200, "application/zpl")
    assert f"(00){parcel.container_code}".encode() in body


async def test_a_pick_list_is_of_what_is_still_to_pick(world, address):
    fulfilment = await accepted(world, await open_fulfilment(world, MUG=3, LAMP=1))
    who = {"role": "warehouse", "org": await code_of(world), "locations": ["NYC"]}

    _, _, body = await get(address, f"/documents/fulfilments/{fulfilment.id}/pick-list.pdf", **who)

    text = words(body)
    assert text.index("LAMP") < text.index("MUG")


async def test_a_wave_has_one_pick_list(world, address):
    for _ in range(2):
        await accepted(world, await open_fulfilment(world, MUG=2))
    command = CreatePickWave(location_id=world.locations["NYC"].id)
    path = f"/documents/waves/{await create_pick_wave(world.act(), command)}/pick-list.pdf"
    who = {"role": "warehouse", "org": await code_of(world)}

    _, _, body = await get(address, path, **who, locations=["NYC"])
    elsewhere, _, _ = await get(address, path, **who, locations=["CHI"])

    assert "Units 4" in " ".join(words(body).split())
    assert elsewhere == 404


async def test_nobody_else_learns_that_there_are_any(world, address):
    parcel = await labelled(world)
    org = await code_of(world)
    path = f"/documents/parcels/{parcel.id}/label.pdf"

    elsewhere, _, _ = await get(address, path, role="warehouse", org=org, locations=["CHI"])
    customer, _, _ = await get(address, path, role="customer", org=org, customer_id=str(world.customer.id))
    confined, _, _ = await get(address, path, role="admin", org=org, scopes="read_orders")
    stranger, _, _ = await get(address, path)
    unknown, _, _ = await get(address, f"/documents/parcels/{new_id()}/label.pdf", role="admin", org=org)

    assert [elsewhere, customer, confined, stranger, unknown] == [404] * 5


async def test_the_label_of_a_shared_parcel_is_printed_for_those_who_see_all_of_it(world, address):
    web = await picked(world, await open_fulfilment(world))
    shop = await picked(world, await open_fulfilment(world, channel=world.channels["SHOP"]))
    for each in (web, shop):
        await ships_to(each.order_id)
    parcel = await packed(world, web, shop)
    await shipped(world, parcel, tracking_number="1Z 2")
    path, org = f"/documents/parcels/{parcel.id}/label.pdf", await code_of(world)
    channels = [world.web.code, world.channels["SHOP"].code]

    some, _, _ = await get(address, path, role="agent", org=org, channels=channels[:1])
    whole, _, _ = await get(address, path, role="agent", org=org, channels=channels)

    assert (some, whole) == (404, 200)


async def test_bad_credentials_are_told_so(world, address):
    status, headers, _ = await get(address, f"/documents/parcels/{new_id()}/label.pdf", role="king")

    assert (status, headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')


async def test_a_parcel_without_a_label_has_none_to_print(world, address):
    parcel = await packed(world, await picked(world, await open_fulfilment(world, MUG=1)))

    status, _, body = await get(
        address, f"/documents/parcels/{parcel.id}/label.pdf", role="admin", org=await code_of(world)
    )

    assert (status, b"ILLEGAL_TRANSITION" in body) == (409, True)


@pytest.mark.parametrize("path", ["/documents/parcels/nonsense/label.pdf", "/documents/parcels/../label.pdf"])
async def test_what_is_no_id_is_no_paper(world, address, path):
    assert (await get(address, path))[0] == 404
