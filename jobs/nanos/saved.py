"""Saved searches."""

from app.nanos.services import saved


def tell() -> None:
    """Tell people of what was published since they were told last."""
    saved.tell_all()
