"""Content of drafts: files and links, in an order."""

from __future__ import annotations

import hashlib
from typing import BinaryIO
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from app.core.api import Upload as Stored
from app.core.api import delete_file, drop_upload, keep_file, upload_file
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.config import settings
from app.kit.db import db, transaction
from app.kit.errors import Invalid, NotFound, Unavailable
from app.kit.formats import number
from app.kit.ids import new_id
from app.kit.observe import counter, log
from app.kit.scanner import Infected, ScannerAway, scanner_for
from app.nanos.errors import ContentFault
from app.nanos.events import FileAdded, FileRemoved
from app.nanos.gateways.examine import examine
from app.nanos.gateways.h5p import check_course
from app.nanos.models import Nano, NanoFile, Revision
from app.nanos.policies import P
from app.nanos.queries.file import stored_bytes
from app.nanos.rules.content import FORMS, Kind, kept_name
from app.nanos.rules.link import checked_link, link_host
from app.nanos.rules.scorm import PackageFault
from app.nanos.services.nano import draft_of, note, own, subject
from app.nanos.tasks import look_into
from app.nanos.wording import content_words, h5p_words

MOST_FILES = 10
FILE_KIND = "nanos.content"
"""Known to nobody who asks for a file by its number alone: bytes are given out by the pages of a nano only."""
TAKEN = counter("kontor_nano_files_total", "Files sent for nanos, by what became of them", ("outcome",))


def most_bytes() -> int:
    """Of one file."""
    return settings().nano_upload_mb * 1024**2


def too_large_words() -> str:
    """What people read above the limit."""
    return _("Diese Datei ist zu groß: höchstens %(most)s MB.", most=number(settings().nano_upload_mb))


def check_room(actor: Actor, size: int) -> None:
    """Raises Invalid at "file" where it does not fit any more."""
    if size > most_bytes():
        raise Invalid(fields={"file": too_large_words()})
    assert actor.organisation_id is not None
    if stored_bytes(actor.organisation_id) + size > settings().nano_storage_mb * 1024**2:
        raise Invalid(
            fields={
                "file": _("Der Speicherplatz Ihrer Organisation ist voll. Löschen Sie erst etwas anderes.")
            }
        )


def open_to_files(actor: Actor, nano_id: UUID) -> None:
    """Raises NotFound, Conflict, or Invalid when it has as many as it may: before anything is sent."""
    require(actor, P.nano_write)
    with transaction():
        _check_count(draft_of(own(actor, nano_id)))


def _check_count(revision: Revision) -> int:
    count = db.session.scalar(select(func.count()).where(NanoFile.revision_id == revision.id)) or 0
    if count >= MOST_FILES:
        raise Invalid(
            fields={
                "file": ngettext(
                    "Mehr als %(num)d Datei geht nicht.", "Mehr als %(num)d Dateien gehen nicht.", MOST_FILES
                )
            }
        )
    return count


def take_file(actor: Actor, nano_id: UUID, name: str, file: BinaryIO, size: int) -> UUID:
    """Examine a file, have it scanned, keep it. Returns the row's id. Nothing of it stays where it is refused.

    Raises Invalid at "file", Conflict (no draft), NotFound, Unavailable (scanner or store).
    """
    open_to_files(actor, nano_id)
    check_room(actor, size)
    kind = _looked_at(file, size)
    stored = upload_file(file)
    try:
        made = _keep(actor, nano_id, kept_name(name, kind), kind, stored)
    except BaseException:
        drop_upload(stored.key)
        raise
    TAKEN.labels("kept").inc()
    return made


def _scan(file: BinaryIO) -> None:
    try:
        scanner_for(settings().clamav_url).scan(file)
    except Infected:
        raise ContentFault("virus") from None


def _looked_at(file: BinaryIO, size: int) -> Kind:
    try:
        kind = examine(file, size)
        if kind is Kind.H5P:
            check_course(file)
        _scan(file)
    except PackageFault as fault:
        TAKEN.labels("refused").inc()
        log.info("nanos.file_refused", code=f"h5p-{fault.code}", size=size)
        raise Invalid(fields={"file": h5p_words(fault.code, fault.what)}) from None
    except ContentFault as fault:
        TAKEN.labels("virus" if fault.code == "virus" else "refused").inc()
        log.info("nanos.file_refused", code=fault.code, size=size)
        raise Invalid(fields={"file": content_words(fault.code)}) from None
    except ScannerAway as error:
        TAKEN.labels("unscanned").inc()
        log.warning("nanos.scanner_away", error=str(error))
        raise Unavailable(
            _("Der Virenscanner antwortet nicht. Versuchen Sie es in ein paar Minuten noch einmal.")
        ) from None
    file.seek(0)
    return kind


