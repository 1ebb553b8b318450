"""Where packages of strangers run: in an origin of their own where one is set, else in none at all (docs/adr/0016-packages.md).

With KONTOR_CONTENT_URL the content host answers nothing but packages, and the host of our pages no packages: what a
package's address shows would otherwise run as ours.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

from flask import Response, current_app, request

from app.kit.config import settings

PACKAGES = frozenset({"nanos.launch", "nanos.member", "nanos.runtime"})
_LABEL = 24


def content_origin(sha256: str) -> str:
    """The origin in which a package runs; empty: in none. With `*` each package has one of its own."""
    return settings().content_url.replace("*", _label(sha256), 1)


def _label(sha256: str) -> str:
    """Says nothing about the content to who reads host names on the way."""
    key = current_app.extensions["kontor-keys"][-1].encode()
    return "n" + hmac.new(key, b"nanos.host" + sha256.encode(), hashlib.sha256).hexdigest()[:_LABEL]


def app_origin() -> str:
    """The origin of the page somebody is on; behind the content host, that of the setting."""
    parts = urlsplit(settings().public_url if settings().content_url else request.host_url)
    return f"{parts.scheme}://{parts.netloc}"


def on_content_host() -> bool:
    """Whether this request came in under the name that is for packages alone."""
    if not settings().content_url:
        return False
    wanted = urlsplit(settings().content_url.replace("*.", "", 1)).netloc.lower()
    host = request.host.lower()
    return host == wanted or (settings().content_url.count("*") > 0 and host.endswith(f".{wanted}"))


def keep_apart() -> Response | None:
    """Before each request: a host that is asked for what is not its own knows nothing, and says so without our pages."""
    if settings().content_url and (request.endpoint in PACKAGES) is not on_content_host():
        return Response("", 404, mimetype="text/plain")
    return None
