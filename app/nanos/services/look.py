"""Looking into files in the background: text for the search, a picture of the first page."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update

from app.core.api import keep_file, open_file, upload_file
from app.kit.db import db, transaction
from app.kit.errors import NotFound
from app.kit.observe import log
from app.nanos.errors import Unreadable
from app.nanos.gateways.pdf import Look, look_at
from app.nanos.models import Nano, NanoFile, Revision
from app.nanos.queries.document import nanos_showing
from app.nanos.rules.nano import Stage
from app.nanos.services.likeness import sign
from app.nanos.services.search import refresh

PICTURE_KIND = "nanos.picture"


def look_into(row_id: UUID) -> None:
    """Once a file: a second call finds nothing waiting. What cannot be read is marked so; the file itself stays."""
    row = db.session.get(NanoFile, row_id)
    if row is None or row.look != "waiting" or row.file_id is None:
        return
    file_id, organisation_id = row.file_id, row.organisation_id
    try:
        with open_file(file_id) as source:
            look = look_at(source)
    except (Unreadable, NotFound) as error:
        log.info("nanos.look_failed", error=str(error))
        with transaction():
            db.session.execute(_waiting(file_id).values(look="failed"))
        return
    _keep(file_id, organisation_id, look)


def _waiting(file_id: UUID):  # type: ignore[no-untyped-def]
    """The rows of these bytes: a revision that was begun meanwhile has one of its own."""
    return update(NanoFile).where(NanoFile.file_id == file_id, NanoFile.look == "waiting")


def _hold(file_id: UUID) -> None:
    """Lock the nanos of these bytes: who publishes one meanwhile either finds the text, or is found as public here."""
    mine = (
        select(Revision.nano_id).join(NanoFile, NanoFile.revision_id == Revision.id)
        .where(NanoFile.file_id == file_id)
    )  # fmt: skip
    db.session.execute(select(Nano.id).where(Nano.id.in_(mine)).order_by(Nano.id).with_for_update()).all()


def _keep(file_id: UUID, organisation_id: UUID, look: Look) -> None:
    picture = upload_file(look.picture)
    with transaction():
        _hold(file_id)
        waiting = db.session.query(NanoFile.id).filter_by(file_id=file_id, look="waiting").count()
        if not waiting:
            return  # taken out meanwhile; the picture is swept
        kept = keep_file(
            picture, name="seite-1.png", mime="image/png", kind=PICTURE_KIND, organisation_id=organisation_id
        )
        db.session.execute(
            _waiting(file_id).values(look="done", text=look.text, pages=look.pages, thumbnail_id=kept)
        )
        sign(
            db.session.scalars(
                select(NanoFile.revision_id)
                .join(Revision, Revision.id == NanoFile.revision_id)
                .where(NanoFile.file_id == file_id, Revision.state != Stage.PAST.value)
            )
        )
        refresh(nanos_showing(file_id))
