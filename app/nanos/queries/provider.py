"""A provider as others see it: its words, its figures, what it has published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.accounts.api import organisation_names
from app.core.api import setting_column
from app.kit.authz import Actor
from app.kit.db import db
from app.kit.errors import NotFound
from app.kit.paging import Page, after, encode_cursor
from app.nanos.models import Nano
from app.nanos.queries.about import ProviderFigures, figures, read_figures
from app.nanos.queries.counting import public
from app.nanos.queries.find import FoundNano, cards, named
from app.nanos.rules.rating import RULES, read_rules

PAGE = 12


@dataclass(frozen=True)
class ProviderView:
    """A provider's page."""

    id: UUID
    name: str
    ours: bool
    figures: ProviderFigures
    page: Page[FoundNano]


def get_provider(actor: Actor, organisation_id: UUID, *, cursor: str | None = None) -> ProviderView:
    """An organisation that has published something, or the actor's own. Raises NotFound."""
    ours = actor.organisation_id == organisation_id
    row: Any = db.session.execute(select(*figures(organisation_id), setting_column(RULES))).one()
    shown = read_figures(tuple(row[:-1]), read_rules(row[-1]))
    if shown.since is None and not ours:
        raise NotFound
    keys: list[Any] = [Nano.published_at, Nano.id]
    statement = cards().where(*public(), Nano.organisation_id == organisation_id)
    rows = [
        tuple(one)
        for one in db.session.execute(after(statement, keys, [datetime.fromisoformat, UUID], cursor, PAGE))
    ]
    names = organisation_names([organisation_id])
    more = encode_cursor([rows[PAGE - 1][11].isoformat(), rows[PAGE - 1][0]]) if len(rows) > PAGE else None
    page = Page([named(one, names) for one in rows[:PAGE]], more)
    return ProviderView(organisation_id, names.get(organisation_id, "–"), ours, shown, page)
