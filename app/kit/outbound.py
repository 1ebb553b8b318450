"""Asking addresses that people typed. Such an address may lead into our own network, answer for ever or send us elsewhere, so:

the name is looked up once and the connection goes to an address that was looked at; only public ones, or those of
KONTOR_OUTBOUND_NETWORKS; https, plain http only into those networks; no redirect, no proxy; bounded in size and time.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from app.kit.config import settings

MOST_BYTES = 64 * 1024
_TUNNELS = tuple(IPv6Network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
"""IPv6 addresses that carry an IPv4 one within."""
Networks = tuple[IPv4Network | IPv6Network, ...]


class Barred(Exception):
    """The address leads where we do not go, or is none."""


class Silent(Exception):
    """Nobody answered in time, or with more than we read."""


@dataclass(frozen=True)
class Answer:
    """What came back; a redirect is an answer like any other."""

    status: int
    body: bytes


def own_networks() -> Networks:
    """What the operator allows besides the public net."""
    given = (one.strip() for one in settings().outbound_networks.split(","))
    return tuple(ip_network(one) for one in given if one)


def in_networks(address: str, networks: Networks) -> bool:
    """Whether the operator has named the network in which it lies."""
    found = ip_address(address)
    return any(found in one for one in networks if one.version == found.version)


def is_public(address: str) -> bool:
    """Whether it is an address of the public net, and nothing that leads on to another."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return is_public(str(found.ipv4_mapped))
        if any(found in one for one in _TUNNELS):
            return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def ask(
    method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None,
    most: int = MOST_BYTES, connect: float = 3.0, total: float = 8.0,
) -> Answer:  # fmt: skip
    """One request. Raises Barred, Silent."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except (ValueError, UnicodeError):
        raise Barred("address") from None
    secure = parts.scheme == "https"
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        raise Barred("address")
    address = _place(host, port or (443 if secure else 80), secure)
    link = _Link(host, port or (443 if secure else 80), address, secure, connect)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        link.connect()
        late = threading.Event()
        end = threading.Timer(total, _hang_up, (link.sock, late))
        end.daemon = True
        end.start()
        try:
            link.greet()
            link.request(
                method, path, body, {"User-Agent": "kontor", "Accept-Encoding": "identity", **(headers or {})}
            )
            answer = link.getresponse()
            data = answer.read(most + 1)
        finally:
            end.cancel()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Silent(type(error).__name__) from None
    finally:
        link.close()
    if late.is_set() or len(data) > most:
        raise Silent("time" if late.is_set() else "size")
    return Answer(answer.status, data)


def _place(host: str, port: int, secure: bool) -> str:
    """The address to connect to. One that is not for us among several bars them all: names must not be tried out."""
    try:
        found = [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise Silent("name") from None
    own = own_networks()
    for one in found:
        named = "%" not in one and in_networks(one, own)
        if not named and not (secure and is_public(one)):
            raise Barred("network")
    if not found:
        raise Silent("name")
    return found[0]


class _Link(http.client.HTTPConnection):
    """To one address, under the name that was asked for."""

    def __init__(self, host: str, port: int, address: str, secure: bool, patience: float) -> None:
        super().__init__(host, port, timeout=patience)
        self._address = address
        self._tls = ssl.create_default_context() if secure else None
        self.default_port = 443 if secure else 80  # type: ignore[misc]  # what the Host header leaves out

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._tls is not None:  # the handshake comes later, when the time is running
            self.sock = self._tls.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )

    def greet(self) -> None:
        """The handshake, and with it who is there."""
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.do_handshake()


def _hang_up(link: socket.socket, late: threading.Event) -> None:
    late.set()  # an answer that we cut off looks like one that is whole
    with suppress(OSError):
        link.shutdown(socket.SHUT_RDWR)
