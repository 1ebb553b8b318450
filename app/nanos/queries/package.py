"""Packages that are played: their parts, and their files one by one."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

from sqlalchemy import select

from app.core.api import open_file
from app.kit.db import db
from app.nanos.gateways.h5p import content_of, course_of
from app.nanos.gateways.package import Member, open_member, opened, read_small
from app.nanos.models import NanoFile
from app.nanos.queries.use import Piece
from app.nanos.rules.content import Kind
from app.nanos.rules.h5p import Course
from app.nanos.rules.scorm import MANIFEST, MOST_BYTES, Package, PackageFault, read_manifest
from app.nanos.rules.use import PLAYED, reachable


def package_of(piece: Piece) -> Package:
    """Raises PackageFault where there is nothing to play."""
    return package_in(piece.kind, piece.stored_id)


def package_in(kind: Kind, stored_id: UUID | None) -> Package:
    """The same by kind and stored file. Raises PackageFault."""
    if stored_id is None or kind not in (Kind.SCORM, Kind.H5P):
        raise PackageFault("empty")
    return _read(stored_id) if kind is Kind.SCORM else _course(stored_id).package


def plays(kind: Kind, stored_id: UUID | None) -> bool:
    """Whether there is something to play."""
    try:
        package_in(kind, stored_id)
    except PackageFault:
        return False
    return True


def pieces_to_learn(piece: Piece) -> list[str]:
    """Hashes of the revision's pieces that this person can learn with: what they may not take along counts for nothing."""
    rows = db.session.execute(
        select(NanoFile.sha256, NanoFile.kind, NanoFile.file_id).where(
            NanoFile.revision_id == piece.revision_id
        )
    )
    return [
        sha256
        for sha256, kind, stored_id in rows
        if reachable(Kind(kind), looks=True, takes=piece.takes)
        and (piece.takes or Kind(kind) not in PLAYED or plays(Kind(kind), stored_id))
    ]


@lru_cache(maxsize=256)
def _read(stored_id: UUID) -> Package:
    """Stored bytes never change, so what they say does not, either."""
    with opened(open_file(stored_id)) as archive:
        return read_manifest(read_small(archive, MANIFEST, MOST_BYTES), frozenset(archive.namelist()))


@lru_cache(maxsize=256)
def _course(stored_id: UUID) -> Course:
    return course_of(open_file(stored_id))


def course_and_content(piece: Piece) -> tuple[Course, str]:
    """What an H5P package loads, and its content as JSON. Raises PackageFault."""
    if piece.stored_id is None or piece.kind is not Kind.H5P:
        raise PackageFault("empty")
    return _course(piece.stored_id), content_of(open_file(piece.stored_id))


def member_of(piece: Piece, name: str) -> Member:
    """One file of it; the caller closes. Raises PackageFault."""
    if piece.stored_id is None:
        raise PackageFault("missing", name)
    return open_member(open_file(piece.stored_id), name)
