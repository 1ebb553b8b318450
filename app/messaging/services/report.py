"""Reporting a message to the platform's moderators, and what they decide."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from app.accounts.api import person_names
from app.core.api import record
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, lock, transaction
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.ids import new_id
from app.kit.observe import counter
from app.messaging.events import MessageRemoved, ReportDismissed
from app.messaging.models import Message, MessageVersion, Report, Room
from app.messaging.policies import P
from app.messaging.queries.message import as_line
from app.messaging.queries.room import access, member_ids
from app.messaging.rules.message import normal
from app.messaging.rules.report import LONGEST_NOTE, Reason, ReportState, note_missing
from app.messaging.services import attachment
from app.messaging.services.notice import notify
from app.messaging.services.telling import deliver

KEEP_DECIDED = timedelta(days=180)
REPORTS = counter("kontor_chat_reports_total", "Reported chat messages, by what became of them", ("outcome",))


def report(actor: Actor, room_id: UUID, message_id: UUID, *, reason: str, note: str) -> None:
    """Tell the moderators of a message. A second report of the same by the same person changes nothing.

    Raises NotFound, Invalid by field ("reason", "note"), Conflict for one's own and for one that is deleted.
    """
    room = access(actor, room_id)
    assert actor.person_id is not None
    why, note = _checked(reason, note)
    message = db.session.get(Message, message_id, populate_existing=True)
    if message is None or message.room_id != room.id:
        raise NotFound
    if message.author_id == actor.person_id:
        raise Conflict(_("Ihre eigene Nachricht können Sie löschen."))
    if message.deleted_at is not None:
        raise Conflict(_("Diese Nachricht ist schon gelöscht."))
    row = Report(
        id=new_id(), message_id=message.id, room_id=room.id, seq=message.seq, author_id=message.author_id,
        reporter_id=actor.person_id, reason=why.value, note=note, text=message.text, files=message.files,
        state=ReportState.OPEN.value, created_at=clock.now(),
    )  # fmt: skip
    try:
        with transaction() as session:
            session.add(row)
            session.flush()
    except IntegrityError:  # reported already
        return
    REPORTS.labels("reported").inc()


def _checked(reason: str, note: str) -> tuple[Reason, str]:
    note = normal(note)
    if reason not in set(Reason):
        raise Invalid(fields={"reason": _("Bitte wählen Sie einen Grund.")})
    if len(note) > LONGEST_NOTE:
        raise Invalid(fields={"note": _("Höchstens %(most)s Zeichen.", most=LONGEST_NOTE)})
    if note_missing(Reason(reason), note):
        raise Invalid(fields={"note": _("Beschreiben Sie bitte kurz, was nicht stimmt.")})
    return Reason(reason), note


def decide(actor: Actor, message_id: UUID, *, remove: bool) -> None:
    """Take a reported message out, or leave it. Whoever reported it hears, and its author where it went.

    Raises NotAllowed, NotFound, Conflict where somebody else was first.
    """
    require(actor, P.report_decide)
    state = ReportState.REMOVED if remove else ReportState.DISMISSED
    with transaction() as session:
        rows = session.scalars(select(Report).where(Report.message_id == message_id)).all()
        if not rows:
            raise NotFound
        moved = session.execute(
            update(Report)
            .where(Report.message_id == message_id, Report.state == ReportState.OPEN.value)
            .values(state=state.value, decided_at=clock.now(), decided_by=actor.person_id)
            .execution_options(synchronize_session=False)
        )
        if not moved.rowcount:  # type: ignore[attr-defined]
            raise Conflict(_("Darüber wurde schon entschieden."))
        one = rows[0]
        room = session.get(Room, one.room_id)
        subject = ("messaging.room", one.room_id)
        organisation_id = room.organisation_id if room is not None else None
        if remove:
            _remove(one.room_id, message_id)
        fact = MessageRemoved(number=one.seq) if remove else ReportDismissed(number=one.seq)
        record(fact, actor=actor, organisation_id=organisation_id, subject=subject)
        _tell(one, [row.reporter_id for row in rows if row.state == ReportState.OPEN.value], removed=remove)
    REPORTS.labels(state.value).inc()


def _remove(room_id: UUID, message_id: UUID) -> None:
    """Its number stays; its text, its earlier versions and its files are gone for everybody, its author too."""
    room = lock(Room, room_id)
    message = db.session.get(Message, message_id, populate_existing=True)
    if message is None:
        return
    db.session.execute(delete(MessageVersion).where(MessageVersion.message_id == message_id))
    attachment.remove([message_id])
    room.changes += 1
    message.text, message.mentions, message.files = "", [], 0
    message.deleted_at, message.change = message.deleted_at or clock.now(), room.changes
    author = person_names([message.author_id]).get(message.author_id, "")
    deliver(room_id, as_line(message, author), told=member_ids(room_id))


def _tell(one: Report, reporters: list[UUID], *, removed: bool) -> None:
    link = f"/nachrichten/{one.room_id}?bis={one.seq}#m-{one.seq}"
    kind = "messaging.report_upheld" if removed else "messaging.report_dismissed"
    notify(kind, dedupe=f"report:{one.message_id}", person_ids=sorted(reporters), link=link)
    if removed:
        notify("messaging.removed", dedupe=f"removed:{one.message_id}", person_ids=[one.author_id], link=link)


def tidy_reports() -> int:
    """Delete what was decided half a year ago. Returns how many."""
    with transaction() as session:
        done = session.execute(delete(Report).where(Report.decided_at < clock.now() - KEEP_DECIDED))
        return int(done.rowcount)  # type: ignore[attr-defined]
