"""An image registry on loopback, so that an engine without the internet really pulls. Holds one layer back on request."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
NAME = "kontor-test/game"


class Registry:
    """Serves images made of one big layer (a file) and a small one, so that each tag has something new to pull."""

    def __init__(self, layer: Path, command: list[str]) -> None:
        self._layer = layer
        self._base = f"sha256:{_sha256(layer)}"
        self._command = command
        self._blobs: dict[str, bytes] = {}
        self._manifests: dict[str, str] = {}
        self.asked = threading.Event()
        """Set when a held layer is asked for."""
        self._held: str | None = None
        self._go_on = threading.Event()
        registry = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                registry._answer(self, body=True)

            def do_HEAD(self) -> None:
                registry._answer(self, body=False)

            def log_message(self, *_: Any) -> None:
                return

        self.server = _Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def image(self, tag: str, *, held: bool = False) -> str:
        """A new image; `held`: its last layer stays unfinished until `go_on`. Returns its name for `docker pull`."""
        small = _small_layer(tag)
        top = self._keep(small)
        config = {
            "architecture": "amd64", "os": "linux", "config": {"Cmd": self._command, "WorkingDir": "/data"},
            "rootfs": {"type": "layers", "diff_ids": [self._base, top]},
        }  # fmt: skip
        raw = json.dumps(config).encode()
        manifest = {
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "size": len(raw), "digest": self._keep(raw)},
            "layers": [
                {"mediaType": LAYER, "size": self._layer.stat().st_size, "digest": self._base},
                {"mediaType": LAYER, "size": len(small), "digest": top},
            ],
        }  # fmt: skip
        self._manifests[tag] = self._keep(json.dumps(manifest).encode())
        if held:
            self.asked.clear()
            self._go_on.clear()
            self._held = top
        return f"127.0.0.1:{self.server.server_port}/{NAME}:{tag}"

    def go_on(self) -> None:
        """Finish what was held."""
        self._held = None
        self._go_on.set()

    def _keep(self, data: bytes) -> str:
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self._blobs[digest] = data
        return digest

    def _answer(self, request: BaseHTTPRequestHandler, *, body: bool) -> None:
        kind, _, name = request.path.removeprefix(f"/v2/{NAME}/").partition("/")
        digest = self._manifests.get(name, name) if kind == "manifests" else name
        if request.path == "/v2/":
            self._send(request, b"{}", "application/json", "", body)
        elif digest == self._base:
            self._send_file(request, body)
        elif digest in self._blobs:
            mime = MANIFEST if kind == "manifests" else "application/octet-stream"
            self._send(request, self._blobs[digest], mime, digest, body)
        else:
            error = {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}
            self._send(request, json.dumps(error).encode(), "application/json", "", body, status=404)

    def _send(
        self,
        request: BaseHTTPRequestHandler,
        data: bytes,
        mime: str,
        digest: str,
        body: bool,
        status: int = 200,
    ) -> None:
        _head(request, status, len(data), mime, digest)
        if not body:
            return
        if digest and digest == self._held:
            request.wfile.write(data[:100])
            self.asked.set()
            self._go_on.wait(120)
            data = data[100:]
        request.wfile.write(data)

    def _send_file(self, request: BaseHTTPRequestHandler, body: bool) -> None:
        _head(request, 200, self._layer.stat().st_size, "application/octet-stream", self._base)
        if body:
            with self._layer.open("rb") as file:
                shutil.copyfileobj(file, request.wfile, 1024 * 1024)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """An engine whose order was taken back hangs up: nothing to tell."""


def _head(request: BaseHTTPRequestHandler, status: int, size: int, mime: str, digest: str) -> None:
    request.send_response(status)
    request.send_header("Docker-Distribution-Api-Version", "registry/2.0")
    request.send_header("Content-Type", mime)
    request.send_header("Content-Length", str(size))
    if digest:
        request.send_header("Docker-Content-Digest", digest)
    request.end_headers()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _small_layer(text: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        entry = tarfile.TarInfo("tag")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()


@contextmanager
def running_registry(layer: Path, command: list[str]) -> Iterator[Registry]:
    """Serves until the end of the block."""
    registry = Registry(layer, command)
    try:
        yield registry
    finally:
        registry.go_on()
        registry.server.shutdown()
        registry.server.server_close()
