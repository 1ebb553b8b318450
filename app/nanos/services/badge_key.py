"""The keys of the issuer: made when first needed, changed by an operator, sealed at rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import Select, func, select, update
from sqlalchemy.exc import IntegrityError

from app.core.api import record
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, lock, move, require_transaction, transaction
from app.kit.errors import Conflict
from app.kit.ids import new_id
from app.kit.secrets import seal, unseal
from app.nanos.events import BadgeKeyMade, BadgeKeyRevoked
from app.nanos.gateways.signing import make_key
from app.nanos.models import BadgeKey
from app.nanos.policies import P


@dataclass(frozen=True)
class KeyView:
    """A key without its secret."""

    id: UUID
    serial: int
    state: str
    public: str
    issued: int
    created_at: datetime

    @property
    def name(self) -> str:
        """What it is called in tokens and in the issuer's document."""
        return f"key-{self.serial}"


def list_keys() -> list[KeyView]:
    """Newest first."""
    return [
        KeyView(one.id, one.serial, one.state, one.public, one.issued, one.created_at)
        for one in db.session.scalars(select(BadgeKey).order_by(BadgeKey.serial.desc()))
    ]


def signing_key() -> tuple[str, str]:
    """The name and the private half of the key that signs now. Conflict before anything was ever issued."""
    row = db.session.scalars(_newest()).first()
    if row is None:
        raise Conflict(_("Es gibt noch keinen Schlüssel."))
    return f"key-{row.serial}", unseal(row.private)


def _newest() -> Select[BadgeKey]:
    return select(BadgeKey).where(BadgeKey.state == "active").order_by(BadgeKey.serial.desc()).limit(1)


def next_position() -> tuple[UUID, int]:
    """A fresh bit in the newest key's list; two never get the same. Joins the caller's transaction."""
    require_transaction()
    row = db.session.scalars(_newest()).first() or _first()
    taken = db.session.scalar(
        update(BadgeKey)
        .where(BadgeKey.id == row.id)
        .values(issued=BadgeKey.issued + 1)
        .returning(BadgeKey.issued)
        .execution_options(synchronize_session=False)
    )
    assert taken is not None
    return row.id, taken - 1


def _make(serial: int) -> BadgeKey:
    private, public = make_key()
    row = BadgeKey(
        id=new_id(),
        serial=serial,
        state="active",
        private=seal(private),
        public=public,
        issued=0,
        created_at=clock.now(),
    )
    with db.session.begin_nested():
        db.session.add(row)
        db.session.flush()
    return row


def _first() -> BadgeKey:
    """Made when the first certificate is; of two at once, one makes it."""
    try:
        return _make(_serial())
    except IntegrityError:
        found = db.session.scalars(_newest()).first()
        if found is None:
            raise
        return found


def _serial() -> int:
    return int(db.session.scalar(select(func.coalesce(func.max(BadgeKey.serial), 0))) or 0) + 1


def change_key(actor: Actor) -> int:
    """From now on another key signs; older ones still verify. Returns its serial. Conflict where somebody did it just now."""
    require(actor, P.badge_keys)
    with transaction():
        try:
            row = _make(_serial())
        except IntegrityError:
            raise Conflict from None
        record(
            BadgeKeyMade(row.serial), actor=actor, organisation_id=None, subject=("nanos.badge_key", row.id)
        )
        return row.serial


def revoke_key(actor: Actor, key_id: UUID) -> None:
    """It may be known to others: nothing signed with it verifies any more. Where it signs now, a new one is made first.
    Raises NotFound, Conflict (it is revoked already)."""
    require(actor, P.badge_keys)
    with transaction():
        row = lock(BadgeKey, key_id)
        move(BadgeKey, key_id, from_="active", to="revoked")
        record(
            BadgeKeyRevoked(row.serial),
            actor=actor,
            organisation_id=None,
            subject=("nanos.badge_key", key_id),
        )
        if db.session.scalars(_newest()).first() is None:
            _make(_serial())
