"""The wallet's history: each entry with the charges and the calculation behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.billing.models import Account, Charge, Entry, Price, Transfer
from app.billing.models.ledger import WALLET
from app.billing.queries.metering import price_of
from app.billing.queries.meters import SubjectName, subject_names
from app.billing.rules.calculation import Calculation, calculation_of
from app.kit.db import db
from app.kit.money import Money
from app.kit.paging import Page, after, encode_cursor

Subject = tuple[str, UUID]


@dataclass(frozen=True)
class ChargeLine:
    """One charge: what was used, when, and how its amount was reckoned."""

    id: UUID
    subject: Subject
    meter: str
    day: date
    since: datetime
    until: datetime
    calculation: Calculation
    amount: Money
    name: SubjectName


@dataclass(frozen=True)
class HistoryLine:
    """One entry of the wallet: signed amount, balance after it, and the charges of a usage entry."""

    id: UUID
    kind: str
    at: datetime
    amount: Money
    balance: Money
    actor_id: UUID | None
    memo: dict[str, Any]
    charges: tuple[ChargeLine, ...]


@dataclass(frozen=True)
class HistoryFilter:
    """What a person looks for: `kind` of transfer, one subject, a span of time. Empty fields do not filter."""

    kind: str = ""
    subject_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


def history(
    organisation_id: UUID, wanted: HistoryFilter | None = None, *, cursor: str | None = None, limit: int = 50
) -> Page[HistoryLine]:
    """Entries of the organisation's wallet, newest first."""
    wanted = wanted or HistoryFilter()
    statement: Any = (
        select(Entry, Transfer)
        .join(Account, Account.id == Entry.account_id)
        .join(Transfer, Transfer.id == Entry.transfer_id)
        .where(Account.organisation_id == organisation_id, Account.kind == WALLET)
    )
    if wanted.kind:
        statement = statement.where(Transfer.kind == wanted.kind)
    if wanted.since:
        statement = statement.where(Transfer.occurred_at >= wanted.since)
    if wanted.until:
        statement = statement.where(Transfer.occurred_at < wanted.until)
    if wanted.subject_id:
        with_subject = select(Charge.transfer_id).where(
            Charge.organisation_id == organisation_id, Charge.subject_id == wanted.subject_id
        )
        statement = statement.where(Transfer.id.in_(with_subject))
    rows = db.session.execute(after(statement, [Entry.sequence], [int], cursor, limit)).all()
    shown = rows[:limit]
    lines = _charges_of(organisation_id, [transfer.id for _, transfer in shown])
    return Page(
        [
            HistoryLine(
                entry.id,
                transfer.kind,
                transfer.occurred_at,
                Money(entry.amount_nanos),
                Money(entry.balance_nanos),
                transfer.actor_id,
                transfer.memo,
                tuple(lines.get(transfer.id, ())),
            )
            for entry, transfer in shown
        ],
        encode_cursor([rows[limit - 1][0].sequence]) if len(rows) > limit else None,
    )


def _charges_of(organisation_id: UUID, transfer_ids: Sequence[UUID]) -> dict[UUID, list[ChargeLine]]:
    if not transfer_ids:
        return {}
    rows = db.session.execute(
        select(Charge, Price)
        .join(Price, Price.id == Charge.price_id)
        .where(Charge.transfer_id.in_(transfer_ids))
        .order_by(Charge.since, Charge.id)
    ).all()
    found: dict[UUID, list[ChargeLine]] = {}
    for charge, line in _lines(organisation_id, [(charge, price) for charge, price in rows]):
        found.setdefault(charge.transfer_id, []).append(line)
    return found


def _lines(
    organisation_id: UUID, rows: Sequence[tuple[Charge, Price]]
) -> Iterable[tuple[Charge, ChargeLine]]:
    names = subject_names(organisation_id, {(charge.subject_type, charge.subject_id) for charge, _ in rows})
    for charge, price in rows:
        made = calculation_of(price_of(price), charge.quantity_mb, charge.micros, charge.amount_nanos)
        yield (
            charge,
            ChargeLine(
                charge.id,
                (charge.subject_type, charge.subject_id),
                charge.meter,
                charge.day,
                charge.since,
                charge.until,
                made,
                Money(charge.amount_nanos),
                names[charge.subject_id],
            ),
        )


def charges(
    organisation_id: UUID, first: date, last: date, subject: Subject | None = None, limit: int = 10_000
) -> list[ChargeLine]:
    """The charges of local days `first` to `last` (both included), oldest first: for reports and exports."""
    statement = (
        select(Charge, Price)
        .join(Price, Price.id == Charge.price_id)
        .where(Charge.organisation_id == organisation_id, Charge.day >= first, Charge.day <= last)
        .order_by(Charge.since, Charge.id)
        .limit(limit)
    )
    if subject is not None:
        statement = statement.where(Charge.subject_id == subject[1])
    rows = [(charge, price) for charge, price in db.session.execute(statement)]
    return [line for _, line in _lines(organisation_id, rows)]
