"""Telling people, once each, where they want to hear it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.accounts.api import get_person, people_of
from app.core.api import send_mail, subject_names
from app.kit import clock, live
from app.kit.authz import Actor
from app.kit.config import settings
from app.kit.db import db, require_transaction, transaction
from app.kit.i18n import speaking
from app.kit.ids import new_id
from app.messaging.kinds import kind_of
from app.messaging.models import Notice
from app.messaging.queries.preference import choices_for
from app.messaging.rules.kind import Kind, choose, named_in, words

LIVE = "messaging-person"


@dataclass(frozen=True)
class _Recipient:
    person_id: UUID
    email: str
    locale: str
    timezone: str


@dataclass(frozen=True)
class _Message:
    kind: Kind
    data: dict[str, Any]
    link: str
    organisation_id: UUID | None
    subject: tuple[str, UUID] | None
    dedupe: str
    files: Sequence[UUID]
    mail: dict[str, Any]


def notify(
    kind: str,
    *,
    dedupe: str,
    organisation_id: UUID | None = None,
    person_ids: Iterable[UUID] | None = None,
    roles: Sequence[str] = ("owner", "admin"),
    subject: tuple[str, UUID] | None = None,
    data: dict[str, Any] | None = None,
    link: str = "",
    files: Sequence[UUID] = (),
    mail: dict[str, Any] | None = None,
) -> int:
    """Tell the named people, or those of an organisation with one of `roles`. Joins the caller's transaction.

    `data` is JSON (ids and values, money as nanos); `link` a path of this site, `files` stored files to attach
    to mails, `mail` what the kind's own mail template needs beside the data; no notice keeps it. A second call with the
    same `dedupe` tells nobody twice. Returns how many people were told anew. An unknown kind is a programming error
    (KeyError).
    """
    require_transaction()
    known = kind_of(kind)
    if known is None:
        raise KeyError(f"no notice kind {kind!r} is registered")
    if link and (not link.startswith("/") or link.startswith("//")):
        raise ValueError("a notice leads to a path of this site")
    message = _Message(known, data or {}, link, organisation_id, subject, dedupe, files, mail or {})
    recipients = _recipients(organisation_id, person_ids, roles)
    chosen = choices_for(kind, [one.person_id for one in recipients])
    told = 0
    for one in recipients:
        choice = choose(known, chosen.get(one.person_id))
        if choice.in_app:
            told += _write(message, one)
        if choice.by_mail:
            _mail(message, one)
    return told


def _recipients(
    organisation_id: UUID | None, person_ids: Iterable[UUID] | None, roles: Sequence[str]
) -> list[_Recipient]:
    if person_ids is None:
        if organisation_id is None:
            raise ValueError("name people or an organisation")
        members = people_of(organisation_id, *roles)
        return [_Recipient(one.person_id, one.email, one.locale, one.timezone) for one in members]
    people = [get_person(one) for one in dict.fromkeys(person_ids)]
    return [
        _Recipient(one.id, one.email, one.locale, one.timezone)
        for one in people
        if one is not None and one.erased_at is None
    ]


def _write(message: _Message, to: _Recipient) -> bool:
    known = select(Notice.id).where(Notice.person_id == to.person_id, Notice.dedupe == message.dedupe)
    if db.session.scalar(known) is not None:
        return False
    try:
        with db.session.begin_nested():
            db.session.add(
                Notice(
                    id=new_id(),
                    person_id=to.person_id,
                    organisation_id=message.organisation_id,
                    kind=message.kind.name,
                    data=message.data,
                    link=message.link,
                    subject_type=message.subject[0] if message.subject else None,
                    subject_id=message.subject[1] if message.subject else None,
                    dedupe=message.dedupe,
                    created_at=clock.now(),
                )
            )
    except IntegrityError:  # another worker was telling the same at this moment
        return False
    live.changed(LIVE, to.person_id, "notices")
    return True


def _mail(message: _Message, to: _Recipient) -> None:
    with speaking(to.locale, to.timezone):
        text = words(message.kind, message.data, subject_names(named_in(message.kind, message.data).values()))
    send_mail(
        to=to.email,
        template=message.kind.template,
        locale=to.locale,
        timezone=to.timezone,
        organisation_id=message.organisation_id,
        person_id=to.person_id,
        files=message.files,
        dedupe=f"notice:{to.person_id.hex}:{message.dedupe}"[:160],
        text=text,
        label=message.kind.label,
        link=message.link,
        public_base=settings().public_url,
        data=message.data,
        **message.mail,
    )


def mark_read(actor: Actor, notice_id: UUID) -> None:
    """The actor has read one notice; other people's are left alone."""
    with transaction():
        _read(actor, Notice.id == notice_id)


def mark_all_read(actor: Actor) -> int:
    """The actor has read everything. Returns how many were new."""
    with transaction():
        return _read(actor)


def _read(actor: Actor, *which: Any) -> int:
    done = db.session.execute(
        update(Notice)
        .where(Notice.person_id == actor.person_id, Notice.read_at.is_(None), *which)
        .values(read_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    if actor.person_id is not None:
        live.changed(LIVE, actor.person_id, "notices")
    return int(done.rowcount)  # type: ignore[attr-defined]
