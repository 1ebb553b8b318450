"""The published tables, and the facts they are made of. Nobody but the job that freezes a quarter asks for facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app.kit.db import db
from app.nanos.models import Nano, Revision, Trend, Use
from app.nanos.queries.lti import from_platform
from app.nanos.rules.nano import Stage, State
from app.nanos.rules.secrecy import ALL, Fact, Place
from app.nanos.rules.trend import Side, bounds


@dataclass(frozen=True)
class Cube:
    """A table with its margins; None is not told."""

    quarter: str
    side: Side
    values: Mapping[Place, int | None]

    def of(self, subject: str = ALL, region: str = ALL) -> int | None:
        """One number."""
        return self.values.get((subject, region))

    def told(self) -> int:
        """How many places are."""
        return sum(value is not None for value in self.values.values())


def quarters() -> list[str]:
    """Those that are frozen, the newest first."""
    return list(db.session.scalars(select(Trend.quarter).distinct().order_by(Trend.quarter.desc())))


def read_cube(quarter: str, side: Side) -> Cube | None:
    """None where there is no such table."""
    rows = db.session.execute(
        select(Trend.subject, Trend.region, Trend.value).where(
            Trend.quarter == quarter, Trend.side == side.value
        )
    )
    values = {(subject, region): value for subject, region, value in rows}
    return Cube(quarter, side, values) if values else None


def sums(quarter_names: Sequence[str]) -> dict[tuple[str, Side], int | None]:
    """The sum of each table, for the course of time."""
    rows = db.session.execute(
        select(Trend.quarter, Trend.side, Trend.value).where(
            Trend.quarter.in_(quarter_names), Trend.subject == ALL, Trend.region == ALL
        )
    )
    return {(quarter, Side(side)): value for quarter, side, value in rows}


def facts_of(quarter: str, side: Side) -> list[Fact]:
    """What stands behind the table."""
    begins, ends = bounds(quarter)
    if side is Side.supply:
        rows = db.session.execute(
            select(Revision.subject, Revision.region, Nano.id, Nano.organisation_id)
            .join(Nano, Nano.id == Revision.nano_id)
            .where(
                Revision.state == Stage.CURRENT.value, Nano.published_at < ends,
                (Nano.state == State.PUBLISHED.value) | (Nano.ended_at >= ends),
            )
        )  # fmt: skip
    else:
        rows = db.session.execute(
            select(Revision.subject, Revision.region, Use.person_id, Use.organisation_id)
            .join(Nano, Nano.id == Use.nano_id)
            .join(Revision, (Revision.nano_id == Use.nano_id) & (Revision.number == Use.revision))
            .where(Use.first_at >= begins, Use.first_at < ends, Use.organisation_id != Nano.organisation_id)
            .where(~from_platform(Use.person_id))
        )
    return [Fact(subject, region, str(who), str(organisation)) for subject, region, who, organisation in rows]
