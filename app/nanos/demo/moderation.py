"""A few of everything in moderation: notices, a restriction with its reasons, a complaint, a sample. Once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.accounts.api import find_actor_for_job
from app.kit import clock
from app.kit.authz import ANONYMOUS, Actor
from app.kit.config import settings
from app.kit.db import db
from app.nanos.models import Case, Nano, Notice
from app.nanos.rules.case import Kind
from app.nanos.rules.nano import State
from app.nanos.rules.notice import Given
from app.nanos.services.appeal import appeal_as_provider
from app.nanos.services.checking import check_revision
from app.nanos.services.decide import Wish, decide
from app.nanos.services.notice import give_notice
from app.nanos.services.sampling import draw_sample

_PREFIX = "STATEMENT_CATEGORY_"


def seed_moderation(operator: Actor, owner_id: UUID, words: dict[str, str]) -> None:
    """Write it where nobody has given notice yet. `words` are the texts, in `nanos.toml`."""
    if db.session.scalar(select(Notice.id).limit(1)) is not None:
        return
    rows = db.session.execute(
        select(Nano.id, Nano.organisation_id)
        .where(Nano.state == State.PUBLISHED.value)
        .order_by(Nano.published_at)
        .limit(4)
    ).all()
    if len(rows) < 4:
        return
    with clock.freeze(clock.now() - timedelta(days=2)):
        draw_sample()
        for (nano_id, _owner), category, name in zip(
            rows, ("INTELLECTUAL_PROPERTY_INFRINGEMENTS", "OTHER_VIOLATION_TC", "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS"),
            ("picture", "old", "names"), strict=False,
        ):  # fmt: skip
            _notice(nano_id, _PREFIX + category, words[name])
            clock.advance(hours=2)
        decide(operator, _case(rows[1][0]), Wish(measure="dismiss", answer=words["answer"]))
        hidden = decide(
            operator, _case(rows[2][0]),
            Wish(
                measure="hide", ground="DECISION_GROUND_INCOMPATIBLE_CONTENT", ground_text=words["ground"],
                explanation=words["explanation"], facts=words["facts"],
                category=_PREFIX + "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
            ),
        )  # fmt: skip
        clock.advance(hours=5)
        appeal_as_provider(find_actor_for_job(owner_id, rows[2][1]), hidden, words["appeal"])
    for nano_id, _owner in rows:
        check_revision(nano_id, 0)


def _notice(nano_id: UUID, category: str, text: str) -> None:
    url = f"{settings().public_url}/nanos/{nano_id}"
    given = Given(url, text, category, "Kim Beispiel", "kim@example.org", True)
    give_notice(ANONYMOUS, given, visitor="demo", locale="de")


def _case(nano_id: UUID) -> UUID:
    return db.session.scalars(
        select(Case.id).where(
            Case.subject_id == nano_id, Case.kind == Kind.NOTICE.value, Case.state == "open"
        )
    ).one()
