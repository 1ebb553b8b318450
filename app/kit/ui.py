"""What templates stand on: components, icons, assets, navigation, theme. `init_ui(app)` plugs it in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import (
    Flask,
    Response,
    current_app,
    g,
    has_request_context,
    make_response,
    request,
    send_from_directory,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from jinja2 import Environment
from lucide import _render_icon
from markupsafe import Markup

from app.kit import assets, dom
from app.kit.authz import current_actor, open_to_all
from app.kit.config import ROOT, settings
from app.kit.contrast import hex_colour, themed_accent
from app.kit.errors import NotFound
from app.kit.formats import init_formats
from app.kit.htmx import go, safe_next
from app.kit.nav import nav

__all__ = ["asset", "icon", "init_ui", "nav", "url_with"]

THEMES = ("auto", "light", "dark")
_YEAR = 31_536_000
_ID = re.compile(r"[^a-z0-9-]+")
_LEVEL = re.compile(r"\b(WARN(ING)?|ERROR|SEVERE|FATAL)\b")
_BETWEEN_TAGS = re.compile(r">\s+<")
STYLES = ("tokens", "base", "layout", "components", "forms", "data", "feedback")


@lru_cache(maxsize=512)
def icon(name: str, size: int = 20) -> Markup:
    """A lucide icon as inline SVG, hidden from screen readers: the words beside it carry the meaning."""
    svg = _render_icon(name, size, aria_hidden="true", focusable="false", **{"class": f"icon icon-{name}"})
    return Markup(_BETWEEN_TAGS.sub("><", svg))  # noqa: S704 - the package's own drawing


class Components:
    """`ui.button(…)` in any template: the macros of templates/_ui, found by name."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._home: dict[str, str] = {}

    def _index(self) -> None:
        for name in self._env.list_templates(
            filter_func=lambda n: n.startswith("_ui/") and n.endswith(".html")
        ):
            for macro in vars(self._env.get_template(name).module):
                if not macro.startswith("_"):
                    self._home[macro] = name

    @staticmethod
    def column(
        key: str, text: Any, kind: str = "text", sort: bool = False, head: bool = False
    ) -> dict[str, Any]:
        """A column of `ui.table`: kind is text, number, time or actions; `head` marks the cell that names its row."""
        css = "" if kind == "text" else kind
        return {"key": key, "text": text, "kind": kind, "css": css, "sort": sort, "head": head}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._home:
            self._index()
        if name not in self._home:
            raise AttributeError(f"no component {name!r} in templates/_ui")
        macro = getattr(self._env.get_template(self._home[name]).module, name)
        if not self._env.auto_reload:
            self.__dict__[name] = (
                macro  # templates do not change any more: next time Python finds it by itself
            )
        return macro


def vendor_dir() -> Path:
    """Where the fetched front-end files of this application lie."""
    return assets.vendor_dir(settings().var_dir)


def _manifest() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] | None = current_app.extensions.get("kontor-assets")
    if not found:
        found = current_app.extensions["kontor-assets"] = assets.read_manifest(vendor_dir())
    return found


def _own_version(path: Path) -> str:
    """Short content hash of one of our own static files; remembered until the file changes."""
    seen: dict[str, tuple[float, str]] = current_app.extensions.setdefault("kontor-static", {})
    key = str(path)
    if key in seen and not settings().debug:
        return seen[key][1]
    changed = path.stat().st_mtime
    if key not in seen or seen[key][0] != changed:
        seen[key] = (changed, hashlib.sha256(path.read_bytes()).hexdigest()[:12])
    return seen[key][1]


def asset(name: str) -> str:
    """URL of a fetched file by its name in assets.toml ("htmx"), or of an own file ("css/base.css").

    A page asks twenty times, so what was found is remembered, except while developing.
    """
    known: dict[tuple[str, str], str] = current_app.extensions.setdefault("kontor-asset-urls", {})
    key = (request.script_root if has_request_context() else "", name)
    if key in known:
        return known[key]
    if "/" in name:
        url = url_for("static", filename=name, v=_own_version(ROOT / "static" / name))
    else:
        entry = _manifest().get(name)
        url = url_for("vendor", name=entry["path"]) if entry else ""
    if url and not settings().debug:
        known[key] = url
    return url


def integrity(name: str) -> str:
    """The sha384 of a fetched file, for the integrity attribute."""
    return str(_manifest().get(name, {}).get("integrity", ""))


def url_with(**changes: object) -> str:
    """This page's URL with some arguments changed; None removes one. Paging starts anew unless asked to go on."""
    arguments: dict[str, Any] = {**(request.view_args or {}), **request.args.to_dict(flat=False)}
    arguments.pop("cursor", None)
    arguments.update(changes)
    return url_for(request.endpoint or "", **{k: v for k, v in arguments.items() if v is not None})


