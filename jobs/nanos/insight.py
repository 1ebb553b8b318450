"""Numbers about nanos."""

from uuid import UUID

from app.nanos.rules.trend import Side
from app.nanos.services import insight, recommend, trend


def count() -> None:
    """Write what was counted since the last time."""
    insight.write_batches()


def tidy() -> None:
    """Forget numbers that are too old, and words too few have typed."""
    insight.forget_old()


def freeze_trends() -> None:
    """Publish the quarter that is over, once."""
    trend.freeze_last()


def make_trend_paper(
    quarter: str, side: str, person_id: str, organisation: str, locale: str
) -> dict[str, str]:
    """A table as PDF, for who asked."""
    return trend.make_paper(
        UUID(person_id), UUID(organisation) if organisation else None, quarter, Side(side), locale
    )


def find_neighbours() -> None:
    """Which nanos lie near each other, for recommendations."""
    recommend.find_neighbours()
