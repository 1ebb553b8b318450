"""Opening and closing usage intervals, in the transaction of the module whose thing is used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select, update

from app.billing.errors import AlreadyMetered, KeyReused, NoPrice
from app.billing.models import UsageInterval, Wallet
from app.billing.queries.metering import load_prices
from app.billing.rules.moments import micros
from app.billing.rules.pricing import PriceMissing, price_at
from app.billing.services.posting import lock_accounts
from app.billing.services.price import ensure_price_list
from app.billing.services.settlement import settle_here
from app.kit import clock
from app.kit.db import db, require_transaction
from app.kit.ids import new_id

Subject = tuple[str, UUID]


@dataclass(frozen=True)
class IntervalRef:
    """An interval after a call: times are aware UTC; `ended_at` is None while it runs."""

    id: UUID
    meter: str
    quantity_mb: int
    started_at: datetime
    ended_at: datetime | None


def _ref(row: UsageInterval) -> IntervalRef:
    return IntervalRef(row.id, row.meter, row.quantity_mb, row.started_at, row.ended_at)


def _free_from(subject: Subject, at: datetime) -> datetime:
    """`at`, or the end of the subject's last interval where that is later. Raises AlreadyMetered."""
    latest = db.session.execute(
        select(UsageInterval.ended_at)
        .where(UsageInterval.subject_type == subject[0], UsageInterval.subject_id == subject[1])
        .order_by(UsageInterval.started_at.desc(), UsageInterval.id.desc())
        .limit(1)
    ).first()
    if latest is None:
        return at
    if latest.ended_at is None:
        raise AlreadyMetered(_("Die Nutzung wird schon gezählt."))
    return max(at, latest.ended_at)


def open_interval(
    organisation_id: UUID, subject: Subject, meter: str, quantity_mb: int, at: datetime, key: str
) -> IntervalRef:
    """Usage begins at `at`. The same key again returns the first interval.

    Time that an earlier interval of the subject covers is not charged twice: a start before its end is moved there.
    Raises AlreadyMetered when the subject has an open interval, NoPrice, KeyReused.
    """
    require_transaction()
    lock_accounts(organisation_id)
    before = db.session.scalar(select(UsageInterval).where(UsageInterval.open_key == key))
    if before is not None:
        same = (
            before.organisation_id,
            before.subject_type,
            before.subject_id,
            before.meter,
            before.quantity_mb,
        )
        if same != (organisation_id, *subject, meter, quantity_mb):
            raise KeyReused
        return _ref(before)
    started = _free_from(subject, at)
    ensure_price_list()
    try:
        price_at(load_prices().get(meter, []), micros(started))
    except PriceMissing as error:
        raise NoPrice(_("Für diese Nutzung gibt es keinen Preis.")) from error
    row = UsageInterval(
        id=new_id(),
        organisation_id=organisation_id,
        subject_type=subject[0],
        subject_id=subject[1],
        meter=meter,
        quantity_mb=quantity_mb,
        started_at=started,
        booked_until=started,
        booked_nanos=0,
        version=0,
        done=False,
        open_key=key,
    )
    db.session.add(row)
    db.session.flush()
    _look_soon(organisation_id)
    return _ref(row)


def close_interval(organisation_id: UUID, subject: Subject, at: datetime, key: str) -> IntervalRef | None:
    """Usage of the subject ends at `at` and is settled; None when nothing was open. The same key again does nothing.

    An end before the time already booked gives the difference back.
    """
    require_transaction()
    lock_accounts(organisation_id)
    before = db.session.scalar(select(UsageInterval).where(UsageInterval.close_key == key))
    if before is not None:
        if (before.organisation_id, before.subject_type, before.subject_id) != (organisation_id, *subject):
            raise KeyReused
        return _ref(before)
    row = db.session.scalar(
        select(UsageInterval)
        .where(
            UsageInterval.organisation_id == organisation_id,
            UsageInterval.subject_type == subject[0],
            UsageInterval.subject_id == subject[1],
            UsageInterval.ended_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        return None
    row.ended_at, row.close_key = max(at, row.started_at), key
    db.session.flush()
    settle_here(organisation_id)
    return _ref(row)


def switch_interval(
    organisation_id: UUID, subject: Subject, meter: str, quantity_mb: int, at: datetime, key: str
) -> IntervalRef:
    """The open interval (if any) ends at `at` and another begins there: a new phase or another size."""
    ended = close_interval(organisation_id, subject, at, f"{key}:close")
    begin = at if ended is None or ended.ended_at is None else max(at, ended.ended_at)
    return open_interval(organisation_id, subject, meter, quantity_mb, begin, f"{key}:open")


def _look_soon(organisation_id: UUID) -> None:
    db.session.execute(
        update(Wallet)
        .where(Wallet.organisation_id == organisation_id)
        .values(next_check_at=clock.now())
        .execution_options(synchronize_session=False)
    )
