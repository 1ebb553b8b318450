"""Mail: written into the outbox in the transaction that wants it, sent by a job afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from flask import current_app, render_template
from jinja2 import TemplateNotFound
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from app.core.gateways.mail import MailDelayed, MailRefused, transport_for
from app.core.models.mail import FAILED, KEPT, SENT, WAITING, Mail
from app.core.queries.file import find_file
from app.core.services.file import open_file
from app.core.tasks import deliver_mail
from app.kit import clock
from app.kit.config import settings
from app.kit.db import db, lock, require_transaction, transaction
from app.kit.errors import Unavailable
from app.kit.i18n import speaking
from app.kit.ids import new_id
from app.kit.secrets import seal, unseal

log = structlog.get_logger(__name__)
KEEP = timedelta(days=30)
MAX_ATTEMPTS = 8
_ADDRESS = re.compile(r"^[^\s,;:<>@\"()\[\]]{1,64}@[^\s,;:<>@\"()\[\]]{1,255}$")


def send_mail(
    *,
    to: str,
    template: str,
    locale: str,
    timezone: str = "Europe/Berlin",
    organisation_id: UUID | None = None,
    person_id: UUID | None = None,
    dedupe: str | None = None,
    files: Sequence[UUID] = (),
    **context: Any,
) -> UUID:
    """Write a mail into the outbox; it leaves after the commit. Joins the caller's transaction. Returns its id.

    `template` "accounts/verify" is templates/accounts/mail/verify.txt (first line "Subject: …") and, where it exists,
    verify.html beside it, rendered in `locale` with `context`. `dedupe`: a second mail with this key is not written.
    `files` are stored files to attach; one that is gone when the mail leaves is left out.
    """
    require_transaction()
    if dedupe is not None:
        known = db.session.scalar(select(Mail.id).where(Mail.dedupe == dedupe))
        if known is not None:
            return known
    with speaking(locale, timezone):
        letter = _render(template, {**context, "locale_code": locale})
    row = Mail(
        id=new_id(),
        state=WAITING if settings().mail_url else KEPT,
        recipient=_clean_address(to),
        template=template,
        locale=locale,
        sealed=seal(json.dumps(letter)),
        dedupe=dedupe,
        attachments=[str(one) for one in files],
        organisation_id=organisation_id,
        person_id=person_id,
        created_at=clock.now(),
    )
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:  # another worker wrote the mail with this key at this moment
        return db.session.scalars(select(Mail.id).where(Mail.dedupe == dedupe)).one()
    if row.state == WAITING:
        deliver_mail.later(organisation_id=organisation_id, mail_id=str(row.id))
    return row.id


def deliver(mail_id: UUID) -> None:
    """Hand a waiting mail to the server. MailDelayed (the job tries again) until the attempts are used up.

    A crash between the server's yes and our commit sends it twice with the same Message-ID, never zero times.
    """
    row = db.session.get(Mail, mail_id, populate_existing=True)
    if row is None or row.state != WAITING:
        return
    transport = transport_for(settings().mail_url)
    if transport is None:
        _finish(mail_id, KEPT)
        return
    try:
        transport.send(compose(row))
    except ValueError as error:  # sealed with a key that is gone
        _finish(mail_id, FAILED, str(error))
    except MailRefused as error:
        log.warning("mail_refused", mail=str(mail_id), error=str(error))
        _finish(mail_id, FAILED, str(error))
    except (MailDelayed, Unavailable) as error:
        if _finish(mail_id, WAITING, str(error)) == WAITING:
            raise
        log.warning("mail_given_up", mail=str(mail_id), error=str(error))
    else:
        _finish(mail_id, SENT)


def send_again(mail_id: UUID) -> None:
    """The operator tries a failed or kept mail once more. Raises NotFound."""
    with transaction():
        row = lock(Mail, mail_id)
        if row.state in (FAILED, KEPT) and settings().mail_url:
            row.state, row.attempts, row.error, row.finished_at = WAITING, 0, None, None
            deliver_mail.later(organisation_id=row.organisation_id, mail_id=str(row.id))


def compose(row: Mail) -> EmailMessage:
    """The message as it goes over the wire; the Message-ID is the row's id, whatever the attempt."""
    letter = json.loads(unseal(row.sealed))
    sender = settings().mail_from
    host = urlsplit(settings().public_url).hostname or "localhost"
    message = EmailMessage()
    message["From"] = formataddr(parseaddr(sender))
    message["To"] = row.recipient
    message["Subject"] = letter["subject"]
    message["Date"] = format_datetime(row.created_at)
    message["Message-ID"] = f"<{row.id}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = row.locale
    message.set_content(letter["text"])
    if letter["html"]:
        message.add_alternative(letter["html"], subtype="html")
    for file_id in row.attachments:
        found = find_file(UUID(file_id))
        if found is not None:
            kind, _, subtype = found.mime.partition("/")
            with open_file(found.id) as stream:
                message.add_attachment(stream.read(), maintype=kind, subtype=subtype, filename=found.name)
    return message


def forget_mails(recipient: str) -> None:
    """Drop every mail to an address, whoever it was meant for. Joins the caller's transaction."""
    require_transaction()
    db.session.execute(delete(Mail).where(Mail.recipient == recipient))


def tidy_mail() -> int:
    """Delete what is older than 30 days. Returns how many."""
    with transaction() as session:
        return session.execute(delete(Mail).where(Mail.created_at < clock.now() - KEEP)).rowcount  # type: ignore[attr-defined,no-any-return]


def _finish(mail_id: UUID, state: str, error: str | None = None) -> str:
    """Write how an attempt ended. A delay beyond the last attempt becomes a failure. Returns the new state."""
    with transaction():
        row = lock(Mail, mail_id)
        row.attempts += 1
        row.error = error[:500] if error else None
        row.state = FAILED if state == WAITING and row.attempts >= MAX_ATTEMPTS else state
        row.finished_at = None if row.state == WAITING else clock.now()
        return row.state


def _render(template: str, context: dict[str, Any]) -> dict[str, str]:
    module, _, name = template.partition("/")
    raw = render_template(f"{module}/mail/{name}.txt", **context)
    head, _, body = raw.lstrip().partition("\n")
    if not head.startswith("Subject: "):
        raise ValueError(f"{template}.txt must begin with a line 'Subject: …'")
    subject = " ".join(head.removeprefix("Subject: ").split())
    html_name = f"{module}/mail/{name}.html"
    try:
        current_app.jinja_env.get_template(html_name)
    except TemplateNotFound as error:
        if error.name != html_name:
            raise
        html = ""
    else:
        html = render_template(html_name, subject=subject, **context)
    return {"subject": subject, "text": body.strip() + "\n", "html": html}


def _clean_address(text: str) -> str:
    """A bare address; line breaks and lists would let a caller address others. Raises ValueError."""
    address = text.strip()
    if not _ADDRESS.match(address):
        raise ValueError("not a mail address")
    return address