def _keep(actor: Actor, nano_id: UUID, name: str, kind: Kind, stored: Stored) -> UUID:
    with transaction():
        nano = own(actor, nano_id)
        revision = draft_of(nano)
        position = _check_count(revision)
        _check_twin(revision, stored.sha256)
        file_id = keep_file(
            stored, name=name, mime=FORMS[kind].mime, kind=FILE_KIND, organisation_id=nano.organisation_id
        )
        row = NanoFile(
            id=new_id(), revision_id=revision.id, organisation_id=nano.organisation_id, file_id=file_id,
            kind=kind.value, name=name, size=stored.size, sha256=stored.sha256, url="", position=position,
            look="waiting" if kind is Kind.PDF else "none", text="", created_at=clock.now(),
        )  # fmt: skip
        _add(actor, nano, revision, row)
        if kind is Kind.PDF:
            look_into.later(
                actor=actor, subject=subject(nano.id), dedupe=f"nanos.look:{row.id}", file_id=str(row.id)
            )
        return row.id


def _check_twin(revision: Revision, sha256: str) -> None:
    twin = db.session.scalar(
        select(NanoFile.name).where(NanoFile.revision_id == revision.id, NanoFile.sha256 == sha256)
    )
    if twin is not None:
        raise Invalid(fields={"file": _("Genau das ist schon da: %(name)s.", name=twin)})


def _add(actor: Actor, nano: Nano, revision: Revision, row: NanoFile) -> None:
    db.session.add(row)
    revision.changed_at = clock.now()
    db.session.flush()
    note(actor, nano, FileAdded(row.kind, row.size))


def add_link(actor: Actor, nano_id: UUID, address: str) -> UUID:
    """A web address as content. Returns the row's id. Raises Invalid at "url", Conflict, NotFound."""
    require(actor, P.nano_write)
    try:
        url = checked_link(address)
    except ValueError:
        raise Invalid(
            fields={
                "url": _("Geben Sie eine öffentliche Webadresse an, zum Beispiel https://example.org/kurs.")
            }
        ) from None
    with transaction():
        nano = own(actor, nano_id)
        revision = draft_of(nano)
        position = _check_count(revision)
        sha256 = hashlib.sha256(url.encode()).hexdigest()
        try:
            _check_twin(revision, sha256)
        except Invalid as error:
            raise Invalid(fields={"url": error.fields["file"]}) from None
        row = NanoFile(
            id=new_id(), revision_id=revision.id, organisation_id=nano.organisation_id, file_id=None,
            kind=Kind.LINK.value, name=link_host(url)[:200], size=0, sha256=sha256, url=url, position=position,
            look="none", text="", created_at=clock.now(),
        )  # fmt: skip
        _add(actor, nano, revision, row)
        return row.id


def remove_file(actor: Actor, nano_id: UUID, file_id: UUID) -> None:
    """Take it out of the draft; what is public keeps its own. Raises NotFound, Conflict."""
    require(actor, P.nano_write)
    with transaction():
        nano = own(actor, nano_id)
        revision = draft_of(nano)
        row = db.session.get(NanoFile, file_id)
        if row is None or row.revision_id != revision.id:
            raise NotFound
        kind = row.kind
        _drop(row)
        revision.changed_at = clock.now()
        note(actor, nano, FileRemoved(kind))


def drop_files(revision_id: UUID) -> None:
    """All of a revision. Joins the caller's transaction."""
    for row in db.session.scalars(select(NanoFile).where(NanoFile.revision_id == revision_id)).all():
        _drop(row)


def _drop(row: NanoFile) -> None:
    """The row, and the stored bytes when no other revision has them."""
    stored = [one for one in (row.file_id, row.thumbnail_id) if one is not None]
    db.session.delete(row)
    db.session.flush()
    for one in stored:
        column = NanoFile.file_id if one == row.file_id else NanoFile.thumbnail_id
        if not db.session.scalar(select(func.count()).where(column == one)):
            delete_file(one)
    db.session.flush()
