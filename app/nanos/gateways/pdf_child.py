"""The process that opens a PDF: python pdf_child.py <pdf> <json to write> <png to write>. Imports nothing of ours."""

from __future__ import annotations

import json
import resource
import sys

import pypdfium2

MEMORY_BYTES = 1 << 30
CPU_SECONDS = 20
WRITE_BYTES = 16 << 20
MOST_PAGES = 200
MOST_TEXT = 100_000
WIDTH = 640
TALLEST = 1280


def main(source: str, told: str, picture: str) -> None:
    """Text of the pages as far as it is kept, and the first page as a picture."""
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, WRITE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (most, most))
    document = pypdfium2.PdfDocument(source)
    parts, left = [], MOST_TEXT
    for number in range(min(len(document), MOST_PAGES)):
        if left <= 0:
            break
        said = document[number].get_textpage().get_text_bounded()[:left]
        parts.append(said)
        left -= len(said)
    page = document[0]
    wide, tall = page.get_size()
    scale = min(WIDTH / max(wide, 1), TALLEST / max(tall, 1))
    page.render(scale=scale).to_pil().convert("RGB").save(picture, "PNG", optimize=True)
    text = "\n".join(parts).replace("\0", "")
    with open(told, "w", encoding="utf-8", errors="replace") as file:
        json.dump({"pages": len(document), "text": text}, file)


if __name__ == "__main__":
    main(*sys.argv[1:4])
