"""Forms of exchanges. Numbers are read here as people type them; whether they can be the rules say."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput, ListWidget

from app.kit.formats import language
from app.kit.forms import Form, OnceField
from app.kit.ids import parse_id
from app.kit.money import parse_money
from app.nanos.rules.barter import Side
from app.nanos.rules.terms import DAYS, Grant, Item, Part, Terms
from app.nanos.views.forms import Wanted
from app.nanos.wording import choices
from app.nanos.wording_barter import FIELDS, VAT, days_word

NOT_A_NUMBER = -1
"""What no field allows."""


class Boxes(SelectMultipleField):  # type: ignore[misc]
    """Several of a list, as boxes to tick; what is not in it the service refuses."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, validate_choice=False, choices=[], **kwargs)


def _days() -> SelectField:
    return SelectField(FIELDS["days"], validate_choice=False, choices=[], default="365")


def _territory() -> SelectField:
    return SelectField(FIELDS["territory"], validate_choice=False, choices=[])


class TermsForm(Form):
    """What we give and what we get."""

    once = OnceField()
    version = HiddenField()
    give_items = Boxes(_l("Unsere Nanos"))
    give_credits = StringField(FIELDS["credits"])
    give_value = StringField(FIELDS["value"], validators=[Wanted()])
    give_days = _days()
    give_seats = StringField(FIELDS["seats"])
    give_territory = _territory()
    give_adapts = BooleanField(_l("Darf für den eigenen Gebrauch angepasst werden"))
    give_passes_on = BooleanField(_l("Darf unter denselben Bedingungen weitergegeben werden"))
    get_items = Boxes(_l("Nanos der anderen Seite"))
    get_credits = StringField(FIELDS["credits"])
    get_value = StringField(FIELDS["value"], validators=[Wanted()])
    get_days = _days()
    get_seats = StringField(FIELDS["seats"])
    get_territory = _territory()
    get_adapts = BooleanField(_l("Dürfen wir für den eigenen Gebrauch anpassen"))
    get_passes_on = BooleanField(_l("Dürfen wir unter denselben Bedingungen weitergeben"))

    def offer_choices(self, ours: list[Item], theirs: list[Item]) -> None:
        """What can be chosen."""
        for side, items in (("give", ours), ("get", theirs)):
            self[f"{side}_items"].choices = [(str(one.nano_id), one.title) for one in items]
            self[f"{side}_days"].choices = [(str(days), days_word(days)) for days in DAYS] + [
                ("", days_word(None))
            ]
            self[f"{side}_territory"].choices = [("", _("überall")), *choices("regions")]

    def said(self, author: Side) -> Terms:
        """What was typed, by side of the exchange."""
        ours, theirs = self._part("give"), self._part("get")
        return Terms(ours, theirs) if author is Side.OFFERER else Terms(theirs, ours)

    def _part(self, side: str) -> Part:
        ids = [one for one in map(parse_id, self[f"{side}_items"].data or []) if one is not None]
        days = self[f"{side}_days"].data or ""
        grant = Grant(
            _number(days) if days else None, _number(self[f"{side}_seats"].data) if _typed(self[f"{side}_seats"]) else None,
            self[f"{side}_territory"].data or "", bool(self[f"{side}_adapts"].data), bool(self[f"{side}_passes_on"].data),
        )  # fmt: skip
        credits = _number(self[f"{side}_credits"].data) if _typed(self[f"{side}_credits"]) else 0
        return Part(
            tuple(Item(one, 0, "") for one in ids), credits, _amount(self[f"{side}_value"].data), grant
        )


def _typed(field: Any) -> bool:
    return bool((field.data or "").strip())


def _number(text: str | None) -> int:
    plain = (text or "").strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 8 else NOT_A_NUMBER


def _amount(text: str | None) -> int:
    try:
        return parse_money((text or "").strip()).nanos
    except ValueError:
        return NOT_A_NUMBER


def terms_form(terms: Terms, author: Side, version: int) -> TermsForm:
    """Filled with a revision, as the other side sees it."""
    data: dict[str, Any] = {"version": str(version)}
    for name, part in (("give", terms.of(author)), ("get", terms.of(author.other))):
        grant = part.grant
        data |= {
            f"{name}_items": [str(one.nano_id) for one in part.items],
            f"{name}_credits": str(part.credits or ""), f"{name}_value": _typed_money(part.value),
            f"{name}_days": str(grant.days or ""), f"{name}_seats": str(grant.seats or ""),
            f"{name}_territory": grant.territory, f"{name}_adapts": grant.adapts, f"{name}_passes_on": grant.passes_on,
        }  # fmt: skip
    return TermsForm(formdata=None, data=data)


def _typed_money(nanos: int) -> str:
    """As the reader writes it."""
    cents = nanos // 10_000_000
    return f"{cents // 100}{'.' if language() == 'en' else ','}{cents % 100:02d}"


def first_terms(wanted_id: UUID) -> TermsForm:
    """An offer that is not filled in but for what it is about."""
    return TermsForm(
        formdata=None, data={"get_items": [str(wanted_id)], "give_days": "365", "get_days": "365"}
    )


class TextForm(Form):
    """A complaint, or why a moderator decides as they do."""

    version = HiddenField()
    text = TextAreaField(_l("Was ist geschehen?"), validators=[Wanted()])


class TraderForm(Form):
    """What stands on receipts."""

    name = StringField(_l("Name, wie er auf Belegen steht"), validators=[Wanted()])
    address = TextAreaField(_l("Anschrift"), validators=[Wanted()])
    tax_number = StringField(_l("Steuernummer oder USt-IdNr."))
    vat = SelectField(_l("Umsatzsteuer"), validate_choice=False, choices=[])

    def offer_choices(self) -> None:
        """The statuses, in words."""
        self.vat.choices = [
            ("", _("– bitte wählen –")),
            *((status.value, str(word)) for status, word in VAT.items()),
        ]


class LimitForm(Form):
    """How many licences of a nano are given at the same time."""

    most = StringField(_l("Lizenzen höchstens"))


class FloorForm(Form):
    """How low an organisation's credits may go."""

    lowest = StringField(_l("Untergrenze"))


class ReverseForm(Form):
    """Why a posting is taken back."""

    reason = TextAreaField(_l("Grund"))
