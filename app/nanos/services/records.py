"""An organisation's records on paper, and how long they are kept."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import render_template
from flask_babel import gettext as _
from sqlalchemy import delete, exists

from app.accounts.api import find_actor_for_job
from app.core.api import keep_file, upload_file
from app.kit import charts, clock
from app.kit.authz import Actor, require
from app.kit.db import transaction
from app.kit.formats import language
from app.kit.i18n import speaking
from app.kit.ids import parse_id
from app.kit.links import path_to
from app.kit.pdf import render_pdf
from app.nanos.models import Assignment, Duty
from app.nanos.policies import P
from app.nanos.queries.records import Report, period_of, report
from app.nanos.services.ending import today
from app.nanos.tasks import make_records

KIND = "nanos.records"
KEPT = timedelta(days=30)
YEARS = 5
"""So many years after the year of its last day a part is forgotten."""
WIDTH = 620
MOST_BARS = 15


def order(actor: Actor, since: str, until: str, nano: str) -> UUID:
    """Have the PDF made. Returns the job; the same again while one is on its way."""
    require(actor, P.learning_assign)
    with transaction():
        return make_records.later(
            actor=actor, organisation_id=actor.organisation_id,
            dedupe=f"nanos.records:{actor.person_id}:{actor.organisation_id}:{since}:{until}:{nano}"[:160],
            person_id=str(actor.person_id), organisation=str(actor.organisation_id), since=since, until=until, nano=nano,
        )  # fmt: skip


def make(person_id: UUID, organisation_id: UUID, since: str, until: str, nano: str) -> dict[str, str]:
    """The job: whoever asked must still be allowed to. The file is theirs alone, for 30 days."""
    actor = find_actor_for_job(person_id, organisation_id)
    require(actor, P.learning_assign)
    day = today()
    made = report(actor, period_of(since, until, day), day, parse_id(nano) if nano else None)
    with speaking(actor.locale, actor.timezone):
        title = _("Nachweis der Schulungen")
        html = render_template(
            "nanos/records/pdf.html", made=made, title=title, organisation=actor.organisation_name, at=clock.now(),
            chart=chart(made, WIDTH),
        )  # fmt: skip
        stored = upload_file(render_pdf(html, title=title, lang=language()))
        name = f"{_('schulungsnachweis')}-{made.period.since}-{made.period.until}.pdf"
    with transaction():
        file_id = keep_file(
            stored,
            name=name,
            mime="application/pdf",
            kind=KIND,
            person_id=person_id,
            expires_at=clock.now() + KEPT,
        )
    return {"next": path_to("files.download", file_id=file_id)}


def chart(made: Report, width: int) -> str:
    """Hundredths done by nano, the lowest first."""
    rows = [(one.name, float(one.rate or 0)) for one in made.nanos[:MOST_BARS]]
    return charts.bars(
        rows, title=_("Erledigt je Nano in Prozent"), width=width, value=lambda value: f"{value:.0f} %",
        empty=_("In diesem Zeitraum war nichts fällig."),
    )  # fmt: skip


def forget_old() -> int:
    """Parts whose last day lies more than `YEARS` whole years back, and assignments without any. Returns how many parts."""
    limit = today().replace(month=1, day=1)
    limit = limit.replace(year=limit.year - YEARS)
    with transaction() as session:
        gone = session.execute(delete(Duty).where(Duty.due_on < limit, Duty.state != "open"))
        session.execute(
            delete(Assignment).where(
                Assignment.state == "ended",
                Assignment.due_on < limit,
                ~exists().where(Duty.assignment_id == Assignment.id),
            )
        )
    return int(gone.rowcount)  # type: ignore[attr-defined]
