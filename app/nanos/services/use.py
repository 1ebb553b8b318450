"""Learning with a nano: time, progress, completion. What a browser says is believed as far as the clock allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from app.core.api import open_file, record
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, require_transaction, transaction
from app.kit.errors import Conflict
from app.kit.ids import new_id
from app.nanos.events import UseCompleted, UseRepeated
from app.nanos.events_lti import LtiCompleted
from app.nanos.gateways.film import film_length
from app.nanos.models import Play, Use
from app.nanos.policies import P
from app.nanos.queries.package import pieces_to_learn, plays
from app.nanos.queries.seat import is_full, lock_seats
from app.nanos.queries.use import Piece, piece_of, progress_of, state_of
from app.nanos.rules.content import Kind
from app.nanos.rules.h5p import PART
from app.nanos.rules.h5p_said import SILENT
from app.nanos.rules.h5p_said import Said as Statement
from app.nanos.rules.use import (
    KEPT,
    LONGEST_BEAT,
    LONGEST_SILENCE,
    PLAYED,
    Beat,
    believed,
    film_progress,
    is_film,
    total,
    total_score,
    watch,
)
from app.nanos.services.completion import follow
from app.nanos.services.experience import keep_statements
from app.nanos.services.lti_score import owe
from app.nanos.services.nano import subject
from app.nanos.wording import no_seat_words


@dataclass(frozen=True)
class Told:
    """How it stands after somebody did something: the piece, and the nano as a whole."""

    progress: int
    whole: int
    done: bool


def begin(actor: Actor, nano_id: UUID, file_id: UUID, part: str = "") -> Piece:
    """The piece is open: from now on time counts. Raises NotFound, Conflict (no seat). Nothing is written about drafts."""
    require(actor, P.nano_read)
    piece = piece_of(actor, nano_id, file_id)
    if not piece.records:
        return piece
    length = _length(piece)
    with transaction():
        if piece.needs_seat:
            lock_seats(actor, nano_id)
            if is_full(actor, nano_id):
                raise Conflict(no_seat_words())
        use, play = _use(actor, piece), _play(actor, piece, part)
        now = clock.now()
        play.counted_at, play.last_at, use.last_at, use.revision = now, now, now, piece.number
        if play.length is None:
            play.length = length
    return piece


def _length(piece: Piece) -> float | None:
    if not is_film(piece.kind) or piece.stored_id is None:
        return None
    with open_file(piece.stored_id) as source:
        return film_length(source)


def beat(actor: Actor, nano_id: UUID, file_id: UUID, told: Beat) -> Told:
    """A film ran for a while. Raises NotFound, Conflict (it was never begun, or is no film)."""
    require(actor, P.nano_read)
    piece = piece_of(actor, nano_id, file_id)
    if not is_film(piece.kind) or not piece.records:
        raise Conflict
    with transaction():
        use, play = _begun(actor, piece, "")
        if play.length is None and told.length:
            play.length = max(1.0, told.length)
        passed = (clock.now() - play.counted_at).total_seconds()
        if passed >= 1 and play.length is not None:
            play.watched = watch(play.watched, told.spans, play.length, passed)
            _count(use, play, told.seconds, passed)
            _rise(play, film_progress(play.watched))
        return _settle(actor, use, play, piece)


def finish(actor: Actor, nano_id: UUID, file_id: UUID) -> Told:
    """The person says they are through: for what cannot be watched. Raises NotFound, Conflict (a film, a package)."""
    require(actor, P.nano_read)
    piece = piece_of(actor, nano_id, file_id)
    if not piece.records or is_film(piece.kind) or _plays(actor, piece):
        raise Conflict(_("Dieser Inhalt zählt beim Ansehen von selbst."))
    with transaction():
        use, play = _use(actor, piece), _play(actor, piece, "")
        passed = (clock.now() - play.counted_at).total_seconds()
        _count(use, play, passed, passed, LONGEST_SILENCE)
        _rise(play, 100)
        return _settle(actor, use, play, piece)


def _plays(actor: Actor, piece: Piece) -> bool:
    """Whether it tells by itself: a package that is broken can be taken along and ticked off, one that never says that it ended
    is ticked off here."""
    if piece.kind not in PLAYED:
        return False
    if not plays(piece.kind, piece.stored_id):
        return not piece.takes
    if piece.kind is not Kind.H5P or actor.person_id is None:
        return True
    return SILENT not in state_of(actor.person_id, piece.nano_id, piece.sha256, PART)[0]


@dataclass(frozen=True)
class Said:
    """What a package says about itself. `progress` and `score` are hundredths; `state` is what it wants back next time."""

    state: dict[str, str]
    progress: int
    done: bool
    score: int | None
    seconds: float
    statements: tuple[Statement, ...] = ()


def keep(actor: Actor, nano_id: UUID, file_id: UUID, part: str, parts: list[str], said: Said) -> Told:
    """A part of a package wants something kept; `parts` are all it has. Raises NotFound, Conflict (never begun)."""
    require(actor, P.nano_read)
    piece = piece_of(actor, nano_id, file_id)
    if piece.kind not in PLAYED or not piece.records:
        raise Conflict
    with transaction():
        use, play = _begun(actor, piece, part)
        passed = (clock.now() - play.counted_at).total_seconds()
        if passed >= 1:
            _count(use, play, said.seconds, passed, LONGEST_SILENCE)
        play.state = said.state
        keep_statements(actor, piece, said.statements)
        play.last_at = clock.now()
        play.score = play.score if said.score is None else max(play.score or 0, said.score)
        _rise(play, 100 if said.done else min(99, said.progress))
        db.session.flush()
        return _settle(actor, use, _sum_parts(actor, piece, parts), piece)


def _sum_parts(actor: Actor, piece: Piece, parts: list[str]) -> Play:
    """The row of the whole package, brought up to its parts."""
    whole = _play(actor, piece, "")
    rows = db.session.execute(
        select(Play.part, Play.progress, Play.score, Play.seconds).where(
            Play.person_id == actor.person_id, Play.nano_id == piece.nano_id, Play.sha256 == piece.sha256,
            Play.part.in_(parts),
        )
    ).all()  # fmt: skip
    known = {row[0]: row for row in rows}
    whole.seconds = max(whole.seconds, sum(row[3] for row in rows))
    score = total_score(row[2] for row in rows)
    whole.score = whole.score if score is None else max(whole.score or 0, score)
    _rise(whole, total(known[one][1] if one in known else 0 for one in parts))
    return whole


def _begun(actor: Actor, piece: Piece, part: str) -> tuple[Use, Play]:
    """Both rows, locked in the order in which all take them. Raises Conflict where nobody has begun."""
    use = _row(Use, person_id=actor.person_id, nano_id=piece.nano_id)
    play = _row(Play, person_id=actor.person_id, nano_id=piece.nano_id, sha256=piece.sha256, part=part)
    if use is None or play is None:
        raise Conflict(_("Öffnen Sie den Inhalt noch einmal."))
    return use, play


def _row(model: Any, **values: Any) -> Any:
    return db.session.scalar(
        select(model).filter_by(**values).with_for_update().execution_options(populate_existing=True)
    )


def _made(model: Any, fresh: Any, **values: Any) -> Any:
    """The locked row: of two who begin at once, one makes it."""
    require_transaction()
    found = _row(model, **values)
    if found is not None:
        return found
    try:
        with db.session.begin_nested():
            db.session.add(fresh)
            db.session.flush()
    except IntegrityError:
        return _row(model, **values)
    return fresh


def _use(actor: Actor, piece: Piece) -> Use:
    now = clock.now()
    fresh = Use(
        id=new_id(), nano_id=piece.nano_id, person_id=actor.person_id, organisation_id=actor.organisation_id,
        revision=piece.number, progress=0, seconds=0, first_at=now, last_at=now,
    )  # fmt: skip
    found: Use = _made(Use, fresh, person_id=actor.person_id, nano_id=piece.nano_id)
    return found


def _play(actor: Actor, piece: Piece, part: str) -> Play:
    now = clock.now()
    fresh = Play(
        id=new_id(), person_id=actor.person_id, nano_id=piece.nano_id, sha256=piece.sha256, part=part, watched="",
        progress=0, seconds=0, state={}, first_at=now, counted_at=now, last_at=now,
    )  # fmt: skip
    found: Play = _made(
        Play, fresh, person_id=actor.person_id, nano_id=piece.nano_id, sha256=piece.sha256, part=part
    )
    return found


def _count(use: Use, play: Play, claimed: float, passed: float, most: float = LONGEST_BEAT) -> None:
    seconds = believed(claimed, passed, most)
    play.seconds += seconds
    use.seconds += seconds
    play.counted_at = clock.now()


def _rise(play: Play, progress: int) -> None:
    play.progress = max(play.progress, progress)
    if play.progress >= 100 and play.completed_at is None:
        play.completed_at = clock.now()


def _settle(actor: Actor, use: Use, play: Play, piece: Piece) -> Told:
    """Bring the nano's own row up to its pieces; the first time it is whole is an event."""
    now = clock.now()
    play.last_at = use.last_at = now
    use.revision = piece.number
    db.session.flush()
    known = progress_of(actor.person_id, piece.nano_id)
    pieces = pieces_to_learn(piece)
    use.progress = max(use.progress, total(known[one].progress if one in known else 0 for one in pieces))
    score = total_score(known[one].score for one in pieces if one in known)
    if score is not None:
        use.score = max(use.score or 0, score)
    if use.progress >= 100 and (use.completed_at is None or use.restarted_at is not None):
        _complete(actor, use, now)
    if _is_guest(actor):
        db.session.flush()
        owe(use.person_id, use.nano_id)
    return Told(play.progress, use.progress, use.progress >= 100)


