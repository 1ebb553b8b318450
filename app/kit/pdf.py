"""PDF from HTML: tagged, with embedded fonts, reading nothing but our own files. Runs in jobs, never in a request.

WeasyPrint is loaded on first use (half a second, 40 MB). It needs Pango from the system and at least one font there:
without any, Pango ends the whole process, so this is asked before.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import mimetypes
from functools import lru_cache
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog
from flask_babel import gettext

from app.kit import assets
from app.kit.config import ROOT, settings
from app.kit.errors import Unavailable

log = structlog.get_logger(__name__)
BASE_URL = "https://kontor.invalid/"  # no host is ever asked; paths below it are our own files
LIBRARIES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core"


class _FontSet(ctypes.Structure):
    _fields_ = (("nfont", ctypes.c_int), ("sfont", ctypes.c_int), ("fonts", ctypes.c_void_p))


@lru_cache(maxsize=1)
def system_fonts() -> int:
    """How many fonts fontconfig finds on this machine; 0 also when there is no fontconfig."""
    name = ctypes.util.find_library("fontconfig") or "libfontconfig.so.1"
    try:
        library = ctypes.CDLL(name)
    except OSError:
        return 0
    library.FcInitLoadConfigAndFonts.restype = ctypes.c_void_p
    library.FcConfigGetFonts.restype = ctypes.POINTER(_FontSet)
    library.FcConfigGetFonts.argtypes = (ctypes.c_void_p, ctypes.c_int)
    config = library.FcInitLoadConfigAndFonts()
    found = library.FcConfigGetFonts(config, 0) if config else None
    return int(found.contents.nfont) if found else 0


def missing_parts() -> str:
    """What is missing for making PDFs, as one line with the command to type; empty when nothing is."""
    try:
        import_module("weasyprint")
    except OSError as error:
        return f"{error.args[0].splitlines()[0]}: apt-get install {LIBRARIES}"
    if system_fonts() == 0:
        return "no font on this machine: apt-get install fonts-dejavu-core"
    return ""


def render_pdf(html: str, *, title: str, lang: str, base_url: str = BASE_URL) -> bytes:
    """The document as a tagged PDF (variant ua-1; conformity is not promised).

    `html` is a whole page (see templates/_layout/print.html) or its body. Files are read from static/ and the fetched
    vendor folder only; anything else is left out and logged. Raises Unavailable when the machine cannot make PDFs.
    """
    lacking = missing_parts()
    if lacking:
        log.error("pdf_unavailable", missing=lacking)
        raise Unavailable(
            gettext("PDFs lassen sich auf diesem Rechner noch nicht erzeugen: %(was)s", was=lacking)
        )
    weasyprint: Any = import_module("weasyprint")
    if "<html" not in html[:2000].lower():
        html = (
            f'<!doctype html><html lang="{escape(lang)}"><head><meta charset="utf-8">'
            f"<title>{escape(title)}</title></head><body>{html}</body></html>"
        )
    fetch = OwnFiles(settings().var_dir)
    fonts = weasyprint.text.fonts.FontConfiguration()
    sheet = weasyprint.CSS(
        string=font_faces(settings().var_dir), url_fetcher=fetch, font_config=fonts, base_url=base_url
    )
    document = weasyprint.HTML(string=html, base_url=base_url, url_fetcher=fetch)
    data: bytes = document.write_pdf(
        stylesheets=[sheet], font_config=fonts, pdf_variant="pdf/ua-1", optimize_images=True
    )
    return data


def font_faces(var_dir: Path) -> str:
    """Inter as @font-face from the fetched files; without them the system's font is used, and embedded too."""
    manifest = assets.read_manifest(assets.vendor_dir(var_dir))
    faces = []
    for name in ("inter-latin-ext", "inter-latin"):
        entry = manifest.get(name)
        if entry:
            faces.append(
                '@font-face { font-family: "Inter"; font-style: normal; '
                f'src: url("/vendor/{entry["path"]}") format("woff2"); }}'
            )
    if not faces:
        log.warning("pdf_without_inter", hint="python -m app.kit.assets sync")
    return "\n".join(faces)


class OwnFiles:
    """WeasyPrint's fetcher: /static/… and /vendor/… of this application and data: images; the rest is refused."""

    _fail_on_errors = False  # WeasyPrint asks: a picture that is not there must not cost the whole report

    def __init__(self, var_dir: Path) -> None:
        self.urls: Any = import_module("weasyprint.urls")
        self.folders = {"static": (ROOT / "static").resolve(), "vendor": assets.vendor_dir(var_dir).resolve()}
        self.inline = self.urls.URLFetcher(allowed_protocols=("data",))

    def __call__(self, url: str) -> Any:
        if url.startswith("data:image/"):
            return self.inline.fetch(url)
        parts = urlsplit(url)
        top, _, rest = unquote(parts.path).lstrip("/").partition("/")
        folder = self.folders.get(top)
        if f"{parts.scheme}://{parts.netloc}/" != BASE_URL or folder is None:
            log.warning("pdf_refused_url", url=url[:200])
            raise ValueError(f"not one of our files: {url[:200]}")
        path = (folder / rest).resolve()
        if not path.is_relative_to(folder) or not path.is_file():
            log.warning("pdf_missing_file", url=url[:200])
            raise ValueError(f"no such file: {url[:200]}")
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return self.urls.URLFetcherResponse(url, path.read_bytes(), {"Content-Type": kind})
