"""The page in which an H5P package plays. The package brings no page along, only scripts and styles: this one loads H5P's own
runtime and then them, in the order of what they stand on. All of it is below the package's own address.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Response, url_for
from flask.json import dumps
from flask_babel import gettext as _

from app.kit import assets
from app.kit.config import settings
from app.kit.errors import NotFound
from app.kit.formats import language
from app.nanos.queries.package import course_and_content
from app.nanos.queries.use import state_of
from app.nanos.rules.h5p import PART, Course
from app.nanos.rules.h5p_said import again
from app.nanos.rules.player import policy
from app.nanos.rules.scorm import PackageFault
from app.nanos.services.address import Pass
from app.nanos.views.apart import app_origin

PACKAGE = "h5p-standalone"
BELOW = "h5p/"
SAVED_EVERY = 10
"""Seconds after which the runtime asks a package where somebody is."""
_STYLES = ("-/host.css", f"-/{BELOW}styles/h5p.css")
_SCRIPTS = ("-/h5p.js", f"-/{BELOW}frame.bundle.js")
_CONTENT = "1"


def file_of_runtime(name: str) -> Path | None:
    """A fetched file of the runtime: its stylesheet names fonts and pictures by their places beside it."""
    vendor = assets.vendor_dir(settings().var_dir)
    wanted = name.rpartition("/")[2]
    for entry in assets.read_manifest(vendor).values():
        if entry["package"] == PACKAGE and Path(entry["path"]).name == wanted:
            return vendor / entry["path"]
    return None


def exercise(opened: Pass, base: str, *, apart: bool) -> Response:
    """The page, with a policy as for the package's own files. Raises NotFound where there is nothing to play."""
    try:
        course, content = course_and_content(opened.piece)
    except PackageFault:
        raise NotFound from None
    said = {
        "app": app_origin(),
        "part": PART,
        "records": opened.piece.records,
        "integration": _integration(opened, course, content, base, apart=apart),
    }
    text = dumps(said).replace("<", "\\u003c").replace("&", "\\u0026")
    styles = "".join(
        f'<link rel="stylesheet" href="{escape(one)}">' for one in (*_STYLES, *_below(course.styles))
    )
    scripts = "".join(
        f'<script src="{escape(one)}"></script>' for one in (*_SCRIPTS, *_below(course.scripts))
    )
    tongue = course.language if course.language.isalpha() else language()
    page = (
        f'<!doctype html><html lang="{escape(tongue)}" class="h5p-iframe"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(course.title)}</title>{styles}'
        f'<script type="application/json" id="kontor-package">{text}</script>{scripts}</head>'
        f'<body><div class="h5p-content" data-content-id="{_CONTENT}"></div></body></html>'
    )
    response = Response(page, mimetype="text/html")
    response.headers["Content-Security-Policy"] = policy(
        base, app=f"{app_origin()} {opened.frames}".rstrip(), apart=apart
    )
    return response


def _below(paths: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"p/{quote(path)}" for path in paths)


def _integration(opened: Pass, course: Course, content: str, base: str, *, apart: bool) -> dict[str, Any]:
    """What H5P's runtime looks for in `H5PIntegration`. It asks no server for anything: what it wants kept we read there."""
    piece = opened.piece
    state: dict[str, Any] = {}
    if piece.records and opened.actor.person_id is not None:
        state, _seconds = state_of(opened.actor.person_id, piece.nano_id, piece.sha256, PART)
    one = {
        "library": course.library, "jsonContent": content, "contentUrl": f"{base}p/content", "fullScreen": "0",
        "url": app_origin() + url_for("nanos.show", nano_id=piece.nano_id), "styles": [], "scripts": [],
        "metadata": {"title": course.title, "license": "U"}, "contentUserData": again(state),
        "displayOptions": {"frame": False, "export": False, "embed": False, "copyright": False, "icon": False},
    }  # fmt: skip
    return {
        "url": f"{base}p", "urlLibraries": f"{base}p", "siteUrl": base, "libraryDirectories": dict(course.folders),
        "contents": {f"cid-{_CONTENT}": one}, "saveFreq": SAVED_EVERY, "postUserStatistics": False,
        "ajax": {"setFinished": "", "contentUserData": ""}, "reportingIsEnabled": False, "hubIsEnabled": False,
        "l10n": {"H5P": _words()}, "core": {"styles": [], "scripts": []}, "loadedJs": [], "loadedCss": [],
        **({} if apart else {"crossorigin": "anonymous"}),
    }  # fmt: skip


def _words() -> dict[str, str]:
    """Those of the runtime's own that can be seen here; packages bring theirs along."""
    return {
        "fullscreen": _("Vollbild"),
        "disableFullscreen": _("Vollbild verlassen"),
        "confirmDialogHeader": _("Wirklich?"),
        "confirmDialogBody": _("Das lässt sich nicht zurücknehmen."),
        "confirmLabel": _("Ja"),
        "cancelLabel": _("Abbrechen"),
        "close": _("Schließen"),
        "contentChanged": _("Dieser Inhalt hat sich geändert, seit Sie zuletzt hier waren."),
        "startingOver": _("Sie fangen von vorn an."),
        "size": _("Größe"),
    }
