"""What the calendar does to exchanges, and printing receipts."""

from uuid import UUID

from app.nanos.services import barter_time, receipt


def run_due() -> None:
    """Remind, and let time decide."""
    barter_time.run_due()


def end_licences() -> None:
    """End what has run its time."""
    barter_time.end_licences()


def print_receipt(receipt_id: str) -> None:
    """Make the paper of one receipt."""
    receipt.print_paper(UUID(receipt_id))
