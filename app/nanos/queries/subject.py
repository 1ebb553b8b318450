"""A nano as moderators see it: its words by place, what kind of content it is, what is forbidden already."""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.kit.db import db
from app.nanos.models import Nano, NanoFile, Revision
from app.nanos.rules.content import VIDEOS
from app.nanos.rules.nano import Stage
from app.nanos.subjects import Subject
from app.nanos.wording import LABELS

MOST_TEXT = 20_000


def load(nano_id: UUID, number: int | None) -> Subject | None:
    """The revision with this number, else what is public, else the newest, with its files in one statement. None where the
    nano is gone."""
    order = [Revision.number == number] if number is not None else []
    wanted = (
        select(Revision.id).where(Revision.nano_id == nano_id)
        .order_by(*(one.desc() for one in (*order, Revision.state == Stage.CURRENT.value)), Revision.number.desc())
        .limit(1).scalar_subquery()
    )  # fmt: skip
    rows = db.session.execute(
        select(Nano, Revision, NanoFile.name, NanoFile.kind, NanoFile.url, func.substr(NanoFile.text, 1, MOST_TEXT))
        .join(Revision, Revision.nano_id == Nano.id)
        .outerjoin(NanoFile, NanoFile.revision_id == Revision.id)
        .where(Nano.id == nano_id, Revision.id == wanted)
        .order_by(NanoFile.position)
    ).all()  # fmt: skip
    if not rows:
        return None
    nano, revision = rows[0][:2]
    files = [tuple(row)[2:] for row in rows if row[2] is not None]
    texts = {name: str(getattr(revision, name)) for name in ("title", "outcome", "description", "terms")}
    for name, _kind, url, text in files:
        texts[f"file:{name}"] = "\n".join(one for one in (url, text) if one)
    begun = nano.published_at or nano.created_at
    return Subject(
        revision.title, f"/nanos/{nano.id}", nano.organisation_id, {k: v for k, v in texts.items() if v},
        _content_types([kind for _name, kind, _url, _text in files]), begun.date(), revision.language.upper()[:2] or "DE",
        nano.bar, revision.number, revision.id,
    )  # fmt: skip


def _content_types(kinds: list[str]) -> tuple[str, ...]:
    found = {"CONTENT_TYPE_TEXT"}
    for kind in kinds:
        if kind in {one.value for one in VIDEOS}:
            found.add("CONTENT_TYPE_VIDEO")
        elif kind in ("h5p", "scorm"):
            found.add("CONTENT_TYPE_APP")
    return tuple(sorted(found))


def place_words(where: str) -> str:
    """What a place of a text is called."""
    if where == "voice":
        return _("Text")
    if where.startswith("file:"):
        return _("Datei %(name)s", name=where.removeprefix("file:"))
    return str(LABELS.get(where, where))
