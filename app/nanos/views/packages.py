"""Files of packages, by an address that is the key. No cookie is read or set here, and nothing of ours is on these pages.

`launch` is the page around a package in an origin of its own: it holds the runtime that packages look for in their parent.
Without an origin a frame cannot reach its parent, so the runtime is written into the package's first page instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Response, request, send_file, url_for
from flask.json import dumps

from app.kit import assets
from app.kit.authz import open_to_all
from app.kit.config import ROOT, settings
from app.kit.errors import NotFound
from app.kit.formats import language
from app.nanos.queries.package import member_of, package_of
from app.nanos.queries.use import state_of
from app.nanos.rules.h5p import EDITION as H5P
from app.nanos.rules.player import TYPES, launch_policy, policy, type_of
from app.nanos.rules.scorm import Package, PackageFault, Part
from app.nanos.rules.scorm_state import again
from app.nanos.services.address import Pass, learner_of, open_key
from app.nanos.views import nanos
from app.nanos.views.apart import app_origin, content_origin
from app.nanos.views.content import byte_range, skip
from app.nanos.views.h5p import BELOW, exercise, file_of_runtime

WHY = "the sealed address is the key: one package, one person, a few hours"
PIECE = 1 << 16
MOST_INJECTED = 4 * 1024**2
_OURS = {"host.js": "nanos/host.js", "host.css": "nanos/host.css", "h5p.js": "nanos/h5p.js"}
_FETCHED = {"scorm12.js": "scorm12", "scorm2004.js": "scorm2004"}


def quietly(view: Callable[..., Response]) -> Callable[..., Response]:
    """What is not there is answered without a page of ours, and so without its cookies."""

    @wraps(view)
    def answer(**given: str) -> Response:
        try:
            return view(**given)
        except NotFound:
            return _quiet(Response("", 404, mimetype="text/plain"))

    return answer


def base_of(key: str, sha256: str) -> str:
    """The address below which everything of this launch lies."""
    path = url_for("nanos.launch", key=key)
    return (content_origin(sha256) or request.host_url.rstrip("/")) + path


def _opened(key: str) -> Pass:
    """What the key opens, at the one origin where it may run: with `*`, no package in another one's. Raises NotFound."""
    found = open_key(key)
    origin = content_origin(found.piece.sha256)
    if origin and urlsplit(origin).netloc.lower() != request.host.lower():
        raise NotFound
    return found


def frame_of(key: str, sha256: str, part: Part) -> str:
    """What our page shows in its frame: a page around the package, or, without an origin, its own first one if it has any."""
    base = base_of(key, sha256)
    return base if content_origin(sha256) or not part.path else f"{base}p/{_source(part)}"


def _source(part: Part) -> str:
    return quote(part.path) + (f"?{part.query}" if part.query else "")


@nanos.get("/content/<key>/")
@open_to_all(WHY)
@quietly
def launch(key: str) -> Response:
    """The page around a package in an origin of its own; for H5P, which brings no page along, in any case."""
    opened = _opened(key)
    apart = bool(content_origin(opened.piece.sha256))
    package, part = _part(opened)
    if package.edition == H5P:
        return _quiet(exercise(opened, base_of(key, opened.piece.sha256), apart=apart))
    if not apart:
        raise NotFound
    page = (
        f'<!doctype html><html lang="{language()}"><head><meta charset="utf-8"><title>{escape(part.title)}</title>'
        f'<link rel="stylesheet" href="-/host.css">{_scripts("-/", package, part, opened, framed=True)}</head>'
        f'<body><iframe id="package" title="{escape(part.title)}" allow="fullscreen; autoplay"></iframe></body></html>'
    )
    response = Response(page, mimetype="text/html")
    response.headers["Content-Security-Policy"] = launch_policy(
        base_of(key, opened.piece.sha256), app=f"{app_origin()} {opened.frames}".rstrip()
    )
    return _quiet(response)


def _part(opened: Pass) -> tuple[Package, Part]:
    try:
        package = package_of(opened.piece)
    except PackageFault:
        raise NotFound from None
    found = next((one for one in package.parts if one.key == opened.part), None)
    if found is None:
        raise NotFound
    return package, found


