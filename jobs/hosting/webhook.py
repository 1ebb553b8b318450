"""Messages to Discord."""

from uuid import UUID

from app.hosting.services import webhook_send


def send(message_id: str) -> None:
    """Bring one message, when it is its time."""
    webhook_send.send(UUID(message_id))


def send_lost() -> dict[str, int]:
    """Take up messages whose job was lost."""
    return {"messages": webhook_send.send_lost()}
