"""Members and invitations of the organisation."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.accounts.policies import P
from app.accounts.queries.invitation import open_invitations
from app.accounts.queries.people import Member, get_member, people_of
from app.accounts.rules import membership as rules
from app.accounts.services import invitation as invitations
from app.accounts.services import organisation as services
from app.accounts.views.blueprint import accounts, answer
from app.accounts.views.choices import ROLE_HINTS, ROLE_TEXTS
from app.accounts.views.forms import InviteForm, RoleForm
from app.kit import htmx
from app.kit.authz import allows, current_actor, may
from app.kit.errors import NotFound
from app.kit.forms import Form


@accounts.get("/organisation/mitglieder")
@allows(P.MEMBER_SEE)
def members() -> ResponseReturnValue:
    """Who belongs to it, and who was asked to."""
    actor = current_actor()
    assert actor.organisation_id is not None
    invited = open_invitations(actor) if may(actor, P.MEMBER_INVITE) else []
    return render_template(
        "accounts/member/list.html",
        members=people_of(actor.organisation_id),
        invitations=invited,
        roles=ROLE_TEXTS,
        changeable=lambda one: may(actor, P.MEMBER_CHANGE) and rules.can_remove(actor.role, one.role),
    )


def _found(person_id: UUID) -> Member:
    found = get_member(current_actor().organisation_id, person_id)
    if found is None:
        raise NotFound
    return found


@accounts.route("/organisation/mitglieder/<uuid:person_id>", methods=["GET", "POST"])
@allows(P.MEMBER_CHANGE)
def member(person_id: UUID) -> ResponseReturnValue:
    """Another role for a member."""
    actor, found = current_actor(), _found(person_id)
    form = RoleForm(role=found.role)
    form.role.choices = [
        (role, text) for role, text in ROLE_TEXTS.items() if rules.can_give(actor.role, role)
    ]

    def act() -> ResponseReturnValue:
        services.change_role(actor, person_id, role=form.role.data)
        flash(gettext("Die Rolle ist geändert."), "ok")
        return htmx.go(url_for("accounts.members"))

    changeable = rules.can_remove(actor.role, found.role)
    return answer(
        form,
        "accounts/member/show.html",
        act,
        member=found,
        hints=ROLE_HINTS,
        roles=ROLE_TEXTS,
        changeable=changeable,
    )


@accounts.route("/organisation/mitglieder/<uuid:person_id>/ende", methods=["GET", "POST"])
@allows(P.MEMBER_CHANGE)
def member_remove(person_id: UUID) -> ResponseReturnValue:
    """Confirm, then put somebody out."""
    found = _found(person_id)
    if Form().validate_on_submit():
        services.remove_member(current_actor(), person_id)
        flash(gettext("%(name)s gehört nicht mehr dazu.", name=found.name), "ok")
        return htmx.go(url_for("accounts.members"))
    return render_template("accounts/member/remove.html", member=found)


@accounts.route("/organisation/einladungen/neu", methods=["GET", "POST"])
@allows(P.MEMBER_INVITE)
def member_invite() -> ResponseReturnValue:
    """Ask somebody to join."""
    actor, form = current_actor(), InviteForm()
    form.role.choices = [
        (role, text) for role, text in ROLE_TEXTS.items() if rules.can_give(actor.role, role)
    ]

    def act() -> ResponseReturnValue:
        invitations.invite(actor, email=form.email.data, role=form.role.data)
        flash(gettext("Die Einladung ist unterwegs."), "ok")
        return htmx.go(url_for("accounts.members"))

    return answer(form, "accounts/member/invite.html", act, hints=ROLE_HINTS)


@accounts.post("/organisation/einladungen/<uuid:invitation_id>/ende")
@allows(P.MEMBER_INVITE)
def member_uninvite(invitation_id: UUID) -> ResponseReturnValue:
    """Take an invitation back."""
    invitations.revoke(current_actor(), invitation_id)
    flash(gettext("Die Einladung gilt nicht mehr."), "ok")
    return htmx.go(url_for("accounts.members"))
