"""What runs out is swept away."""

from app.accounts.services import invitation, link, session, throttle


def tidy() -> None:
    """Sessions, links, invitations and windows of tries that are over."""
    session.tidy()
    link.tidy()
    invitation.tidy()
    throttle.tidy()
