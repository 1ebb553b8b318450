"""A person's own data in accounts: what an export holds, and what remains when they are erased (an id, nothing else)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select

from app.accounts.events import MemberLeft, PersonErased
from app.accounts.models import BackupCode, Invitation, Link, Membership, Organisation, Person, Session, Token
from app.accounts.queries.people import people_of
from app.accounts.services.organisation import end_guest
from app.accounts.services.session import drop_sessions
from app.accounts.services.tied import all_tied
from app.core.api import Activity, Retention, contributor, forget_mails, record
from app.kit import clock
from app.kit.authz import GUEST, SYSTEM, Actor
from app.kit.db import db, lock, require_transaction

RETENTION = (
    Retention(_l("Konto: Name, E-Mail-Adresse, Einstellungen"), _l("bis zum Löschen des Kontos"), "accounts_person"),
    Retention(_l("Sitzungen mit gekürzter Netzadresse"), _l("bis zum Abmelden, höchstens 90 Tage"), "accounts_session"),
    Retention(_l("Links per Mail"), _l("bis sie ablaufen, höchstens 7 Tage danach"), "accounts_link"),
    Retention(_l("Einladungen"), _l("30 Tage nach dem Ende der Frist"), "accounts_invitation"),
    Retention(_l("Zugriffstoken (nur als Prüfsumme)"), _l("bis zum Widerruf oder Löschen des Kontos"), "accounts_token"),
)  # fmt: skip
ACTIVITIES = (
    Activity(
        name=_l("Konten und Anmeldung"),
        purpose=_l("Personen erkennen, Zugang sichern, Rechte in Organisationen verwalten"),
        basis=_l("Vertrag (Art. 6 Abs. 1 b DSGVO), Sicherheit (Art. 6 Abs. 1 f DSGVO)"),
        people=_l("Personen mit Konto, eingeladene Personen"),
        data=_l("Name, E-Mail-Adresse, Sprache, Zeitzone, Anmeldezeiten, Gerät, gekürzte Netzadresse"),
        recipients=_l("keine; Mails über den eingestellten Mailserver"),
        how_long=_l("bis zum Löschen des Kontos"),
    ),
)


def export_account(person_id: UUID) -> dict[str, Any]:
    """Everything accounts knows about a person, without secrets."""
    person = db.session.get_one(Person, person_id)
    memberships = db.session.execute(
        select(Organisation.name, Membership.role, Membership.created_at)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.person_id == person_id)
    )
    sessions = db.session.scalars(
        select(Session).where(Session.person_id == person_id).order_by(Session.created_at)
    )
    tokens = db.session.scalars(select(Token).where(Token.person_id == person_id).order_by(Token.created_at))
    return {
        "person": {
            "id": str(person.id), "name": person.name, "email": person.email, "locale": person.locale,
            "timezone": person.timezone, "theme": person.theme, "second_factor": person.totp_secret is not None,
            "email_verified_at": _when(person.email_verified_at), "created_at": _when(person.created_at),
            "signed_in_at": _when(person.signed_in_at),
        },
        "memberships": [
            {"organisation": name, "role": role, "since": _when(since)} for name, role, since in memberships
        ],
        "sessions": [
            {"method": one.method, "device": one.device, "network": one.network, "created_at": _when(one.created_at),
             "seen_at": _when(one.seen_at)}
            for one in sessions
        ],
        "tokens": [
            {"name": one.name, "prefix": one.prefix, "scopes": one.scopes, "created_at": _when(one.created_at),
             "last_used_at": _when(one.last_used_at), "revoked_at": _when(one.revoked_at)}
            for one in tokens
        ],
    }  # fmt: skip


def erasure_blockers(person_id: UUID) -> list[str]:
    """Organisations with other members that nobody would own any more."""
    return [
        gettext("Du bist die letzte Inhaberin oder der letzte Inhaber von „%(name)s“. Gib die Rolle erst weiter.", name=name)
        for _id, name, alone in _last_owned(person_id)
        if not alone
    ]  # fmt: skip


def erase_account(person_id: UUID) -> None:
    """Take away everything but the id. An organisation without other members loses its name. Joins the transaction."""
    require_transaction()
    person = lock(Person, person_id)
    if person.erased_at is not None:
        return
    actor = Actor(person_id=person_id)
    for organisation_id, _name, alone in _last_owned(person_id):
        if alone:
            for guest in people_of(organisation_id, GUEST):
                end_guest(actor, organisation_id, guest.person_id)
            organisation = lock(Organisation, organisation_id)
            organisation.name, organisation.slug = gettext("Gelöschte Organisation"), organisation_id.hex
    mine = select(Membership).where(Membership.person_id == person_id).order_by(Membership.organisation_id)
    for row in db.session.scalars(mine).all():
        lock(Organisation, row.organisation_id)
        record(
            MemberLeft(person_id), actor=actor, organisation_id=row.organisation_id,
            subject=("accounts.person", person_id), before={"role": row.role},
        )  # fmt: skip
        for tied in all_tied():
            tied.gone(row.organisation_id, person_id, actor)
        db.session.delete(row)
    drop_sessions(actor, keep=None)
    for owned in (BackupCode, Link, Token):
        db.session.execute(delete(owned).where(owned.person_id == person_id))
    db.session.execute(delete(Link).where(Link.email == person.email))
    for asked in db.session.scalars(select(Invitation).where(Invitation.email == person.email)).all():
        for tied in all_tied():
            tied.withdrawn(asked.id, actor)
        db.session.delete(asked)
    forget_mails(person.email)
    person.email, person.name = f"{person_id.hex}@erased.invalid", ""
    person.password_hash = person.totp_secret = person.totp_pending = None
    person.is_operator, person.email_verified_at, person.signed_in_at = False, None, None
    person.erased_at = clock.now()
    record(PersonErased(person_id), actor=SYSTEM, subject=("accounts.person", person_id))


def _last_owned(person_id: UUID) -> list[tuple[UUID, str, bool]]:
    """(id, name, whether nobody else belongs to it) of organisations whose only owner this person is. Guests of it do
    not count: there would be nobody left who could let them see anything."""
    mine = db.session.execute(
        select(Organisation.id, Organisation.name)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.person_id == person_id, Membership.role == "owner")
        .order_by(Organisation.name)
    ).all()
    found = []
    for organisation_id, name in mine:
        others = select(func.count()).where(
            Membership.organisation_id == organisation_id,
            Membership.person_id != person_id,
            Membership.role != GUEST,
        )
        if not db.session.scalar(others.where(Membership.role == "owner")):
            found.append((organisation_id, name, not db.session.scalar(others)))
    return found


def sole_organisations(person_id: UUID) -> list[UUID]:
    """Organisations that would be left without anybody if this person went."""
    return [organisation_id for organisation_id, _name, alone in _last_owned(person_id) if alone]


def _when(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def contribute() -> None:
    """Tell privacy; erasing runs last, because it takes the address away."""
    contributor(
        "accounts", export=export_account, erase=erase_account, blockers=erasure_blockers, retention=RETENTION,
        activities=ACTIVITIES, order=900,
    )  # fmt: skip
