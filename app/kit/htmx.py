"""Talking with htmx 4: who asked, and how to send them somewhere."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import Flask, Response, redirect, request


def wants_fragment() -> bool:
    """True for an htmx request that is not a history restore."""
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers


def go(url: str, status: int = 303) -> Response:
    """Lead the browser to `url`: a full navigation for htmx, 303 otherwise."""
    if wants_fragment():
        return Response(status=204, headers={"HX-Redirect": url})
    return redirect(url, status)  # type: ignore[return-value]


# Browsers drop tabs and line breaks and read a backslash as a slash: `/<tab>\evil.example` is another site to them.
_PATH = re.compile(r"/(?!/)[^\x00-\x1f\x7f\\]*")


def safe_next(url: str | None, fallback: str) -> str:
    """`url` when it is a path of this site, else `fallback`: no open redirects."""
    if not url or not _PATH.fullmatch(url):
        return fallback
    parts = urlsplit(url)
    return url if not parts.scheme and not parts.netloc else fallback


def init_htmx(app: Flask) -> None:
    """One URL may answer a page or a fragment: say so to caches, and keep everything out of them that does not say
    itself how long it may be kept: pages, downloads, redirects.
    """

    @app.after_request
    def headers(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.vary.add("HX-Request")
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    app.jinja_env.globals["wants_fragment"] = wants_fragment
