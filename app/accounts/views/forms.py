"""Forms of accounts."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext
from wtforms import BooleanField, EmailField, HiddenField, PasswordField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from app.accounts.views.choices import LANGUAGES, ROLE_TEXTS, THEME_TEXTS
from app.kit.forms import Form, OnceField
from app.kit.zones import zones

NEEDED = InputRequired()
EMAIL = lazy_gettext("E-Mail-Adresse")
PASSWORD = lazy_gettext("Passwort")
CODE = lazy_gettext("Code aus der App oder Ersatzcode")
CURRENT = lazy_gettext("Jetziges Passwort")
NEW = lazy_gettext("Neues Passwort")


class SignInForm(Form):
    email = EmailField(EMAIL, [NEEDED, Length(max=254)])
    password = PasswordField(PASSWORD, [NEEDED])
    lasting = BooleanField(lazy_gettext("Auf diesem Gerät angemeldet bleiben"))
    next = HiddenField()


class SignUpForm(Form):
    name = StringField(lazy_gettext("Dein Name"), [NEEDED, Length(max=120)])
    email = EmailField(EMAIL, [NEEDED, Length(max=254)])
    password = PasswordField(PASSWORD, [NEEDED])
    organisation = StringField(lazy_gettext("Name deiner Organisation"), [NEEDED, Length(max=120)])


class EmailForm(Form):
    email = EmailField(EMAIL, [NEEDED, Length(max=254)])
    next = HiddenField()


class PasswordForm(Form):
    """Only a password, or nothing where the browser is known."""

    password = PasswordField(PASSWORD)


class EmptyForm(Form):
    """A button."""


class CodeForm(Form):
    code = StringField(CODE, [NEEDED, Length(max=40)])


class ResetForm(Form):
    new = PasswordField(NEW, [NEEDED])
    code = StringField(CODE, [Length(max=40)])


class JoinForm(Form):
    name = StringField(lazy_gettext("Dein Name"), [NEEDED, Length(max=120)])
    password = PasswordField(PASSWORD, [NEEDED])


class ProfileForm(Form):
    name = StringField(lazy_gettext("Name"), [NEEDED, Length(max=120)])
    locale = SelectField(lazy_gettext("Sprache"), choices=LANGUAGES)
    timezone = SelectField(lazy_gettext("Zeitzone"), choices=zones)
    theme = RadioField(lazy_gettext("Darstellung"), choices=THEME_TEXTS)


class ProofForm(Form):
    """The password once more, from those who have one."""

    current = PasswordField(CURRENT, [NEEDED])

    def __init__(self, *args: Any, has_password: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_password:
            del self.current

    @property
    def proof(self) -> str:
        """What was typed; empty for those without a password."""
        return (self.current.data or "") if "current" in self else ""


class NewPasswordForm(ProofForm):
    new = PasswordField(NEW, [NEEDED])


class NewEmailForm(ProofForm):
    email = EmailField(lazy_gettext("Neue E-Mail-Adresse"), [NEEDED, Length(max=254)])


class TotpForm(ProofForm):
    code = StringField(lazy_gettext("Code aus der App"), [NEEDED, Length(max=40)])


class TotpOffForm(ProofForm):
    code = StringField(CODE, [NEEDED, Length(max=40)])


class OrganisationForm(Form):
    name = StringField(lazy_gettext("Name der Organisation"), [NEEDED, Length(max=120)])


class NewOrganisationForm(OrganisationForm):
    once = OnceField()


class InviteForm(Form):
    email = EmailField(EMAIL, [NEEDED, Length(max=254)])
    role = RadioField(lazy_gettext("Rolle"), choices=list(ROLE_TEXTS.items()), default="member")


class RoleForm(Form):
    role = RadioField(lazy_gettext("Rolle"), choices=list(ROLE_TEXTS.items()))
