"""The weekly sample: drawn once a week from what is public, each nano of it an item of the queue."""

from __future__ import annotations

import secrets
from collections import defaultdict
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.core.api import record
from app.kit import clock
from app.kit.config import settings
from app.kit.db import db, transaction
from app.kit.ids import new_id
from app.nanos.events_moderation import SampleDrawn
from app.nanos.models import Case, Nano, Sample, SampleItem
from app.nanos.queries.moderation_settings import chosen
from app.nanos.queries.sampling import records_of
from app.nanos.rules.case import Kind
from app.nanos.rules.nano import State
from app.nanos.rules.sampling import Trust, draw, trust_of
from app.nanos.services.case import close, open_case
from app.nanos.services.nano import subject
from app.nanos.tasks import check_revision


def week_of(at: datetime) -> str:
    """The week it is where the operator is, as 2026-W47."""
    year, week, _day = at.astimezone(ZoneInfo(settings().billing_zone)).isocalendar()
    return f"{year}-W{week:02}"


def draw_sample(seed: str | None = None) -> UUID | None:
    """Draw this week's sample; None where it was drawn already or nothing is public. What last week left is closed.

    `seed` is drawn, too, unless it is given; it is kept, so that anybody can draw the same again (rules/sampling.py).
    """
    week = week_of(clock.now())
    if db.session.scalar(select(Sample.id).where(Sample.week == week)) is not None:
        return None
    with transaction():
        strata, owners = _strata()
        if not owners:
            return None
        sample = Sample(
            id=new_id(), week=week, seed=seed or secrets.token_hex(16), size=chosen().sample_size, drawn_at=clock.now(),
            population={stratum.value: len(ids) for stratum, ids in strata.items()},
        )  # fmt: skip
        try:
            with db.session.begin_nested():
                db.session.add(sample)
        except IntegrityError:  # another worker drew it at this moment
            return None
        _drop_stale()
        drawn = draw(strata, sample.size, sample.seed)
        for nano_id, stratum in drawn:
            item = SampleItem(
                id=new_id(), sample_id=sample.id, nano_id=nano_id, stratum=stratum.value, state="open"
            )
            db.session.add(item)
            db.session.flush()
            open_case(Kind.SAMPLE, subject(nano_id), organisation_id=owners[nano_id], about_id=item.id)
            check_revision.later(nano_id=str(nano_id), number=0)
        record(SampleDrawn(week, len(drawn)), subject=("nanos.sample", sample.id))
        return sample.id


def _strata() -> tuple[dict[Trust, list[UUID]], dict[UUID, UUID]]:
    """What is public, by how its provider stands, and whose it is."""
    rows = db.session.execute(
        select(Nano.id, Nano.organisation_id)
        .where(Nano.state == State.PUBLISHED.value, Nano.bar == "").order_by(Nano.id)
    ).all()  # fmt: skip
    known = records_of({organisation_id for _nano, organisation_id in rows})
    strata: dict[Trust, list[UUID]] = defaultdict(list)
    for nano_id, organisation_id in rows:
        strata[trust_of(known[organisation_id])].append(nano_id)
    return dict(strata), {nano_id: organisation_id for nano_id, organisation_id in rows}  # noqa: C416


def _drop_stale() -> None:
    """Items nobody came to: they count as not looked at."""
    stale = db.session.scalars(
        select(Case).where(Case.kind == Kind.SAMPLE.value, Case.state == "open").order_by(Case.id)
    ).all()
    for case in stale:
        close(case.id, "withdrawn")
        db.session.execute(
            update(SampleItem).where(SampleItem.id == case.about_id, SampleItem.state == "open").values(state="gone")
            .execution_options(synchronize_session=False)
        )  # fmt: skip
