"""Work on measurements."""

from app.hosting.services import sample


def roll_up() -> None:
    """Bring the last readings into minutes and hours."""
    sample.roll_up()


def prune() -> None:
    """Drop readings that have served their time."""
    sample.prune()
