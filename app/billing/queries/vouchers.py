"""Vouchers as the operator sees them: without their codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.billing.models import Voucher
from app.kit import clock
from app.kit.db import db
from app.kit.errors import NotFound
from app.kit.money import Money
from app.kit.paging import Page, after, encode_cursor


@dataclass(frozen=True)
class VoucherView:
    """`hint` is the end of the code; `state` is "open", "used", "expired" or "withdrawn"."""

    id: UUID
    hint: str
    amount: Money
    used: int
    max_uses: int
    purpose: str
    created_at: datetime
    expires_at: datetime | None
    state: str


def _state(row: Voucher) -> str:
    if row.revoked_at is not None:
        return "withdrawn"
    if row.used >= row.max_uses:
        return "used"
    if row.expires_at is not None and row.expires_at <= clock.now():
        return "expired"
    return "open"


def _view(row: Voucher) -> VoucherView:
    return VoucherView(
        row.id,
        row.hint,
        Money(row.amount_nanos),
        row.used,
        row.max_uses,
        row.purpose,
        row.created_at,
        row.expires_at,
        _state(row),
    )


def list_vouchers(cursor: str | None = None, limit: int = 50) -> Page[VoucherView]:
    """All vouchers, newest first. For operators: the view's permission is the door."""
    rows = list(db.session.scalars(after(select(Voucher), [Voucher.id], [UUID], cursor, limit)))
    next_cursor = encode_cursor([rows[limit - 1].id]) if len(rows) > limit else None
    return Page([_view(row) for row in rows[:limit]], next_cursor)


def get_voucher(voucher_id: UUID) -> VoucherView:
    """One voucher. Raises NotFound."""
    row = db.session.get(Voucher, voucher_id)
    if row is None:
        raise NotFound
    return _view(row)
