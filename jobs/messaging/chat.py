"""Work of chat that nobody waits for."""

from app.messaging.services.chat_personal import tidy_chat
from app.messaging.services.digest import send_digests as send
from app.messaging.services.report import tidy_reports


def tidy() -> None:
    """Delete what has served its time."""
    tidy_chat()
    tidy_reports()


def send_digests() -> None:
    """Write to the absent."""
    send()
