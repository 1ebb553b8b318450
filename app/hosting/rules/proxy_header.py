"""The PROXY protocol, version 2: tells a game server behind the router who really connects."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LOCAL, PROXY = b"\x20", b"\x21"
TCP4, TCP6, UNSPECIFIED = b"\x11", b"\x21", b"\x00"

Side = tuple[str, int]


def proxy_header(source: Side, target: Side) -> bytes:
    """The bytes to send before anything else. Addresses of two families meet in IPv6; what is none is left unsaid."""
    try:
        ours, theirs = plain(source[0]), plain(target[0])
    except ValueError:
        return SIGNATURE + LOCAL + UNSPECIFIED + b"\0\0"
    ports = source[1].to_bytes(2, "big") + target[1].to_bytes(2, "big")
    if ours.version == theirs.version == 4:
        return SIGNATURE + PROXY + TCP4 + b"\0\x0c" + ours.packed + theirs.packed + ports
    return SIGNATURE + PROXY + TCP6 + b"\0\x24" + _wide(ours) + _wide(theirs) + ports


def plain(text: str) -> IPv4Address | IPv6Address:
    """An address; IPv4 that arrived on an IPv6 socket is IPv4. Raises ValueError."""
    found = ip_address(text.partition("%")[0])
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def _wide(address: IPv4Address | IPv6Address) -> bytes:
    return address.packed if address.version == 6 else b"\0" * 10 + b"\xff\xff" + address.packed
