"""How an organisation's nanos do: counts by day, words, and what people looked for in vain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db
from app.kit.errors import NotFound
from app.nanos.models import Daily, Licence, Nano, Revision, Word, WordNano
from app.nanos.rules.insight import WORD_FLOOR, Counted, days_until, month_of
from app.nanos.rules.nano import Stage, State

MOST_WORDS = 12


@dataclass(frozen=True)
class Line:
    """A nano with its counts: sums by kind, and by day for each kind that happened."""

    nano_id: UUID
    title: str
    state: State
    subject: str
    sums: Mapping[str, int]
    by_day: Mapping[str, Mapping[date, int]]

    def values(self, kind: str, days: Sequence[date]) -> list[int]:
        """A number for each day."""
        found = self.by_day.get(kind, {})
        return [found.get(day, 0) for day in days]


@dataclass(frozen=True)
class Typed:
    """A word or phrase, how often, and from how many organisations."""

    text: str
    count: int
    organisations: int


@dataclass(frozen=True)
class Insight:
    """Of a stretch of days: the lines, the most viewed first."""

    days: list[date]
    lines: list[Line]

    def sums(self) -> dict[str, int]:
        """Over all lines, by kind."""
        return {str(kind): sum(line.sums.get(kind, 0) for line in self.lines) for kind in Counted}

    def values(self, kind: str) -> list[int]:
        """Over all lines, a number for each day."""
        each = [line.values(kind, self.days) for line in self.lines]
        return [sum(numbers) for numbers in zip(*each, strict=True)] if each else [0] * len(self.days)


def read_insight(actor: Actor, length: int, nano_id: UUID | None = None) -> Insight:
    """All public and retired nanos of the actor's organisation, or one. Raises NotFound for one that is not theirs."""
    days = days_until(clock.now().date(), length)
    statement: Any = (
        select(Nano.id, Revision.title, Nano.state, Revision.subject, Daily.day, Daily.kind, Daily.count)
        .join(Revision, (Revision.nano_id == Nano.id) & (Revision.state == Stage.CURRENT.value))
        .outerjoin(Daily, (Daily.nano_id == Nano.id) & (Daily.day >= days[0]))
        .where(
            Nano.organisation_id == actor.organisation_id,
            Nano.state.in_((State.PUBLISHED.value, State.RETIRED.value)),
        )
    )
    if nano_id is not None:
        statement = statement.where(Nano.id == nano_id)
    lines = _lines(db.session.execute(statement))
    if nano_id is not None and not lines:
        raise NotFound
    return Insight(days, sorted(lines, key=lambda one: (-one.sums.get(Counted.viewed, 0), one.title)))


def _lines(rows: Any) -> list[Line]:
    heads: dict[UUID, tuple[str, str, str]] = {}
    found: dict[UUID, dict[str, dict[date, int]]] = {}
    for nano_id, title, state, subject, day, kind, count in rows:
        heads[nano_id] = (title, state, subject)
        by_kind = found.setdefault(nano_id, {})
        if day is not None:
            by_kind.setdefault(kind, {})[day] = count
    return [
        Line(
            nano_id, title, State(state), subject,
            {kind: sum(each.values()) for kind, each in found[nano_id].items()}, found[nano_id],
        )
        for nano_id, (title, state, subject) in heads.items()
    ]  # fmt: skip


def words_found(nano_ids: Sequence[UUID], since: date) -> list[Typed]:
    """Words by which these were found in the months from `since` on: only such as enough organisations typed in that
    month. The number of organisations is the largest of a month: who they are is not kept.
    """
    rows = db.session.execute(
        select(WordNano.text, func.sum(WordNano.count), func.max(Word.organisations))
        .join(Word, (Word.month == WordNano.month) & (Word.text == WordNano.text) & (Word.subject == ""))
        .where(
            WordNano.nano_id.in_(nano_ids), WordNano.month >= month_of(since), Word.missed.is_(False),
            Word.organisations >= WORD_FLOOR,
        )
        .group_by(WordNano.text)
        .order_by(func.sum(WordNano.count).desc(), WordNano.text)
        .limit(MOST_WORDS)
    )  # fmt: skip
    return [Typed(text, int(count), int(organisations)) for text, count, organisations in rows]


def words_missed(subjects: Sequence[str], since: date) -> list[Typed]:
    """What was looked for in vain: with one of these subjects chosen, or with none."""
    rows = db.session.execute(
        select(Word.text, func.sum(Word.count), func.max(Word.organisations))
        .where(
            Word.subject.in_({*subjects, ""}), Word.month >= month_of(since), Word.missed.is_(True),
            Word.organisations >= WORD_FLOOR,
        )
        .group_by(Word.text)
        .order_by(func.sum(Word.count).desc(), Word.text)
        .limit(MOST_WORDS)
    )  # fmt: skip
    return [Typed(text, int(count), int(organisations)) for text, count, organisations in rows]


def is_of(nano_id: UUID, organisation_id: UUID | None) -> bool:
    """Whether this organisation offers it."""
    owner = db.session.scalar(select(Nano.organisation_id).where(Nano.id == nano_id))
    return owner is not None and owner == organisation_id


def exchanged_by(barter_id: UUID) -> list[UUID]:
    """The nanos an exchange has licensed."""
    return list(db.session.scalars(select(Licence.nano_id).where(Licence.barter_id == barter_id).distinct()))


def has_numbers(nano_ids: Sequence[UUID]) -> bool:
    """Whether anything was counted of these."""
    return db.session.scalar(select(Daily.id).where(Daily.nano_id.in_(nano_ids)).limit(1)) is not None
