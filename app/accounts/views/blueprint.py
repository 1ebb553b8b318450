"""The blueprint of accounts, and how its form pages answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, render_template, session, url_for
from flask.typing import ResponseReturnValue

from app.accounts.services.session import end_session
from app.accounts.services.sign_in import Entry, Pending
from app.accounts.views import gate
from app.kit import clock, htmx
from app.kit.authz import current_actor
from app.kit.errors import Invalid
from app.kit.forms import Form

accounts = Blueprint("accounts", __name__)
PENDING = "second_factor"


def answer(
    form: Form, template: str, act: Callable[[], ResponseReturnValue], **context: Any
) -> ResponseReturnValue:
    """The page with the form; once it is sent and right, what `act` answers. Complaints come back with 422."""
    if form.validate_on_submit():
        try:
            return act()
        except Invalid as error:
            form.take_errors(error)
    return render_template(template, form=form, **context), 422 if form.is_submitted() else 200


def entered(entry: Entry, *, target: str, lasting: bool = False, say: str = "") -> Response:
    """After a proof: into the account with a new cookie, or on to the second factor.

    Nothing of the browser's earlier state survives: its old session ends, the form session (and with it the CSRF
    token) begins anew. `say` greets on the next page.
    """
    if entry.token is None:
        session[PENDING] = {
            "person": str(entry.person_id),
            "method": entry.method,
            "lasting": lasting,
            "at": int(clock.now().timestamp()),
            "next": target,
        }
        return htmx.go(url_for("accounts.second_factor"))
    old = current_actor()
    if old.session_id is not None:
        end_session(old)
    session.clear()
    if say:
        flash(say, "ok")
    return gate.keep(make_response(htmx.go(target)), entry.token, lasting=lasting)


def pending() -> tuple[Pending, str] | None:
    """The sign-in that waits for its second factor in this browser, and where it leads."""
    held = session.get(PENDING)
    if not isinstance(held, dict):
        return None
    found = Pending(UUID(held["person"]), held["method"], bool(held["lasting"]), int(held["at"]))
    if found.over:
        session.pop(PENDING, None)
        return None
    return found, str(held["next"])
