"""Content for sample nanos, made here and now: handouts, short films of title cards."""

from __future__ import annotations

import io
import struct
import zipfile
from html import escape

from PIL import Image, ImageDraw, ImageFont

from app.kit.config import ROOT
from app.kit.pdf import render_pdf
from app.nanos.rules.content import Kind
from app.nanos.rules.package import SCRIPT, START, STYLE, Content, Course, Form, manifest, page
from app.nanos.services.export import player_words

WIDTH, HEIGHT = 640, 360
CARD_MS = 2500
_STYLE = (
    "<style>@page{size:A4 landscape;margin:2cm}body{font-family:'DejaVu Sans',sans-serif;color:#1b2430}"
    "h1{font-size:34pt;color:#0b6e5a}li{font-size:18pt;margin:10pt 0}section{break-after:page}</style>"
)


def handout(title: str, points: tuple[str, ...]) -> bytes:
    """A PDF of two pages. Raises Unavailable where the machine has no fonts."""
    items = "".join(f"<li>{escape(point)}</li>" for point in points)
    html = f"<html lang=de><head>{_STYLE}</head><body><section><h1>{escape(title)}</h1></section><ul>{items}</ul></body></html>"
    return render_pdf(html, title=title, lang="de")


def package(title: str, cards: tuple[str, ...]) -> bytes:
    """A SCORM 1.2 package around a short film, as our own export writes it."""
    told = Course(
        key="demo", url="https://lernen.example.org/demo", title=title, description="", language="de", minutes=3,
        provider="", licence="", contents=[Content(Kind.WEBM, title, "content/1.webm", "video/webm")],
    )  # fmt: skip
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as box:
        box.writestr(*manifest(told, Form.SCORM_12))
        box.writestr(START, page(told, Form.SCORM_12, player_words()))
        for name in (SCRIPT, STYLE):
            box.writestr(name, (ROOT / "static/nanos/export" / name).read_bytes())
        box.writestr("content/1.webm", film(cards))
    return made.getvalue()


def film(cards: tuple[str, ...]) -> bytes:
    """A WebM of title cards, each a whole picture (VP8 key frame), as any browser plays it."""
    blocks = b"".join(
        _element(0xA3, b"\x81" + struct.pack(">h", number * CARD_MS) + b"\x80" + _frame(text, number))
        for number, text in enumerate(cards)
    )
    info = (
        _number(0x2AD7B1, 1_000_000)
        + _element(0x4489, struct.pack(">d", float(len(cards) * CARD_MS)))
        + _element(0x4D80, b"Kontor")
        + _element(0x5741, b"Kontor")
    )
    picture = _number(0xB0, WIDTH) + _number(0xBA, HEIGHT)
    track = (
        _number(0xD7, 1)
        + _number(0x73C5, 1)
        + _number(0x83, 1)
        + _element(0x86, b"V_VP8")
        + _element(0xE0, picture)
    )
    head = (
        _number(0x4286, 1) + _number(0x42F7, 1) + _number(0x42F2, 4) + _number(0x42F3, 8)
        + _short(0x4282, b"webm") + _number(0x4287, 2) + _number(0x4285, 2)
    )  # fmt: skip
    body = (
        _element(0x1549A966, info) + _element(0x1654AE6B, _element(0xAE, track))
        + _element(0x1F43B675, _number(0xE7, 0) + blocks)
    )  # fmt: skip
    return _element(0x1A45DFA3, head) + _element(0x18538067, body)


def _element(name: int, data: bytes) -> bytes:
    """An element of EBML: its name, its length in eight bytes, its content."""
    return (
        name.to_bytes((name.bit_length() + 7) // 8, "big") + (1 << 56 | len(data)).to_bytes(8, "big") + data
    )


def _short(name: int, data: bytes) -> bytes:
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + bytes([0x80 | len(data)]) + data


def _number(name: int, value: int) -> bytes:
    return _short(name, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def _frame(text: str, number: int) -> bytes:
    """A picture with words, as the VP8 frame that is inside of a lossy WebP."""
    image = Image.new("RGB", (WIDTH, HEIGHT), ("#0b6e5a", "#22384a", "#5b3a1e")[number % 3])
    drawn = ImageDraw.Draw(image)
    drawn.text((48, 130), text, fill="#ffffff", font=ImageFont.load_default(34))
    drawn.rectangle((48, 300, 48 + 100 * (number + 1), 308), fill="#5fd3a6")
    made = io.BytesIO()
    image.save(made, "WEBP", quality=80)
    data = made.getvalue()
    at = data.index(b"VP8 ")
    (length,) = struct.unpack_from("<I", data, at + 4)
    return data[at + 8 : at + 8 + length]
