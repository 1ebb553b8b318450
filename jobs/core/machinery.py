"""House-keeping of the machinery."""

from app.core.services import machinery


def tidy() -> None:
    """Drop old rows."""
    machinery.tidy()
