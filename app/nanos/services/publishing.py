"""From draft to public: asking for it, taking it back, publishing, sending back.

Who asks opens an item in the moderators' queue. Who decides about that item (services/decide.py) calls `publish_in` and
`send_back_in`, and everything that hangs on a decision (events, notices, the change of revisions) stands here.
"""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.kit import clock, live
from app.kit.authz import Actor, require
from app.kit.db import db, lock, move, transaction
from app.kit.errors import Conflict, Invalid
from app.nanos.catalog import slugs
from app.nanos.events import NanoPublished, NanoSentBack, NanoSubmitted, NanoWithdrawn
from app.nanos.models import Nano, NanoFile, Revision
from app.nanos.policies import P
from app.nanos.queries.nano import details_of, open_revision
from app.nanos.queries.standing import forbidden_words
from app.nanos.rules.case import Kind
from app.nanos.rules.details import complete
from app.nanos.rules.measure import Measure
from app.nanos.rules.nano import Stage, State, sources
from app.nanos.services.case import open_case, withdraw_case
from app.nanos.services.likeness import sign
from app.nanos.services.nano import draft_of, note, own, subject
from app.nanos.services.search import refresh
from app.nanos.services.verdict import settle_review
from app.nanos.tasks import check_revision
from app.nanos.wording import fault_words

SHORTEST_REASON, LONGEST_REASON = 10, 2000
REVIEW_LIVE = "nanos-nano"
"""The live part of a draft's page that says how its review stands."""


def submit(actor: Actor, nano_id: UUID) -> None:
    """Ask for publication. Raises Invalid by field for what is missing ("files" among them), NotFound, Conflict also where
    moderators forbade it: the nano is blocked, or its provider may submit nothing for a while."""
    require(actor, P.nano_submit)
    with transaction():
        nano = own(actor, nano_id)
        revision = draft_of(nano)
        forbidden = forbidden_words(nano)
        if forbidden:
            raise Conflict(forbidden)
        found = {
            name: fault_words(name, fault) for name, fault in complete(details_of(revision), slugs()).items()
        }
        if not db.session.scalar(select(func.count()).where(NanoFile.revision_id == revision.id)):
            found["files"] = _("Es fehlt der Inhalt: eine Datei oder ein Link.")
        if found:
            raise Invalid(fields=found)
        move(
            Revision, revision.id, from_=Stage.DRAFT.value, to=Stage.REVIEW.value, submitted_at=clock.now(),
            reason=None,
        )  # fmt: skip
        if nano.state == State.DRAFT:
            move(Nano, nano.id, from_=State.DRAFT.value, to=State.REVIEW.value)
        sign([revision.id])
        note(actor, nano, NanoSubmitted(revision.number))
        open_case(
            Kind.REVIEW, subject(nano.id), organisation_id=nano.organisation_id, number=revision.number,
            reason=str(revision.number),
        )  # fmt: skip
        check_revision.later(nano_id=str(nano.id), number=revision.number)


def withdraw(actor: Actor, nano_id: UUID) -> None:
    """Take the request back; it is a draft again. Raises Conflict when it was decided meanwhile, NotFound."""
    require(actor, P.nano_submit)
    with transaction():
        nano = own(actor, nano_id)
        revision = _waiting(nano)
        _back_to_draft(nano, revision, None)
        withdraw_case(Kind.REVIEW, subject(nano.id), str(revision.number))
        note(actor, nano, NanoWithdrawn(revision.number))


def _waiting(nano: Nano) -> Revision:
    revision = open_revision(nano.id)
    if revision is None or revision.state != Stage.REVIEW:
        raise Conflict(_("Dieses Nano wartet nicht mehr auf eine Prüfung."))
    return revision


def _back_to_draft(nano: Nano, revision: Revision, reason: str | None) -> None:
    move(Revision, revision.id, from_=Stage.REVIEW.value, to=Stage.DRAFT.value, reason=reason)
    if nano.state == State.REVIEW:
        move(Nano, nano.id, from_=State.REVIEW.value, to=State.DRAFT.value)


def publish(actor: Actor, nano_id: UUID, number: int) -> None:
    """Decide about the queue's item of this revision in one step: see `publish_in`. Raises Conflict, NotFound."""
    require(actor, P.review_decide)
    with transaction():
        publish_in(actor, nano_id, number)
        settle_review(actor, nano_id, number, Measure.PUBLISH)


def send_back(actor: Actor, nano_id: UUID, number: int, reason: str) -> None:
    """The same for `send_back_in`, without a statement of reasons. Raises Invalid at "reason", Conflict, NotFound."""
    require(actor, P.review_decide)
    said = read_reason(reason)
    with transaction():
        version = send_back_in(actor, nano_id, number, said)
        settle_review(actor, nano_id, number, Measure.SEND_BACK, {"version": version})


def publish_in(actor: Actor, nano_id: UUID, number: int) -> None:
    """Make the waiting revision `number` public: the one that was read, no later one. The former one is past.

    Joins the transaction of whoever decides about the queue's item. Raises Conflict when somebody was first, the provider
    took it back or the nano was blocked meanwhile, NotFound.
    """
    nano, revision = _to_decide(nano_id, number)
    now = clock.now()
    for former in db.session.scalars(
        select(Revision.id).where(Revision.nano_id == nano.id, Revision.state == Stage.CURRENT.value)
    ).all():
        move(Revision, former, from_=Stage.CURRENT.value, to=Stage.PAST.value)
    move(
        Revision, revision.id, from_=Stage.REVIEW.value, to=Stage.CURRENT.value, reviewed_by=actor.person_id,
        reviewed_at=now,
    )  # fmt: skip
    before = nano.state
    if nano.state == State.REVIEW:
        move(Nano, nano.id, from_=sources(State.PUBLISHED), to=State.PUBLISHED.value, published_at=now)
    note(
        actor, nano, NanoPublished(revision.number), before={"state": before},
        after={"state": State.PUBLISHED.value if before == State.REVIEW else before},
    )  # fmt: skip
    refresh([nano.id])
    live.changed(REVIEW_LIVE, nano.id, "review")


def send_back_in(actor: Actor, nano_id: UUID, number: int, said: str) -> int:
    """The provider reads why and may ask again. Joins the transaction of whoever decides. Returns the draft's version.

    Raises Conflict, NotFound.
    """
    nano, revision = _to_decide(nano_id, number)
    revision.reviewed_by, revision.reviewed_at = actor.person_id, clock.now()
    db.session.flush()
    version = revision.version
    _back_to_draft(nano, revision, said)
    note(actor, nano, NanoSentBack(number))
    live.changed(REVIEW_LIVE, nano.id, "review")
    return version


def read_reason(reason: str) -> str:
    """The reason without invisible characters. Raises Invalid at "reason" where it is too short or too long."""
    said = "\n".join(line.rstrip() for line in reason.splitlines()).strip().replace("\0", "")
    if not SHORTEST_REASON <= len(said) <= LONGEST_REASON:
        raise Invalid(
            fields={
                "reason": _("Schreiben Sie, was zu ändern ist: 10 bis %(most)d Zeichen.", most=LONGEST_REASON)
            }
        )
    return said


def _to_decide(nano_id: UUID, number: int) -> tuple[Nano, Revision]:
    nano = lock(Nano, nano_id)
    revision = _waiting(nano)
    if revision.number != number:
        raise Conflict(_("Dieses Nano wartet nicht mehr auf eine Prüfung."))
    if nano.bar in ("blocked", "removed"):
        raise Conflict(_("Dieses Nano ist gesperrt."))
    return nano, revision
