"""The outbox at work."""

from uuid import UUID

from app.core.services import mail


def deliver(mail_id: str) -> None:
    """Hand one mail to the server."""
    mail.deliver(UUID(mail_id))


def tidy() -> None:
    """Delete old mails."""
    mail.tidy_mail()
