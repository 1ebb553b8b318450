"""Going on with what is public: a new revision of the same nano, or another nano for another learning outcome."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, transaction
from app.kit.errors import Conflict, NotFound
from app.kit.ids import new_id
from app.nanos.events import NanoCreated, RevisionBegun, RevisionDiscarded
from app.nanos.models import Nano, Revision
from app.nanos.policies import P
from app.nanos.queries.nano import details_of, open_revision
from app.nanos.rules.nano import Stage, State
from app.nanos.services.file import drop_files
from app.nanos.services.nano import copy_files, draft_of, new_revision, note, own


def _current(nano: Nano) -> Revision:
    found = db.session.scalar(
        select(Revision).where(Revision.nano_id == nano.id, Revision.state == Stage.CURRENT.value)
    )
    if found is None:
        raise Conflict(_("Dieses Nano ist noch nicht veröffentlicht."))
    return found


def begin_revision(actor: Actor, nano_id: UUID) -> None:
    """A draft with all words and files of what is public, which stays as it is meanwhile. One that is there already is
    gone on with. Raises Conflict where nothing is public, NotFound."""
    require(actor, P.nano_write)
    with transaction() as session:
        nano = own(actor, nano_id)
        current = _current(nano)
        if open_revision(nano.id) is not None:
            return
        revision = new_revision(actor, nano.id, current.number + 1, details_of(current))
        session.add(revision)
        session.flush()
        copy_files(current.id, revision.id)
        note(actor, nano, RevisionBegun(revision.number))


def discard(actor: Actor, nano_id: UUID) -> bool:
    """Throw the draft away. Returns whether the nano went with it: it had never been public. Raises Conflict, NotFound."""
    require(actor, P.nano_write)
    with transaction() as session:
        nano = own(actor, nano_id)
        revision = draft_of(nano)
        drop_files(revision.id)
        never_public = nano.state == State.DRAFT
        note(actor, nano, RevisionDiscarded(revision.number))
        session.delete(nano if never_public else revision)
        session.flush()
        return never_public


def begin_successor(actor: Actor, nano_id: UUID) -> UUID:
    """Another nano that begins with the words and files of this one's newest revision, without its learning outcome.
    Returns its id. Raises NotFound for what is not the actor's own."""
    require(actor, P.nano_write)
    from_id = _newest(actor, nano_id)
    with transaction() as session:
        old = own(actor, nano_id)
        source = session.get(Revision, from_id)
        if source is None:
            raise NotFound
        nano = _copy(actor, old, source)
        note(actor, nano, NanoCreated(old.id))
        return nano.id


def _newest(actor: Actor, nano_id: UUID) -> UUID:
    found = db.session.scalar(
        select(Revision.id)
        .join(Nano, Nano.id == Revision.nano_id)
        .where(Nano.id == nano_id, Nano.organisation_id == actor.organisation_id)
        .order_by(Revision.number.desc())
        .limit(1)
    )
    if found is None:
        raise NotFound
    return found


def _copy(actor: Actor, old: Nano, source: Revision) -> Nano:
    details = replace(details_of(source), outcome="")
    nano = Nano(
        id=new_id(), organisation_id=old.organisation_id, created_by=actor.person_id, state=State.DRAFT.value,
        follows_id=old.id, created_at=clock.now(),
    )  # fmt: skip
    db.session.add(nano)
    db.session.flush()
    revision = new_revision(actor, nano.id, 1, details)
    db.session.add(revision)
    db.session.flush()
    copy_files(source.id, revision.id)
    return nano
