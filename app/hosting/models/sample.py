"""Measurements, rolled up: 10 s for a day, 1 min for a month, 1 h for two years."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import BigInteger, Float, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db


class Sample(db.Model):  # type: ignore[name-defined]
    """What one server used in the `seconds` after `at`. A column is NULL where nobody could know, never 0.

    `at` and `seconds` are integers (Unix time, length of the bucket), so that one statement rolls up on every database.
    """

    __tablename__ = "hosting_sample"

    server_id: Mapped[UUID] = mapped_column(
        ForeignKey("hosting_server.id", ondelete="CASCADE"), primary_key=True
    )
    seconds: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    covered: Mapped[int]
    """Seconds of the bucket that were measured; the rest the server did not run."""
    memory_bytes: Mapped[int | None] = mapped_column(BigInteger)
    """Mean of the readings."""
    memory_peak_bytes: Mapped[int | None] = mapped_column(BigInteger)
    cpu_seconds: Mapped[float | None] = mapped_column(Float)
    """Processor time used; divided by `covered` it is the share of one core."""
    disk_bytes: Mapped[int | None] = mapped_column(BigInteger)
    player_seconds: Mapped[float | None] = mapped_column(Float)
    """Players × time; divided by `covered` it is the mean number of players."""
    players_peak: Mapped[int | None]
    played_seconds: Mapped[int | None]
    """Seconds with at least one player; summed when rolled up."""
    tps: Mapped[float | None] = mapped_column(Float)
    """Ticks per second, mean of the readings; NULL where the game gives none or stands still."""
    network_received_bytes: Mapped[int | None] = mapped_column(BigInteger)
    network_sent_bytes: Mapped[int | None] = mapped_column(BigInteger)

    # The lowest and highest ten seconds of the bucket. Empty where a bucket is ten seconds: both are its own value.
    memory_low_bytes: Mapped[int | None] = mapped_column(BigInteger)
    cpu_low: Mapped[float | None] = mapped_column(Float)
    """Cores used."""
    cpu_peak: Mapped[float | None] = mapped_column(Float)
    players_low: Mapped[float | None] = mapped_column(Float)
    tps_low: Mapped[float | None] = mapped_column(Float)
    tps_peak: Mapped[float | None] = mapped_column(Float)
    received_low: Mapped[float | None] = mapped_column(Float)
    """Bytes a second, as `received_peak`, `sent_low` and `sent_peak`."""
    received_peak: Mapped[float | None] = mapped_column(Float)
    sent_low: Mapped[float | None] = mapped_column(Float)
    sent_peak: Mapped[float | None] = mapped_column(Float)

    __table_args__ = (Index("ix_hosting_sample_seconds_at", "seconds", "at"),)