def _is_guest(actor: Actor) -> bool:
    """Somebody from a learning platform: let in for one nano, without an account."""
    return actor.granted_on is not None


def _complete(actor: Actor, use: Use, now: datetime) -> None:
    """The first time, or once more where it was begun anew."""
    if _is_guest(actor):  # no name, so no certificate, and nobody is told but the platform
        use.completed_at = now
        record(
            LtiCompleted(use.revision, use.score),
            organisation_id=use.organisation_id,
            subject=subject(use.nano_id),
        )
        return
    # For the learner's own organisation: whom a provider reaches is told in numbers, not by name.
    if use.completed_at is None:
        use.completed_at = now
        fact: UseCompleted | UseRepeated = UseCompleted(use.revision, use.seconds, use.score)
    else:
        use.repeated_at = now
        fact = UseRepeated(use.revision)
    use.restarted_at = None
    db.session.flush()
    record(fact, actor=actor, organisation_id=use.organisation_id, subject=subject(use.nano_id))
    follow(actor, use, now)


def forget_old() -> int:
    """Where somebody was in a piece they have not opened for `KEPT`; that they were through stays. Returns how many."""
    with transaction() as session:
        gone = session.execute(delete(Play).where(Play.last_at < clock.now() - KEPT))
    return int(gone.rowcount)  # type: ignore[attr-defined]
