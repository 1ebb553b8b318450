"""What runs out is swept away."""

from app.accounts.services import link, session, throttle


def tidy() -> None:
    """Sessions, links and windows of tries that are over."""
    session.tidy()
    link.tidy()
    throttle.tidy()
