"""API v1: licences from exchanges, and credits."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.kit.rest import Call, Shape, operation
from app.nanos.policies import Trade
from app.nanos.queries.credit import EntryRow, balance_of, list_entries
from app.nanos.queries.licence import LicenceRow, given, held
from app.nanos.views.api import bp

TAG = "Nanos: licences and credits"


class ApiLicence(Shape):
    """A licence; `other` gave it, or holds it."""

    id: UUID
    nano: UUID
    title: str
    other: str
    state: Literal["reserved", "active", "ended", "revoked"]
    exchange: UUID | None
    starts_at: datetime
    ends_at: datetime | None
    seats: int | None
    territory: str
    adapts: bool
    passes_on: bool

    @classmethod
    def of(cls, row: LicenceRow) -> ApiLicence:
        grant = row.grant
        same = {
            name: getattr(row, name) for name in ("id", "title", "other", "state", "starts_at", "ends_at")
        }
        return cls(
            nano=row.nano_id, exchange=row.barter_id, seats=grant.seats, territory=grant.territory,
            adapts=grant.adapts, passes_on=grant.passes_on, **same,
        )  # fmt: skip


class LicenceQuery(Shape):
    """Query of the licences."""

    side: Literal["held", "given"] = Field("held", description="What one may use, or what one has given.")


class LicenceList(Shape):
    """Up to 200 licences: what ends first comes first, what has ended last."""

    data: list[ApiLicence]


class ApiCreditEntry(Shape):
    """One line of the account."""

    at: datetime
    kind: str
    exchange: UUID | None
    title: str
    amount: int
    balance: int = Field(description="After it.")
    reason: str

    @classmethod
    def of(cls, row: EntryRow) -> ApiCreditEntry:
        same = {name: getattr(row, name) for name in cls.model_fields if name != "exchange"}
        return cls(exchange=row.barter_id, **same)


class ApiCredits(Shape):
    """Credits are a unit of account, not money."""

    balance: int
    lowest: int = Field(description="How low it may go.")
    free: int = Field(description="What can be promised now.")
    entries: list[ApiCreditEntry] = Field(description="The newest first.")


class CreditQuery(Shape):
    """Query of the account."""

    limit: int = Field(50, ge=1, le=100, description="Entries.")


@operation(
    bp, "GET", "/licences", tag=TAG, summary="List licences", permission=Trade.read, query=LicenceQuery,
    answer=LicenceList,
)  # fmt: skip
def api_list_licences(call: Call) -> LicenceList:
    rows = held(call.actor) if call.query.side == "held" else given(call.actor)
    return LicenceList(data=[ApiLicence.of(row) for row in rows])


@operation(
    bp, "GET", "/credits", tag=TAG, summary="Show credits", permission=Trade.read, query=CreditQuery, answer=ApiCredits
)  # fmt: skip
def api_show_credits(call: Call) -> ApiCredits:
    balance, entries = balance_of(call.actor), list_entries(call.actor, call.query.limit)
    return ApiCredits(
        balance=balance.amount, lowest=balance.lowest, free=balance.free,
        entries=[ApiCreditEntry.of(row) for row in entries],
    )  # fmt: skip
