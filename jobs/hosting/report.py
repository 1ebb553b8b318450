"""Making usage reports."""

from uuid import UUID

from app.hosting.services import report


def make(report_id: str) -> dict[str, str]:
    """Make one report; the result says where it can be seen."""
    return report.make_report(UUID(report_id))


def order_due() -> None:
    """Order the reports the schedule wants."""
    report.order_due_reports()
