"""What is believed of an answer before it is read, and from where jars may come."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from app.hosting.gateways.modrinth.fault import ModrinthFault

CDN = "https://cdn.modrinth.com"


def jar_path(url: str) -> str:
    """The path of a jar at Modrinth's own address. Raises ModrinthFault foreign for every other place."""
    try:
        parts = urlsplit(url)
        odd = parts.port not in (None, 443) or parts.username is not None or parts.password is not None
    except ValueError:
        raise ModrinthFault("foreign") from None
    plain = all("!" <= char <= "~" and char != "\\" for char in url)
    if parts.scheme != "https" or parts.hostname != urlsplit(CDN).hostname or odd or not plain:
        raise ModrinthFault("foreign")
    if not parts.path.startswith("/data/") or parts.query or ".." in parts.path:
        raise ModrinthFault("foreign")
    return quote(parts.path, safe="/%+~!$&'()*,;=:@-._")


def check_status(status: int) -> None:
    """Raises ModrinthFault for every status but 200."""
    if status == 200:
        return
    if status in (404, 410):
        raise ModrinthFault("not-there" if status == 404 else "api-gone")
    if status == 429:
        raise ModrinthFault("limited", 60.0)
    if 300 <= status < 400:
        raise ModrinthFault("foreign")  # nobody is followed anywhere
    raise ModrinthFault("away" if status >= 500 else "refused")
