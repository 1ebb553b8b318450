"""The index of the search."""

from app.core.services import search


def index_anew(kind: str) -> None:
    """Compare the index of a kind with its source and write what differs."""
    search.index_anew(kind)


def tidy() -> None:
    """Forget unused words, split compounds anew."""
    search.tidy_search()
