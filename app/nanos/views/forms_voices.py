"""Forms for what people say and keep. The services say what is wrong."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField

from app.kit.forms import Form, OnceField
from app.nanos.rules.rating import MOST, STARS
from app.nanos.views.forms import Wanted


class RatingForm(Form):
    """Stars and a comment."""

    version = HiddenField()
    stars = RadioField(_l("Sterne"), validate_choice=False, choices=[])
    text = TextAreaField(_l("Kommentar"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = {
            1: _("1 Stern: hilft nicht"), 2: _("2 Sterne: hilft wenig"), 3: _("3 Sterne: in Ordnung"),
            4: _("4 Sterne: gut"), 5: _("5 Sterne: sehr gut"),
        }  # fmt: skip
        self.stars.choices = [(str(stars), words[stars]) for stars in reversed(STARS)]


def read_stars(text: str | None) -> int | None:
    """1 to 5, or None for anything else."""
    return int(text) if text in [str(stars) for stars in range(1, MOST + 1)] else None


class AnswerForm(Form):
    """The provider's word."""

    text = TextAreaField(_l("Antwort"), validators=[Wanted()])


class QuestionForm(Form):
    """A question for all to read."""

    once = OnceField()
    text = TextAreaField(_l("Ihre Frage"), validators=[Wanted()])


class RulesForm(Form):
    """What the mean begins with and what the badge needs."""

    prior = StringField(_l("Anfangswert in Sternen"), validators=[Wanted()])
    weight = StringField(_l("Gewicht des Anfangswerts"), validators=[Wanted()])
    badge_from = StringField(_l("Abzeichen ab so vielen Sternen"), validators=[Wanted()])
    badge_count = StringField(_l("Abzeichen ab so vielen Bewertungen"), validators=[Wanted()])


class ProfileForm(Form):
    """Who an organisation is."""

    version = HiddenField()
    about = TextAreaField(_l("Über uns"))


class CollectionForm(Form):
    """The words of a collection, and who sees it."""

    once = OnceField()
    version = HiddenField()
    title = StringField(_l("Titel"), validators=[Wanted()])
    about = TextAreaField(_l("Wofür ist sie da?"))
    sharing = RadioField(_l("Wer sieht sie?"), validate_choice=False, choices=[])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sharing.choices = [
            ("private", _("Nur ich")), ("organisation", _("Meine Organisation")), ("public", _("Alle Angemeldeten")),
        ]  # fmt: skip


class NoteForm(Form):
    """What to know about one nano of a collection."""

    note = TextAreaField(_l("Notiz"))


class PutForm(Form):
    """Into which collection."""

    collection = SelectField(_l("Sammlung"), validate_choice=False, choices=[])
    note = TextAreaField(_l("Notiz"))


class SavedForm(Form):
    """A name for the present list, and when to tell of what is new."""

    once = OnceField()
    name = StringField(_l("Name"), validators=[Wanted()])
    cadence = RadioField(_l("Bei neuen Nanos"), validate_choice=False, choices=[])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cadence.choices = [
            ("daily", _("Einmal am Tag Bescheid sagen")), ("instant", _("Sofort Bescheid sagen")),
            ("never", _("Nur aufheben")),
        ]  # fmt: skip
