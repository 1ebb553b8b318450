"""Forms of nanos. What is wrong with a value the service says, so that a draft with gaps can be saved."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.widgets import CheckboxInput, ListWidget

from app.kit.forms import Form, OnceField
from app.nanos.rules.details import Details
from app.nanos.wording import LABELS, choices


class Wanted:
    """Marks a field that is needed in the end, without refusing to save it empty."""

    field_flags = {"required": True}

    def __call__(self, _form: Any, _field: Any) -> None:
        """Nothing to complain about yet."""


class Choose(SelectField):  # type: ignore[misc]
    """One of a vocabulary, or nothing yet; what is in no vocabulary the service refuses."""

    def __init__(self, about: str, vocabulary: str, **kwargs: Any) -> None:
        super().__init__(LABELS[about], validators=[Wanted()], validate_choice=False, choices=[], **kwargs)
        self.vocabulary = vocabulary

    def pre_validate(self, form: Any) -> None:
        """Nothing: see above."""

    def iter_choices(self) -> Any:
        self.choices = [("", _("– bitte wählen –")), *choices(self.vocabulary)]
        return super().iter_choices()


class Several(SelectMultipleField):  # type: ignore[misc]
    """Several of a vocabulary, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, about: str, vocabulary: str, **kwargs: Any) -> None:
        super().__init__(LABELS[about], validate_choice=False, choices=[], **kwargs)
        self.vocabulary = vocabulary

    def iter_choices(self) -> Any:
        self.choices = choices(self.vocabulary)
        return super().iter_choices()


class TitleForm(Form):
    """How a nano begins."""

    once = OnceField()
    title = StringField(LABELS["title"], validators=[Wanted()])


class ContentForm(Form):
    """First step; it comes with a file, so it is read by hand and its token was checked before."""

    class Meta:
        csrf = False

    version = HiddenField()
    title = StringField(LABELS["title"], validators=[Wanted()])
    url = StringField(_l("Link statt einer Datei"))
    file = StringField(_l("Datei"))
    files = StringField(_l("Inhalt"))


class DetailsForm(Form):
    """Second step."""

    version = HiddenField()
    description = TextAreaField(LABELS["description"], validators=[Wanted()])
    outcome = StringField(LABELS["outcome"], validators=[Wanted()])
    subject = Choose("subject", "subjects")
    type = Choose("type", "types")
    level = Choose("level", "levels")
    minutes = StringField(LABELS["minutes"], validators=[Wanted()])
    language = Choose("language", "languages")
    audience = Several("audience", "audiences")
    region = Choose("region", "regions")
    licence = Choose("licence", "licences")
    terms = TextAreaField(LABELS["terms"])
    preview = BooleanField(_l("Alle Angemeldeten dürfen den Inhalt hier ansehen"))

    listed = BooleanField(_l("Beschreibung öffentlich machen (für Suchmaschinen und Verzeichnisse)"))

    def said(self, before: Details) -> Details:
        """The details with what was typed. A number that is none becomes one that no nano has."""
        values = {name: getattr(self, name).data or "" for name in _TEXTS}
        minutes = (self.minutes.data or "").strip()
        number = int(minutes) if minutes.isascii() and minutes.isdigit() and len(minutes) < 5 else -1
        return replace(
            before, **values, minutes=None if not minutes else number, audience=tuple(self.audience.data or ()),
            preview=bool(self.preview.data), listed=bool(self.listed.data),
        )  # fmt: skip


_TEXTS = ("description", "outcome", "subject", "type", "level", "language", "region", "licence", "terms")


def details_form(details: Details, version: int) -> DetailsForm:
    """Filled with what is saved."""
    values = {name: getattr(details, name) for name in (*_TEXTS, "preview", "listed")}
    return DetailsForm(
        formdata=None,  # what is saved, whatever was sent
        data={
            **values, "audience": list(details.audience), "version": str(version),
            "minutes": "" if details.minutes is None else str(details.minutes),
        },
    )  # fmt: skip


class ReasonForm(Form):
    """Why a nano is sent back."""

    number = HiddenField()
    reason = TextAreaField(_l("Was ist zu ändern?"), validators=[Wanted()])


class EndingForm(Form):
    """When a nano ends, and what to take instead."""

    retires_on = StringField(_l("Zurückziehen am"))
    removes_on = StringField(_l("Löschen am"))
    replacement = SelectField(_l("Stattdessen vorschlagen"), validate_choice=False, choices=[])


def read_version(text: str | None) -> int:
    """The version a form was made with; 0, which none has, for what is no number."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else 0


def read_day(text: str | None) -> date | None:
    """A day as a date field sends it. ValueError for what is none."""
    return date.fromisoformat(text.strip()) if text and text.strip() else None
