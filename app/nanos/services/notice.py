"""Taking notices of illegal content (Art. 16), from anybody. Forgetting who sent them once their term is over."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select, update

from app.core.api import claim_once, forget_mails, record
from app.kit import clock, limits
from app.kit.authz import Actor
from app.kit.config import settings
from app.kit.db import db, require_transaction, transaction
from app.kit.errors import Conflict, Invalid, TooMany
from app.kit.ids import new_id
from app.kit.secrets import seal
from app.nanos.events_moderation import NoticeReceived
from app.nanos.models import Module, Nano, Notice, NoticeItem
from app.nanos.queries.moderation_settings import chosen
from app.nanos.queries.voice_subject import VOICES, reportable
from app.nanos.rules.case import Kind, priority_of
from app.nanos.rules.notice import MOST_URLS, Given, Place, Thing, cleaned, faults, places
from app.nanos.services.case import open_case
from app.nanos.services.nano import SUBJECT
from app.nanos.services.tell import confirm
from app.nanos.tasks import check_revision, check_voice
from app.nanos.wording_moderation import notice_fault

AN_HOUR = 10
"""Notices from one address of the network; trusted flaggers who are signed in have no limit."""
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True)
class Receipt:
    """What the sender gets at once: a number to quote, and the secret of the page that shows how it goes."""

    number: str
    secret: str


def give_notice(actor: Actor, given: Given, *, visitor: str, locale: str, once: str = "") -> Receipt:
    """Take a notice; each address becomes an item of the queue, or joins the one that is open for the same reason.

    Raises Invalid by field, TooMany, Conflict for the same form twice. `visitor` is the network address, kept nowhere.
    """
    given = Given(
        given.urls[:20_000], cleaned(given.explanation), given.category, " ".join(cleaned(given.name).split()),
        given.email.strip(), given.good_faith,
    )  # fmt: skip
    named = places(given.urls, settings().public_url)
    found = {name: notice_fault(name, fault, MOST_URLS) for name, fault in faults(given, named).items()}
    rows = {} if found else _things(named)
    if not found and any(place.thing not in rows for place in named):
        found["urls"] = notice_fault("urls", "foreign", MOST_URLS)
    if found:
        raise Invalid(fields=found)
    trusted = is_trusted(actor)
    left = limits.take(f"nanos-notice:{visitor}", AN_HOUR, 3600)
    if not trusted and not left.allowed:
        raise TooMany(
            _("Das waren viele Meldungen in kurzer Zeit. Versuchen Sie es später noch einmal."),
            left.retry_after,
        )
    secret = secrets.token_urlsafe(24)
    with transaction():
        if once and not claim_once(f"nanos.notice:{once[:60]}"):
            raise Conflict(_("Diese Meldung haben Sie schon abgeschickt."))
        notice = Notice(
            id=new_id(), number=_number(), digest=digest(secret), sealed=seal(secret), category=given.category,
            explanation=given.explanation, name=given.name, email=given.email, good_faith=True, trusted=trusted,
            person_id=actor.person_id, locale="en" if locale == "en" else "de", created_at=clock.now(),
        )  # fmt: skip
        db.session.add(notice)
        db.session.flush()
        _file(notice, named, rows)
        record(NoticeReceived(notice.category), actor=actor, subject=("nanos.notice", notice.id))
        confirm(notice)
    return Receipt(notice.number, secret)


def _things(named: list[Place]) -> dict[Thing, UUID | None]:
    """What was named and is there, with the organisation each is of. Drafts are nobody's business and are not there."""
    found: dict[Thing, UUID | None] = reportable([place.thing for place in named if place.thing])
    for kind, model in (("nanos.nano", Nano), ("nanos.module", Module)):
        ids = {place.thing[1] for place in named if place.thing and place.thing[0] == kind}
        if ids:
            rows = db.session.execute(
                select(model.id, model.organisation_id)  # type: ignore[attr-defined]
                .where(model.id.in_(ids), model.published_at.is_not(None))  # type: ignore[attr-defined]
            )  # fmt: skip
            found |= {(kind, one): organisation_id for one, organisation_id in rows}
    return found


def _file(notice: Notice, named: list[Place], rows: dict[Thing, UUID | None]) -> None:
    priority = priority_of(notice.category, trusted=notice.trusted)
    done: set[Thing] = set()
    for place in sorted(
        named, key=lambda one: str(one.thing)
    ):  # one order for all: no two wait for each other
        assert place.thing is not None
        case = open_case(
            Kind.NOTICE, place.thing, organisation_id=rows[place.thing], reason=notice.category, priority=priority,
        ) if place.thing not in done else None  # fmt: skip
        if case is not None:
            done.add(place.thing)
            db.session.add(NoticeItem(id=new_id(), notice_id=notice.id, case_id=case.id, url=place.url))
            if place.thing[0] == SUBJECT:
                check_revision.later(nano_id=str(place.thing[1]), number=0)
            elif place.thing[0] in VOICES:
                check_voice.later(kind=place.thing[0], voice_id=str(place.thing[1]), opens=False)
    db.session.flush()


def _number() -> str:
    """Short enough to read out; not counted, so that nobody learns how many there were."""
    drawn = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return f"M-{drawn[:4]}-{drawn[4:]}"


def digest(secret: str) -> str:
    """What is kept of the secret for finding the notice."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_trusted(actor: Actor) -> bool:
    """Whether the signed-in person is on the operator's list of trusted flaggers (Art. 22). Typing an address proves nothing."""
    return bool(actor.signed_in and actor.email and actor.email.lower() in chosen().flaggers)


def forget_notice(notice: Notice) -> None:
    """Who sent it and what they wrote is forgotten; that there was a notice, and its category, stays. Joins the caller's
    transaction."""
    require_transaction()
    if notice.email:
        forget_mails(notice.email)
    notice.name = notice.email = notice.explanation = ""
    notice.person_id, notice.forgotten_at = None, clock.now()
    db.session.execute(
        update(NoticeItem).where(NoticeItem.notice_id == notice.id).values(url="")
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def forget_old_notices() -> int:
    """Those that were decided longer ago than the operator's term. Returns how many."""
    until = clock.now() - timedelta(days=chosen().notice_days)
    ids = db.session.scalars(
        select(Notice.id).where(Notice.decided_at < until, Notice.forgotten_at.is_(None)).order_by(Notice.id)
    ).all()
    for notice_id in ids:
        with transaction():
            notice = db.session.get(Notice, notice_id, populate_existing=True)
            if notice is not None and notice.forgotten_at is None:
                forget_notice(notice)
    return len(ids)
