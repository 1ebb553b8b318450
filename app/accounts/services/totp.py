"""The second factor: codes of an authenticator app, and ten backup codes on paper."""

from __future__ import annotations

from secrets import choice
from typing import Any
from uuid import UUID

import pyotp
from flask_babel import gettext
from sqlalchemy import delete, func, select, update

from app.accounts.errors import WrongCode
from app.accounts.events import BackupCodesMade, BackupCodeUsed, TotpDisabled, TotpEnabled
from app.accounts.models import BackupCode, Person
from app.accounts.policies import P
from app.accounts.rules import code as rules
from app.accounts.rules import limits
from app.accounts.services import throttle
from app.accounts.services.proof import confirm
from app.accounts.services.session import drop_sessions
from app.core.api import record, send_mail
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.config import settings
from app.kit.db import db, lock, require_transaction, transaction
from app.kit.errors import Conflict, NotFound
from app.kit.ids import new_id
from app.kit.links import public_link
from app.kit.secrets import seal, unseal


def begin(actor: Actor) -> tuple[str, str]:
    """The secret being set up and its otpauth address for the QR code. Asking again gives the same until it is used."""
    assert actor.person_id is not None
    with transaction():
        row = lock(Person, actor.person_id)
        if row.totp_secret is not None:
            raise Conflict(gettext("Der zweite Faktor ist schon eingeschaltet."))
        if row.totp_pending is None:
            row.totp_pending = seal(pyotp.random_base32())
        secret = unseal(row.totp_pending)
    return secret, pyotp.TOTP(secret).provisioning_uri(name=actor.email, issuer_name=settings().name)


def enable(actor: Actor, code: str, *, password: str = "") -> list[str]:
    """Switch the second factor on with its first right code. Other sessions end. Returns the backup codes."""
    assert actor.person_id is not None
    confirm(actor, password)
    throttle.count({limits.CODE_ACCOUNT: str(actor.person_id)})
    codes = _make_codes(actor.person_id)
    with transaction():
        row = lock(Person, actor.person_id)
        if row.totp_secret is not None or row.totp_pending is None:
            raise Conflict(gettext("Der zweite Faktor ist schon eingeschaltet."))
        step = rules.matching_step(unseal(row.totp_pending), code, clock.now(), row.totp_last_step)
        if step is None:
            raise wrong()
        row.totp_secret, row.totp_pending, row.totp_last_step = row.totp_pending, None, step
        drop_sessions(actor, keep=actor.session_id)
        record(TotpEnabled(row.id), actor=Actor(person_id=row.id), subject=("accounts.person", row.id))
        notify(row, "totp_on")
        return _replace_codes(row, codes)


def disable(actor: Actor, code: str, *, password: str = "") -> None:
    """Switch it off: takes the password and a code, so that an open browser alone is not enough."""
    assert actor.person_id is not None
    confirm(actor, password)
    throttle.count({limits.CODE_ACCOUNT: str(actor.person_id)})
    backup = digest_of(code, actor.person_id)
    with transaction():
        row = lock(Person, actor.person_id)
        prove(row, code, backup)
        _clear(row)
        record(TotpDisabled(row.id), actor=Actor(person_id=row.id), subject=("accounts.person", row.id))
        notify(row, "totp_off")


def renew_codes(actor: Actor, *, password: str = "") -> list[str]:
    """Ten new backup codes; the old ones stop working."""
    assert actor.person_id is not None
    confirm(actor, password)
    codes = _make_codes(actor.person_id)
    with transaction():
        row = lock(Person, actor.person_id)
        if row.totp_secret is None:
            raise Conflict(gettext("Schalte erst den zweiten Faktor ein."))
        return _replace_codes(row, codes)


def reset_for(operator: Actor, person_id: UUID) -> None:
    """The operator's help for who lost phone and codes: no second factor, no sessions, and a mail about it."""
    require(operator, P.PEOPLE_GOVERN)
    with transaction():
        row = lock(Person, person_id)
        if row.erased_at is not None:
            raise NotFound
        if row.totp_secret is None:
            return
        _clear(row)
        drop_sessions(operator, keep=None, person_id=row.id)
        record(TotpDisabled(row.id), actor=operator, subject=("accounts.person", row.id))
        notify(row, "reset_by_operator")


def digest_of(code: str, person_id: UUID) -> str | None:
    """The slow digest of what may be a backup code: worked out before a transaction holds anything."""
    plain = rules.plain_backup_code(code)
    return rules.backup_digest(plain, person_id) if plain else None


def prove(row: Person, code: str, backup: str | None) -> None:
    """Take the app's code or the backup code, once each, from a locked person. Raises WrongCode.

    Joins the caller's transaction. Without a second factor there is nothing to prove.
    """
    require_transaction()
    if row.totp_secret is None:
        return
    if backup is not None:
        _take_backup(row, backup)
        return
    step = rules.matching_step(unseal(row.totp_secret), code, clock.now(), row.totp_last_step)
    if step is None:
        raise wrong()
    row.totp_last_step = step


def _take_backup(row: Person, digest: str) -> None:
    taken = db.session.execute(
        update(BackupCode)
        .where(BackupCode.person_id == row.id, BackupCode.digest == digest, BackupCode.used_at.is_(None))
        .values(used_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise wrong()
    record(BackupCodeUsed(row.id), actor=Actor(person_id=row.id), subject=("accounts.person", row.id))
    left = db.session.scalar(
        select(func.count()).where(BackupCode.person_id == row.id, BackupCode.used_at.is_(None))
    )
    notify(row, "backup", left=left)


def _make_codes(person_id: UUID) -> dict[str, str]:
    """Ten codes with their slow digests: worked out before a transaction holds anything."""
    codes = [
        "".join(choice(rules.ALPHABET) for _ in range(rules.BACKUP_LENGTH)) for _ in range(rules.BACKUP_COUNT)
    ]
    return {rules.grouped(code): rules.backup_digest(code, person_id) for code in codes}


def _replace_codes(row: Person, codes: dict[str, str]) -> list[str]:
    db.session.execute(delete(BackupCode).where(BackupCode.person_id == row.id))
    db.session.add_all(BackupCode(id=new_id(), person_id=row.id, digest=digest) for digest in codes.values())
    record(BackupCodesMade(row.id), actor=Actor(person_id=row.id), subject=("accounts.person", row.id))
    return list(codes)


def _clear(row: Person) -> None:
    row.totp_secret, row.totp_pending = None, None
    db.session.execute(delete(BackupCode).where(BackupCode.person_id == row.id))


def notify(row: Person, what: str, *, to: str = "", **context: Any) -> None:
    """Mail a person that something guarding the account has changed. Joins the caller's transaction."""
    send_mail(
        to=to or row.email,
        template="accounts/notice",
        locale=row.locale,
        timezone=row.timezone,
        person_id=row.id,
        what=what,
        button_url=public_link("accounts.security"),
        **context,
    )


def wrong() -> WrongCode:
    """The one answer to a code that is wrong, old, or was used before."""
    return WrongCode(
        fields={"code": gettext("Dieser Code stimmt nicht oder wurde schon benutzt. Warte auf den nächsten.")}
    )
