"""Labels in ZPL II, for printers that take it: 4 by 6 inches at 203 dots an inch (Zebra, ZPL II Programming Guide)."""

from typing import Final

from domain.documents import Place, ShippingLabel

WIDTH_DOTS, HEIGHT_DOTS = 812, 1218
LEFT_DOTS: Final = 30
TRACKING_TOP: Final = 560
CONTAINER_TOP: Final = 860
BAR_DOTS: Final = 180
MOST_CHARACTERS: Final = 40

# `^FH` reads `_5E` as the byte 5E, so that no text of ours is taken for a command.
_ESCAPED: Final = str.maketrans({"_": "_5F", "^": "_5E", "~": "_7E", "\\": "_5C"})


def label(paper: ShippingLabel) -> str:
    parts = [f"^XA^CI28^PW{WIDTH_DOTS}^LL{HEIGHT_DOTS}^LH0,0"]
    parts += _place("FROM", paper.sender, top=30, size=24)
    parts += _place("SHIP TO", paper.recipient, top=210, size=38)
    number = paper.tracking_number
    bars = f"^FO{LEFT_DOTS},{TRACKING_TOP + 10}^BY{_module(number)}^BCN,{BAR_DOTS},Y,N,N,A^FH^FD{number.translate(_ESCAPED)}^FS"
    parts += [
        f"^FO{LEFT_DOTS},{TRACKING_TOP - 80}^GB{WIDTH_DOTS - 2 * LEFT_DOTS},3,3^FS",
        _text(f"{paper.carrier} {paper.service}".strip(), top=TRACKING_TOP - 60, size=36),
        _text(f"{paper.weight_grams / 1000:.2f} kg   {paper.number}", top=TRACKING_TOP - 22, size=22),
        bars,
    ]
    if paper.container_code:
        # Mode D reads the application identifier in brackets and puts FNC1 in front.
        parts.append(f"^FO{LEFT_DOTS},{CONTAINER_TOP}^BY3^BCN,{BAR_DOTS},Y,N,N,D^FD(00){paper.container_code}^FS")
    return "\n".join([*parts, "^XZ", ""])


def _place(title: str, place: Place, *, top: int, size: int) -> list[str]:
    lines = [_text(title, top=top, size=20)]
    return lines + [_text(line, top=top + 26 + at * (size + 4), size=size) for at, line in enumerate(place.lines)]


def _text(text: str, *, top: int, size: int) -> str:
    return f"^FO{LEFT_DOTS},{top}^A0N,{size},{size}^FH^FD{_safe(text)}^FS"


def _safe(text: str) -> str:
    return text[:MOST_CHARACTERS].translate(_ESCAPED)


def _module(text: str) -> int:
    """Dots of the narrowest bar: as wide as the label allows, eleven a character and 35 around."""
    return max(1, min(3, (WIDTH_DOTS - 2 * LEFT_DOTS) // (11 * len(text) + 35)))
