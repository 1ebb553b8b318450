"""A real Caddy before a web map: TLS and the map while the game runs, a page that says why while it does not."""

from __future__ import annotations

import http.server
import os
import ssl
import threading
import time
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from app.hosting.rules.caddy import Site, caddyfile
from tests.services.debian import debian_program
from tests.services.processes import free_port, game_port, spawn, stop

pytestmark = pytest.mark.slow
NAME = "map.bauwelt.play.localhost"


class Map(http.server.BaseHTTPRequestHandler):
    """A map that sets a cookie for more than its own name."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Set-Cookie", "steal=1; Domain=play.localhost; Path=/; HttpOnly")
        self.end_headers()
        self.wfile.write(b"the map")

    def log_message(self, *_args: object) -> None:
        return None


class Front:
    """A Caddy with a certificate of its own."""

    def __init__(self, folder: Path, upstream: str) -> None:
        self.port = free_port()
        sites = caddyfile([Site((NAME,), upstream)], "https://kontor.example")
        head = f"{{\n\tadmin off\n\thttps_port {self.port}\n\thttp_port {free_port()}\n\tlocal_certs\n"
        head += "\tskip_install_trust\n}\n"
        self.file = folder / "Caddyfile"
        self.file.write_text(head + sites)
        env = {
            **os.environ,
            "HOME": str(folder),
            "XDG_DATA_HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
        }
        caddy = debian_program("caddy", "caddy")
        self.process = spawn([caddy, "run", "--adapter", "caddyfile", "--config", self.file], env=env)

    def get(self) -> tuple[int, str, str]:
        """Status, cookie and text at the map's name."""
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        until = time.monotonic() + 30
        while True:
            door = _Named("127.0.0.1", self.port, context=trust, timeout=10)
            try:
                door.request("GET", "/", headers={"Host": NAME})
                answer = door.getresponse()
                return answer.status, answer.headers.get("Set-Cookie", ""), answer.read().decode()
            except OSError:
                assert time.monotonic() < until, "Caddy does not answer"
                time.sleep(0.1)
            finally:
                door.close()


class _Named(HTTPSConnection):
    """Asks this machine, by the map's name."""

    def connect(self) -> None:
        super(HTTPSConnection, self).connect()
        self.sock = self._context.wrap_socket(self.sock, server_hostname=NAME)  # type: ignore[attr-defined]


@pytest.fixture
def front(tmp_path: Path) -> Iterator[tuple[Front, int]]:
    port = game_port()
    made = Front(tmp_path, f"127.0.0.1:{port}")
    yield made, port
    stop(made.process)


def test_the_map_while_it_runs_and_a_page_while_it_does_not(front: tuple[Front, int]) -> None:
    caddy, port = front
    status, _, text = caddy.get()
    assert status == 502
    assert "solange der Server läuft" in text and "only while the server runs" in text
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Map) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        status, cookie, text = caddy.get()
        running.shutdown()
    assert (status, text) == (200, "the map")
    assert "play.localhost" not in cookie and cookie.startswith("steal=1"), "no cookie beyond its own name"
    assert caddy.get()[0] == 502
