"""House-keeping of the file store."""

from app.core.services import file


def tidy() -> None:
    """Delete expired files and stray bytes."""
    file.tidy_files()
