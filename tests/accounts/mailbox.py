"""What arrived in somebody's mailbox: the outbox, read back."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import select

from app.core.models import Mail
from app.kit.db import db
from app.kit.secrets import unseal


@dataclass(frozen=True)
class Letter:
    """A mail as its reader sees it; `path` is the address of its link."""

    template: str
    subject: str
    text: str
    html: str

    @property
    def path(self) -> str:
        found = re.search(r"https?://\S+", self.text)
        assert found is not None, self.text
        return urlsplit(found[0]).path


def letters(email: str) -> list[Letter]:
    """All mails to an address, oldest first."""
    db.session.rollback()
    rows = db.session.execute(
        select(Mail.template, Mail.sealed).where(Mail.recipient == email).order_by(Mail.id)
    ).all()
    found = []
    for template, sealed in rows:
        letter = json.loads(unseal(sealed))
        found.append(Letter(template, letter["subject"], letter["text"], letter["html"]))
    return found


def last(email: str) -> Letter:
    """The newest mail to an address."""
    found = letters(email)
    assert found, f"no mail to {email}"
    return found[-1]
