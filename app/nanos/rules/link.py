"""Links as content: an address people can open, and that says where it leads."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

LONGEST = 500
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*\.[a-z][a-z0-9-]{1,62}")
_HOME = (".local", ".localhost", ".internal", ".lan", ".home", ".test", ".invalid", ".onion")


def checked_link(text: str) -> str:
    """The address as it is kept. ValueError for what is no public web address, or hides where it leads."""
    text = text.strip()
    if not text or len(text) > LONGEST or any(c.isspace() or ord(c) < 32 or c in '<>"\\^`{|}' for c in text):
        raise ValueError("characters")
    parts = urlsplit(text)
    if parts.scheme.lower() not in ("http", "https") or "@" in parts.netloc or parts.port == 0:
        raise ValueError("kind")
    host = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii").lower()
    if not _HOST.fullmatch(host) or host.endswith(_HOME) or _number(host):
        raise ValueError("host")
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(scheme=parts.scheme.lower(), netloc=host + port).geturl()


def _number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def link_host(url: str) -> str:
    """The host, for people to see where they go."""
    return urlsplit(url).hostname or ""
