"""A Caddyfile for the host names of game servers: what a browser finds there, with TLS by itself. Pure text.

Nothing reaches the file that is not a host name, a whole web address or host:port: each is checked here once more.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.hosting.rules.host_name import is_host_name

HEAD = """# Written by `flask kontor proxy caddy`; the next run replaces it.
# Import it into the Caddyfile of the proxy: import /etc/caddy/kontor-names.caddy
"""
_UPSTREAM_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


@dataclass(frozen=True)
class Site:
    """The names of one server, and where its web map answers (host:port); empty: it has none."""

    names: tuple[str, ...]
    upstream: str = ""


AWAY = (
    "<!doctype html><html><head><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
    "<meta http-equiv='refresh' content='30'><title>Karte / Map</title></head><body>"
    "<h1>Die Karte ist gerade nicht da.</h1><p>Sie antwortet nur, solange der Server läuft.</p>"
    "<h1 lang='en'>The map is not here right now.</h1><p lang='en'>It answers only while the server runs.</p>"
    "</body></html>"
)
"""What a browser reads while the game does not run."""


def upstream(text: str) -> str:
    """host:port of a web map, checked. Raises ValueError."""
    host, colon, port = text.strip().lower().rpartition(":")
    if not colon or not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise ValueError("host:port")
    if host.startswith("[") and host.endswith("]"):
        return f"[{ipaddress.IPv6Address(host[1:-1])}]:{int(port)}"
    if not _UPSTREAM_HOST.fullmatch(host):
        raise ValueError("host:port")
    return f"{host}:{int(port)}"


def web_address(text: str) -> str:
    """Scheme, host and port of an address, checked. Raises ValueError."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not re.fullmatch(r"[A-Za-z0-9.:\[\]-]{1,260}", parts.netloc):
        raise ValueError("a web address")
    return f"{parts.scheme}://{parts.netloc}"


def _map_block(address: str) -> str:
    """A map behind its names. A game must not set cookies for names above its own, where the platform may be."""
    return (
        "\tencode\n"
        f"\treverse_proxy {address} {{\n"
        '\t\theader_down Set-Cookie "(?i);\\s*domain=[^;]*" ";"\n'
        "\t\ttransport http {\n\t\t\tdial_timeout 3s\n\t\t}\n"
        "\t}\n"
        "\thandle_errors {\n"
        '\t\theader Content-Type "text/html; charset=utf-8"\n'
        "\t\theader Cache-Control no-store\n"
        f"\t\trespond `{AWAY}` {{http.error.status_code}}\n"
        "\t}\n"
    )


def caddyfile(sites: Iterable[Site], home: str) -> str:
    """One block a server: its map behind its names, else the way to `home`. Names that are none are left out."""
    blocks, taken = [], set[str]()
    for site in sites:
        names = [name for name in site.names if is_host_name(name) and name not in taken]
        taken.update(names)
        if not names:
            continue
        if site.upstream:
            body = _map_block(upstream(site.upstream))
        else:
            body = f"\tredir {web_address(home)}/ 302\n"
        blocks.append(f"{', '.join(names)} {{\n{body}}}\n")
    return "\n".join([HEAD, *blocks])
