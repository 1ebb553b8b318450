"""Making nanos and saying what they are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import update

from app.core.api import Fact, claim_once, record
from app.kit import clock
from app.kit.authz import SYSTEM, Actor, require
from app.kit.db import db, lock, transaction
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.ids import new_id
from app.nanos.catalog import slugs
from app.nanos.events import NanoCreated
from app.nanos.models import Nano, NanoFile, Revision
from app.nanos.policies import P
from app.nanos.queries.nano import open_revision
from app.nanos.rules.details import FIELDS, Details, cleaned, storable
from app.nanos.rules.nano import Stage, State
from app.nanos.rules.outcome import same_outcome, words_of
from app.nanos.services.likeness import sign
from app.nanos.wording import fault_words

SUBJECT = "nanos.nano"


def subject(nano_id: UUID) -> tuple[str, UUID]:
    """A nano as the subject of events and jobs."""
    return SUBJECT, nano_id


def note(actor: Actor, nano: Nano, fact: Fact, **states: Any) -> None:
    """Write down what happened to a nano, for its provider's organisation."""
    record(fact, actor=actor, organisation_id=nano.organisation_id, subject=subject(nano.id), **states)


def own(actor: Actor, nano_id: UUID) -> Nano:
    """The locked nano of the actor's own organisation, not removed. Raises NotFound. Joins the caller's transaction."""
    nano = lock(Nano, nano_id)
    if actor is not SYSTEM and nano.organisation_id != actor.organisation_id:
        raise NotFound
    if nano.state == State.REMOVED:
        raise NotFound
    return nano


def draft_of(nano: Nano) -> Revision:
    """The revision that is being written. Raises Conflict where it waits for its review, or where there is none."""
    revision = open_revision(nano.id)
    if revision is None:
        raise Conflict(_("Dieses Nano hat gerade keinen Entwurf. Beginnen Sie eine neue Fassung."))
    if revision.state == Stage.REVIEW:
        raise Conflict(_("Dieses Nano wird gerade geprüft. Nehmen Sie die Anfrage zurück, um es zu ändern."))
    return revision


def checked(details: Details) -> Details:
    """Cleaned, and fit for a draft. Raises Invalid by field."""
    clean = cleaned(details)
    found = {name: fault_words(name, fault) for name, fault in storable(clean, slugs()).items()}
    if not clean.title:
        found["title"] = _("Geben Sie dem Nano einen Titel.")
    if found:
        raise Invalid(fields=found)
    return clean


def values_of(details: Details) -> dict[str, Any]:
    """The columns of a revision."""
    values: dict[str, Any] = {name: getattr(details, name) for name in FIELDS}
    values["audience"] = list(details.audience)
    values["folded"] = " ".join(words_of(f"{details.title} {details.outcome} {details.description}"))
    return values


def new_revision(actor: Actor, nano_id: UUID, number: int, details: Details) -> Revision:
    """A draft. Joins the caller's transaction, which adds it."""
    now = clock.now()
    return Revision(
        id=new_id(), nano_id=nano_id, number=number, state=Stage.DRAFT.value, version=1,
        created_by=actor.person_id, created_at=now, changed_at=now, **values_of(details),
    )  # fmt: skip


def create_nano(
    actor: Actor, details: Details, *, once: str | None = None, follows_id: UUID | None = None
) -> UUID:
    """Begin one with at least a title. Returns its id. Raises Invalid by field, Conflict for the same form twice."""
    require(actor, P.nano_write)
    if actor.organisation_id is None:
        raise NotFound
    clean = checked(details)
    with transaction() as session:
        if once and not claim_once(f"nanos.nano:{once}"):
            raise Conflict(_("Das haben Sie schon abgeschickt."))
        nano = Nano(
            id=new_id(), organisation_id=actor.organisation_id, created_by=actor.person_id,
            state=State.DRAFT.value, follows_id=follows_id, created_at=clock.now(),
        )  # fmt: skip
        session.add(nano)
        session.flush()
        session.add(new_revision(actor, nano.id, 1, clean))
        session.flush()
        note(actor, nano, NanoCreated(follows_id))
        return nano.id


def save_draft(actor: Actor, nano_id: UUID, version: int, details: Details) -> int:
    """Keep what was typed, gaps and all. Returns the new version.

    Raises Invalid by field, NotFound, Conflict when somebody else saved since `version`, or it is not a draft.
    """
    require(actor, P.nano_write)
    clean = checked(details)
    with transaction():
        nano = own(actor, nano_id)
        revision = draft_of(nano)
        _check_outcome(nano, revision, clean)
        written = db.session.execute(
            update(Revision)
            .where(
                Revision.id == revision.id, Revision.version == version, Revision.state == Stage.DRAFT.value
            )
            .values(**values_of(clean), version=version + 1, changed_at=clock.now())
            .execution_options(synchronize_session=False)
        )
        db.session.expire(revision)
        if written.rowcount != 1:  # type: ignore[attr-defined]
            raise Conflict(
                _("Jemand hat diesen Entwurf inzwischen gespeichert. Sehen Sie nach, was anders ist.")
            )
        sign([revision.id])
    return version + 1


def _check_outcome(nano: Nano, revision: Revision, details: Details) -> None:
    """A later revision teaches what the first one taught: ratings, exchanges and certificates speak about that."""
    if revision.number == 1:
        return
    current = db.session.query(Revision).filter_by(nano_id=nano.id, state=Stage.CURRENT.value).one()
    if not same_outcome(current.outcome, details.outcome):
        raise Invalid(
            fields={
                "outcome": _(
                    "Mit einem anderen Lernziel ist es ein anderes Nano: Bewertungen sprechen über das bisherige. "
                    "Lassen Sie es so, oder legen Sie ein neues Nano an."
                )
            }
        )


def copy_files(from_revision: UUID, to_revision: UUID) -> None:
    """The new revision begins with the files of the old one. Joins the caller's transaction."""
    rows = db.session.query(NanoFile).filter_by(revision_id=from_revision).order_by(NanoFile.position).all()
    for row in rows:
        db.session.add(
            NanoFile(
                id=new_id(), revision_id=to_revision, organisation_id=row.organisation_id, file_id=row.file_id,
                kind=row.kind, name=row.name, size=row.size, sha256=row.sha256, url=row.url, position=row.position,
                look=row.look, text=row.text, pages=row.pages, thumbnail_id=row.thumbnail_id, created_at=clock.now(),
            )
        )  # fmt: skip
    db.session.flush()
