"""Lists of modules: what is published, and an organisation's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from app.accounts.api import organisation_names
from app.kit.authz import Actor
from app.kit.db import db
from app.kit.paging import Page, after, encode_cursor
from app.nanos.models import Module, ModuleUnit, Nano, Revision
from app.nanos.rules.nano import Stage, State
from app.nanos.rules.outcome import words_of

PAGE = 24
LONGEST_QUERY, MOST_WORDS = 100, 8


@dataclass(frozen=True)
class ModuleRow:
    """A line of a list. `number` and `minutes` are of the nanos in it that are public."""

    id: UUID
    title: str
    outcome: str
    by: str
    state: State
    bar: str
    number: int
    minutes: int
    changed_at: datetime


def _public_units(*columns: Any) -> Any:
    return (
        select(*columns).select_from(ModuleUnit).join(Nano, Nano.id == ModuleUnit.nano_id)
        .join(Revision, Revision.nano_id == Nano.id)
        .where(Nano.state == State.PUBLISHED.value, Nano.bar == "", Revision.state == Stage.CURRENT.value)
    )  # fmt: skip


def _said(text: str) -> list[ColumnElement[bool]]:
    """All words stand in the title, however they are written; a part of a word is enough."""
    words = words_of(text[:LONGEST_QUERY])[:MOST_WORDS]
    return [Module.folded.contains(word, autoescape=True) for word in words]


def _public(text: str) -> list[ColumnElement[bool]]:
    return [Module.state == State.PUBLISHED.value, Module.bar == "", *_said(text)]


def _page(statement: Any, key: Any, cursor: str | None) -> Page[ModuleRow]:
    inside = ModuleUnit.module_id == Module.id
    number = _public_units(func.count()).where(inside).correlate(Module).scalar_subquery()
    minutes = _public_units(func.sum(Revision.minutes)).where(inside).correlate(Module).scalar_subquery()
    keys = [key, Module.id]
    rows: list[Any] = list(
        db.session.execute(
            after(
                statement.add_columns(number, minutes), keys, [datetime.fromisoformat, UUID], cursor, PAGE
            ).execution_options(populate_existing=True)
        )
    )
    names = organisation_names({row[0].organisation_id for row in rows})
    more = None
    if len(rows) > PAGE:
        last = rows[PAGE - 1][0]
        more = encode_cursor([getattr(last, key.key).isoformat(), last.id])
    return Page([_row(row[0], row[1], row[2], names) for row in rows[:PAGE]], more)


def _row(row: Module, number: int, minutes: int | None, names: dict[UUID, str]) -> ModuleRow:
    return ModuleRow(
        row.id, row.title, row.outcome, names.get(row.organisation_id, "–"), State(row.state), row.bar, number,
        int(minutes or 0), row.changed_at,
    )  # fmt: skip


def find_modules(text: str = "", subject: str = "", *, cursor: str | None = None) -> Page[ModuleRow]:
    """What is published, the newest first; `subject`: that of at least one public nano in it."""
    statement: Any = select(Module).where(*_public(text))
    if subject:
        with_it = _public_units(ModuleUnit.module_id).where(Revision.subject == subject)
        statement = statement.where(Module.id.in_(with_it))
    return _page(statement, Module.published_at, cursor)


def count_subjects(text: str = "") -> dict[str, int]:
    """How many published modules there are of each subject, by their nanos."""
    rows = db.session.execute(
        _public_units(Revision.subject, func.count(func.distinct(ModuleUnit.module_id)))
        .join(Module, Module.id == ModuleUnit.module_id)
        .where(*_public(text)).group_by(Revision.subject)
    )  # fmt: skip
    return {subject: count for subject, count in rows}  # noqa: C416 - rows are no pairs to a type checker


def own_modules(actor: Actor, *, cursor: str | None = None) -> Page[ModuleRow]:
    """All of the actor's organisation, the last changed first."""
    statement = select(Module).where(Module.organisation_id == actor.organisation_id)
    return _page(statement, Module.changed_at, cursor)


def module_titles(ids: list[UUID]) -> dict[UUID, str]:
    """Titles by id, for logs, moderators and notices; the readers of those may know of them."""
    if not ids:
        return {}
    rows = db.session.execute(select(Module.id, Module.title).where(Module.id.in_(ids)))
    return {one: title for one, title in rows}  # noqa: C416 - rows are no pairs to a type checker
