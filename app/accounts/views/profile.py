"""How a person is called and likes their pages; their sessions."""

from __future__ import annotations

from uuid import UUID

from flask import flash, make_response, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from app.accounts.queries.access import list_sessions
from app.accounts.services import session as services
from app.accounts.services.person import change_profile
from app.accounts.views import gate
from app.accounts.views.blueprint import accounts, answer
from app.accounts.views.choices import METHODS
from app.accounts.views.forms import ProfileForm
from app.kit import htmx
from app.kit.authz import current_actor, signed_in


@accounts.route("/konto/profil", methods=["GET", "POST"])
@signed_in("one's own account")
def profile() -> ResponseReturnValue:
    """Name, language, time zone, theme."""
    actor = current_actor()
    form = ProfileForm(obj=actor)

    def act() -> ResponseReturnValue:
        change_profile(
            actor,
            name=form.name.data,
            locale=form.locale.data,
            timezone=form.timezone.data,
            theme=form.theme.data,
        )
        flash(gettext("Gespeichert."), "ok")
        response = make_response(htmx.go(url_for("accounts.profile")))
        response.delete_cookie("theme")  # what this browser remembers for strangers would differ from now on
        return response

    return answer(form, "accounts/account/profile.html", act)


@accounts.get("/konto/sitzungen")
@signed_in("one's own account")
def sessions() -> ResponseReturnValue:
    """Where one is signed in."""
    return render_template(
        "accounts/account/sessions.html", sessions=list_sessions(current_actor()), methods=METHODS
    )


@accounts.post("/konto/sitzungen/<uuid:session_id>/ende")
@signed_in("one's own account")
def end_session(session_id: UUID) -> ResponseReturnValue:
    """End one of one's sessions."""
    actor = current_actor()
    services.end_session(actor, session_id)
    if session_id == actor.session_id:
        session.clear()
        return gate.drop(make_response(htmx.go(url_for("accounts.sign_in"))))
    flash(gettext("Dort bist du jetzt abgemeldet."), "ok")
    return htmx.go(url_for("accounts.sessions"))


@accounts.post("/konto/sitzungen/ende")
@signed_in("one's own account")
def end_other_sessions() -> ResponseReturnValue:
    """Sign out everywhere but here."""
    count = services.end_other_sessions(current_actor())
    flash(
        ngettext("%(num)d andere Sitzung beendet.", "%(num)d andere Sitzungen beendet.", count)
        if count
        else gettext("Du warst nur hier angemeldet."),
        "ok",
    )
    return htmx.go(url_for("accounts.sessions"))
