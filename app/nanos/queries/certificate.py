"""Certificates: the holder's own, and what everybody may know who has the number."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.kit.authz import Actor
from app.kit.config import settings
from app.kit.db import db
from app.kit.errors import NotFound
from app.kit.formats import initials
from app.kit.links import path_to, public_link
from app.kit.paging import Page, after, encode_cursor
from app.nanos.models import Certificate
from app.nanos.rules.credential import LIST_BITS, Facts, Issuer, Shows, did_web, normal_number


@dataclass(frozen=True)
class CertificateView:
    """A certificate as its holder sees it."""

    id: UUID
    number: str
    person_id: UUID | None
    nano_id: UUID
    state: str
    why: str
    holder: str
    shows: str
    salt: str
    title: str
    outcome: str
    description: str
    provider: str
    language: str
    minutes: int
    score: int | None
    completed_at: datetime
    key_id: UUID
    position: int
    file_id: UUID | None
    revoked_at: datetime | None

    @property
    def valid(self) -> bool:
        return self.state == "valid"

    @property
    def url(self) -> str:
        """Where everybody may check it."""
        return public_link("nanos.verify_number", number=self.number)

    @property
    def public_name(self) -> str:
        """The holder's name as far as they show it."""
        if not self.valid or self.shows == Shows.NOTHING:
            return ""
        return (
            self.holder if self.shows == Shows.NAME else " ".join(f"{one}." for one in initials(self.holder))
        )


_COLUMNS = [getattr(Certificate, one.name) for one in fields(CertificateView)]


def list_own(actor: Actor, cursor: str | None, limit: int = 20) -> Page[CertificateView]:
    """The actor's, the newest first."""
    statement: Any = select(*_COLUMNS).where(Certificate.person_id == actor.person_id)
    keys = [Certificate.completed_at, Certificate.id]
    found = db.session.execute(after(statement, keys, [datetime.fromisoformat, UUID], cursor, limit))
    rows = [CertificateView(*row) for row in found]
    more = (
        encode_cursor([rows[limit - 1].completed_at.isoformat(), rows[limit - 1].id])
        if len(rows) > limit
        else None
    )
    return Page(rows[:limit], more)


def get_own(actor: Actor, certificate_id: UUID) -> CertificateView:
    """Raises NotFound."""
    row = db.session.execute(
        select(*_COLUMNS).where(Certificate.id == certificate_id, Certificate.person_id == actor.person_id)
    ).first()
    if row is None:
        raise NotFound
    return CertificateView(*row)


def get_certificate(certificate_id: UUID) -> CertificateView | None:
    """For the job that draws it."""
    row = db.session.execute(select(*_COLUMNS).where(Certificate.id == certificate_id)).first()
    return CertificateView(*row) if row else None


def find_by_number(typed: str) -> CertificateView | None:
    """Whatever spaces and dashes it is typed with."""
    number = normal_number(typed)
    if not number:
        return None
    row = db.session.execute(select(*_COLUMNS).where(Certificate.number == number)).first()
    return CertificateView(*row) if row else None


def own_of_nano(person_id: UUID | None, nano_id: UUID) -> UUID | None:
    """The newest valid certificate somebody has of a nano."""
    found: UUID | None = db.session.scalar(
        select(Certificate.id)
        .where(
            Certificate.person_id == person_id, Certificate.nano_id == nano_id, Certificate.state == "valid"
        )
        .order_by(Certificate.completed_at.desc())
        .limit(1)
    )
    return found


def revoked_in(key_id: UUID, page: int) -> list[int]:
    """Bits that are set in one of a key's status lists."""
    low = page * LIST_BITS
    rows = db.session.scalars(
        select(Certificate.position).where(
            Certificate.key_id == key_id, Certificate.state == "revoked",
            Certificate.position >= low, Certificate.position < low + LIST_BITS,
        )
    )  # fmt: skip
    return [one - low for one in rows]


def issuer() -> Issuer:
    """Who issues: this installation, found by its address."""
    where = path_to("nanos.issuer_document").removesuffix("/did.json")
    script = public_link("nanos.issuer_document")
    base = script.removesuffix(path_to("nanos.issuer_document"))
    return Issuer(did_web(base, where), settings().name, settings().public_url)


def list_url(key_id: UUID, page: int) -> str:
    """Where a status list lies."""
    return public_link("nanos.status_list", key_id=key_id, page=page)


def facts_of(view: CertificateView, email: str) -> Facts:
    """What the credential says."""
    return Facts(
        id=str(view.id), url=view.url, nano_url=public_link("nanos.show", nano_id=view.nano_id),
        list_url=list_url(view.key_id, view.position // LIST_BITS), position=view.position, title=view.title,
        outcome=view.outcome, description=view.description, provider=view.provider, minutes=view.minutes,
        score=view.score, completed_at=view.completed_at, email=email, salt=view.salt,
    )  # fmt: skip


def count_issued() -> dict[str, int]:
    """By state, for the metrics."""
    return dict(db.session.execute(select(Certificate.state, func.count()).group_by(Certificate.state)).all())  # type: ignore[arg-type]
