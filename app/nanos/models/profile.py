"""What an organisation says about itself to those who look at its nanos."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db


class Profile(db.Model):  # type: ignore[name-defined]
    """One text for each provider; `version` grows with each save, so that two people see each other."""

    __tablename__ = "nanos_profile"

    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    about: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
