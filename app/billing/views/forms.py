"""Forms of billing."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField, DateTimeLocalField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from app.kit.forms import Form, MoneyField, OnceField

NEEDED = _l("Diese Angabe fehlt.")


class VoucherForm(Form):
    """Redeem a code."""

    code = StringField(_l("Gutscheincode"), validators=[InputRequired(NEEDED), Length(max=60)])


class TopUpForm(Form):
    """Add money."""

    amount = MoneyField(_l("Betrag in Euro"), validators=[InputRequired(NEEDED)])
    once = OnceField()


class WarningForm(Form):
    """When to warn."""

    warn_hours = IntegerField(
        _l("Warnen, wenn das Guthaben kürzer reicht als"),
        validators=[
            InputRequired(_l("Schreib eine ganze Zahl von Stunden.")),
            NumberRange(1, 1440, _l("Möglich sind 1 bis 1.440 Stunden.")),
        ],
    )


def _this_century(_form: Any, field: Any) -> None:
    """Years that calendars and databases still count with."""
    if field.data and not date(2000, 1, 1) <= field.data <= date(2099, 12, 31):
        raise ValidationError(gettext("Möglich sind Tage von 2000 bis 2099."))


class IssueForm(Form):
    """Make vouchers."""

    amount = MoneyField(_l("Wert in Euro"), validators=[InputRequired(NEEDED)])
    count = IntegerField(_l("Anzahl"), default=1, validators=[InputRequired(NEEDED)])
    max_uses = IntegerField(
        _l("Einlösbar von so vielen Organisationen"),
        default=1,
        validators=[InputRequired(NEEDED), NumberRange(max=1_000_000)],
    )
    expires = DateField(_l("Gültig bis einschließlich"), validators=[Optional(), _this_century])
    purpose = StringField(_l("Zweck"), validators=[Optional(), Length(max=80)])
    once = OnceField()


class PriceForm(Form):
    """Announce a price."""

    meter = SelectField(_l("Nutzungsart"))
    amount = MoneyField(_l("Neuer Preis in Euro"), decimals=9, validators=[InputRequired(NEEDED)])
    valid_from = DateTimeLocalField(_l("Gültig ab"), validators=[InputRequired(NEEDED)])


A_YEAR = 366 * 24 * 60
MINUTES = [
    InputRequired(NEEDED),
    NumberRange(1, None, _l("Mindestens eine Minute.")),
    NumberRange(max=A_YEAR),
]


class ThresholdForm(Form):
    """The operator's minutes."""

    warn_minutes = IntegerField(_l("Warnen ab einer Reichweite unter"), validators=MINUTES)
    reserve_minutes = IntegerField(_l("Start nur mit einer Reserve für"), validators=MINUTES)
    stop_minutes = IntegerField(_l("Server stoppen bei einer Reichweite von"), validators=MINUTES)
