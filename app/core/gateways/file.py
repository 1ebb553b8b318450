"""Where the bytes of stored files are: a folder of this machine, or S3. Both keep the same promises."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from flask_babel import gettext

from app.kit.errors import NotFound, Unavailable

KEY = re.compile(r"^[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{32}$")


class FileStore(Protocol):
    """Bytes under a key of our own making. Raises Unavailable where the store does not answer, NotFound for no such key."""

    def put(self, key: str, data: BinaryIO) -> None:
        """All of it or nothing: a reader never sees half a file."""

    def open(self, key: str) -> BinaryIO:
        """A stream the caller closes."""

    def delete(self, key: str) -> None:
        """Gone afterwards, whether or not it was there."""

    def keys(self) -> Iterator[tuple[str, datetime]]:
        """Every key with the time it was written, for finding what nobody refers to."""


def checked(key: str) -> str:
    """The key when it has our form. ValueError otherwise: no path of a stranger reaches the disk."""
    if not KEY.match(key):
        raise ValueError(f"not a key: {key!r}")
    return key


class DiskStore:
    """A folder, sharded so that no directory grows large; a file appears by renaming."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, key: str, data: BinaryIO) -> None:
        target = self.folder / checked(key)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as file:
                while chunk := data.read(1 << 20):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, target)
        except OSError as error:
            Path(name).unlink(missing_ok=True)
            raise Unavailable(
                gettext("Die Datei konnte nicht gespeichert werden. Ist die Platte voll?")
            ) from error

    def open(self, key: str) -> BinaryIO:
        try:
            return (self.folder / checked(key)).open("rb")
        except FileNotFoundError as error:
            raise NotFound from error

    def delete(self, key: str) -> None:
        (self.folder / checked(key)).unlink(missing_ok=True)

    def keys(self) -> Iterator[tuple[str, datetime]]:
        for path in self.folder.glob("??/??/*"):
            key = path.relative_to(self.folder).as_posix()
            if KEY.match(key):
                yield key, datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)


def store_for(url: str, var_dir: Path) -> FileStore:
    """The store behind the setting: empty is the var folder, s3://bucket/prefix is S3 (boto3 is loaded only then)."""
    if not url:
        return DiskStore(var_dir / "files")
    if not url.startswith("s3://"):
        raise ValueError("KONTOR_FILES_URL is empty or begins with s3://")
    return cast(FileStore, import_module("app.core.gateways.file_s3").S3Store(url))
