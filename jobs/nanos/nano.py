"""What the calendar does to nanos."""

from app.nanos.services import ending, likeness


def end_due() -> None:
    """Retire and remove what is due today."""
    ending.end_due()


def sign_missing() -> None:
    """Make the signatures by which like nanos are found, where there is none of today's text."""
    likeness.sign_missing()
