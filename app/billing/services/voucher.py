"""Vouchers: the operator makes them, organisations redeem them, each once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select, update

from app.billing.errors import VoucherRefused
from app.billing.events import VoucherIssued, VoucherWithdrawn
from app.billing.models import Redemption, Voucher
from app.billing.policies import P
from app.billing.rules.voucher import code_hash, new_code, normalise
from app.billing.services.credit import credit
from app.billing.services.posting import lock_accounts
from app.core.api import claim_once, record
from app.kit import clock, limits, observe
from app.kit.authz import Actor, require
from app.kit.db import db, transaction
from app.kit.errors import Conflict, Invalid, NotFound, TooMany
from app.kit.ids import new_id
from app.kit.money import Money

MOST_AT_ONCE = 200
LARGEST = Money(1_000 * 10**9)
WRONG, WINDOW = 20, 600  # codes a person may get wrong in so many seconds: typing errors, not guessing
REDEMPTIONS = observe.counter("kontor_billing_voucher_redemptions_total", "Voucher redemptions", ("outcome",))


@dataclass(frozen=True)
class Redeemed:
    """What a redemption gave; `fresh` is False when this organisation had redeemed the code before."""

    amount: Money
    fresh: bool


def _check(amount: Money, count: int, max_uses: int, expires_at: datetime | None) -> None:
    problems = {}
    if not 0 < amount.nanos <= LARGEST.nanos:
        problems["amount"] = _("Ein Gutschein ist mehr als 0 € und höchstens 1.000 € wert.")
    if not 0 < count <= MOST_AT_ONCE:
        problems["count"] = _("Auf einmal sind 1 bis %(most)s Gutscheine möglich.", most=MOST_AT_ONCE)
    if max_uses < 1:
        problems["max_uses"] = _("Ein Gutschein gilt für mindestens eine Organisation.")
    if expires_at is not None and expires_at <= clock.now():
        problems["expires_at"] = _("Das Ablaufdatum liegt in der Vergangenheit.")
    if problems:
        raise Invalid(fields=problems)


def issue_vouchers(
    actor: Actor,
    *,
    amount: Money,
    count: int = 1,
    max_uses: int = 1,
    expires_at: datetime | None = None,
    purpose: str = "",
    once: str = "",
) -> list[str]:
    """Make `count` vouchers and return their codes, which nobody can read again later.

    The same `once` again raises Conflict: a form sent twice makes one set.
    """
    require(actor, P.VOUCHER_ISSUE)
    _check(amount, count, max_uses, expires_at)
    codes = [new_code() for _number in range(count)]
    with transaction() as session:
        if once and not claim_once(f"billing.voucher:{once}"):
            raise Conflict(_("Diese Gutscheine sind schon angelegt. Sie stehen in der Liste."))
        session.add_all(
            Voucher(
                id=new_id(),
                code_hash=code_hash(normalise(code) or code),
                hint=code[-4:],
                amount_nanos=amount.nanos,
                max_uses=max_uses,
                used=0,
                purpose=purpose[:80],
                created_at=clock.now(),
                created_by=actor.person_id,
                expires_at=expires_at,
            )
            for code in codes
        )
        record(VoucherIssued(amount.nanos, count, max_uses), actor=actor)
    return codes


def withdraw_voucher(actor: Actor, voucher_id: UUID) -> None:
    """The code stops working; what was credited stays. Withdrawing twice is the same as once."""
    require(actor, P.VOUCHER_ISSUE)
    with transaction() as session:
        row = session.get(Voucher, voucher_id, with_for_update=True)
        if row is None:
            raise NotFound
        if row.revoked_at is None:
            row.revoked_at = clock.now()
            record(VoucherWithdrawn(voucher_id), actor=actor, subject=("billing.voucher", voucher_id))


def redeem_voucher(actor: Actor, code: str) -> Redeemed:
    """Credit the voucher to the actor's organisation. Raises VoucherRefused without saying why a code is bad, TooMany."""
    require(actor, P.WALLET_MANAGE)
    tries = f"voucher:{actor.person_id}"
    left = limits.take(tries, WRONG, WINDOW, use=False)
    if not left.allowed:
        raise TooMany(
            ngettext(
                "Das waren zu viele Versuche. In etwa %(num)d Minute geht es weiter.",
                "Das waren zu viele Versuche. In etwa %(num)d Minuten geht es weiter.",
                -(-left.retry_after // 60),
            ),
            left.retry_after,
        )
    try:
        return _redeem(actor, code)
    except VoucherRefused:
        limits.take(tries, WRONG, WINDOW)
        raise


def _redeem(actor: Actor, code: str) -> Redeemed:
    plain = normalise(code)
    organisation_id = actor.organisation_id
    if plain is None or organisation_id is None:
        raise _refused()
    with transaction():
        lock_accounts(organisation_id)
        voucher = _voucher(plain)
        amount = Money(voucher.amount_nanos)
        if _redeemed_by(organisation_id, voucher):
            REDEMPTIONS.labels("repeated").inc()
            return Redeemed(amount, fresh=False)
        _take_use(voucher)
        _credit(actor, organisation_id, voucher, amount)
    REDEMPTIONS.labels("credited").inc()
    return Redeemed(amount, fresh=True)


def _voucher(plain: str) -> Voucher:
    """The voucher's row, locked."""
    row = db.session.scalar(
        select(Voucher)
        .where(Voucher.code_hash == code_hash(plain))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise _refused()
    return row


def _redeemed_by(organisation_id: UUID, voucher: Voucher) -> bool:
    mine = select(Redemption.id).where(
        Redemption.voucher_id == voucher.id, Redemption.organisation_id == organisation_id
    )
    return db.session.scalar(mine) is not None


def _take_use(voucher: Voucher) -> None:
    """Count one use; the last one goes to whoever comes first."""
    expired = voucher.expires_at is not None and voucher.expires_at <= clock.now()
    if voucher.revoked_at is not None or expired:
        raise _refused()
    taken = db.session.execute(
        update(Voucher)
        .where(Voucher.id == voucher.id, Voucher.used < Voucher.max_uses)
        .values(used=Voucher.used + 1)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise _refused()


def _credit(actor: Actor, organisation_id: UUID, voucher: Voucher, amount: Money) -> None:
    key = f"voucher:{voucher.id.hex}:{organisation_id.hex}"
    posted = credit(
        organisation_id, amount, key=key, kind="voucher", actor=actor, memo={"hint": voucher.hint}
    )
    db.session.add(
        Redemption(
            id=new_id(),
            voucher_id=voucher.id,
            organisation_id=organisation_id,
            transfer_id=posted.transfer_id,
            redeemed_at=clock.now(),
            redeemed_by=actor.person_id,
        )
    )


def _refused() -> VoucherRefused:
    REDEMPTIONS.labels("refused").inc()
    return VoucherRefused(
        fields={
            "code": _(
                "Dieser Code gilt nicht. Prüf die Schreibweise; er kann auch abgelaufen oder verbraucht sein."
            )
        }
    )
