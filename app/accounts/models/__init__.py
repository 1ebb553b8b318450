"""Tables of people, organisations and access."""

from app.accounts.models.access import Link, Session, Throttle, Token
from app.accounts.models.organisation import Invitation, Membership, Organisation
from app.accounts.models.person import BackupCode, Person

__all__ = [
    "BackupCode",
    "Invitation",
    "Link",
    "Membership",
    "Organisation",
    "Person",
    "Session",
    "Throttle",
    "Token",
]
