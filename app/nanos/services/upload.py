"""Uploads that survive a broken connection: begun once, sent in pieces, gone on with where they ended."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, func, select

from app.core.api import drop_upload, open_upload, upload_file
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, lock, move, transaction
from app.kit.errors import Conflict, Invalid, TooMany
from app.kit.ids import new_id
from app.nanos.models import Upload, UploadPiece
from app.nanos.policies import P
from app.nanos.queries.file import UploadView, upload_of
from app.nanos.rules.upload import Misplaced, TooMuch, take_piece
from app.nanos.services.file import check_room, open_to_files, take_file

LASTS = timedelta(hours=20)
"""Less than the day after which the store sweeps bytes without a row."""
MOST_OPEN = 10
OPEN, CLOSING, DONE, REFUSED = "open", "closing", "done", "refused"


def begin_upload(actor: Actor, nano_id: UUID, *, name: str, size: int) -> UUID:
    """Announce a file of `size` bytes. Returns the upload's id. Raises Invalid at "file", Conflict, TooMany, NotFound."""
    open_to_files(actor, nano_id)
    if size < 1:
        raise Invalid(fields={"file": _("Diese Datei ist leer.")})
    check_room(actor, size)
    now = clock.now()
    with transaction() as session:
        running = session.scalar(
            select(func.count()).where(
                Upload.organisation_id == actor.organisation_id, Upload.state == OPEN, Upload.expires_at > now
            )
        )
        if (running or 0) >= MOST_OPEN:
            raise TooMany(_("Es werden schon so viele Dateien hochgeladen. Warten Sie, bis eine fertig ist."))
        row = Upload(
            id=new_id(), organisation_id=actor.organisation_id, person_id=actor.person_id, nano_id=nano_id,
            name=name.replace("\0", "")[:200] or "datei", size=size, received=0, state=OPEN, created_at=now,
            expires_at=now + LASTS,
        )  # fmt: skip
        session.add(row)
        return row.id


def add_piece(actor: Actor, nano_id: UUID, upload_id: UUID, offset: int, data: bytes) -> UploadView:
    """Take the next piece. Raises Misplaced (with where to go on), Invalid, Conflict (ended), NotFound, Unavailable."""
    require(actor, P.nano_write)
    found = upload_of(actor, nano_id, upload_id)
    _check_open(found.state)
    _check_fits(found.received, found.size, offset, len(data))
    stored = upload_file(data)
    try:
        with transaction() as session:
            row = lock(Upload, upload_id)
            _check_open(row.state if row.expires_at > clock.now() else REFUSED)
            row.received = _check_fits(row.received, row.size, offset, len(data))
            session.add(
                UploadPiece(id=new_id(), upload_id=row.id, start=offset, size=len(data), key=stored.key)
            )
            session.flush()
    except BaseException:
        drop_upload(stored.key)
        raise
    return upload_of(actor, nano_id, upload_id)


def _check_open(state: str) -> None:
    if state != OPEN:
        raise Conflict(_("Dieses Hochladen ist zu Ende. Beginnen Sie es neu."))


def _check_fits(received: int, size: int, offset: int, length: int) -> int:
    try:
        return take_piece(received, size, offset, length)
    except TooMuch:
        raise Invalid(fields={"file": _("Es kam mehr an, als angekündigt war. Beginnen Sie neu.")}) from None


def finish_upload(actor: Actor, nano_id: UUID, upload_id: UUID) -> UUID:
    """All pieces are there: the file is put together, examined and kept. Returns the file row's id.

    Raises Misplaced while something is missing, Conflict when somebody was first; else as `take_file`.
    """
    require(actor, P.nano_write)
    found = upload_of(actor, nano_id, upload_id)
    _check_open(found.state)
    if found.received < found.size:
        raise Misplaced(found.received)
    with transaction():
        move(Upload, upload_id, from_=OPEN, to=CLOSING)
    ended = REFUSED
    try:
        with tempfile.TemporaryFile() as whole:
            _put_together(upload_id, whole)
            _settle(upload_id, DONE)  # from here on its bytes count as the file's, not as announced ones
            made = take_file(actor, nano_id, found.name, whole, found.size)
        ended = DONE
        return made
    finally:
        _settle(upload_id, ended)
        _forget(upload_id)


def _settle(upload_id: UUID, state: str) -> None:
    with transaction():
        move(Upload, upload_id, from_=(CLOSING, DONE), to=state)


def _put_together(upload_id: UUID, whole: BinaryIO) -> None:
    keys = db.session.scalars(
        select(UploadPiece.key).where(UploadPiece.upload_id == upload_id).order_by(UploadPiece.start)
    ).all()
    for key in keys:
        with open_upload(key) as piece:
            while data := piece.read(1 << 20):
                whole.write(data)
    whole.flush()


def stop_upload(actor: Actor, nano_id: UUID, upload_id: UUID) -> None:
    """Give it up; what was sent is forgotten. Doing it twice changes nothing. Raises NotFound."""
    require(actor, P.nano_write)
    if upload_of(actor, nano_id, upload_id).state != OPEN:
        return
    try:
        with transaction():
            move(Upload, upload_id, from_=OPEN, to=REFUSED)
    except Conflict:
        return
    _forget(upload_id)


def _forget(upload_id: UUID) -> None:
    with transaction() as session:
        keys = session.scalars(select(UploadPiece.key).where(UploadPiece.upload_id == upload_id)).all()
        session.execute(delete(UploadPiece).where(UploadPiece.upload_id == upload_id))
    for key in keys:
        drop_upload(key)


def forget_old() -> int:
    """Uploads whose time is over, with their pieces. Returns how many went."""
    old = db.session.scalars(select(Upload.id).where(Upload.expires_at < clock.now()).limit(1000)).all()
    for upload_id in old:
        _forget(upload_id)
        with transaction() as session:
            session.execute(delete(Upload).where(Upload.id == upload_id))
    return len(old)
