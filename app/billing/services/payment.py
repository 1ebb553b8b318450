"""Top-ups through a payment provider: a row, the provider outside any transaction, one credit."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from app.billing.gateways.payment import SUCCEEDED, Begun, PaymentProvider
from app.billing.models import Payment
from app.billing.models.funding import CREATED, FAILED, PENDING
from app.billing.policies import P
from app.billing.services.credit import credit
from app.billing.services.posting import lock_accounts
from app.kit import clock
from app.kit.authz import SYSTEM, Actor, require
from app.kit.db import db, transaction
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.ids import new_id
from app.kit.money import Money, euros

SMALLEST, LARGEST = euros(1), euros(500)


@dataclass(frozen=True)
class TopUp:
    """How a top-up stands; `redirect_url` is where the person pays (empty: nothing more to do)."""

    payment_id: UUID
    amount: Money
    state: str
    redirect_url: str = ""


def top_up(actor: Actor, provider: PaymentProvider, amount: Money, *, once: str, return_url: str) -> TopUp:
    """Begin a top-up. The same `once` again is the same payment: a double click pays and credits once."""
    require(actor, P.WALLET_MANAGE)
    if actor.organisation_id is None:
        raise NotFound
    if not SMALLEST.nanos <= amount.nanos <= LARGEST.nanos or amount.nanos % 10**7:
        raise Invalid(fields={"amount": _("Möglich sind Beträge von 1 € bis 500 € in ganzen Cent.")})
    payment = _payment(actor, actor.organisation_id, provider, amount, f"{actor.organisation_id.hex}:{once}")
    if payment.amount.nanos != amount.nanos:
        raise Conflict(_("Diese Aufladung läuft schon mit einem anderen Betrag. Lade die Seite neu."))
    if payment.state in (SUCCEEDED, FAILED):
        return payment
    begun = provider.begin(payment.payment_id, amount, return_url)
    return _take(actor, payment.payment_id, begun)


def _payment(
    actor: Actor, organisation_id: UUID, provider: PaymentProvider, amount: Money, once: str
) -> TopUp:
    with transaction() as session:
        lock_accounts(organisation_id)  # two clicks come one after the other
        row = session.scalar(select(Payment).where(Payment.once == once))
        if row is None:
            row = Payment(
                id=new_id(),
                organisation_id=organisation_id,
                provider=provider.name,
                once=once,
                amount_nanos=amount.nanos,
                state=CREATED,
                created_at=clock.now(),
                created_by=actor.person_id,
            )
            session.add(row)
        return TopUp(row.id, Money(row.amount_nanos), row.state)


def confirm_payment(provider: PaymentProvider, reference: str) -> TopUp:
    """News about a payment, from a webhook, a return page or a reconciler: ask the provider, never the news."""
    row = db.session.scalar(
        select(Payment).where(Payment.provider == provider.name, Payment.reference == reference)
    )
    if row is None:
        raise NotFound
    return _take(SYSTEM, row.id, Begun(reference, provider.state_of(reference)))


def _take(actor: Actor, payment_id: UUID, begun: Begun) -> TopUp:
    """Record what the provider said; the first to bring success credits, all others find it done."""
    with transaction() as session:
        organisation_id = session.scalar(select(Payment.organisation_id).where(Payment.id == payment_id))
        if organisation_id is None:
            raise NotFound
        lock_accounts(organisation_id)
        row = session.get(Payment, payment_id, with_for_update=True, populate_existing=True)
        assert row is not None
        row.reference = begun.reference
        if row.state in (CREATED, PENDING):
            row.state = begun.state
        amount = Money(row.amount_nanos)
        if row.state == SUCCEEDED:
            memo = {"provider": row.provider}
            key = f"payment:{row.id.hex}"
            credit(organisation_id, amount, key=key, kind="topup", actor=actor, memo=memo)
        return TopUp(row.id, amount, row.state, begun.redirect_url)
