"""Addresses that people typed lead to the public net alone, whatever their names say, and never for long."""

from __future__ import annotations

import http.server
import socket
import threading
import time
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.kit import outbound
from app.kit.outbound import Barred, Silent, ask, is_public

OURS = (
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "224.0.0.1", "255.255.255.255", "240.0.0.1", "198.18.0.1", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0",
    "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "::ffff:169.254.169.254",
)  # fmt: skip


@pytest.mark.parametrize("address", OURS)
def test_what_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2a01:4f8::1", "::ffff:93.184.216.34"])
def test_what_is(address: str) -> None:
    assert is_public(address)


@given(st.integers(0, 2**32 - 1))
def test_nothing_private_is_public_in_any_spelling(number: int) -> None:
    plain = ip_address(number)
    if not plain.is_global or plain.is_multicast:
        assert not is_public(str(plain)) and not is_public(f"::ffff:{plain}")


class _Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_given: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/slow":
            self.send_response(200)
            self.end_headers()
            for _ in range(40):
                try:
                    self.wfile.write(b" ")
                    self.wfile.flush()
                except OSError:
                    return
                time.sleep(0.05)
            return
        self.send_response(302 if self.path == "/away" else 200)
        if self.path == "/away":
            self.send_header("Location", "/there")
        self.end_headers()
        self.wfile.write(b"x" * (200_000 if self.path == "/large" else 5))


@pytest.fixture
def server(app: Flask) -> Iterator[str]:
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    app.extensions["kontor-settings"].outbound_networks = "127.0.0.0/8"
    yield f"http://127.0.0.1:{made.server_address[1]}"
    app.extensions["kontor-settings"].outbound_networks = ""
    made.shutdown()
    made.server_close()


def test_bounded_and_without_redirects(server: str) -> None:
    assert (ask("GET", f"{server}/").status, ask("GET", f"{server}/").body) == (200, b"xxxxx")
    assert ask("GET", f"{server}/away").status == 302
    with pytest.raises(Silent):
        ask("GET", f"{server}/large")
    began = time.monotonic()
    with pytest.raises(Silent):
        ask("GET", f"{server}/slow", total=0.3)
    assert time.monotonic() - began < 1.5
    with pytest.raises(Silent):
        ask("GET", "http://127.0.0.1:1/")


def test_barred(app: Flask, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app.extensions["kontor-settings"].outbound_networks = "10.0.0.0/8"
    for url in (
        server, server.replace("127.0.0.1", "localhost"), server.replace("127.0.0.1", "2130706433"), "https://[::1]/",
        "https://169.254.169.254/latest", "ftp://example.org", "file:///etc/passwd", "https://a@example.org", "https://",
        "gopher://x", "https://exa mple.org:x/", "//example.org",
    ):  # fmt: skip
        with pytest.raises((Barred, Silent)) as found:
            ask("GET", url)
        assert found.type is Barred or "2130706433" in url, url

    def names(*places: str) -> None:
        rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in places]
        monkeypatch.setattr(outbound.socket, "getaddrinfo", lambda *_a, **_k: rows)

    asked: list[Any] = []
    monkeypatch.setattr(outbound.socket, "create_connection", lambda place, _t: asked.append(place) or 1 / 0)
    names("93.184.216.34", "127.0.0.1")
    with pytest.raises(Barred):
        ask("GET", "https://rebind.example/")
    names("93.184.216.34")
    with pytest.raises(Barred):
        ask("GET", "http://plain.example/")
    with pytest.raises(ZeroDivisionError):
        ask("GET", "https://plain.example/")
    assert asked == [("93.184.216.34", 443)], "to the address that was looked at, not to the name"
