"""Exchanges: offering, and every step after it. One door (`act`): lock, ask the rules, do what follows, write it down."""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.accounts.api import people_of
from app.core.api import Fact, claim_once, record
from app.kit import clock, live
from app.kit.authz import SYSTEM, Actor, require
from app.kit.db import after_commit, db, lock, transaction
from app.kit.errors import Conflict, Invalid, NotFound, TooMany
from app.kit.ids import new_id
from app.kit.observe import histogram
from app.messaging.api import notify, open_room
from app.nanos.catalog import slugs
from app.nanos.events_barter import BarterOffered
from app.nanos.models import Barter, BarterRevision, Trader
from app.nanos.notices_barter import kind
from app.nanos.policies import MANAGERS, Trade
from app.nanos.queries.barter import DEAL, LIVE, SUBJECT, deal_of, side_of, waits
from app.nanos.queries.offer import items_of, nano_to_trade
from app.nanos.rules.barter import ENDS, Act, Deal, Refused, Side, State, begin, must_act, step
from app.nanos.rules.terms import Part, Terms, faults, from_json, to_json
from app.nanos.services import delivery
from app.nanos.services.barter_story import facts_of
from app.nanos.services.receipt import make_receipts
from app.nanos.wording_barter import fault_words

BINDING = (Act.ACCEPT, Act.AGREE, Act.COUNTER, Act.PROPOSE)
"""Who offers or agrees may be bound by the other side's next word: by then it is known what stands on their receipt."""
MOST_OPEN = 50
MOST_REVISIONS = 50
LONGEST_TEXT, SHORTEST_TEXT = 2000, 10


def offer(actor: Actor, nano_id: UUID, terms: Terms, *, once: str) -> UUID:
    """Offer an exchange for somebody's nano; `terms` may name further ones of theirs. Returns the exchange's id.

    Raises Invalid by field (`give_…`, `get_…`), NotFound, Conflict for the same form twice or without a statement for
    receipts, TooMany.
    """
    require(actor, Trade.deal)
    now, barter_id = clock.now(), new_id()
    with transaction() as session:
        if not claim_once(f"nanos.barter:{once}"):
            raise Conflict(_("Das haben Sie schon abgeschickt."))
        wanted = nano_to_trade(actor, nano_id)
        assert actor.organisation_id is not None  # `nano_to_trade` asks for it
        _check_stated(actor.organisation_id)
        _check_open(actor.organisation_id)
        clean = _checked(terms, Side.OFFERER, actor.organisation_id, wanted.organisation_id)
        if nano_id not in clean.partner.nano_ids:
            raise Invalid(fields={"get_items": _("Das Nano, um das es geht, gehört dazu.")})
        sides = (actor.organisation_id, wanted.organisation_id)
        room = open_room((SUBJECT, barter_id), person_ids=_people(*sides))
        deal = begin(now, waits())
        row = Barter(
            id=barter_id, nano_id=nano_id, title=wanted.title, offerer_id=sides[0], partner_id=sides[1], room_id=room,
            created_by=actor.person_id, created_at=now, **_values(deal),
        )  # fmt: skip
        session.add(row)
        session.flush()
        _write(actor, row, 1, Side.OFFERER, clean)
        _tell(actor, row, [BarterOffered()], "offered", (Side.PARTNER,))
    return barter_id


def _people(*organisation_ids: UUID) -> list[UUID]:
    """Who has the conversation in their list: owners and admins of both."""
    return [
        one.person_id for organisation_id in organisation_ids for one in people_of(organisation_id, *MANAGERS)
    ]


def _check_stated(organisation_id: UUID) -> None:
    if db.session.get(Trader, organisation_id) is None:
        raise Conflict(_("Sagen Sie zuerst, was auf Ihren Tauschbelegen steht."))


def _check_open(organisation_id: UUID) -> None:
    """Offers are easily made, and each is somebody's work to read."""
    open_ones = db.session.scalar(
        select(func.count()).where(
            Barter.offerer_id == organisation_id,
            Barter.state.in_((State.OFFERED.value, State.COUNTERED.value)),
        )
    )
    if (open_ones or 0) >= MOST_OPEN:
        raise TooMany(
            _("Sie haben schon 50 offene Angebote. Warten Sie auf Antworten, oder ziehen Sie welche zurück.")
        )


