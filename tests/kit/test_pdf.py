"""PDF: real pages with embedded fonts, tags and page numbers, made from our own files and nothing else."""

from __future__ import annotations

import http.server
import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest
from flask import Flask
from pypdf.generic import IndirectObject

from app.kit import pdf
from app.kit.errors import Unavailable
from app.kit.pdf import BASE_URL, OwnFiles, render_pdf

PAGE = """<!doctype html><html lang="de"><head><title>Größen</title><style>
@page { size: A4; @bottom-right { content: "Seite " counter(page) " von " counter(pages); font-family: Inter, sans-serif } }
body { font-family: Inter, sans-serif } .next { break-before: page }
</style></head><body><h1>Größenübersicht</h1><p>Summe <b>1.234,56&nbsp;€</b></p>
<svg width="100" height="40"><title>Kurve der Kosten</title><rect width="50" height="20"/></svg>
<table><thead><tr><th scope="col">Server</th></tr></thead><tbody><tr><td>Alpha</td></tr></tbody></table>
<p class="next">Ende</p></body></html>"""


def read(data: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(data))


def tags(node: object) -> Iterator[str]:
    """Structure types of the tag tree, depth first."""
    if isinstance(node, IndirectObject):
        node = node.get_object()
    if isinstance(node, list):
        for child in node:
            yield from tags(child)
    elif isinstance(node, dict):
        if "/S" in node:
            yield str(node["/S"])
        if "/K" in node:
            yield from tags(node["/K"])


@pytest.fixture(scope="module")
def made(sqlite_app: Flask) -> pypdf.PdfReader:
    with sqlite_app.app_context():
        return read(render_pdf(PAGE, title="Größen", lang="de"))


def test_text_with_umlauts_and_money_can_be_read_back(made: pypdf.PdfReader) -> None:
    text = made.pages[0].extract_text()
    assert "Größenübersicht" in text
    assert "1.234,56" in text
    assert "€" in text


def test_pages_are_numbered(made: pypdf.PdfReader) -> None:
    assert [
        "Seite 1 von 2" in made.pages[0].extract_text(),
        "Seite 2 von 2" in made.pages[1].extract_text(),
    ] == [True, True]


def test_every_font_is_embedded(made: pypdf.PdfReader) -> None:
    fonts = [font.get_object() for page in made.pages for font in page["/Resources"]["/Font"].values()]  # type: ignore[index]
    assert fonts
    for font in fonts:
        described = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & set(described), font["/BaseFont"]


def test_it_is_tagged_with_language_title_and_text_for_figures(made: pypdf.PdfReader) -> None:
    root = made.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]  # type: ignore[index]
    assert root["/Lang"] == "de"  # type: ignore[index]
    assert made.metadata is not None
    assert made.metadata.title == "Größen"
    found = list(tags(root["/StructTreeRoot"]["/K"]))  # type: ignore[index]
    assert {"/H1", "/Table", "/TH", "/P", "/Figure"} <= set(found)


def test_a_bare_body_gets_its_page(app: Flask) -> None:
    made = read(render_pdf("<h1>Kurz</h1>", title="A & B", lang="en"))
    assert made.metadata is not None
    assert made.metadata.title == "A & B"
    assert made.trailer["/Root"]["/Lang"] == "en"  # type: ignore[index]


def test_nothing_else_is_ever_read(app: Flask, tmp_path: Path) -> None:
    asked: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP-SECRET")
    here = f"http://127.0.0.1:{server.server_port}"
    render_pdf(
        f'<link rel="stylesheet" href="{here}/a.css"><style>@import url("{here}/b.css");'
        f'body {{ background: url("{here}/c.png") }}</style><img src="{here}/d.png">'
        f'<img src="file://{secret}"><a rel="attachment" href="file://{secret}">x</a>'
        f'<object data="{here}/e.svg"></object><svg width="9" height="9"><image href="{here}/f.png"/></svg>',
        title="x", lang="de",
    )  # fmt: skip
    server.shutdown()
    assert asked == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "http://127.0.0.1/x", "https://kontor.invalid/etc/passwd",
        BASE_URL + "static/../app/factory.py", BASE_URL + "static/%2e%2e/app/factory.py",
        BASE_URL + "vendor/../secret.key", "ftp://x/y", "data:text/html,<b>x", BASE_URL + "static/",
    ],
)  # fmt: skip
def test_the_fetcher_refuses(app: Flask, tmp_path: Path, url: str) -> None:
    with pytest.raises(ValueError, match=r"not one of our files|no such file"):
        OwnFiles(tmp_path)(url)


def test_the_fetcher_reads_our_style_sheets(app: Flask, tmp_path: Path) -> None:
    answer = OwnFiles(tmp_path)(BASE_URL + "static/css/tokens.css")
    assert answer.content_type == "text/css"
    assert b"--" in answer.read()


def test_a_machine_without_fonts_gets_a_sentence_not_a_crash(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "system_fonts", lambda: 0)
    with pytest.raises(Unavailable, match="fonts-dejavu-core"):
        render_pdf("<p>x", title="x", lang="de")


def test_a_machine_without_pango_gets_a_sentence(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_name: str) -> None:
        raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.setattr(pdf, "import_module", fail)
    with pytest.raises(Unavailable, match=r"libpango.*apt-get install"):
        render_pdf("<p>x", title="x", lang="de")
