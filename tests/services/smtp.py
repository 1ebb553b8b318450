"""A real SMTP server that keeps what it is given."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from tests.services.processes import free_port, wait_until


class SmtpServer:
    """Takes mail for everybody. `refuse` makes it answer with that line instead, e.g. ``451 Try later``."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refuse: str | None = None
        self.host, self.port = "127.0.0.1", free_port()

    @property
    def url(self) -> str:
        """The address as the `mail_url` setting takes it."""
        return f"smtp://{self.host}:{self.port}"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """aiosmtpd's hook: a message has arrived."""
        if self.refuse:
            return self.refuse
        message = message_from_bytes(envelope.content, policy=default)
        message["X-Envelope-To"] = ", ".join(envelope.rcpt_tos)
        self.messages.append(message)
        return "250 Message accepted"

    def to(self, address: str) -> list[EmailMessage]:
        """What has arrived for an address, oldest first."""
        return [m for m in self.messages if address in str(m["X-Envelope-To"]).split(", ")]

    def wait_for(self, address: str, number: int = 1, seconds: float = 10) -> EmailMessage:
        """The newest message for an address once there are `number` of them."""
        wait_until(lambda: len(self.to(address)) >= number, seconds, what=f"mail to {address}")
        return self.to(address)[-1]

    def clear(self) -> None:
        """Forget everything and accept again."""
        self.messages.clear()
        self.refuse = None


@contextmanager
def running_smtp() -> Iterator[SmtpServer]:
    """Start it in a thread of this process."""
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # not a line for every connection
    server = SmtpServer()
    controller = Controller(server, hostname=server.host, port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
