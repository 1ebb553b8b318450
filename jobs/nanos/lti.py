"""Scores for learning platforms, and forgetting learners who do not come back."""

from uuid import UUID

from app.nanos.services import lti, lti_score


def send_score(launch_id: str) -> dict[str, str]:
    """Send one score."""
    return {"outcome": lti_score.send(UUID(launch_id))}


def look_after() -> None:
    """Every hour."""
    lti_score.send_again()
    lti.forget_old()
