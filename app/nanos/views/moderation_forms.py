"""Forms of moderation. What is wrong with a value the services say."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput, ListWidget

from app.kit.forms import Form, OnceField
from app.nanos.rules.measure import TERMS, Measure, OnProvider
from app.nanos.rules.statement import CATEGORIES, GROUNDS, SPECIFICATIONS
from app.nanos.services.decide import Wish
from app.nanos.views.forms import Wanted
from app.nanos.wording_moderation import (
    GROUNDS as GROUND_WORDS,
)
from app.nanos.wording_moderation import (
    ON_PROVIDER,
    category_word,
    measure_word,
    specification_word,
)


def category_choices() -> list[tuple[str, str]]:
    """The categories of the database, none chosen."""
    return [("", _("– bitte wählen –")), *((one, category_word(one)) for one in CATEGORIES)]


class DecideForm(Form):
    """What is to happen, and why."""

    measure = RadioField(_l("Was soll geschehen?"), validate_choice=False, choices=[])
    facts = TextAreaField(_l("Was liegt vor?"), validators=[Wanted()])
    ground = RadioField(_l("Worauf stützt sich die Entscheidung?"), validate_choice=False, choices=[])
    ground_text = StringField(_l("Regel oder Gesetz"), validators=[Wanted()])
    explanation = TextAreaField(_l("Warum verstößt der Inhalt dagegen?"), validators=[Wanted()])
    also_illegal = BooleanField(_l("Der Inhalt ist außerdem rechtswidrig"))
    category = SelectField(_l("Kategorie"), validate_choice=False, choices=[])
    specification = SelectMultipleField(
        _l("Genauer"),
        validate_choice=False,
        choices=[],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    on_provider = RadioField(_l("Gegen den Anbieter"), validate_choice=False, choices=[])
    days = SelectField(_l("Wie lange"), validate_choice=False, choices=[])
    answer = TextAreaField(_l("Antwort an die Meldenden"))

    def prepare(self, measures: tuple[Measure, ...]) -> None:
        """Fill the choices, in the language of the page."""
        self.measure.choices = [(one.value, measure_word(one.value)) for one in measures]
        self.ground.choices = [(one, str(GROUND_WORDS[one])) for one in reversed(GROUNDS)]
        self.category.choices = category_choices()
        self.specification.choices = [(one, specification_word(one)) for one in SPECIFICATIONS]
        self.on_provider.choices = [(one.value, str(ON_PROVIDER[one])) for one in OnProvider]
        self.days.choices = [(str(one), _("%(days)d Tage", days=one)) for one in TERMS]

    def wish(self) -> Wish:
        """What was typed."""
        days = self.days.data or ""
        return Wish(
            measure=self.measure.data or "", on_provider=self.on_provider.data or "",
            days=int(days) if days.isascii() and days.isdigit() and len(days) < 4 else 0, ground=self.ground.data or "",
            ground_text=self.ground_text.data or "", explanation=self.explanation.data or "", facts=self.facts.data or "",
            category=self.category.data or "", specification=tuple(self.specification.data or ()),
            also_illegal=bool(self.also_illegal.data), answer=self.answer.data or "",
        )  # fmt: skip


class AppealDecisionForm(Form):
    """Upheld or reversed, with reasons."""

    reasons = TextAreaField(_l("Begründung"), validators=[Wanted()])


class AppealForm(Form):
    """Why a decision is wrong."""

    text = TextAreaField(_l("Warum ist die Entscheidung falsch?"), validators=[Wanted()])


class NoticeForm(Form):
    """A notice after Art. 16."""

    once = OnceField()
    urls = TextAreaField(_l("Adressen der Inhalte"), validators=[Wanted()])
    category = SelectField(_l("Worum geht es?"), validate_choice=False, choices=[])
    explanation = TextAreaField(_l("Warum ist das rechtswidrig?"), validators=[Wanted()])
    name = StringField(_l("Ihr Name"), validators=[Wanted()])
    email = StringField(_l("Ihre E-Mail-Adresse"), validators=[Wanted()])
    good_faith = BooleanField(
        _l("Ich erkläre nach bestem Wissen, dass meine Angaben richtig und vollständig sind.")
    )


class SettingsForm(Form):
    """What the operator chooses."""

    domains = TextAreaField(_l("Gesperrte Domains"))
    flaggers = TextAreaField(_l("Vertrauenswürdige Hinweisgeber"))
    sample_size = StringField(_l("Nanos je Stichprobe"), validators=[Wanted()])
    notice_days = StringField(_l("Meldungen vergessen nach Tagen"), validators=[Wanted()])
    learn_days = StringField(_l("Texte von Entscheidungen vergessen nach Tagen"), validators=[Wanted()])
    contact_users = TextAreaField(_l("Kontakt für alle (Art. 12)"))
    contact_authorities = TextAreaField(_l("Kontakt für Behörden (Art. 11)"))
    settlement_body = TextAreaField(_l("Stelle für außergerichtliche Streitbeilegung (Art. 21)"))
    terms_de = TextAreaField(_l("Regeln auf Deutsch"))
    terms_en = TextAreaField(_l("Regeln auf Englisch"))


class PeriodForm(Form):
    """From a day to a day."""

    first = StringField(_l("Erster Tag"), validators=[Wanted()])
    last = StringField(_l("Letzter Tag"), validators=[Wanted()])


def whole(text: Any) -> int:
    """The number somebody typed; -1 for what is none."""
    said = str(text or "").strip()
    return int(said) if said.isascii() and said.isdigit() and len(said) < 6 else -1