def _checked(terms: Terms, author: Side, offerer_id: UUID, partner_id: UUID) -> Terms:
    """With each nano as it is called now. Raises Invalid by field as the author's form has them."""
    clean = Terms(
        _named(terms.offerer, offerer_id, _field(author, Side.OFFERER, "items")),
        _named(terms.partner, partner_id, _field(author, Side.PARTNER, "items")),
    )
    found = faults(clean, frozenset(slugs()["regions"]))
    if found:
        raise Invalid(
            fields={_field(author, side, name): fault_words(fault) for (side, name), fault in found.items()}
        )
    return clean


def _field(author: Side, side: Side, name: str) -> str:
    return f"{'give' if side is author else 'get'}_{name}"


def _named(part: Part, organisation_id: UUID, field: str) -> Part:
    found = items_of(organisation_id, [item.nano_id for item in part.items])
    if len(found) != len(part.items):
        raise Invalid(fields={field: _("Wählen Sie Nanos aus der Liste.")})
    return Part(tuple(found), part.credits, part.value, part.grant)


def act(
    actor: Actor,
    barter_id: UUID,
    version: int,
    what: Act,
    *,
    revision: int | None = None,
    terms: Terms | None = None,
    text: str = "",
) -> None:
    """One step. `version` is the one the actor saw, `revision` the one they accept, `terms` those of a counter-offer or
    amendment, `text` the complaint or the reason of a decision.

    Raises Invalid by field, NotFound, NotAllowed, Conflict where somebody was first or the step is not possible.
    """
    require(actor, Trade.decide if what in (Act.COMPLETE, Act.CANCEL) else Trade.deal)
    said = _said(what, text)
    with transaction():
        row = lock(Barter, barter_id)
        by = side_of(actor, row)
        if what in (Act.COMPLETE, Act.CANCEL):
            if row.disputed_at is None:
                raise NotFound
            if by is not None:
                raise Conflict(_("Über den Tausch der eigenen Organisation entscheidet jemand anderes."))
        elif by is None:
            raise NotFound
        if row.version != version:
            raise Conflict(_("Inzwischen hat sich etwas geändert. Sehen Sie nach, wo der Tausch steht."))
        if what in BINDING:
            _check_stated(delivery.organisation_of(row, by or Side.OFFERER))
        if what in (Act.COUNTER, Act.PROPOSE):
            if terms is None or by is None:
                raise ValueError("a further revision says what it offers")
            if row.latest >= MOST_REVISIONS:
                raise Conflict(
                    _("Zu diesem Tausch gibt es schon sehr viele Fassungen. Beginnen Sie einen neuen.")
                )
            _write(actor, row, row.latest + 1, by, _checked(terms, by, row.offerer_id, row.partner_id))
        _step(actor, row, what, by, revision, said)


def _said(what: Act, text: str) -> str:
    said = "\n".join(line.rstrip() for line in text.splitlines()).strip().replace("\0", "")
    if what in (Act.DISPUTE, Act.COMPLETE, Act.CANCEL) and not SHORTEST_TEXT <= len(said) <= LONGEST_TEXT:
        raise Invalid(fields={"text": _("Schreiben Sie 10 bis 2.000 Zeichen.")})
    return said


def let_time_decide(barter_id: UUID) -> bool:
    """What the clock makes of it, if its time has come. Returns whether it had."""
    with transaction():
        row = lock(Barter, barter_id)
        if row.due_at is None or row.due_at > clock.now():
            return False
        _step(SYSTEM, row, Act.TIME, None, None, "")
        return True


def _write(actor: Actor, row: Barter, number: int, author: Side, terms: Terms) -> None:
    db.session.add(
        BarterRevision(
            id=new_id(), barter_id=row.id, number=number, author=author.value, written_by=actor.person_id,
            written_at=clock.now(), terms=to_json(terms),
        )
    )  # fmt: skip
    db.session.flush()


def terms_of(row: Barter, number: int) -> Terms:
    """What a revision says."""
    found = db.session.scalars(
        select(BarterRevision.terms).where(
            BarterRevision.barter_id == row.id, BarterRevision.number == number
        )
    ).one()
    return from_json(found)


