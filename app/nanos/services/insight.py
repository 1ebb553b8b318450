"""Counting what happens with nanos: cheap where it happens, exact where it is kept, and without anybody's name."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from app.core.api import claim_once
from app.kit import clock, observe
from app.kit.authz import Actor, may
from app.kit.db import db, require_transaction, transaction
from app.kit.ids import new_id
from app.nanos.gateways import tally
from app.nanos.models import Daily, Nano, Word, WordMark, WordNano
from app.nanos.policies import P
from app.nanos.rules.insight import (
    DAYS_KEPT,
    MONTHS_KEPT,
    PEOPLE,
    WORD_FLOOR,
    Counted,
    kept_phrase,
    kept_words,
    month_of,
)

_COUNTS = observe.counter(
    "kontor_nano_counts_total", "Pages and acts that were counted for providers.", ("outcome",)
)

Typed = tuple[date, str, str, bool]
"""Month, text, subject, whether nothing was found."""


def counts(actor: Actor) -> bool:
    """Whether what this actor does is counted: people of organisations in a browser, not programs, not operators."""
    return bool(
        actor.person_id and actor.organisation_id and actor.token_scopes is None
        and not actor.is_operator and not may(actor, P.review_decide)
    )  # fmt: skip


def seen(actor: Actor, kind: Counted, nano_id: UUID, organisation_id: UUID) -> None:
    """Something happened with this nano of that organisation. Writes nothing into the database."""
    if not counts(actor):
        return
    day = clock.now().date().isoformat()
    if organisation_id != actor.organisation_id:
        person = f"n|{day}|{nano_id}|{PEOPLE[kind]}" if kind in PEOPLE else ""
        _add(actor, day, [(f"n|{day}|{nano_id}|{kind}", person)])
    elif kind is Counted.viewed:
        _add(actor, day, [(f"n|{day}|{nano_id}|{Counted.own}", "")])


def listed(actor: Actor, typed: str, subjects: Sequence[str], nano_ids: Sequence[UUID]) -> None:
    """These were shown in the list, for the words that were typed; with none, the words are what somebody misses."""
    if not counts(actor):
        return
    day = clock.now().date()
    month, who = month_of(day).isoformat(), str(actor.organisation_id)
    words = kept_words(typed)
    fields = [f"f|{day.isoformat()}|{nano_id}|{who}" for nano_id in nano_ids]
    if nano_ids:
        fields += [f"w|{month}||{word}|0|{_mark(month, who, word)}" for word in words]
        fields += [f"m|{month}|{nano_id}|{word}|{who}" for nano_id in nano_ids for word in words]
    elif words:
        phrase, subject = kept_phrase(typed), subjects[0] if len(subjects) == 1 else ""
        fields = [f"w|{month}|{subject}|{phrase}|1|{_mark(month, who, f'{subject}|{phrase}|missed')}"]
    _add(actor, day.isoformat(), [(field, "") for field in fields])


def _mark(month: str, organisation: str, text: str) -> str:
    key = str(current_app.secret_key).encode()
    return hmac.new(key, f"{month}|{organisation}|{text}".encode(), hashlib.sha256).hexdigest()


def _add(actor: Actor, day: str, fields: list[tuple[str, str]]) -> None:
    if fields:
        kept = tally.add(day, str(actor.person_id), fields)
        _COUNTS.labels(outcome="kept" if kept else "lost").inc(len(fields))


def happened(once: str, at: datetime, kind: Counted, nano_ids: Iterable[UUID]) -> None:
    """The same for what an event tells; `once` names it, so that a second telling counts for nothing."""
    with transaction():
        if claim_once(f"nanos.insight.{once}"):
            _write_daily(Counter({(nano_id, at.date(), str(kind)): 1 for nano_id in nano_ids}))


def write_batches() -> int:
    """Write what was counted since the last time, each batch in a transaction of its own. Returns how many."""
    written = 0
    for batch in tally.batches():
        written += write_once(batch.key.rpartition(":")[2], batch.counts)
        tally.drop(batch.key)
    return written


def write_once(batch: str, found: Mapping[str, int]) -> bool:
    """Write one batch, in its own transaction. Returns whether it was not written before."""
    with transaction():
        fresh = claim_once(f"nanos.tally.{batch}")
        if fresh:
            _write(found)
    return fresh


def _write(found: Mapping[str, int]) -> None:
    """What a list showed names the organisation it was shown to until here: its own nanos count for nothing."""
    daily: Counter[tuple[UUID, date, str]] = Counter()
    met: Counter[tuple[UUID, date, str]] = Counter()
    typed: Counter[Typed] = Counter()
    marks: dict[str, Typed] = {}
    parted = [(field.split("|"), count) for field, count in found.items()]
    owners = _owners(UUID(parts[2]) for parts, _count in parted if parts[0] != "w")
    for parts, count in parted:
        day = date.fromisoformat(parts[1])
        if parts[0] == "w":
            key = (day, parts[3], parts[2], parts[4] == "1")
            typed[key] += count
            marks[parts[5]] = key
        elif parts[0] == "n":
            daily[UUID(parts[2]), day, parts[3]] += count
        elif str(owners.get(UUID(parts[2]))) != parts[-1]:
            kept, what = (daily, str(Counted.found)) if parts[0] == "f" else (met, parts[3])
            kept[UUID(parts[2]), day, what] += count
    _write_daily(daily)
    _write_words(typed, marks)
    rows = [
        {"nano_id": key[0], "month": key[1], "text": key[2], "count": count}
        for key, count in sorted(met.items()) if key[0] in owners
    ]  # fmt: skip
    _grow(WordNano, ("nano_id", "month", "text"), rows, ("count",))


def _owners(nano_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """The organisation of each that is there."""
    wanted = set(nano_ids)
    rows = db.session.execute(select(Nano.id, Nano.organisation_id).where(Nano.id.in_(wanted)))
    return {nano_id: organisation_id for nano_id, organisation_id in rows}  # noqa: C416 - rows, typed


def _write_daily(found: Counter[tuple[UUID, date, str]]) -> None:
    known = _owners(nano_id for nano_id, _, _ in found)
    rows = [
        {"nano_id": nano_id, "day": day, "kind": kind, "count": count}
        for (nano_id, day, kind), count in sorted(found.items()) if nano_id in known
    ]  # fmt: skip
    _grow(Daily, ("nano_id", "day", "kind"), rows, ("count",))


def _write_words(typed: Counter[Typed], marks: Mapping[str, Typed]) -> None:
    rows: list[dict[str, Any]] = [
        {"id": new_id(), "month": key[0], "mark": mark} for mark, key in sorted(marks.items())
    ]
    fresh: Counter[Typed] = Counter()
    for part in _parts(rows):
        added = db.session.scalars(
            _insert(WordMark)
            .values(part)
            .on_conflict_do_nothing(index_elements=["mark"])
            .returning(WordMark.mark)
        )
        fresh.update(marks[mark] for mark in added)
    columns = ("month", "text", "subject", "missed")
    made = [
        {**dict(zip(columns, key, strict=True)), "count": count, "organisations": fresh[key]}
        for key, count in sorted(typed.items())
    ]
    _grow(Word, columns, made, ("count", "organisations"))


def _insert(model: Any) -> Any:
    return (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(model)


def _parts(rows: list[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    return (rows[start : start + 500] for start in range(0, len(rows), 500))


def _grow(model: Any, keys: tuple[str, ...], rows: list[dict[str, Any]], sums: tuple[str, ...]) -> None:
    """Add to rows that are there, make those that are not; in one order for all, so that no two wait for each other."""
    require_transaction()
    for part in _parts(rows):
        statement = _insert(model).values([{"id": new_id(), **row} for row in part])
        db.session.execute(
            statement.on_conflict_do_update(
                index_elements=list(keys),
                set_={name: getattr(model, name) + getattr(statement.excluded, name) for name in sums},
            )
        )


def forget_old() -> None:
    """What is too old; and of months that are over, who typed what, and what too few did."""
    today = clock.now().date()
    month = month_of(today)
    settled = month_of(month - timedelta(days=1)) if today.day == 1 else month
    oldest = month_of(month - timedelta(days=31 * MONTHS_KEPT))
    with transaction() as session:
        session.execute(delete(Daily).where(Daily.day < today - timedelta(days=DAYS_KEPT)))
        session.execute(delete(WordMark).where(WordMark.month < settled))
        session.execute(delete(Word).where(Word.month < settled, Word.organisations < WORD_FLOOR))
        session.execute(delete(Word).where(Word.month < oldest))
        shown = (
            select(Word.text).where(Word.month == WordNano.month, Word.missed.is_(False)).correlate(WordNano)
        )
        session.execute(
            delete(WordNano).where((WordNano.month < oldest) | ((WordNano.month < settled) & WordNano.text.not_in(shown)))
            .execution_options(synchronize_session=False)
        )  # fmt: skip
