"""Exchanges as pages show them: those of the actor's organisation, and for moderators those in dispute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select

from app.accounts.api import organisation_names
from app.kit.authz import Actor, may
from app.kit.config import settings
from app.kit.db import db
from app.kit.errors import NotFound
from app.kit.paging import Page, after, encode_cursor
from app.messaging.api import shell_count, shell_number
from app.nanos.models import Barter, BarterRevision, Inquiry, Receipt
from app.nanos.policies import Trade
from app.nanos.queries.barter_talk import remember
from app.nanos.rules.barter import ENDS, Act, Deal, Side, State, Waits, acts, must_act
from app.nanos.rules.terms import Change, Terms, changes, from_json

SUBJECT = "nanos.barter"
LIVE, DEAL = "nanos-barter", "deal"
"""The live part of an exchange's page."""


def waits() -> Waits:
    """How long each state waits here."""
    chosen = settings()
    return Waits(
        timedelta(days=chosen.nano_offer_days), timedelta(days=chosen.nano_delivery_days),
        timedelta(days=chosen.nano_confirm_days), timedelta(days=chosen.nano_dispute_days),
        timedelta(days=chosen.nano_remind_days),
    )  # fmt: skip


def deal_of(row: Barter) -> Deal:
    """A row as the rules want it."""
    delivered = {Side.OFFERER: row.offerer_delivered_at, Side.PARTNER: row.partner_delivered_at}
    confirmed = {Side.OFFERER: row.offerer_confirmed_at, Side.PARTNER: row.partner_confirmed_at}
    return Deal(
        State(row.state), row.version, row.latest, Side(row.author), row.due_at, row.remind_at, row.agreed, row.pending,
        frozenset(side for side, at in delivered.items() if at), frozenset(side for side, at in confirmed.items() if at),
    )  # fmt: skip


def side_of(actor: Actor, row: Barter) -> Side | None:
    """On which side the actor's organisation is; None for neither."""
    if actor.organisation_id == row.offerer_id:
        return Side.OFFERER
    return Side.PARTNER if actor.organisation_id == row.partner_id else None


@dataclass(frozen=True)
class RevisionView:
    """One revision, with what it says otherwise than the one before."""

    number: int
    author: Side
    written_at: datetime
    terms: Terms
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class BarterView:
    """An exchange as the actor sees it. `side` is theirs; a moderator has none."""

    id: UUID
    nano_id: UUID
    title: str
    offerer_id: UUID
    partner_id: UUID
    room_id: UUID
    deal: Deal
    side: Side | None
    names: Mapping[Side, str]
    revisions: tuple[RevisionView, ...]
    acts: frozenset[Act]
    """What the actor may do now."""
    turn: bool
    """It is this side that is waited for."""
    created_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None
    delivered_at: Mapping[Side, datetime | None]
    confirmed_at: Mapping[Side, datetime | None]
    disputed_by: Side | None
    disputed_at: datetime | None
    complaint: str
    decided_at: datetime | None
    reason: str
    receipt_id: UUID | None
    receipt_number: int | None
    receipt_file: UUID | None
    asked: bool = False
    """There is an earlier conversation about its nano, beside the one of the exchange."""

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.deal.state

    @property
    def ended(self) -> bool:
        """Nothing can be done any more."""
        return self.deal.state in ENDS

    @property
    def latest(self) -> RevisionView:
        """The newest revision."""
        return self.revisions[-1]

    @property
    def valid(self) -> RevisionView:
        """The revision that counts: the agreed one, else the newest."""
        return self.revisions[(self.deal.agreed or self.deal.latest) - 1]


def get_barter(actor: Actor, barter_id: UUID) -> BarterView:
    """One exchange with its revisions. Raises NotFound for whom it does not concern. Two statements."""
    found = db.session.execute(
        select(Barter, BarterRevision, Receipt, _asked())
        .join(BarterRevision, BarterRevision.barter_id == Barter.id)
        .outerjoin(
            Receipt, and_(Receipt.barter_id == Barter.id, Receipt.organisation_id == actor.organisation_id)
        )
        .where(Barter.id == barter_id)
        .order_by(BarterRevision.number)
        .execution_options(populate_existing=True)
    ).all()
    if not found or not _may_see(actor, found[0][0]):
        raise NotFound
    remember(found[0][0])
    row, receipt = found[0][0], found[0][2]
    names = organisation_names([row.offerer_id, row.partner_id])
    named = {Side.OFFERER: names.get(row.offerer_id, "–"), Side.PARTNER: names.get(row.partner_id, "–")}
    return replace(_view(actor, row, [one[1] for one in found], receipt, named), asked=found[0][3])


def _asked() -> ColumnElement[bool]:
    """The side that offers has written to the provider about this nano."""
    return (
        select(Inquiry.id)
        .where(Inquiry.nano_id == Barter.nano_id, Inquiry.organisation_id == Barter.offerer_id)
        .exists()
    )


def _may_see(actor: Actor, row: Barter) -> bool:
    if side_of(actor, row) is not None:
        return may(actor, Trade.read)
    return row.disputed_at is not None and may(actor, Trade.decide)


