"""The outbox: what the platform has written to whom. For operators; it holds sign-in links."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from app.core.models.mail import FAILED, KEPT, SENT, WAITING
from app.core.policies import P
from app.core.queries.mail import find_mail, outbox
from app.core.services.mail import send_again
from app.kit import htmx
from app.kit.authz import allows
from app.kit.config import settings

mail = Blueprint("outbox", __name__, url_prefix="/betrieb/postausgang")

STATES = {
    WAITING: (lazy_gettext("Wartet"), "busy"),
    SENT: (lazy_gettext("Gesendet"), "ok"),
    KEPT: (lazy_gettext("Liegt hier"), "info"),
    FAILED: (lazy_gettext("Gescheitert"), "bad"),
}


@mail.get("")
@allows(P.OUTBOX_READ)
def mails() -> ResponseReturnValue:
    """The list, newest first."""
    state = request.args.get("state", "")
    recipient = request.args.get("to", "").strip()[:320]
    page = outbox(
        state=state if state in STATES else "", recipient=recipient, cursor=request.args.get("cursor") or None
    )
    return render_template(
        "core/mail/list.html",
        page=page,
        states=STATES,
        state=state,
        recipient=recipient,
        sends=bool(settings().mail_url),
    )


@mail.get("/<uuid:mail_id>")
@allows(P.OUTBOX_READ)
def show(mail_id: UUID) -> ResponseReturnValue:
    """One mail with its text."""
    return render_template(
        "core/mail/show.html", mail=find_mail(mail_id), states=STATES, sends=bool(settings().mail_url)
    )


@mail.post("/<uuid:mail_id>/senden")
@allows(P.OUTBOX_SEND)
def again(mail_id: UUID) -> ResponseReturnValue:
    """Try a failed or kept mail once more."""
    send_again(mail_id)
    flash(gettext("Die Mail geht noch einmal hinaus."), "ok")
    return htmx.go(url_for("outbox.show", mail_id=mail_id))
