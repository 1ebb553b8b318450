"""A copy of everything the platform knows about a person: JSON by module, and their files, in one archive."""

from __future__ import annotations

import json
import re
import tempfile
import zipfile
from contextlib import closing
from datetime import timedelta
from typing import IO
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts.api import get_person
from app.core.api import contributors, keep_file, open_file, progress, record, upload_file
from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db, lock, transaction
from app.kit.errors import NotAllowed, NotFound, TooMany
from app.kit.i18n import speaking
from app.kit.ids import new_id
from app.kit.links import path_to
from app.privacy.events import ExportMade
from app.privacy.models import Export
from app.privacy.rules.limits import EXPORT_KEPT, may_export
from app.privacy.tasks import make_export as job

KIND = "privacy.export"


def ask_export(actor: Actor) -> UUID:
    """Ask for a copy; a job makes it. Returns the job's id. While one is being made, that one's. Raises TooMany."""
    if actor.person_id is None or actor.token_scopes is not None:
        raise NotAllowed
    with transaction() as session:
        now = clock.now()
        rows = session.scalars(
            select(Export).where(
                Export.person_id == actor.person_id, Export.asked_at > now - timedelta(days=1)
            )
        ).all()
        open_one = next(
            (row for row in rows if row.made_at is None and row.asked_at > now - timedelta(hours=1)), None
        )
        if open_one is not None and open_one.job_id is not None:
            return open_one.job_id
        if not may_export([row.asked_at for row in rows], now):
            raise TooMany(
                _("Heute hast du schon drei Kopien bekommen. Morgen geht es wieder."), retry_after=86_400
            )
        row = Export(id=new_id(), person_id=actor.person_id, locale=actor.locale, asked_at=now)
        session.add(row)
        session.flush()
        row.job_id = job.later(
            actor=Actor(person_id=actor.person_id),
            subject=("accounts.person", actor.person_id),
            export_id=str(row.id),
        )
        return row.job_id


def make_export(export_id: UUID) -> dict[str, str]:
    """The job: collect, pack, keep for seven days. Repeatable."""
    row = db.session.get(Export, export_id)
    if row is None:
        raise NotFound
    result = {"next": path_to("privacy.own_data")}
    person = get_person(row.person_id)
    if row.file_id is not None or person is None or person.erased_at is not None:
        return result
    with tempfile.TemporaryFile() as packed:
        with speaking(row.locale, person.timezone):
            pack(row.person_id, packed)
            name = _("meine-daten")
        packed.seek(0)
        upload = upload_file(packed)  # type: ignore[arg-type]
    with transaction():
        kept = lock(Export, export_id)
        if kept.file_id is None:
            kept.made_at = clock.now()
            kept.file_id = keep_file(
                upload, name=f"{name}-{kept.made_at:%Y-%m-%d}.zip", mime="application/zip", kind=KIND,
                person_id=kept.person_id, expires_at=kept.made_at + EXPORT_KEPT,
            )  # fmt: skip
            record(
                ExportMade(kept.person_id), actor=Actor(person_id=kept.person_id),
                subject=("accounts.person", kept.person_id),
            )  # fmt: skip
    return result


def pack(person_id: UUID, target: IO[bytes]) -> None:
    """Write the archive: one JSON file a module, files in folders, and a page that says what is what."""
    parts = [one for one in contributors() if one.export is not None or one.files is not None]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_("LIESMICH") + ".txt", _read_me([one.name for one in parts if one.export]))
        for number, one in enumerate(parts):
            progress(5 + 90 * number // len(parts), one.name)
            if one.export is not None:
                content = json.dumps(one.export(person_id), ensure_ascii=False, indent=2, default=str)
                archive.writestr(f"{one.name}.json", content)
            for name, file_id in one.files(person_id) if one.files else ():
                with (
                    closing(open_file(file_id)) as stream,
                    archive.open(_inner(one.name, file_id, name), "w") as inner,
                ):
                    while chunk := stream.read(1 << 20):
                        inner.write(chunk)


def _inner(module: str, file_id: UUID, name: str) -> str:
    """A place in the archive that no file name can leave and no two files share."""
    plain = re.sub(r"[^\w.() -]", "_", name).lstrip(".")[:120]
    return f"{module}/{file_id.hex[-8:]}-{plain}"


def _read_me(modules: list[str]) -> str:
    lines = [
        _(
            "Das ist alles, was wir über dich gespeichert haben, Stand %(at)s (UTC).",
            at=f"{clock.now():%Y-%m-%d %H:%M}",
        ),
        _("Jede Datei ist JSON (UTF-8) und lässt sich mit jedem Texteditor öffnen. Zeiten sind in UTC."),
        "",
        *(f"{name}.json" for name in modules),
        "",
        _(
            "Passwörter, Ersatzcodes und Zugriffstoken sind nur als Prüfsummen gespeichert und nicht enthalten."
        ),
    ]
    return "\n".join(lines) + "\n"
