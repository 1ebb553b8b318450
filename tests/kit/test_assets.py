"""Front-end files: exactly the locked bytes, nothing outside the folder, no network when nothing changed."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.kit import assets
from app.kit.config import ROOT


def archive(files: dict[str, bytes], *, link: str = "") -> bytes:
    """A package as npm packs it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        if link:
            info = tarfile.TarInfo(link)
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(info)
    return buffer.getvalue()


GOOD = archive({"package/dist/thing.js": b"1+1", "package/LICENSE": b"free", "package/../../evil.js": b"no"})


class Registry:
    """A registry of one package that counts who asks."""

    def __init__(self) -> None:
        self.answer = GOOD
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(outer.answer)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    one = Registry()
    monkeypatch.setenv("NPM_REGISTRY", one.url + "/")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield one
    one.server.shutdown()
    one.server.server_close()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that wants one file of @maker/thing."""
    return make_checkout(tmp_path / "checkout", GOOD)


def make_checkout(root: Path, data: bytes) -> Path:
    root.mkdir(exist_ok=True)
    (root / "assets.toml").write_text(
        '[packages."@maker/thing"]\nlicence = "LICENSE"\nfiles.thing = "dist/thing.js"\n', "utf-8"
    )
    digest = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
    lock = {
        "packages": {"node_modules/@maker/thing": {"version": "1.2.3", "integrity": digest, "license": "MIT"}}
    }
    (root / "package-lock.json").write_text(json.dumps(lock), "utf-8")
    return root


def test_fetches_once_and_then_asks_nobody(registry: Registry, checkout: Path, tmp_path: Path) -> None:
    var = tmp_path / "var"
    assert assets.missing(var, checkout) == ["@maker/thing 1.2.3"]
    assert assets.sync(var, root=checkout) == ["@maker/thing 1.2.3"]
    assert registry.asked == ["/@maker/thing/-/thing-1.2.3.tgz"]
    assert assets.sync(var, root=checkout) == []
    assert len(registry.asked) == 1
    assert assets.missing(var, checkout) == []
    entry = assets.read_manifest(assets.vendor_dir(var))["thing"]
    file = assets.vendor_dir(var) / entry["path"]
    assert file.read_bytes() == b"1+1"
    assert entry["path"] == "maker-thing/1.2.3/thing.js"
    assert entry["integrity"] == "sha384-" + base64.b64encode(hashlib.sha384(b"1+1").digest()).decode()
    assert (assets.vendor_dir(var) / entry["licence_path"]).read_bytes() == b"free"


def test_only_the_named_files_leave_the_archive(registry: Registry, checkout: Path, tmp_path: Path) -> None:
    assets.sync(tmp_path / "var", root=checkout)
    written = {p.name for p in tmp_path.rglob("*") if p.is_file() and "checkout" not in p.parts}
    assert written == {"thing.js", "LICENSE", "manifest.json", "maker-thing-1.2.3.tgz"}


def test_other_bytes_than_locked_are_refused_and_nothing_is_kept(
    registry: Registry, checkout: Path, tmp_path: Path
) -> None:
    registry.answer = archive({"package/dist/thing.js": b"evil", "package/LICENSE": b"free"})
    with pytest.raises(assets.AssetError, match="checksum differs"):
        assets.sync(tmp_path / "var", root=checkout)
    assert list((tmp_path / "var").rglob("*.js")) == []
    assert list((tmp_path / "var").rglob("*.tgz")) == []


def test_a_link_in_place_of_a_file_is_not_followed(registry: Registry, tmp_path: Path) -> None:
    registry.answer = archive({"package/LICENSE": b"free"}, link="package/dist/thing.js")
    checkout = make_checkout(tmp_path / "checkout", registry.answer)
    with pytest.raises(assets.AssetError, match=r"has no dist/thing\.js"):
        assets.sync(tmp_path / "var", root=checkout)


def test_a_changed_file_is_put_right_from_the_cache(
    registry: Registry, checkout: Path, tmp_path: Path
) -> None:
    var = tmp_path / "var"
    assets.sync(var, root=checkout)
    file = assets.vendor_dir(var) / "maker-thing/1.2.3/thing.js"
    file.write_bytes(b"tampered")
    assert assets.sync(var, root=checkout, offline=True) == ["@maker/thing 1.2.3"]
    assert file.read_bytes() == b"1+1"
    assert len(registry.asked) == 1


def test_what_is_no_longer_wanted_leaves_the_manifest(
    registry: Registry, checkout: Path, tmp_path: Path
) -> None:
    var = tmp_path / "var"
    assets.sync(var, root=checkout)
    toml = checkout / "assets.toml"
    toml.write_text(toml.read_text("utf-8").replace("files.thing", "files.other"), "utf-8")
    assets.sync(var, root=checkout)
    assert set(assets.read_manifest(assets.vendor_dir(var))) == {"other"}


def test_offline_without_cache_says_what_to_do(checkout: Path, tmp_path: Path) -> None:
    with pytest.raises(assets.AssetError, match="without --offline"):
        assets.sync(tmp_path / "var", root=checkout, offline=True)


def test_an_unreachable_registry_is_named(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NPM_REGISTRY", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(assets.AssetError, match=r"127\.0\.0\.1:9/@maker/thing.*NPM_REGISTRY"):
        assets.sync(tmp_path / "var", root=checkout)
    monkeypatch.setenv("NPM_REGISTRY", "file:///etc")
    with pytest.raises(assets.AssetError, match="not a web address"):
        assets.sync(tmp_path / "var", root=checkout)


def test_takes_files_from_node_modules_of_the_same_version(checkout: Path, tmp_path: Path) -> None:
    home = tmp_path / "node_modules" / "@maker" / "thing"
    (home / "dist").mkdir(parents=True)
    (home / "dist" / "thing.js").write_bytes(b"1+1")
    (home / "LICENSE").write_bytes(b"free")
    (home / "package.json").write_text('{"version": "1.2.4"}')
    with pytest.raises(assets.AssetError, match=r"holds version 1\.2\.4"):
        assets.sync(tmp_path / "var", root=checkout, source=tmp_path / "node_modules")
    (home / "package.json").write_text('{"version": "1.2.3"}')
    assert assets.sync(tmp_path / "var", root=checkout, source=tmp_path / "node_modules") == [
        "@maker/thing 1.2.3"
    ]


def test_the_command_line_fails_with_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert assets.main(["check", "--var", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "htmx.org 4.0.1" in said
    assert "python -m app.kit.assets sync" in said
    assert said.count("\n") == 1


def test_this_checkout_pins_every_file_it_names_and_no_registry() -> None:
    packages = {p.name: p for p in assets.wanted_packages(ROOT)}
    assert packages["htmx.org"].version == "4.0.1"
    assert packages["axe-core"].dev
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))
    assert all("resolved" not in entry for entry in lock["packages"].values())


def test_style_sheets_name_the_locked_version_of_the_font() -> None:
    font = next(p for p in assets.wanted_packages(ROOT) if p.name.startswith("@fontsource"))
    tokens = (ROOT / "static/css/tokens.css").read_text("utf-8")
    assert tokens.count(f"../../vendor/{font.folder}/") == len(font.files)
