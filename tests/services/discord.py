"""Discord's webhooks, strictly: checks every message as Discord does, counts requests, and fails as told.

The real limits: a message 2,000 characters, ten embeds of 256 (title), 4,096 (description), 25 fields, 6,000 in all;
five requests in two seconds for each webhook.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TOKEN = "Ab3_-" * 13 + "xyz"  # 68 characters, as Discord's
TOP = {
    "content", "username", "avatar_url", "tts", "embeds", "allowed_mentions", "components", "flags", "thread_name",
}  # fmt: skip
EMBED = {
    "title",
    "description",
    "url",
    "timestamp",
    "color",
    "footer",
    "author",
    "fields",
    "image",
    "thumbnail",
}
SPAN, MOST = 2.0, 5


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def faults(message: Any) -> list[str]:
    """What Discord would not take in a message; also what this product never sends."""
    if not isinstance(message, dict):
        return ["not an object"]
    wrong = [f"unknown: {key}" for key in message.keys() - TOP]
    if message.get("allowed_mentions") != {"parse": []}:
        wrong.append("allowed_mentions is not empty")
    if _units(message.get("content", "")) > 2000:
        wrong.append("content too long")
    embeds = message.get("embeds", [])
    if not message.get("content") and not embeds:
        wrong.append("empty message")
    if len(embeds) > 10:
        wrong.append("too many embeds")
    for embed in embeds:
        wrong += _embed_faults(embed)
    if sum(_length(embed) for embed in embeds) > 6000:
        wrong.append("embeds too long together")
    return wrong


def _length(embed: dict[str, Any]) -> int:
    parts = [embed.get("title", ""), embed.get("description", ""), embed.get("footer", {}).get("text", "")]
    parts += [text for one in embed.get("fields", []) for text in (one["name"], one["value"])]
    return sum(map(_units, parts))


def _embed_faults(embed: dict[str, Any]) -> list[str]:
    wrong = [f"unknown in embed: {key}" for key in embed.keys() - EMBED]
    wrong += [
        f"{key} too long"
        for key, most in (("title", 256), ("description", 4096))
        if _units(embed.get(key, "")) > most
    ]
    if _units(embed.get("footer", {}).get("text", "")) > 2048:
        wrong.append("footer too long")
    if len(embed.get("fields", [])) > 25:
        wrong.append("too many fields")
    for one in embed.get("fields", []):
        if not (1 <= _units(one["name"]) <= 256 and 1 <= _units(one["value"]) <= 1024):
            wrong.append("field empty or too long")
    if not 0 <= embed.get("color", 0) <= 0xFFFFFF:
        wrong.append("colour out of range")
    if not embed.get("title") and not embed.get("description"):
        wrong.append("empty embed")
    return wrong


@dataclass
class FakeDiscord:
    """Webhooks by id, what was posted to each, and what is to go wrong next (see `fail`)."""

    url: str = ""
    tokens: dict[str, str] = field(default_factory=dict)
    posted: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    refused: list[list[str]] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    requests: int = 0
    most: int = MOST
    """Requests in two real seconds; more where a test lets hours go by in one."""
    _plan: deque[str] = field(default_factory=deque)
    _times: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    open: threading.Event = field(default_factory=threading.Event)

    def webhook(self, number: int = 1, token: str = TOKEN) -> str:
        """Make a webhook; the address people copy."""
        name = f"1100000000000000{number:03d}"
        self.tokens[name] = token
        return f"https://discord.com/api/webhooks/{name}/{token}"

    def remove(self, number: int = 1) -> None:
        """Somebody deletes it in Discord."""
        self.tokens.pop(f"1100000000000000{number:03d}")

    def messages(self, number: int = 1) -> list[dict[str, Any]]:
        """What the channel shows."""
        return self.posted[f"1100000000000000{number:03d}"]

    def fail(self, *what: str) -> None:
        """The next requests: a status ("500"), or one of the words `_Handler._answer` knows."""
        self._plan.extend(what)

    def planned(self) -> str:
        """What the next request is to meet."""
        with self._lock:
            self.requests += 1
            return self._plan.popleft() if self._plan else ""

    def allowance(self, name: str) -> tuple[int, float]:
        """(requests left, seconds until all are there again); -1 left: too many."""
        with self._lock:
            now, times = time.monotonic(), self._times[name]
            while times and times[0] < now - SPAN:
                times.popleft()
            if len(times) >= self.most:
                return -1, times[0] + SPAN - now
            times.append(now)
            return self.most - len(times), times[0] + SPAN - now


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def do_POST(self) -> None:
        discord: FakeDiscord = self.server.discord
        body = self.rfile.read(int(self.headers["Content-Length"]))
        discord.agents.append(self.headers["User-Agent"])
        plan = discord.planned()
        if plan:
            self._answer(discord, plan, body)
        else:
            self._execute(discord, body)

    do_GET = do_POST

    def _execute(self, discord: FakeDiscord, body: bytes) -> None:
        parts = urlsplit(self.path)
        _, api, version, webhooks, name, token = parts.path.split("/")
        assert (api, version, webhooks) == ("api", "v10", "webhooks")
        if name not in discord.tokens:
            return self._json(404, {"message": "Unknown Webhook", "code": 10015})
        if discord.tokens[name] != token:
            return self._json(401, {"message": "Invalid Webhook Token", "code": 50027})
        left, seconds = discord.allowance(name)
        limits = {
            "X-RateLimit-Limit": str(discord.most), "X-RateLimit-Remaining": str(max(left, 0)),
            "X-RateLimit-Reset-After": f"{seconds:.3f}", "X-RateLimit-Bucket": "abcd",
        }  # fmt: skip
        if left < 0:
            return self._limited(seconds, {**limits, "X-RateLimit-Scope": "shared"})
        try:
            message = json.loads(body)
            wrong = faults(message)
        except ValueError:
            wrong = ["no JSON"]
        if wrong:
            discord.refused.append(wrong)
            return self._json(400, {"message": "Invalid Form Body", "code": 50035, "errors": wrong}, limits)
        discord.posted[name].append(message)
        if parse_qs(parts.query).get("wait") != ["true"]:
            return self._bytes(204, b"", limits)
        return self._json(200, {"id": str(len(discord.posted[name])), "type": 0}, limits)

    def _answer(self, discord: FakeDiscord, plan: str, body: bytes) -> None:
        """Go wrong: a status, or a word below."""
        if plan == "limited":
            self._limited(7.5, {"X-RateLimit-Scope": "user"})
        elif plan == "limited everywhere":
            self._limited(4.0, {"X-RateLimit-Global": "true"}, everywhere=True)
        elif plan == "limited by the filter":
            self._bytes(429, b"<html>error code: 1015</html>", {"Retry-After": "600"})
        elif plan == "last one":
            self._json(200, {"id": "1"}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "1.750"})
        elif plan == "forum":
            self._json(400, {"message": "forum", "code": 220001})
        elif plan == "channel gone":
            self._json(404, {"message": "Unknown Channel", "code": 10003})
        elif plan == "somebody's 404":
            self._bytes(404, b"<html>not here</html>")
        elif plan == "redirect":
            self._bytes(307, b"", {"Location": f"{discord.url}/api/v10/webhooks/elsewhere/x"})
        elif plan == "hang":
            discord.open.wait(10)
        elif plan == "kept, then silent":
            discord.posted[urlsplit(self.path).path.split("/")[4]].append(json.loads(body))
            self.close_connection = True
        elif plan == "drip":
            self._drip(discord)
        elif plan == "no JSON":
            self._bytes(200, b"\xff\xfe<ok>")
        else:
            self._json(int(plan), {"message": plan})

    def _drip(self, discord: FakeDiscord) -> None:
        try:
            for one in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 200:
                self.wfile.write(bytes([one]))
                self.wfile.flush()
                if discord.open.wait(0.1):
                    break
        except OSError:
            pass
        self.close_connection = True

    def _limited(self, seconds: float, headers: dict[str, str], *, everywhere: bool = False) -> None:
        body = {"message": "You are being rate limited.", "retry_after": seconds, "global": everywhere}
        self._json(429, body, {"Retry-After": str(int(seconds) + 1), **headers})

    def _json(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        self._bytes(
            status, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})}
        )

    def _bytes(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the path holds the token."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """A caller that hung up is what some tests are about."""


@contextmanager
def running_discord(certificate: Path | None = None) -> Iterator[FakeDiscord]:
    """A Discord on a free port of this machine; with a certificate (see `self_signed`) behind TLS, for `localhost`."""
    server = _Server(("127.0.0.1", 0), _Handler)
    fake = FakeDiscord(url=f"http://127.0.0.1:{server.server_port}")
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        fake.url = f"https://localhost:{server.server_port}"
    server.discord = fake  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield fake
    finally:
        fake.open.set()
        server.shutdown()
        server.server_close()


def self_signed(folder: Path) -> Path:
    """Key and certificate for `localhost` in one file, signed by nobody else."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + made.public_bytes(pem)
    path = folder / "localhost.pem"
    path.write_bytes(private)
    return path


@pytest.fixture
def discord() -> Iterator[FakeDiscord]:
    """A strict Discord of this test alone."""
    with running_discord() as fake:
        yield fake
