"""Forms: CSRF always on, German messages, money as people type it, and a token against double submits."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import Flask
from flask_babel import gettext
from flask_wtf import CSRFProtect, FlaskForm
from wtforms import HiddenField, StringField
from wtforms.validators import ValidationError

from app.kit.errors import Invalid
from app.kit.money import Money, parse_money

csrf = CSRFProtect()


class Form(FlaskForm):  # type: ignore[misc]
    """Base of all forms."""

    def take_errors(self, error: Invalid) -> None:
        """Put a service's complaint at the fields it names, the rest at the top of the form."""
        for name, message in error.fields.items():
            if name in self:
                self[name].errors = [*self[name].errors, message]
            else:
                self.form_errors.append(message)
        if not error.fields and error.message:
            self.form_errors.append(error.message)


class OnceField(HiddenField):  # type: ignore[misc]
    """A random token, new with each page; the service claims it so that a double click does one thing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", lambda: str(uuid4()))
        super().__init__(*args, **kwargs)


class MoneyField(StringField):  # type: ignore[misc]
    """An amount as people write it: 12,50 · 12.50 · 1.234,50. `money` holds the parsed value.

    Whole cents, unless the field asks for more `decimals` (prices have nine).
    """

    money: Money | None = None

    def __init__(self, *args: Any, decimals: int = 2, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.decimals = decimals

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            return
        try:
            self.money = parse_money(self.data, decimals=self.decimals)
        except ValueError:
            raise ValidationError(gettext("Schreib den Betrag wie 12,50.")) from None


def init_forms(app: Flask) -> None:
    """CSRF for every writing request; the token lives as long as the session (forms survive the lunch break)."""
    app.config.update(WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_HEADERS=["X-CSRF-Token"], WTF_I18N_ENABLED=True)
    csrf.init_app(app)