def _step(actor: Actor, row: Barter, what: Act, by: Side | None, revision: int | None, said: str) -> None:
    before = deal_of(row)
    terms = terms_of(row, row.latest if what in (Act.ACCEPT, Act.AGREE) else row.agreed or row.latest)
    try:
        after = step(
            before, what, by, clock.now(), waits(), revision=revision, credits_only=terms.credits_only
        )
    except Refused:
        raise Conflict(_("Das geht bei diesem Tausch nicht mehr. Sehen Sie nach, wo er steht.")) from None
    if what is Act.AGREE:
        assert row.agreed is not None  # only what was agreed is amended
        delivery.take_back(actor, row, terms_of(row, row.agreed))
    if what in (Act.ACCEPT, Act.AGREE):
        delivery.reserve(actor, row, terms)
    if what is Act.DELIVER and by is not None:
        delivery.deliver(row, by, terms.of(by))
    if after.state is State.CANCELLED:
        delivery.take_back(actor, row, terms)
    _keep(actor, row, before, after, what, by, said)
    if after.state is State.COMPLETED:
        _complete(actor, row, terms)
    facts, step_name, sides = facts_of(before, after, what, by)
    _tell(actor, row, facts, step_name, sides)


HOURS = tuple(hours * 3600.0 for hours in (1, 6, 24, 72, 168, 336, 720, 1440))
_COMPLETION = histogram(
    "kontor_nano_barter_completion_seconds", "From an offer to its completion", buckets=HOURS
)


def _complete(actor: Actor, row: Barter, terms: Terms) -> None:
    for side in Side:  # what a moderator completes may not have been delivered yet
        delivery.open_licences(row, side, terms.of(side))
    delivery.pay_out(actor, row, terms)
    make_receipts(actor, row, terms)
    took = (clock.now() - row.created_at).total_seconds()
    after_commit(lambda: _COMPLETION.observe(took))


def _values(deal: Deal) -> dict[str, object]:
    """The columns that follow from the rules."""
    return {
        "state": deal.state.value, "version": deal.version, "latest": deal.latest, "author": deal.author.value,
        "agreed": deal.agreed, "pending": deal.pending, "due_at": deal.due_at, "remind_at": deal.remind_at,
        "offerer_turn": must_act(deal, Side.OFFERER), "partner_turn": must_act(deal, Side.PARTNER),
        "changed_at": clock.now(),
    }  # fmt: skip


def _keep(
    actor: Actor, row: Barter, before: Deal, after: Deal, what: Act, by: Side | None, said: str
) -> None:
    now = clock.now()
    for name, value in _values(after).items():
        setattr(row, name, value)
    for side in Side:
        for name, done in (("delivered", after.delivered), ("confirmed", after.confirmed)):
            column = f"{side}_{name}_at"
            setattr(row, column, (getattr(row, column) or now) if side in done else None)
    if after.agreed != before.agreed:
        row.accepted_at = now
        for side in after.delivered:
            setattr(row, f"{side}_delivered_at", now)
    if after.state in ENDS:
        row.ended_at = now
    if what is Act.DISPUTE and by is not None:
        row.disputed_by, row.disputed_at = by.value, now
        row.complained_by, row.complaint = actor.person_id, said
    if what in (Act.COMPLETE, Act.CANCEL):
        row.decided_by, row.decided_at, row.reason = actor.person_id, now, said
    db.session.flush()


def _tell(actor: Actor, row: Barter, facts: list[Fact], step_name: str, sides: tuple[Side, ...]) -> None:
    """The log of both organisations, the people it concerns, and whoever has the page open."""
    for side in Side:
        for fact in facts:
            record(
                fact,
                actor=actor,
                organisation_id=delivery.organisation_of(row, side),
                subject=(SUBJECT, row.id),
            )
    for side in sides:
        tell_side(row, side, step_name)
    live.changed(LIVE, row.id, DEAL)


def tell_side(row: Barter, side: Side, step_name: str) -> None:
    """Notices to the owners and admins of a side, once for each version. Joins the caller's transaction."""
    notify(
        kind(step_name), dedupe=f"{row.id}:{row.version}:{step_name}", organisation_id=delivery.organisation_of(row, side),
        subject=(SUBJECT, row.id), data={"barter_id": str(row.id)}, link=f"/nanos/barters/{row.id}",
    )  # fmt: skip
