"""House-keeping of notices."""

from app.messaging.services.personal import tidy_notices


def tidy() -> None:
    """Delete old notices."""
    tidy_notices()
