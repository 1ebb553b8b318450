"""What somebody has begun and finished: the pieces of a nano with their own progress, and the list of all they learn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.kit.authz import Actor
from app.kit.db import db
from app.kit.errors import Conflict, NotFound
from app.kit.paging import Page, after, encode_cursor
from app.nanos.models import Experience, Nano, NanoFile, Play, Revision, Use
from app.nanos.queries.nano import NanoView, facts_of, looker, view_at
from app.nanos.queries.seat import is_full
from app.nanos.rules.access import Looker, may_look, may_take
from app.nanos.rules.content import Kind
from app.nanos.rules.nano import Stage, State
from app.nanos.rules.use import reachable
from app.nanos.rules.xapi import Told
from app.nanos.wording import no_seat_words


@dataclass(frozen=True)
class Piece:
    """A piece of content somebody may learn with."""

    nano_id: UUID
    organisation_id: UUID
    file_id: UUID
    stored_id: UUID | None
    kind: Kind
    name: str
    url: str
    sha256: str
    revision_id: UUID
    number: int
    takes: bool
    records: bool
    """Whether it is the public revision: nothing is written about drafts."""
    needs_seat: bool = False
    """It is there for the person by a licence alone."""


def piece_of(actor: Actor, nano_id: UUID, file_id: UUID) -> Piece:
    """Raises NotFound: who may not learn with it is not told that it is there; Conflict where all seats are taken."""
    return _found(actor, nano_id, file_id)[0]


def piece_and_nano(actor: Actor, nano_id: UUID, file_id: UUID) -> tuple[Piece, NanoView]:
    """The piece with the nano at the piece's revision. Raises NotFound."""
    piece, who, nano, revision = _found(actor, nano_id, file_id)
    return piece, view_at(who, nano, revision)


def _found(actor: Actor, nano_id: UUID, file_id: UUID) -> tuple[Piece, Looker, Nano, Revision]:
    row = db.session.execute(
        select(Nano, Revision, NanoFile)
        .join(Revision, Revision.nano_id == Nano.id)
        .join(NanoFile, NanoFile.revision_id == Revision.id)
        .where(NanoFile.id == file_id, Nano.id == nano_id)
    ).first()
    if row is None:
        raise NotFound
    nano, revision, file = row[0], row[1], row[2]
    who, facts = looker(actor, nano), facts_of(nano, revision)
    kind = Kind(file.kind)
    if not reachable(kind, looks=may_look(who, facts), takes=may_take(who, facts)):
        if is_full(actor, nano.id):
            raise Conflict(no_seat_words())
        raise NotFound
    records = revision.state == Stage.CURRENT and actor.organisation_id is not None
    piece = Piece(
        nano.id, nano.organisation_id, file.id, file.file_id, kind, file.name, file.url, file.sha256, revision.id,
        revision.number, may_take(who, facts), records, not may_look(replace(who, licensed=False), facts),
    )  # fmt: skip
    return piece, who, nano, revision


@dataclass(frozen=True)
class Progress:
    """Of one piece, or of a part of one."""

    progress: int
    seconds: int
    score: int | None
    done: bool


def plays_of(person_id: UUID | None, nano_id: UUID) -> dict[tuple[str, str], Progress]:
    """By content hash and part ("" is all of a piece); what was never begun is not there."""
    rows = db.session.execute(
        select(Play.sha256, Play.part, Play.progress, Play.seconds, Play.score).where(
            Play.person_id == person_id, Play.nano_id == nano_id
        )
    )
    return {
        (sha256, part): Progress(progress, seconds, score, progress >= 100)
        for sha256, part, progress, seconds, score in rows
    }


def progress_of(person_id: UUID | None, nano_id: UUID) -> dict[str, Progress]:
    """Of whole pieces, by content hash."""
    return {sha256: one for (sha256, part), one in plays_of(person_id, nano_id).items() if part == ""}


def state_of(person_id: UUID, nano_id: UUID, sha256: str, part: str) -> tuple[dict[str, Any], int]:
    """What a package had us keep, and for how many seconds it was open."""
    row = db.session.execute(
        select(Play.state, Play.seconds).where(
            Play.person_id == person_id, Play.nano_id == nano_id, Play.sha256 == sha256, Play.part == part
        )
    ).first()
    return (dict(row[0]), row[1]) if row else ({}, 0)


@dataclass(frozen=True)
class UseView:
    """How far a person is with a nano."""

    progress: int
    seconds: int
    score: int | None
    first_at: datetime
    last_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True)
class Learned:
    """A line of the list: a nano by the words it had when it was last public."""

    nano_id: UUID
    title: str
    minutes: int | None
    there: bool
    """It can still be opened."""
    use: UseView


def list_learned(actor: Actor, *, done: bool | None, cursor: str | None, limit: int = 20) -> Page[Learned]:
    """What the actor has begun, the last first; `done` narrows to finished or unfinished."""
    statement: Any = (
        select(Use, Revision.title, Revision.minutes, Nano.state)
        .join(Nano, Nano.id == Use.nano_id)
        .join(Revision, (Revision.nano_id == Use.nano_id) & (Revision.number == Use.revision))
        .where(Use.person_id == actor.person_id)
    )
    if done is not None:
        statement = statement.where(Use.completed_at.is_not(None) if done else Use.completed_at.is_(None))
    rows = list(
        db.session.execute(
            after(statement, [Use.last_at, Use.id], [datetime.fromisoformat, UUID], cursor, limit)
        )
    )
    more = (
        encode_cursor([rows[limit - 1][0].last_at.isoformat(), rows[limit - 1][0].id])
        if len(rows) > limit
        else None
    )
    return Page([_learned(*row) for row in rows[:limit]], more)


def _learned(use: Use, title: str, minutes: int | None, state: str) -> Learned:
    view = UseView(use.progress, use.seconds, use.score, use.first_at, use.last_at, use.completed_at)
    return Learned(use.nano_id, title, minutes, state in (State.PUBLISHED, State.RETIRED), view)


@dataclass(frozen=True)
class Sum:
    """All that somebody has learned."""

    begun: int
    done: int
    seconds: int


def sum_learned(actor: Actor) -> Sum:
    """For the head of the list."""
    begun, done, seconds = db.session.execute(
        select(func.count(), func.count(Use.completed_at), func.coalesce(func.sum(Use.seconds), 0)).where(
            Use.person_id == actor.person_id
        )
    ).one()
    return Sum(begun, done, int(seconds))


def all_learned(actor: Actor) -> list[tuple[Use, str, str]]:
    """Everything the actor has begun, the first first, with title and language: for taking it along."""
    rows = db.session.execute(
        select(Use, Revision.title, Revision.language)
        .join(Revision, (Revision.nano_id == Use.nano_id) & (Revision.number == Use.revision))
        .where(Use.person_id == actor.person_id)
        .order_by(Use.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def all_told(actor: Actor) -> dict[UUID, list[Told]]:
    """What H5P packages said about the actor, by nano, the first first."""
    found: dict[UUID, list[Told]] = {}
    rows = db.session.scalars(
        select(Experience).where(Experience.person_id == actor.person_id).order_by(Experience.id)
    )
    for one in rows:
        told = Told(
            one.id, one.sha256[:12], one.sub, one.verb, one.score, one.success, one.completion, one.seconds, one.at
        )  # fmt: skip
        found.setdefault(one.nano_id, []).append(told)
    return found
