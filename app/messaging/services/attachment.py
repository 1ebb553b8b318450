"""Files that go with a message: looked at and stored before it is sent, given their rows with it, gone with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, select

from app.core.api import Upload, delete_file, drop_upload, keep_file, upload_file
from app.kit import formats
from app.kit.config import settings
from app.kit.db import db, require_transaction
from app.kit.errors import Invalid, Unavailable
from app.kit.ids import new_id
from app.kit.observe import counter
from app.kit.scanner import Infected, ScannerAway, scanner_for
from app.messaging.models import Attachment
from app.messaging.queries.attachment import FileLine, as_file
from app.messaging.rules.attachment import HEAD, MOST_BYTES, MOST_FILES, Taken, take

KIND = "messaging.attachment"
"""Known to nobody who asks for a file by its number alone: bytes are given out by the pages of a room only."""
FILES = counter(
    "kontor_chat_files_total", "Files sent in conversations, by what became of them", ("outcome",)
)


@dataclass(frozen=True)
class Ready:
    """A file that was looked at and is in the store, without a row yet."""

    taken: Taken
    upload: Upload


def _refuse(words: str, outcome: str = "refused") -> Invalid:
    FILES.labels(outcome).inc()
    return Invalid(fields={"files": words})


def prepare(files: Sequence[tuple[str, BinaryIO]]) -> list[Ready]:
    """Look at files (name, bytes) and store them. Outside a transaction. All of them or none.

    Raises Invalid at "files", Unavailable (scanner or store).
    """
    if len(files) > MOST_FILES:
        raise _refuse(_("Höchstens %(most)s Dateien mit einer Nachricht.", most=MOST_FILES))
    looked = [(_looked(name, file), file) for name, file in files]
    ready: list[Ready] = []
    try:
        for taken, file in looked:
            ready.append(Ready(taken, upload_file(file)))
    except BaseException:
        forget(ready)
        raise
    return ready


def _looked(name: str, file: BinaryIO) -> Taken:
    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    if not size:
        raise _refuse(_("„%(name)s“ ist leer.", name=name))
    if size > MOST_BYTES:
        raise _refuse(
            _("„%(name)s“ ist zu groß: höchstens %(most)s.", name=name, most=formats.filesize(MOST_BYTES))
        )
    taken = take(name, file.read(HEAD))
    if taken is None:
        raise _refuse(
            _(
                "„%(name)s“ nehmen wir nicht an. Es gehen Bilder, PDF, Text und Dokumente aus Office-Programmen.",
                name=name,
            )
        )
    try:
        scanner_for(settings().clamav_url).scan(file)
    except Infected:
        raise _refuse(_("In „%(name)s“ hat der Virenscanner etwas gefunden.", name=name), "virus") from None
    except ScannerAway as error:
        raise Unavailable(
            _("Der Virenscanner antwortet nicht. Bitte versuchen Sie es später noch einmal.")
        ) from error
    file.seek(0)
    return taken


def forget(files: Iterable[Ready]) -> None:
    """These get no message."""
    for one in files:
        drop_upload(one.upload.key)


def keep(message_id: UUID, organisation_id: UUID | None, files: Sequence[Ready]) -> tuple[FileLine, ...]:
    """Give them their rows. Joins the caller's transaction."""
    require_transaction()
    found = []
    for position, one in enumerate(files):
        taken = one.taken
        file_id = keep_file(
            one.upload, name=taken.name, mime=taken.mime, kind=KIND, organisation_id=organisation_id
        )
        row = Attachment(
            id=new_id(), message_id=message_id, position=position, file_id=file_id, name=taken.name, mime=taken.mime,
            size=one.upload.size, width=taken.width, height=taken.height,
        )  # fmt: skip
        db.session.add(row)
        found.append(as_file(row))
        FILES.labels("kept").inc()
    return tuple(found)


def remove(message_ids: Iterable[UUID]) -> None:
    """Files of these messages are gone, bytes after the commit. Joins the caller's transaction."""
    require_transaction()
    wanted = Attachment.message_id.in_(list(message_ids))
    for file_id in db.session.scalars(select(Attachment.file_id).where(wanted)).all():
        delete_file(file_id)
    db.session.execute(delete(Attachment).where(wanted))
