"""Personal data in chat: export, erasure, how long messages stay."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update

from app.core.api import Activity, Retention
from app.kit import clock, live
from app.kit.config import settings
from app.kit.db import db, require_transaction, transaction
from app.messaging.models import Attachment, Block, Message, MessageVersion, Report, Room, RoomMember
from app.messaging.services import attachment
from app.messaging.services.room import FEED, ROOM

KEEP_DELETED = timedelta(days=30)
AT_ONCE = 500
_MESSAGES = _l(
    "bis zum Löschen durch die Person, längstens wie vom Betreiber eingestellt; nach dem Löschen des Kontos ohne Text"
)
_BLOCKS = _l("bis zum Aufheben oder Löschen des Kontos")
_REPORTS = _l("180 Tage nach der Entscheidung; mit dem Konto der meldenden oder gemeldeten Person sofort")
_FILES = _l("wie die Nachricht; mit deren Löschen sofort")
_VERSIONS = _l("wie die Nachricht; nach deren Löschen 30 Tage")
_MEMBERS = _l("bis zum Löschen des Kontos")
RETENTION = (
    Retention(_l("Nachrichten in Unterhaltungen"), _MESSAGES, "messaging_message"),
    Retention(_l("Frühere Fassungen von Nachrichten"), _VERSIONS, "messaging_message_version"),
    Retention(_l("Dateien in Unterhaltungen"), _FILES, "messaging_attachment"),
    Retention(_l("Blockierte Personen"), _BLOCKS, "messaging_block"),
    Retention(_l("Gemeldete Nachrichten"), _REPORTS, "messaging_report"),
    Retention(_l("Teilnahme an Unterhaltungen, Lesestand"), _MEMBERS, "messaging_room_member"),
)
ACTIVITIES = (
    Activity(
        name=_l("Unterhaltungen"),
        purpose=_l("Verständigung zwischen Personen einer Organisation und über Vorgänge"),
        basis=_l("Vertrag (Art. 6 Abs. 1 b DSGVO)"),
        people=_l("Personen mit Konto"),
        data=_l("Text und Zeit der Nachrichten, Änderungen, Lesestand"),
        recipients=_l("die Teilnehmenden der Unterhaltung"),
        how_long=_l("bis zum Löschen durch die Person, längstens wie vom Betreiber eingestellt"),
    ),
)


def export_chat(person_id: UUID) -> dict[str, Any]:
    """What the person wrote, with earlier versions, and which rooms they belong to. What others wrote is theirs."""
    messages = list(
        db.session.scalars(
            select(Message).where(Message.author_id == person_id).order_by(Message.room_id, Message.seq)
        )
    )
    rooms = db.session.scalars(
        select(RoomMember).where(RoomMember.person_id == person_id).order_by(RoomMember.joined_at)
    )
    return {
        "rooms": [
            {"room": str(row.room_id), "joined_at": row.joined_at.isoformat(), "read_up_to": row.last_read,
             "muted": row.muted, "left": row.left_seq is not None}
            for row in rooms
        ],
        "messages": [
            {"room": str(row.room_id), "number": row.seq, "text": row.text, "at": row.created_at.isoformat(),
             "edited_at": row.edited_at.isoformat() if row.edited_at else None,
             "deleted_at": row.deleted_at.isoformat() if row.deleted_at else None}
            for row in messages
        ],
        **_export_choices(person_id),
        "files": [
            {"room": str(room_id), "number": seq, "name": row.name, "size": row.size}
            for row, room_id, seq in db.session.execute(
                select(Attachment, Message.room_id, Message.seq)
                .join(Message, Message.id == Attachment.message_id)
                .where(Message.author_id == person_id)
                .order_by(Message.room_id, Message.seq, Attachment.position)
            )
        ],
        "earlier_versions": [
            {"room": str(room_id), "number": seq, "text": row.text, "written_at": row.written_at.isoformat()}
            for row, room_id, seq in db.session.execute(
                select(MessageVersion, Message.room_id, Message.seq)
                .join(Message, Message.id == MessageVersion.message_id)
                .where(Message.author_id == person_id)
                .order_by(Message.room_id, Message.seq, MessageVersion.replaced_at)
            )
        ],
    }  # fmt: skip


def _export_choices(person_id: UUID) -> dict[str, Any]:
    """Whom the person blocked and what they reported."""
    return {
        "blocked": [
            {"person": str(row.blocked_id), "since": row.created_at.isoformat()}
            for row in db.session.scalars(select(Block).where(Block.person_id == person_id).order_by(Block.created_at))
        ],
        "reports": [
            {"room": str(row.room_id), "number": row.seq, "reason": row.reason, "note": row.note, "state": row.state,
             "at": row.created_at.isoformat()}
            for row in db.session.scalars(select(Report).where(Report.reporter_id == person_id).order_by(Report.created_at))
        ],
    }  # fmt: skip


def erase_chat(person_id: UUID) -> None:
    """Texts, versions and files go, numbers stay: others' conversations keep their order. Joins the caller's transaction."""
    require_transaction()
    theirs = select(Message.id).where(Message.author_id == person_id)
    db.session.execute(delete(MessageVersion).where(MessageVersion.message_id.in_(theirs)))
    attachment.remove(db.session.scalars(theirs.where(Message.files > 0)))
    rooms = db.session.scalars(
        select(Message.room_id).where(Message.author_id == person_id, Message.deleted_at.is_(None)).distinct()
    ).all()
    for room_id in sorted(rooms):
        _empty(room_id, person_id)
    db.session.execute(delete(RoomMember).where(RoomMember.person_id == person_id))
    db.session.execute(delete(Block).where((Block.person_id == person_id) | (Block.blocked_id == person_id)))
    db.session.execute(
        delete(Report).where((Report.reporter_id == person_id) | (Report.author_id == person_id))
    )


def _empty(room_id: UUID, person_id: UUID) -> None:
    """One change for all of a person's messages in a room, so that open pages take it over."""
    room = db.session.get(Room, room_id, with_for_update=True, populate_existing=True)
    if room is None:
        return
    room.changes += 1
    db.session.execute(
        update(Message)
        .where(Message.room_id == room_id, Message.author_id == person_id, Message.deleted_at.is_(None))
        .values(text="", mentions=[], digest="", files=0, deleted_at=clock.now(), change=room.changes)
        .execution_options(synchronize_session=False)
    )
    live.changed(ROOM, room_id, FEED)


def tidy_chat() -> int:
    """Delete versions of messages deleted long ago, and messages older than the operator keeps them. Returns how many rows."""
    now, gone = clock.now(), 0
    with transaction() as session:
        old = select(Message.id).where(Message.deleted_at < now - KEEP_DELETED)
        done = session.execute(delete(MessageVersion).where(MessageVersion.message_id.in_(old)))
        gone += int(done.rowcount)  # type: ignore[attr-defined]
    days = settings().chat_days
    while days:
        with transaction() as session:
            some = select(Message.id).where(Message.created_at < now - timedelta(days=days)).limit(AT_ONCE)
            ids = list(session.scalars(some))
            session.execute(delete(MessageVersion).where(MessageVersion.message_id.in_(ids)))
            attachment.remove(ids)
            session.execute(delete(Message).where(Message.id.in_(ids)))
        gone += len(ids)
        if len(ids) < AT_ONCE:
            break
    return gone
