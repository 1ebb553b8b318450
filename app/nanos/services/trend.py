"""Freezing quarters: what is published once stays as it is, whoever is erased later."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from flask import render_template
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError

from app.accounts.api import find_actor_for_job
from app.core.api import keep_file, upload_file
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, transaction
from app.kit.errors import NotFound
from app.kit.ids import new_id
from app.kit.links import path_to
from app.kit.pdf import render_pdf
from app.nanos.catalog import slugs
from app.nanos.models import Trend
from app.nanos.policies import P
from app.nanos.queries.trend import facts_of, read_cube
from app.nanos.rules.secrecy import Fact, publish
from app.nanos.rules.trend import RULES, Side, quarter_before
from app.nanos.services.export import KEPT
from app.nanos.tasks import make_trend_paper
from app.nanos.wording_insight import quarter_word, side_word, table_of

KIND = "nanos.trend"


def freeze_last() -> bool:
    """The quarter that is over, unless it is frozen already. Returns whether this call did it."""
    quarter = quarter_before(clock.now().date())
    return freeze(quarter, {side: facts_of(quarter, side) for side in Side})


def freeze(quarter: str, facts: dict[Side, Collection[Fact]]) -> bool:
    """Keep what may be told of these facts, unless the quarter is frozen. Of two who do it at once, one does."""
    if db.session.scalar(select(exists().where(Trend.quarter == quarter))):
        return False
    subjects, regions = sorted(slugs()["subjects"]), sorted(slugs()["regions"])
    rows = [
        Trend(id=new_id(), quarter=quarter, side=side.value, subject=subject, region=region, value=value)
        for side in Side
        for (subject, region), value in publish(subjects, regions, facts[side], RULES[side]).items()
    ]
    try:
        with transaction() as session:
            session.add_all(rows)
    except IntegrityError:
        return False
    return True


def order_paper(actor: Actor, quarter: str, side: Side) -> UUID:
    """Have a job make the PDF. Returns the job. Raises NotFound."""
    require(actor, P.trend_read)
    if read_cube(quarter, side) is None:
        raise NotFound
    with transaction():
        return make_trend_paper.later(
            actor=actor, organisation_id=actor.organisation_id,
            dedupe=f"nanos.trend:{actor.person_id}:{quarter}:{side.value}", quarter=quarter, side=side.value,
            person_id=str(actor.person_id), organisation=str(actor.organisation_id or ""), locale=actor.locale,
        )  # fmt: skip


def make_paper(
    person_id: UUID, organisation_id: UUID | None, quarter: str, side: Side, locale: str
) -> dict[str, str]:
    """The job: a file for who asked, for two days. Raises NotFound, Unavailable."""
    require(find_actor_for_job(person_id, organisation_id), P.trend_read)
    cube = read_cube(quarter, side)
    if cube is None:
        raise NotFound
    with force_locale(locale):
        title = f"{side_word(side)}, {quarter_word(quarter)}"
        html = render_template("nanos/trend/paper.html", cube=cube, table=table_of(cube), title=title)
        name = f"{_('trend')}-{quarter}-{side.value}.pdf"
        data = render_pdf(html, title=title, lang=locale)
    stored = upload_file(data)
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
