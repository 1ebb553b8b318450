"""An organisation with money and things that cost money."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.billing.models import Account
from app.billing.services.credit import credit
from app.billing.services.metering import close_interval, open_interval, switch_interval
from app.core.models import Event
from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db, transaction
from app.kit.ids import new_id
from app.kit.money import Money

EUR = 10**9


class House:
    """One organisation's owner, and shorthand for what other modules do through billing's door."""

    def __init__(self) -> None:
        self.id = new_id()
        self.owner = Actor(person_id=new_id(), organisation_id=self.id, role="owner")
        self.member = Actor(person_id=new_id(), organisation_id=self.id, role="member")
        self.operator = Actor(person_id=new_id(), is_operator=True)

    def fund(self, nanos: int, key: str | None = None) -> None:
        with transaction():
            credit(self.id, Money(nanos), key=key or new_id().hex, kind="topup", actor=self.owner)

    def server(self) -> tuple[str, UUID]:
        return ("hosting.server", new_id())

    def start(
        self, subject: tuple[str, UUID], mb: int = 4096, meter: str = "hosting.active", at: datetime | None = None,
        key: str | None = None,
    ) -> Any:  # fmt: skip
        with transaction():
            return open_interval(self.id, subject, meter, mb, at or clock.now(), key or new_id().hex)

    def stop(self, subject: tuple[str, UUID], at: datetime | None = None, key: str | None = None) -> Any:
        with transaction():
            return close_interval(self.id, subject, at or clock.now(), key or new_id().hex)

    def switch(self, subject: tuple[str, UUID], meter: str, mb: int, at: datetime | None = None) -> Any:
        with transaction():
            return switch_interval(self.id, subject, meter, mb, at or clock.now(), new_id().hex)

    def balance(self, kind: str = "wallet") -> int:
        db.session.rollback()
        statement = select(Account.balance_nanos).where(
            Account.organisation_id == self.id, Account.kind == kind
        )
        return db.session.scalar(statement) or 0

    def events(self, name: str) -> list[dict[str, Any]]:
        db.session.rollback()
        rows = db.session.scalars(
            select(Event).where(Event.name == name, Event.organisation_id == self.id).order_by(Event.seq)
        )
        return [row.data for row in rows]


@pytest.fixture
def make_house() -> Callable[[], House]:
    return House


@pytest.fixture
def house() -> House:
    return House()


def plain(text: str) -> str:
    """Text with ordinary spaces."""
    return text.replace("\u00a0", " ")
