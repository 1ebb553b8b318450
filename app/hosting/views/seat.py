"""Who may what with a server: the matrix, letting somebody in, changing it, taking it away."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, RadioField, SelectMultipleField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from app.accounts.api import get_person, invitations_named
from app.hosting.policies import P
from app.hosting.queries.seat import SeatView, seat_on, team_of
from app.hosting.queries.server import ServerDetail, find_server
from app.hosting.rules.seat import Area, SeatRole
from app.hosting.services import seat as services
from app.hosting.views import hosting
from app.hosting.views.seat_words import Words
from app.hosting.wording import AREAS, SEAT_ROLES
from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Conflict, Invalid, TooMany
from app.kit.forms import Form, OnceField

BASE = "/servers/<uuid:server_id>/team"
ONE = f"{BASE}/<uuid:seat_id>"


class SeatForm(Form):
    """What somebody may do."""

    role = RadioField(
        _l("Was die Person darf"), choices=[(one.value, word) for one, (word, _hint) in SEAT_ROLES.items()]
    )
    areas = SelectMultipleField(
        _l("Eigene Auswahl"),
        choices=[(area.value, word) for area, (word, _hint) in AREAS.items() if area is not Area.WATCH],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )  # fmt: skip

    def chosen(self) -> dict[str, Any]:
        """As the services take it. Boxes count with an own choice alone."""
        return {"role": self.role.data, "areas": self.areas.data or []}


class NewSeatForm(SeatForm):
    """And who it is."""

    email = EmailField(_l("E-Mail-Adresse"), [InputRequired(), Length(max=254)])
    once = OnceField()


def _list_of(server_id: UUID) -> str:
    return url_for("hosting.server_team", server_id=server_id)


@hosting.get(BASE)
@allows(P.seat_read)
def server_team(server_id: UUID) -> ResponseReturnValue:
    """Everybody with access and what they may."""
    actor = current_actor()
    found = find_server(actor, server_id)
    return render_template(
        "hosting/seat/list.html", server=found, team=team_of(actor, server_id), areas=list(AREAS), words=Words
    )


@hosting.route(f"{BASE}/new", methods=["GET", "POST"])
@allows(P.seat_write)
def new_seat(server_id: UUID) -> ResponseReturnValue:
    """Let somebody in: by e-mail, whether they belong to the organisation or not."""
    actor = current_actor()
    found = find_server(actor, server_id)
    usual = {"role": SeatRole.MEMBER.value, "email": request.args.get("email", "")[:254]}
    form = NewSeatForm(data={**usual, "areas": [Area.CONSOLE.value]})
    if request.method == "GET":
        return _form(found, form)
    if not form.validate_on_submit():
        return _form(found, form, 422)
    try:
        seat_id = services.give_seat(
            actor, server_id, email=form.email.data or "", once=form.once.data or None, **form.chosen()
        )
    except (Invalid, Conflict, TooMany) as error:
        form.take_errors(error if isinstance(error, Invalid) else Invalid(error.message))
        return _form(found, form, error.status)
    if seat_on(server_id, seat_id).invitation_id is None:
        flash(_("Der Zugriff gilt ab sofort."), "ok")
    else:
        flash(_("Die Einladung ist unterwegs. Der Zugriff gilt, sobald sie angenommen ist."), "ok")
    return htmx.go(_list_of(server_id))


def _form(
    server: ServerDetail, form: SeatForm, status: int = 200, seat: SeatView | None = None
) -> ResponseReturnValue:
    html = render_template(
        "hosting/seat/form.html", server=server, form=form, seat=seat, who=_name(seat) if seat else "",
        role_hints={one.value: hint for one, (_word, hint) in SEAT_ROLES.items()},
        area_hints={area.value: hint for area, (_word, hint) in AREAS.items()},
    )  # fmt: skip
    return html, status


def _name(seat: SeatView) -> str:
    """The person's name, or the address that was asked."""
    if seat.person_id is not None:
        person = get_person(seat.person_id)
        return (person.name if person else "") or _("gelöschtes Konto")
    asked = invitations_named([seat.invitation_id] if seat.invitation_id else [])
    return next((one.email for one in asked.values()), _("eine eingeladene Person"))


@hosting.route(f"{ONE}/change", methods=["GET", "POST"])
@allows(P.seat_write)
def change_seat(server_id: UUID, seat_id: UUID) -> ResponseReturnValue:
    """More or less than before."""
    actor = current_actor()
    found = find_server(actor, server_id)
    seat = seat_on(server_id, seat_id)
    form = SeatForm(data={"role": seat.role, "areas": [area.value for area in seat.areas]})
    if request.method == "GET":
        return _form(found, form, seat=seat)
    if not form.validate_on_submit():
        return _form(found, form, 422, seat)
    try:
        services.change_seat(actor, server_id, seat_id, **form.chosen())
    except (Invalid, Conflict) as error:
        form.take_errors(error if isinstance(error, Invalid) else Invalid(error.message))
        return _form(found, form, error.status, seat)
    flash(_("Gespeichert."), "ok")
    return htmx.go(_list_of(server_id))


@hosting.route(f"{ONE}/remove", methods=["GET", "POST"])
@allows(P.seat_write)
def remove_seat(server_id: UUID, seat_id: UUID) -> ResponseReturnValue:
    """Take it away, or the invitation back, after a question."""
    actor = current_actor()
    found = find_server(actor, server_id)
    seat = seat_on(server_id, seat_id)
    who = _name(seat)
    if request.method == "GET":
        return render_template("hosting/seat/remove.html", server=found, seat=seat, who=who)
    gone = services.remove_seat(actor, server_id, seat_id)
    if seat.invitation_id is not None:
        flash(_("Die Einladung gilt für diesen Server nicht mehr."), "ok")
    elif gone:
        flash(_("%(name)s hat keinen Zugriff mehr und gehört nicht mehr dazu.", name=who), "ok")
    else:
        flash(_("%(name)s hat keinen Zugriff mehr.", name=who), "ok")
    return htmx.go(_list_of(server_id))


@hosting.post(f"{ONE}/resend")
@allows(P.seat_write)
def resend_seat(server_id: UUID, seat_id: UUID) -> ResponseReturnValue:
    """The invitation once more."""
    find_server(current_actor(), server_id)
    services.send_again(current_actor(), server_id, seat_id)
    flash(_("Die Einladung ist noch einmal unterwegs. Der alte Link gilt nicht mehr."), "ok")
    return htmx.go(_list_of(server_id))
