"""Archives of game servers: packing a data folder, and the stores that keep it (docs/archive.md)."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import cast
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from app.hosting.gateways.archive.folder import FolderStore
from app.hosting.gateways.archive.pack import (
    MayChange,
    NotPackable,
    Packed,
    Packing,
    fingerprint,
    pack,
    unpack,
    verify,
)
from app.hosting.gateways.archive.store import (
    Corrupt,
    Missing,
    Store,
    StoreFault,
    StoreFull,
    StoreRefused,
    StoreUnavailable,
)

_OPTIONS = {"file": set[str](), "s3": {"endpoint", "region"}, "sftp": {"host_key", "key_file", "connections"}}


def store_for(
    url: str, var_dir: Path, *, password: str | None = None, private_key: str | None = None
) -> Store:
    """The store behind the setting; nothing is contacted yet. Raises ValueError when the URL makes no sense.

    - empty: the folder `archive` in the var folder
    - `file:///folder`
    - `s3://[key:secret@]bucket/prefix[?endpoint=https://…&region=…]`; without a key, the usual AWS_* variables
    - `sftp://user[:password]@host[:port]/folder?host_key=SHA256:…[&key_file=/…][&connections=4]`; `host_key` may be
      given several times, `/~/folder` starts where the server puts us

    `password` (for S3 the secret) and `private_key` (its text) may be given apart from the URL. The clients of S3 and
    SFTP are only loaded when they are wanted.
    """
    if not url:
        return FolderStore(var_dir / "archive")
    parts = urlsplit(url)
    options = parse_qs(parts.query.replace("+", "%2B"))  # fingerprints have a plus
    if parts.scheme not in _OPTIONS or parts.fragment:
        raise ValueError("KONTOR_ARCHIVE_URL is empty or begins with file://, s3:// or sftp://")
    if unknown := set(options) - _OPTIONS[parts.scheme]:
        raise ValueError(f"KONTOR_ARCHIVE_URL: unknown {', '.join(sorted(unknown))}")
    if parts.scheme == "file":
        if parts.netloc not in ("", "localhost") or not parts.path.strip("/"):
            raise ValueError("KONTOR_ARCHIVE_URL: write file:///folder")
        return FolderStore(Path(unquote(parts.path)))
    if parts.scheme == "s3":
        return _s3(parts, options, password)
    return _sftp(parts, options, password, private_key)


def _s3(parts: SplitResult, options: dict[str, list[str]], secret: str | None) -> Store:
    bucket = parts.netloc.rpartition("@")[2]
    if not bucket:
        raise ValueError("KONTOR_ARCHIVE_URL: write s3://bucket/prefix")
    made = import_module("app.hosting.gateways.archive.s3").S3Store(
        bucket,
        unquote(parts.path),
        endpoint=_one(options, "endpoint"),
        region=_one(options, "region"),
        key_id=unquote(parts.username) if parts.username else None,
        secret=secret or (unquote(parts.password) if parts.password else None),
    )
    return cast(Store, made)


def _sftp(
    parts: SplitResult, options: dict[str, list[str]], password: str | None, private_key: str | None
) -> Store:
    module = import_module("app.hosting.gateways.archive.sftp")
    pinned = options.get("host_key", [])
    if not parts.hostname or not parts.username:
        raise ValueError("KONTOR_ARCHIVE_URL: write sftp://user@host/folder?host_key=SHA256:…")
    if not pinned or any(not key.startswith("SHA256:") for key in pinned):
        raise ValueError("KONTOR_ARCHIVE_URL: host_key=SHA256:… is needed, as ssh-keygen -lf prints it")
    folder = unquote(parts.path).rstrip("/")
    folder = folder.removeprefix("/~/") if folder.startswith("/~/") else folder or "."
    password = password or (unquote(parts.password) if parts.password else None)
    key_file = _one(options, "key_file")
    if password is None and key_file is None and private_key is None:
        raise ValueError("KONTOR_ARCHIVE_URL: a password or key_file is needed")
    config = module.SftpConfig(
        host=parts.hostname,
        port=parts.port or 22,
        user=unquote(parts.username),
        folder=folder,
        host_keys=tuple(pinned),
        password=password,
        key_file=Path(key_file) if key_file else None,
        key=private_key,
        connections=int(_one(options, "connections") or 4),
    )
    return cast(Store, module.SftpStore(config))


def _one(options: dict[str, list[str]], name: str) -> str | None:
    return options[name][0] if name in options else None


__all__ = [
    "Corrupt",
    "FolderStore",
    "MayChange",
    "Missing",
    "NotPackable",
    "Packed",
    "Packing",
    "Store",
    "StoreFault",
    "StoreFull",
    "StoreRefused",
    "StoreUnavailable",
    "fingerprint",
    "pack",
    "store_for",
    "unpack",
    "verify",
]
