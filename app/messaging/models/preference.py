"""What a person wants to hear about, and where. A missing row means the kind's default."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db


class Preference(db.Model):  # type: ignore[name-defined]
    """A choice that differs from the default, or once did."""

    __tablename__ = "messaging_preference"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_person.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(80), primary_key=True)
    in_app: Mapped[bool]
    by_mail: Mapped[bool]
