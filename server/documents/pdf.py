"""Papers as PDF: labels of 4 by 6 inches, packing slips and pick lists on letter paper. The same values, the same bytes."""

from io import BytesIO
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import reportlab
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.colors import black, lightgrey
from reportlab.lib.pagesizes import LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from domain.documents import PackingSlip, PaperLine, PickList, Place, ShippingLabel, read_aloud

LABEL_SIZE: Final = (4 * inch, 6 * inch)
MARGIN: Final = 0.2 * inch
QUIET: Final = 0.25 * inch
"""Blank beside a barcode: ten times its narrowest bar at least (ISO/IEC 15417)."""
FNC1: Final = "\xf1"
"""How the barcode library is told that a GS1 code follows."""
FONT, BOLD = "Vera", "VeraBd"
FONTS: Final = Path(reportlab.__file__).parent / "fonts"

for _font in (FONT, BOLD):
    pdfmetrics.registerFont(TTFont(_font, FONTS / f"{_font}.ttf"))

PLAIN: Final = ParagraphStyle("plain", fontName=FONT, fontSize=9, leading=12)
STRONG: Final = ParagraphStyle("strong", fontName=BOLD, fontSize=9, leading=12)
TITLE: Final = ParagraphStyle("title", fontName=BOLD, fontSize=18, leading=24)


def label(paper: ShippingLabel) -> bytes:
    out = BytesIO()
    canvas = Canvas(out, pagesize=LABEL_SIZE, invariant=1)
    canvas.setTitle(f"Label {paper.number}")
    width, height = LABEL_SIZE
    top = _address(canvas, "FROM", paper.sender, top=height - MARGIN - 8, size=8)
    top = _address(canvas, "SHIP TO", paper.recipient, top=top - 14, size=12)
    top -= 4
    canvas.line(MARGIN, top, width - MARGIN, top)
    top = _line(canvas, f"{paper.carrier} {paper.service}".strip(), top=top - 18, font=(BOLD, 14))
    top = _line(canvas, f"{paper.weight_grams / 1000:.2f} kg    {paper.number}", top=top - 2, font=(FONT, 8))
    top = _bars(canvas, paper.tracking_number, shown=paper.tracking_number, top=top - 8)
    if paper.container_code:
        canvas.line(MARGIN, top, width - MARGIN, top)
        code = paper.container_code
        _bars(canvas, f"{FNC1}00{code}", shown=read_aloud(code), top=top - 10)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def packing_slip(paper: PackingSlip) -> bytes:
    head = [
        ["Order", paper.order_number, "Date", paper.ordered_on],
        ["From", _lines(paper.sender), "To", _lines(paper.recipient)],
    ]
    if paper.parcels:
        head.append(["Parcels", ", ".join(paper.parcels), "", ""])
    story = [*_header("Packing slip", paper.fulfilment_number), _facts(head), Spacer(1, 12)]
    return _printed(f"Packing slip {paper.fulfilment_number}", [*story, _items(paper.lines)])


def pick_list(paper: PickList) -> bytes:
    head = [["Location", paper.location, "Units", str(paper.units)]]
    story = [*_header("Pick list", paper.number), _facts(head), Spacer(1, 12)]
    return _printed(f"Pick list {paper.number}", [*story, _items(paper.lines, is_ticked=True)])


def _address(canvas: Canvas, title: str, place: Place, *, top: float, size: int) -> float:
    top = _line(canvas, title, top=top, font=(FONT, 6)) - size * 0.5
    for line in place.lines:
        top = _line(canvas, line, top=top - size * 0.2, font=(BOLD if size > 8 else FONT, size))
    return top


def _line(canvas: Canvas, text: str, *, top: float, font: tuple[str, int]) -> float:
    """Smaller where it would not fit."""
    name, size = font
    room = LABEL_SIZE[0] - 2 * MARGIN
    canvas.setFont(name, min(size, size * room / max(1, canvas.stringWidth(text, name, size))))
    canvas.drawString(MARGIN, top, text)
    return top - size


def _bars(canvas: Canvas, value: str, *, shown: str, top: float) -> float:
    room = LABEL_SIZE[0] - 2 * QUIET
    modules = Code128(value, barWidth=1, quiet=0).width
    bars = Code128(value, barHeight=0.85 * inch, barWidth=min(1.6, room / modules), quiet=0)
    bars.drawOn(canvas, (LABEL_SIZE[0] - bars.width) / 2, top - bars.height)
    canvas.setFont(FONT, 9)
    canvas.drawCentredString(LABEL_SIZE[0] / 2, top - bars.height - 11, shown)
    return float(top - bars.height - 20)


def _header(title: str, number: str) -> list[Flowable]:
    bars = Code128(number, barHeight=32, barWidth=1.1, quiet=0)
    heading = Table([[_text(title, TITLE), bars], ["", _text(number, STRONG)]], colWidths=[4.5 * inch, 2.75 * inch])
    return [heading, Spacer(1, 12)]


def _facts(facts: list[list[str]]) -> Table:
    cells = [[_text(cell, STRONG if at % 2 == 0 else PLAIN) for at, cell in enumerate(row)] for row in facts]
    table = Table(cells, colWidths=[0.9 * inch, 2.7 * inch, 0.95 * inch, 2.7 * inch])
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return table


def _items(lines: tuple[PaperLine, ...], *, is_ticked: bool = False) -> Table:
    titles = ["Done" if is_ticked else "", "SKU", "Name", "Barcode", "Units"]
    rows: list[list[Any]] = [[_text(title, STRONG) for title in titles]]
    for line in lines:
        texts = ("[  ]" if is_ticked else "", line.sku, line.name, line.barcode, str(line.quantity))
        rows.append([_text(text, PLAIN) for text in texts])
    widths = [0.6 * inch, 1.6 * inch, 2.75 * inch, 1.6 * inch, 0.7 * inch]
    table = Table(rows, colWidths=widths, repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, 0), lightgrey),
                ("LINEBELOW", (0, 0), (-1, -1), 0.25, black),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    return table


def _printed(title: str, story: list[Flowable]) -> bytes:
    out = BytesIO()
    paper = SimpleDocTemplate(
        out,
        pagesize=LETTER,
        title=title,
        invariant=1,
        leftMargin=0.6 * inch,
        rightMargin=0.6 * inch,
        topMargin=0.6 * inch,
        bottomMargin=0.6 * inch,
    )
    paper.build(story, onFirstPage=_page_number, onLaterPages=_page_number)
    return out.getvalue()


def _page_number(canvas: Canvas, paper: SimpleDocTemplate) -> None:
    canvas.setFont(FONT, 8)
    canvas.drawRightString(LETTER[0] - 0.6 * inch, 0.35 * inch, f"Page {paper.page}")


def _text(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(text).replace("\n", "<br/>"), style)


def _lines(place: Place) -> str:
    return "\n".join(place.lines)