def _revisions(rows: Sequence[BarterRevision]) -> tuple[RevisionView, ...]:
    made: list[RevisionView] = []
    for row in rows:
        terms = from_json(row.terms)
        other = changes(made[-1].terms, terms) if made else ()
        made.append(RevisionView(row.number, Side(row.author), row.written_at, terms, other))
    return tuple(made)


def _view(
    actor: Actor,
    row: Barter,
    revisions: Sequence[BarterRevision],
    receipt: Receipt | None,
    names: dict[Side, str],
) -> BarterView:
    deal, side = deal_of(row), side_of(actor, row)
    dealing = may(actor, Trade.deal) if side is not None else may(actor, Trade.decide)
    return BarterView(
        row.id, row.nano_id, row.title, row.offerer_id, row.partner_id, row.room_id, deal, side, names, _revisions(revisions),
        acts(deal, side) if dealing else frozenset(), side is not None and must_act(deal, side), row.created_at,
        row.accepted_at, row.ended_at,
        {Side.OFFERER: row.offerer_delivered_at, Side.PARTNER: row.partner_delivered_at},
        {Side.OFFERER: row.offerer_confirmed_at, Side.PARTNER: row.partner_confirmed_at},
        Side(row.disputed_by) if row.disputed_by else None, row.disputed_at, row.complaint or "", row.decided_at,
        row.reason or "", receipt.id if receipt else None, receipt.number if receipt else None,
        receipt.file_id if receipt else None,
    )  # fmt: skip


def _ours(actor: Actor) -> ColumnElement[bool]:
    return or_(Barter.offerer_id == actor.organisation_id, Barter.partner_id == actor.organisation_id)


def _our_turn(actor: Actor) -> ColumnElement[bool]:
    return or_(
        and_(Barter.offerer_id == actor.organisation_id, Barter.offerer_turn),
        and_(Barter.partner_id == actor.organisation_id, Barter.partner_turn),
    )


_ENDS = tuple(state.value for state in ENDS)
VIEWS = ("waiting", "open", "done")


def _chosen(actor: Actor, view: str) -> ColumnElement[bool]:
    if view == "waiting":
        return _our_turn(actor)
    return and_(_ours(actor), Barter.state.in_(_ENDS) if view == "done" else Barter.state.not_in(_ENDS))


@dataclass(frozen=True)
class BarterRow:
    """A line of the list."""

    id: UUID
    title: str
    other: str
    state: State
    turn: bool
    due_at: datetime | None
    changed_at: datetime


def list_barters(actor: Actor, view: str, *, cursor: str | None = None, limit: int = 30) -> Page[BarterRow]:
    """Exchanges of the actor's organisation: "waiting" for it, "open", "done"; the one that changed last comes first."""
    rows: list[Any] = list(
        db.session.scalars(
            after(
                select(Barter).where(_chosen(actor, view)), [Barter.changed_at, Barter.id], [datetime.fromisoformat, UUID],
                cursor, limit,
            )
        )
    )  # fmt: skip
    others = {
        row.id: row.partner_id if side_of(actor, row) is Side.OFFERER else row.offerer_id for row in rows
    }
    names = organisation_names(others.values())
    more = (
        encode_cursor([rows[limit - 1].changed_at.isoformat(), rows[limit - 1].id])
        if len(rows) > limit
        else None
    )
    made = [
        BarterRow(
            row.id, row.title, names.get(others[row.id], "–"), State(row.state),
            row.offerer_turn if side_of(actor, row) is Side.OFFERER else row.partner_turn, row.due_at, row.changed_at,
        )
        for row in rows[:limit]
    ]  # fmt: skip
    return Page(made, more)


DISPUTES = "nanos-disputes"
TURNS = "nanos.turns"
_organisation: Any = bindparam("organisation_id")


def count_with_pages() -> None:
    """Have the shell count, with what it asks anyway, what waits for an organisation, and for moderators."""
    ours = or_(
        and_(Barter.offerer_id == _organisation, Barter.offerer_turn),
        and_(Barter.partner_id == _organisation, Barter.partner_turn),
    )
    shell_count(TURNS, Barter, ours)
    shell_count(DISPUTES, Barter, Barter.state == State.DISPUTED.value)


def count_turns(actor: Actor) -> int:
    """For the badge: exchanges that wait for the actor's organisation. Only those who may act are told."""
    return shell_number(actor, TURNS) if may(actor, Trade.deal) else 0


def count_disputes(actor: Actor) -> int:
    """For the moderators' badge."""
    return shell_number(actor, DISPUTES)


def count_views(actor: Actor) -> dict[str, int]:
    """How many stand under each heading of the list, in one statement."""
    counted = db.session.execute(
        select(*(func.count().filter(_chosen(actor, view)) for view in VIEWS))
        .select_from(Barter)
        .where(_ours(actor))
    )
    return dict(zip(VIEWS, counted.one(), strict=True))


def barter_titles(ids: Sequence[UUID]) -> dict[UUID, str]:
    """Names of exchanges for notices and the log; the readers of those may know them."""
    rows = db.session.execute(select(Barter.id, Barter.title).where(Barter.id.in_(ids)))
    return {barter_id: title for barter_id, title in rows}  # noqa: C416 - rows are no pairs to a type checker