def theme() -> str:
    """auto, light or dark: the profile's for who is signed in, on every device; the browser's cookie for strangers."""
    actor = current_actor()
    own = actor.theme if actor.signed_in else request.cookies.get("theme", "")
    asked = request.args.get("theme", "")
    return next((one for one in (asked, own) if one in THEMES), "auto")


def once_id(prefix: str) -> str:
    """An element id that is unique on the page being rendered."""
    g.ui_ids = g.get("ui_ids", 0) + 1
    return f"{prefix}-{g.ui_ids}"


@open_to_all("fetched front-end files are public packages")
def vendor(name: str) -> Response:
    """A file out of the vendor folder; its path holds the version, so it never changes."""
    response = send_from_directory(vendor_dir(), name, max_age=_YEAR)
    response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
    if name.endswith(".woff2"):
        response.headers["Content-Type"] = "font/woff2"
    return response


@open_to_all("a style sheet with the operator's accent colour")
def accent_css() -> Response:
    """The white-label accent as a style sheet: inline styles are not allowed, so it is a file."""
    chosen = hex_colour(settings().accent)
    if chosen is None:
        raise NotFound
    response = make_response(themed_accent(chosen))
    response.mimetype = "text/css"
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def _back() -> str:
    return safe_next(request.form.get("next"), "/")


@open_to_all("everybody may choose light or dark")
def choose_theme() -> ResponseReturnValue:
    """Remember the theme: in the profile of who is signed in, and for a year in this browser for who is not."""
    chosen = request.form.get("theme", "auto")
    response = make_response(go(_back()))
    if chosen in THEMES:
        actor, keep = current_actor(), nav.slots().keep_theme
        if actor.signed_in and keep is not None:
            keep(actor, chosen)
        secure = settings().public_url.startswith("https:")
        response.set_cookie("theme", chosen, max_age=_YEAR, samesite="Lax", secure=secure)
    return response


@open_to_all("everybody may choose their language")
def choose_language() -> ResponseReturnValue:
    """Remember the language of someone who is not signed in; a profile's own setting is changed there."""
    chosen = request.form.get("lang", "de")
    response = make_response(go(_back()))
    if chosen in ("de", "en"):
        secure = settings().public_url.startswith("https:")
        response.set_cookie("lang", chosen, max_age=_YEAR, samesite="Lax", secure=secure)
    return response


def script_texts() -> dict[str, str]:
    """What app.js may have to say, in the viewer's language; handed over as data attributes."""
    return {
        "failed": gettext("Das hat nicht geklappt. Bitte versuch es noch einmal."),
        "offline": gettext("Keine Verbindung. Deine Eingaben sind noch da."),
        "copied": gettext("Kopiert"),
        "close": gettext("Schließen"),
        "live": gettext("Live"),
        "waiting": gettext("Verbindung unterbrochen, neuer Versuch läuft"),
        "ended": gettext("Sitzung abgelaufen – neu anmelden"),
        "now": gettext("gerade eben"),
    }


def _immutable_static(response: Response) -> Response:
    if request.endpoint == "static" and "v" in request.args and response.status_code == 200:
        response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
    return response


def line_kind(text: str) -> str:
    """How a console line is shown, by the level word near its start: "bad", "warn" or nothing."""
    found = _LEVEL.search(text[:80])
    return "" if found is None else ("warn" if found[0].startswith("WARN") else "bad")


def slug(text: str) -> str:
    """A word usable in an id."""
    return _ID.sub("-", text.lower()).strip("-") or "x"


def init_ui(app: Flask) -> None:
    """Globals and filters for templates; routes for fetched files, theme and language."""
    init_formats(app)
    chosen = settings_of(app).accent
    if chosen and hex_colour(chosen) is None:
        raise SystemExit("KONTOR_ACCENT must be #rrggbb with a contrast of at least 4.5:1 against white")
    rules: tuple[tuple[str, str, Callable[..., Any], str], ...] = (
        ("/vendor/<path:name>", "vendor", vendor, "GET"),
        ("/accent.css", "accent_css", accent_css, "GET"),
        ("/theme", "choose_theme", choose_theme, "POST"),
        ("/language", "choose_language", choose_language, "POST"),
    )
    for rule, endpoint, view, method in rules:
        app.add_url_rule(rule, endpoint, view, methods=[method])
    app.after_request(_immutable_static)
    app.jinja_env.globals.update(
        ui=Components(app.jinja_env),
        icon=icon,
        svg_icon=icon,
        asset=asset,
        integrity=integrity,
        url_with=url_with,
        nav=nav,
        theme=theme,
        actor=current_actor,
        dom_id=dom.dom_id,
        once_id=once_id,
        slug=slug,
        line_kind=line_kind,
        styles=STYLES,
        product=settings_of(app).name,
        white_label=bool(chosen),
        script_texts=script_texts,
    )


def settings_of(app: Flask) -> Any:
    """Settings outside of an application context."""
    return app.extensions["kontor-settings"]
