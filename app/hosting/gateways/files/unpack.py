"""Unpacking an archive into a new folder: counted while it is read, refused whole when anything in it is not plain."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from app.hosting.gateways.files.fault import FileFault, telling
from app.hosting.gateways.files.place import FOLDER, Here, step
from app.hosting.gateways.files.read import Opened
from app.hosting.gateways.files.remove import remove_away
from app.hosting.gateways.files.untar import tar_members
from app.hosting.gateways.files.unzip import zip_members
from app.hosting.gateways.files.wrapped import UNPACK, Limits, Member
from app.hosting.gateways.files.write import Fresh, make_folder, own, sync_all, temporary
from app.hosting.rules.files import Parts

ZIP, GZIP = b"PK", b"\x1f\x8b"


@contextlib.contextmanager
def unpack(here: Here, opened: Opened, limits: Limits = UNPACK) -> Iterator[tuple[bytes, int]]:
    """Gives the name of a new folder of our own with everything in it, and the bytes written; rename it inside the
    block. What is still there under that name when the block ends is removed. What kind of archive it is, its first bytes
    say: zip, tar, or tar packed by gzip.

    Raises FileFault: broken, bomb, unsafe, too-many, too-deep, too-large, disk-full, denied.
    """
    name = temporary(b"unpack")
    with os.fdopen(os.dup(opened.descriptor), "rb") as file:
        begin = file.read(2)
        file.seek(0)
        packed = (
            tar_members(file, limits, gzip=begin == GZIP)
            if begin != ZIP
            else zip_members(file, opened.size, limits)
        )
        with contextlib.closing(packed) as members:
            first = next(members, None)  # what is refused at once leaves no folder behind
            _make(here, name)
            try:
                written = _write_all(here, name, _chain(first, members), opened.size, limits)
                sync_all(here.descriptor)
                yield name, written
            finally:
                with contextlib.suppress(FileFault):
                    remove_away(here, name)


def _chain(first: Member | None, rest: Iterator[Member]) -> Iterator[Member]:
    if first is not None:
        yield first
        yield from rest


def _make(here: Here, name: bytes) -> None:
    with telling():
        if not here.room():
            raise FileFault("disk-full")
        os.mkdir(name, 0o700, dir_fd=here.descriptor)
        descriptor = os.open(name, FOLDER, dir_fd=here.descriptor)
        try:
            own(descriptor, os.fstat(here.descriptor))
            os.fchmod(descriptor, 0o750)
        finally:
            os.close(descriptor)


def _write_all(here: Here, name: bytes, members: Iterator[Member], packed: int, limits: Limits) -> int:
    written = 0
    most = min(limits.bytes, max(limits.free_bytes, packed * limits.ratio))
    for member in members:
        parts = member.parts
        with _inside(here, name, parts if member.folder else parts[:-1]) as inner:
            if member.folder:
                continue
            with Fresh(inner, durable=False) as fresh:
                for piece in member.pieces:
                    written += len(piece)
                    if written > most:
                        raise FileFault("bomb")
                    fresh.write(piece)
                fresh.finish()
                with _plain():
                    fresh.put(parts[-1], replace=False)
    return written


@contextlib.contextmanager
def _inside(here: Here, name: bytes, parts: Parts) -> Iterator[Here]:
    """A folder below our own, made where it is missing."""
    with telling():
        current = os.open(name, FOLDER, dir_fd=here.descriptor)
    try:
        for part in parts:
            _make_missing(Here(current, here.owner, here.reserve), part)
            with _plain():
                inner = step(current, part)
            os.close(current)
            current = inner
        yield Here(current, here.owner, here.reserve)
    finally:
        os.close(current)


@contextlib.contextmanager
def _plain() -> Iterator[None]:
    """A name twice in an archive, or once as a file and once as a folder, is nothing honest."""
    try:
        yield
    except FileFault as fault:
        raise (
            FileFault("unsafe", fault.detail) if fault.code in ("exists", "no-folder", "link") else fault
        ) from None


def _make_missing(here: Here, name: bytes) -> None:
    try:
        make_folder(here, name)
    except FileFault as fault:
        if fault.code != "exists":
            raise
