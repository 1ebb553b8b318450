"""Handing a mail to an SMTP server."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import unquote, urlsplit

TIMEOUT = 20  # seconds for connecting and for each answer


class MailRefused(Exception):
    """The server will never take this mail (5xx, or the address is impossible)."""


class MailDelayed(Exception):
    """The server cannot be reached or says "later"; trying again may help."""


class MailTransport(Protocol):
    """Something that takes a mail. Raises MailRefused or MailDelayed."""

    def send(self, message: EmailMessage) -> None: ...


@dataclass(frozen=True)
class SmtpTransport:
    """A server named by `smtp://user:password@host:port` (STARTTLS when offered) or `smtps://…` (TLS at once).

    A password is only sent over TLS, or to this very machine.
    """

    url: str

    def send(self, message: EmailMessage) -> None:
        """One connection, one mail: volumes are small and a stale connection helps nobody."""
        try:
            with self._connect() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            self._sort(next(iter(error.recipients.values()))[0], error)
        except smtplib.SMTPResponseException as error:
            self._sort(error.smtp_code, error)
        except smtplib.SMTPNotSupportedError as error:
            raise MailRefused(str(error)) from error
        except (OSError, smtplib.SMTPException) as error:  # TLS errors are OSErrors too
            raise MailDelayed(f"{type(error).__name__}: {error}") from error

    def _connect(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host = parts.hostname or "localhost"
        context = ssl.create_default_context()
        server: smtplib.SMTP
        if parts.scheme == "smtps":
            server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT, context=context)
        else:
            server = smtplib.SMTP(host, parts.port or 587, timeout=TIMEOUT)
        try:
            server.ehlo()
            encrypted = parts.scheme == "smtps"
            if not encrypted and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
                encrypted = True
            if parts.username:
                if not encrypted and host not in ("localhost", "127.0.0.1", "::1"):
                    raise MailRefused("the server offers no TLS; the password was not sent")
                server.login(unquote(parts.username), unquote(parts.password or ""))
        except BaseException:
            server.close()
            raise
        return server

    @staticmethod
    def _sort(code: int, error: Exception) -> None:
        """535 (password wrong) is the operator's mistake, which gets repaired: keep trying. Other 5xx are final."""
        if 500 <= code < 600 and code not in (530, 535, 538):
            raise MailRefused(str(error)) from error
        raise MailDelayed(str(error)) from error


def transport_for(url: str) -> MailTransport | None:
    """The transport behind the setting; None when mail stays in the outbox."""
    return SmtpTransport(url) if url else None
