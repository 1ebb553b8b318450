"""Counting ratings anew."""

from app.nanos.services import score


def rescore() -> None:
    """By the rules the operator chose."""
    score.rescore_all()
