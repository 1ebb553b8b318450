"""Telling people what was decided: the provider, and who gave a notice. Joins the transaction of whoever decides."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import format_date
from sqlalchemy import select, update

from app.core.api import send_mail
from app.kit import clock
from app.kit.db import db
from app.kit.i18n import speaking
from app.kit.links import path_to, public_link
from app.kit.secrets import unseal
from app.messaging.api import notify
from app.nanos.models import Appeal, Case, Decision, Notice, NoticeItem, Statement
from app.nanos.notices_moderation import APPEAL_REVERSED, APPEAL_UPHELD, RESTRICTED
from app.nanos.rules.measure import Measure
from app.nanos.rules.notice import appeal_until


def tell_restricted(decision: Decision) -> None:
    """Who is concerned hears that there is a statement of reasons."""
    _tell(decision, RESTRICTED, f"nanos.decision:{decision.id}")


def _tell(decision: Decision, kind: str, dedupe: str) -> None:
    """Who wrote it, else the owners and admins of the organisation it is of; nobody where both are gone."""
    if decision.person_id is None and decision.organisation_id is None:
        return
    statement = db.session.scalars(select(Statement.id).where(Statement.decision_id == decision.id)).one()
    whom: dict[str, Any] = (
        {"person_ids": [decision.person_id]}
        if decision.person_id
        else {"organisation_id": decision.organisation_id}
    )
    notify(
        kind, dedupe=dedupe, subject=(decision.subject_type, decision.subject_id),
        data={"nano_id": str(decision.subject_id)}, link=path_to("nanos.statement", statement_id=statement), **whom,
    )  # fmt: skip


def tell_appellant(appeal: Appeal, decision: Decision) -> None:
    """Who complained hears how it ended."""
    if appeal.side == "provider":
        kind = APPEAL_REVERSED if appeal.state == "reversed" else APPEAL_UPHELD
        _tell(decision, kind, f"nanos.appeal:{appeal.id}")
        return
    notice = db.session.get(Notice, appeal.notice_id) if appeal.notice_id else None
    if notice is not None and notice.email:
        _mail(
            notice,
            "appeal_decided",
            f"nanos.appeal:{appeal.id}",
            reversed=appeal.state == "reversed",
            reasons=appeal.reasons,
        )


def trusted_among(case_id: UUID) -> bool:
    """Whether a trusted flagger is among those who gave notice."""
    found = db.session.scalar(
        select(Notice.id).join(NoticeItem, NoticeItem.notice_id == Notice.id)
        .where(NoticeItem.case_id == case_id, Notice.trusted.is_(True)).limit(1)
    )  # fmt: skip
    return found is not None


def tell_notifiers(decision: Decision) -> None:
    """Everybody who gave notice of it, joined or not, hears the decision, the redress, and whether machines took part."""
    rows = db.session.execute(
        select(Notice, NoticeItem.url).join(NoticeItem, NoticeItem.notice_id == Notice.id)
        .where(NoticeItem.case_id == decision.case_id).order_by(Notice.id)
    ).all()  # fmt: skip
    for notice, url in rows:
        _settle(notice)
        if notice.email:
            _mail(
                notice, "notice_decided", f"nanos.decided:{notice.id.hex}:{decision.id.hex}", url=url,
                acted=decision.measure != Measure.DISMISS, measure=decision.measure, answer=decision.answer,
                until=appeal_until(decision.decided_at).date(),
            )  # fmt: skip


def _settle(notice: Notice) -> None:
    """Note when the last of its items was decided: from then on its term runs."""
    left = db.session.scalar(
        select(NoticeItem.id).join(Case, Case.id == NoticeItem.case_id)
        .where(NoticeItem.notice_id == notice.id, Case.state == "open").limit(1)
    )  # fmt: skip
    if left is None:
        db.session.execute(
            update(Notice).where(Notice.id == notice.id, Notice.decided_at.is_(None)).values(decided_at=clock.now())
            .execution_options(synchronize_session=False)
        )  # fmt: skip


def status_link(notice: Notice) -> str:
    """The page of a notice, for who has its secret."""
    return public_link("nanos.notice_status", secret=unseal(notice.sealed))


def confirm(notice: Notice) -> None:
    """Confirm receipt, at once (Art. 16 (4))."""
    if notice.email:
        _mail(notice, "notice_received", f"nanos.received:{notice.id.hex}")


def _mail(notice: Notice, template: str, dedupe: str, **values: object) -> None:
    with speaking(notice.locale):
        shown: dict[str, Any] = {
            key: format_date(one, "long") if isinstance(one, date) else one for key, one in values.items()
        }
        send_mail(
            to=notice.email, template=f"nanos/{template}", locale=notice.locale, person_id=notice.person_id,
            dedupe=dedupe, number=notice.number, button_url=status_link(notice), **shown,
        )  # fmt: skip
