"""Nanos as pages show them: what the actor may know of, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.accounts.api import organisation_names
from app.kit.authz import Actor, may
from app.kit.db import db
from app.kit.errors import NotFound
from app.kit.paging import Page, after, encode_cursor
from app.nanos.catalog import term
from app.nanos.models import Nano, Revision
from app.nanos.policies import P
from app.nanos.queries.entitlement import is_enrolled, licence_of
from app.nanos.queries.seat import has_seat, uses_licence
from app.nanos.rules.access import Facts, Looker, may_know, may_look, may_take
from app.nanos.rules.details import FIELDS, Details
from app.nanos.rules.nano import OPEN_STAGES, Stage, State


@dataclass(frozen=True)
class NanoView:
    """A nano at one of its revisions, and what the asker may do with its content."""

    id: UUID
    organisation_id: UUID
    provider: str
    state: State
    follows_id: UUID | None
    replacement_id: UUID | None
    retires_on: date | None
    removes_on: date | None
    created_at: datetime
    published_at: datetime | None
    revision_id: UUID
    number: int
    stage: Stage
    version: int
    details: Details
    changed_at: datetime
    submitted_at: datetime | None
    reason: str | None
    ours: bool
    """The asker's organisation offers it."""
    looks: bool
    takes: bool
    bar: str = ""
    """What moderators forbade; see the table."""
    full: bool = False
    """The asker's organisation has a licence, and all its seats are taken."""


def details_of(revision: Revision) -> Details:
    """What a revision says."""
    values: dict[str, Any] = {name: getattr(revision, name) for name in FIELDS}
    return Details(**{**values, "audience": tuple(values["audience"])})


def looker(actor: Actor, nano: Nano, licensed: bool | None = None) -> Looker:
    """As what the actor looks at this nano. `licensed`: what `licence_of` said of it, where it was asked with the rows."""
    ours = actor.organisation_id == nano.organisation_id and may(actor, P.nano_write)
    reviews = may(actor, P.review_decide)
    other = not (ours or reviews)
    # Whom a learning platform of the provider let in for this one nano uses the provider's right.
    let_in = actor.granted_on == nano.id and actor.organisation_id == nano.organisation_id
    if licensed is None:
        licensed = other and (let_in or uses_licence(actor, nano.id))
    enrolled = other and nano.state == State.RETIRED and is_enrolled(actor, nano.id)
    return Looker(ours, reviews, licensed=licensed, enrolled=enrolled)


def facts_of(nano: Nano, revision: Revision) -> Facts:
    """What decides who sees it."""
    licence = term("licences", revision.licence)
    return Facts(
        State(nano.state), Stage(revision.state), licence is not None and licence.open, bool(revision.preview)
    )


def _view(who: Looker, nano: Nano, revision: Revision, provider: str) -> NanoView:
    facts = facts_of(nano, revision)
    return NanoView(
        nano.id, nano.organisation_id, provider, facts.state, nano.follows_id, nano.replacement_id, nano.retires_on,
        nano.removes_on, nano.created_at, nano.published_at, revision.id, revision.number, facts.stage,
        revision.version, details_of(revision), revision.changed_at, revision.submitted_at, revision.reason,
        who.provider, may_look(who, facts), may_take(who, facts), nano.bar,
    )  # fmt: skip


Rows = list[tuple[Nano, Revision, bool, bool]]
"""With whether there is a licence, and a seat."""


def _found(actor: Actor, rows: Rows, wanted: tuple[Stage, ...], *, named: bool = True) -> NanoView:
    """The first revision in the order of `wanted` that the actor may know of. Raises NotFound."""
    by_stage = {Stage(row[1].state): row for row in rows}
    for stage in wanted:
        if stage in by_stage:
            nano, revision, licensed, seat = by_stage[stage]
            who = looker(actor, nano, licensed and seat)
            if may_know(who, facts_of(nano, revision)):
                ids = [nano.organisation_id] if named else []
                view = _view(who, nano, revision, organisation_names(ids).get(nano.organisation_id, "–"))
                return replace(view, full=licensed and not seat and not view.takes)
    raise NotFound


def _rows(actor: Actor, nano_id: UUID) -> Rows:
    found = db.session.execute(
        select(Nano, Revision, licence_of(actor.organisation_id, nano_id), has_seat(actor, nano_id))
        .join(Revision, Revision.nano_id == Nano.id)
        .where(Nano.id == nano_id, Revision.state != Stage.PAST.value)
    )
    return [(nano, revision, bool(licensed), bool(seat)) for nano, revision, licensed, seat in found]


def get_nano(actor: Actor, nano_id: UUID, *, named: bool = True) -> NanoView:
    """What is public of it; its provider sees the draft of what is not public yet. Raises NotFound. `named=False`: the caller
    looks the provider's name up with others, until then it is a dash.
    """
    wanted = (Stage.CURRENT, Stage.REVIEW, Stage.DRAFT)
    return _found(actor, _rows(actor, nano_id), wanted, named=named)


def get_open(actor: Actor, nano_id: UUID) -> NanoView:
    """The revision that is being written or waits for review, for its provider and who reviews. Raises NotFound."""
    return _found(actor, _rows(actor, nano_id), (Stage.REVIEW, Stage.DRAFT))


