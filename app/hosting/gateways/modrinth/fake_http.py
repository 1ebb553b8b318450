"""The fake's way to speak HTTP: who may ask at all, how often, and everything that goes wrong on the way."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from app.hosting.gateways.modrinth.fake import LIMIT, FakeModrinth, Refused, sha1

AGENT = re.compile(r"[\w.-]+/[\w.-]+(/[\w.-]+)? \([^()]+\)")
LIBRARIES = ("python-urllib", "python-requests", "okhttp", "curl", "go-http-client")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def do_GET(self) -> None:
        self._take("GET", None)

    def do_POST(self) -> None:
        try:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
        except ValueError:
            body = None
        self.server.modrinth.bodies.append(body)
        self._take("POST", body)

    def _take(self, method: str, body: Any) -> None:
        fake: FakeModrinth = self.server.modrinth
        parts = urlsplit(self.path)
        fake.asked.append(f"{method} {self.path}")
        if fake.plan and self._go_wrong(fake, fake.plan.popleft(), parts.path):
            return
        if parts.path.startswith("/data/"):
            self._jar(fake, parts.path)
            return
        try:
            self._checked(fake, parts.path)
            answer = json.dumps(
                fake.answer(method, parts.path, parse_qs(parts.query, strict_parsing=bool(parts.query)), body)
            )
        except Refused as error:
            fake.refused.append(f"{error.error}: {method} {self.path}")
            self._send(error.status, json.dumps({"error": error.error, "description": error.error}).encode())
            return
        etag = f'W/"{sha1(answer.encode())}"'
        if method == "GET" and self.headers.get("If-None-Match") == etag:
            self._send(304, b"", {"ETag": etag})
        else:
            self._send(200, answer.encode(), {"ETag": etag})

    def _checked(self, fake: FakeModrinth, path: str) -> None:
        agent = self.headers.get("User-Agent", "")
        if not AGENT.fullmatch(agent) or agent.lower().startswith(LIBRARIES):
            raise Refused(403, "forbidden")
        if fake.left <= 0:
            raise Refused(429, "ratelimit_error")
        fake.left -= 1
        if fake.gone:
            raise Refused(410, "api_deprecated")
        if not path.startswith("/v2/"):
            raise Refused(404, "not_found")

    def _jar(self, fake: FakeModrinth, path: str) -> None:
        data = fake.jars.get(path)
        self._send(200 if data is not None else 404, data or b"", kind="application/java-archive")

    def _go_wrong(self, fake: FakeModrinth, plan: str, path: str) -> bool:
        if plan == "ok":
            return False
        if plan == "hang":
            fake.release.wait(10)
            self.close_connection = True
        elif plan == "cut":
            data = fake.jars.get(path, b"{}" * 100)
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) // 2])
            self.close_connection = True
        elif plan == "flip":
            data = fake.jars[path]
            self._send(200, bytes([data[0] ^ 1]) + data[1:])
        elif plan == "longer":
            self._send(200, fake.jars[path] + b"more")
        elif plan == "html":
            self._send(200, b"<html>not what you asked for</html>")
        elif plan == "redirect":
            self._send(302, b"", {"Location": f"{fake.url}/elsewhere.jar"})
        else:
            self._send(int(plan), b'{"error":"planned"}')
        return True

    def _send(
        self, status: int, body: bytes, headers: dict[str, str] | None = None, kind: str = "application/json"
    ) -> None:
        fake: FakeModrinth = self.server.modrinth
        self.send_response(status)
        limits = {
            "X-Ratelimit-Limit": str(LIMIT),
            "X-Ratelimit-Remaining": str(max(0, fake.left)),
            "X-Ratelimit-Reset": "37",
        }
        for name, value in {**limits, "Content-Type": kind, **(headers or {})}.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 304:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Tests read `asked`."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """A caller that hung up is what some tests are about."""


@contextmanager
def running_modrinth() -> Iterator[FakeModrinth]:
    """A Modrinth on a free port of this machine."""
    server = _Server(("127.0.0.1", 0), _Handler)
    fake = FakeModrinth(url=f"http://127.0.0.1:{server.server_port}")
    server.modrinth = fake  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield fake
    finally:
        fake.release.set()
        server.shutdown()
        server.server_close()