def _scripts(at: str, package: Package, part: Part, opened: Pass, *, framed: bool) -> str:
    """What the runtime needs to know, and the runtime."""
    state: dict[str, Any] = {}
    seconds = 0
    if opened.piece.records and opened.actor.person_id is not None:
        state, seconds = state_of(opened.actor.person_id, opened.piece.nano_id, opened.piece.sha256, part.key)
    said: dict[str, Any] = {
        "app": app_origin(), "edition": package.edition, "part": part.key, "talks": part.talks,
        "source": f"p/{_source(part)}" if framed else "",
        "state": again(package.edition, state, seconds, learner_of(opened), part.mastery), "kept": state,
    }  # fmt: skip
    text = dumps(said).replace("<", "\\u003c").replace("&", "\\u0026")
    runtime = "scorm12.js" if package.edition == "1.2" else "scorm2004.js"
    return (
        f'<script type="application/json" id="kontor-package">{text}</script>'
        f'<script src="{at}{runtime}"></script><script src="{at}host.js"></script>'
    )


@nanos.get("/content/<key>/-/<path:name>")
@open_to_all(WHY)
@quietly
def runtime(key: str, name: str) -> Response:
    """Our own scripts for packages, from their own origin."""
    opened = _opened(key)
    path = ROOT / "static" / _OURS[name] if name in _OURS else _fetched(name)
    if path is None or not path.is_file():
        raise NotFound
    response = send_file(path, mimetype=TYPES[name.rpartition(".")[2]], conditional=False)
    return _quiet(_open_to_nobody(response, opened))


def _fetched(name: str) -> Path | None:
    if name.startswith(BELOW):
        return file_of_runtime(name)
    vendor = assets.vendor_dir(settings().var_dir)
    entry = assets.read_manifest(vendor).get(_FETCHED.get(name, ""))
    return vendor / entry["path"] if entry else None


@nanos.get("/content/<key>/p/<path:name>")
@open_to_all(WHY)
@quietly
def member(key: str, name: str) -> Response:
    """One file of the package, as the type of its ending."""
    opened = _opened(key)
    base, apart = base_of(key, opened.piece.sha256), bool(content_origin(opened.piece.sha256))
    try:
        found = member_of(opened.piece, name)
    except PackageFault:
        raise NotFound from None
    kind = type_of(name)
    if not apart and kind == "text/html" and (put := _runtime_for(opened, name, base)):
        data = found.stream.read(MOST_INJECTED)
        response = Response(_chain(inject(data, put.encode()), found.stream), content_type=kind)
    else:
        first, last = byte_range(found.size)
        skip(found.stream, first)
        response = _ranged(found.stream, first, last, found.size, kind)
    response.call_on_close(found.close)
    response.headers["Content-Security-Policy"] = policy(
        base, app=f"{app_origin()} {opened.frames}".rstrip(), apart=apart
    )
    return _quiet(_open_to_nobody(response, opened))


def _open_to_nobody(response: Response, opened: Pass) -> Response:
    """Who has no origin is foreign to its own files, too."""
    if not content_origin(opened.piece.sha256):
        response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _runtime_for(opened: Pass, name: str, base: str) -> str:
    """What is written into the package's first page; "" for all others."""
    package, part = _part(opened)
    return _scripts(f"{base}-/", package, part, opened, framed=False) if part.path == name else ""


def inject(page: bytes, put: bytes) -> bytes:
    """Before everything else that a page has in its head: scripts that look for a runtime find it."""
    lower = page[:65536].lower()
    for mark in (b"<head", b"<html", b"<!doctype"):
        at = lower.find(mark)
        end = lower.find(b">", at) if at >= 0 else -1
        if end >= 0 and (mark != b"<head" or lower[at + 5 : at + 6] in b"> \t\r\n"):
            return page[: end + 1] + put + page[end + 1 :]
    return put + page


def _chain(head: bytes, rest: Any) -> Iterator[bytes]:
    yield head
    while piece := rest.read(PIECE):
        yield piece


def _ranged(stream: Any, first: int, last: int, size: int, kind: str) -> Response:
    def pieces() -> Iterator[bytes]:
        left = last - first + 1
        while left > 0 and (piece := stream.read(min(PIECE, left))):
            left -= len(piece)
            yield piece

    partial = (first, last) != (0, size - 1)
    response = Response(pieces(), 206 if partial else 200, content_type=kind)
    response.content_length = last - first + 1
    response.headers["Accept-Ranges"] = "bytes"
    if partial:
        response.headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response


def _quiet(response: Response) -> Response:
    """Nothing is told to whom it links to, and nothing is kept by caches that others share."""
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "private, max-age=600"
    response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response