def view_at(who: Looker, nano: Nano, revision: Revision) -> NanoView:
    """A nano at a revision that was found already; the caller has made sure that it may be known."""
    name = organisation_names([nano.organisation_id]).get(nano.organisation_id, "–")
    return _view(who, nano, revision, name)


def stages_of(nano_id: UUID) -> frozenset[Stage]:
    """Which revisions there are besides past ones. The caller has checked the actor."""
    found = db.session.scalars(
        select(Revision.state).where(Revision.nano_id == nano_id, Revision.state != Stage.PAST.value)
    )
    return frozenset(Stage(state) for state in found)


@dataclass(frozen=True)
class OwnRow:
    """A line of an organisation's own list: the nano by its newest words."""

    id: UUID
    title: str
    state: State
    stage: Stage
    number: int
    changed_at: datetime
    retires_on: date | None
    removes_on: date | None
    reason: str | None


def _newest() -> Any:
    """The number of each nano's newest revision."""
    found: Any = select(Revision.nano_id, func.max(Revision.number).label("number")).group_by(
        Revision.nano_id
    )
    return found


def list_own(actor: Actor, *, state: str = "", cursor: str | None = None, limit: int = 30) -> Page[OwnRow]:
    """All of the actor's organisation, the newest first."""
    newest = _newest().subquery()
    statement: Any = (
        select(Nano, Revision)
        .join(newest, newest.c.nano_id == Nano.id)
        .join(Revision, (Revision.nano_id == Nano.id) & (Revision.number == newest.c.number))
        .where(Nano.organisation_id == actor.organisation_id)
    )
    if state in set(State):
        statement = statement.where(Nano.state == state)
    rows = list(
        db.session.execute(
            after(statement, [Nano.created_at, Nano.id], [datetime.fromisoformat, UUID], cursor, limit)
        )
    )
    more = None
    if len(rows) > limit:
        last = rows[limit - 1][0]
        more = encode_cursor([last.created_at.isoformat(), last.id])
    return Page([_own(nano, revision) for nano, revision in rows[:limit]], more)


def _own(nano: Nano, revision: Revision) -> OwnRow:
    return OwnRow(
        nano.id, revision.title, State(nano.state), Stage(revision.state), revision.number, revision.changed_at,
        nano.retires_on, nano.removes_on, revision.reason,
    )  # fmt: skip


def count_own(actor: Actor) -> dict[str, int]:
    """How many of the organisation are in each state."""
    rows = db.session.execute(
        select(Nano.state, func.count())
        .where(Nano.organisation_id == actor.organisation_id)
        .group_by(Nano.state)
    )
    return {state: count for state, count in rows}  # noqa: C416


def titles(nano_ids: list[UUID]) -> dict[UUID, str]:
    """Newest titles by id, for events and notices; the readers of those may know of them."""
    if not nano_ids:
        return {}
    rows = db.session.execute(
        select(Revision.nano_id, Revision.title)
        .where(Revision.nano_id.in_(nano_ids))
        .order_by(Revision.nano_id, Revision.number)
    )
    return {nano_id: title for nano_id, title in rows}  # noqa: C416 - rows are no pairs to a type checker


def read_titles(nano_ids: list[UUID]) -> dict[UUID, str]:
    """The title each had when it was last public, for people of other organisations: a draft's is not theirs to know."""
    if not nano_ids:
        return {}
    rows = db.session.execute(
        select(Revision.nano_id, Revision.title)
        .where(Revision.nano_id.in_(nano_ids), Revision.state.in_((Stage.CURRENT.value, Stage.PAST.value)))
        .order_by(Revision.nano_id, Revision.number)
    )
    return {nano_id: title for nano_id, title in rows}  # noqa: C416 - rows are no pairs to a type checker


def public_titles(nano_ids: list[UUID]) -> dict[UUID, str]:
    """Titles of those that are published, as everybody reads them."""
    rows = db.session.execute(
        select(Nano.id, Revision.title)
        .join(Revision, Revision.nano_id == Nano.id)
        .where(
            Nano.id.in_(nano_ids), Nano.state == State.PUBLISHED.value, Revision.state == Stage.CURRENT.value
        )
    )
    return {nano_id: title for nano_id, title in rows}  # noqa: C416 - rows are no pairs to a type checker


def own_public(actor: Actor, besides: UUID) -> list[tuple[UUID, str]]:
    """What the actor's organisation has published, besides one: to suggest instead of it. At most 200, by title."""
    rows = db.session.execute(
        select(Nano.id, Revision.title)
        .join(Revision, Revision.nano_id == Nano.id)
        .where(
            Nano.organisation_id == actor.organisation_id, Nano.id != besides,
            Nano.state == State.PUBLISHED.value, Revision.state == Stage.CURRENT.value,
        )
        .order_by(Revision.folded)
        .limit(200)
    )  # fmt: skip
    return [(nano_id, title) for nano_id, title in rows]


def count_waiting() -> int:
    """For the badge of those who review."""
    return db.session.scalar(select(func.count()).where(Revision.state == Stage.REVIEW.value)) or 0


def open_revision(nano_id: UUID) -> Revision | None:
    """The row that is being written or waits, for services; they check who asks."""
    return db.session.scalar(
        select(Revision).where(Revision.nano_id == nano_id, Revision.state.in_(OPEN_STAGES))
    )
