"""What samples have shown: defects by stratum, the exact bound, and how providers have done so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from app.kit import clock
from app.kit.db import db
from app.nanos.models import Case, Decision, Nano, Notice, NoticeItem, Revision, Sample, SampleItem
from app.nanos.rules.measure import ON_OFFERS
from app.nanos.rules.nano import Stage, State
from app.nanos.rules.sampling import GOAL, WATCHED_FOR, Record, Trust, still_needed, upper_bound

WEEKS = 26
"""So many samples are taken together for the bound: half a year."""
_BAD = [one.value for one in ON_OFFERS]


@dataclass(frozen=True)
class Stratum:
    """One group of providers in the samples taken together."""

    trust: Trust
    public: int
    checked: int
    defects: int

    @property
    def bound(self) -> float:
        return upper_bound(self.defects, self.checked)


@dataclass(frozen=True)
class Week:
    """One sample."""

    week: str
    seed: str
    size: int
    drawn_at: datetime
    checked: int
    defects: int
    open: int


@dataclass(frozen=True)
class Quality:
    """What all of it says. Shares are from 0 to 1; `weighted` counts each group by what is public of it."""

    weeks: list[Week]
    strata: list[Stratum]
    checked: int
    defects: int
    bound: float
    weighted: float | None
    needed: int
    goal: float
    complaints: int
    justified: int
    public: int

    @property
    def reached(self) -> bool:
        return self.checked > 0 and self.bound < self.goal


def quality() -> Quality:
    """The samples of half a year taken together, and the complaints of the same time."""
    samples = db.session.scalars(select(Sample).order_by(Sample.week.desc()).limit(WEEKS)).all()
    counts: dict[tuple[UUID, str, str], int] = {
        (sample_id, stratum, state): count
        for sample_id, stratum, state, count in db.session.execute(
            select(SampleItem.sample_id, SampleItem.stratum, SampleItem.state, func.count())
            .where(SampleItem.sample_id.in_([one.id for one in samples]))
            .group_by(SampleItem.sample_id, SampleItem.stratum, SampleItem.state)
        )
    }

    def total(sample: UUID | None = None, stratum: str = "", *states: str) -> int:
        return sum(
            count for (one, group, state), count in counts.items()
            if (sample is None or one == sample) and (not stratum or group == stratum) and state in states
        )  # fmt: skip

    newest = samples[0].population if samples else {}
    strata = [
        Stratum(
            trust,
            int(newest.get(trust.value, 0)),
            total(None, trust.value, "fine", "defect"),
            total(None, trust.value, "defect"),
        )
        for trust in Trust
        if newest.get(trust.value) or total(None, trust.value, "fine", "defect", "open", "gone")
    ]
    checked, defects = total(None, "", "fine", "defect"), total(None, "", "defect")
    weeks = [
        Week(
            one.week, one.seed, one.size, one.drawn_at, total(one.id, "", "fine", "defect"), total(one.id, "", "defect"),
            total(one.id, "", "open"),
        )
        for one in samples
    ]  # fmt: skip
    given, justified, public = _complaints()
    return Quality(
        weeks, strata, checked, defects, upper_bound(defects, checked), _weighted(strata),
        max(0, still_needed(defects) - checked), GOAL, given, justified, public,
    )  # fmt: skip


def _weighted(strata: list[Stratum]) -> float | None:
    """The estimate for what is public: each group's share of defects by its size; None while a group was not looked at."""
    public = sum(one.public for one in strata)
    if not public or any(one.public and not one.checked for one in strata):
        return None
    return sum(one.public * one.defects / one.checked for one in strata if one.checked) / public


def _complaints() -> tuple[int, int, int]:
    """Nanos somebody gave notice of, those of them a measure followed for, and how many are public."""
    since = clock.now() - WATCHED_FOR
    given = db.session.scalar(
        select(func.count(NoticeItem.id))
        .join(Notice, Notice.id == NoticeItem.notice_id)
        .join(Case, Case.id == NoticeItem.case_id)
        .where(Notice.created_at > since, Case.subject_type == "nanos.nano")
    )
    justified = db.session.scalar(
        select(func.count(func.distinct(Decision.subject_id))).where(
            Decision.kind == "notice",
            Decision.subject_type == "nanos.nano",
            Decision.state == "in_force",
            Decision.measure.in_(_BAD),
            Decision.decided_at > since,
        )
    )
    public = db.session.scalar(select(func.count()).where(Nano.state == State.PUBLISHED.value))
    return given or 0, justified or 0, public or 0


def records_of(organisation_ids: Iterable[UUID]) -> dict[UUID, Record]:
    """How providers have done so far."""
    ids, now = list(organisation_ids), clock.now()
    published = {
        one: (count, first)
        for one, count, first in db.session.execute(
            select(Nano.organisation_id, func.count(Revision.id), func.min(Nano.published_at))
            .join(Revision, Revision.nano_id == Nano.id)
            .where(Nano.organisation_id.in_(ids), Revision.state.in_((Stage.CURRENT.value, Stage.PAST.value)))
            .group_by(Nano.organisation_id)
        )
    }
    restricted = {  # noqa: C416 - rows are no pairs to a type checker
        one: count
        for one, count in db.session.execute(
            select(Decision.organisation_id, func.count())
            .where(
                Decision.organisation_id.in_(ids), Decision.state == "in_force", Decision.measure.in_(_BAD),
                Decision.decided_at > now - WATCHED_FOR,
            )
            .group_by(Decision.organisation_id)
        )
    }  # fmt: skip
    found = {}
    for one in ids:
        count, first = published.get(one, (0, None))
        found[one] = Record(count, restricted.get(one, 0), now - (first or now))
    return found
