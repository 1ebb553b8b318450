"""The paper of a receipt. In the language that is spoken when it is called."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import render_template
from flask_babel import gettext as _

from app.kit.formats import language, money
from app.kit.pdf import render_pdf
from app.nanos.rules.terms import Grant, Item, Part
from app.nanos.rules.vat import Status, taxed
from app.nanos.wording_barter import credit_word, grant_words, vat_word


def draw(number: str, data: dict[str, Any]) -> bytes:
    """The PDF. Raises Unavailable when this machine cannot make any."""
    title = _("Tauschbeleg %(number)s", number=number)
    gave, got = _part(data["gave"]), _part(data["got"])
    html = render_template(
        "nanos/barter/receipt.html", title=title, number=number, said=data, gave=gave, got=got, vat_word=vat_word,
        grant_words=grant_words, credit_word=credit_word, swaps=bool(gave.items and got.items),
        dates={name: _date(data[name]) for name in ("accepted_at", "completed_at", "gave_at", "got_at")},
        ours=tax_words(data["we"]["vat"], gave, got), theirs=tax_words(data["they"]["vat"], got, gave),
    )  # fmt: skip
    return render_pdf(html, title=title, lang=language())


def _part(raw: dict[str, Any]) -> Part:
    items = tuple(Item(**{**item, "nano_id": UUID(item["nano_id"])}) for item in raw["items"])
    return Part(items, raw["credits"], raw["value"], Grant(**raw["grant"]))


def _date(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def tax_words(vat: str, gave: Part, got: Part) -> str:
    """What results for a provider of this status. Who gives credits alone pays with them and supplies nothing; who adds
    credits to a nano has a consideration that is less than what they got, and by how much the sides have not said."""
    if not gave.items:
        return _("Gibt nur Credits: keine eigene Leistung, es ergibt sich keine Umsatzsteuer.")
    consideration = got.value
    if vat not in set(Status):
        return _("Zum Umsatzsteuer-Status liegt keine Angabe vor.")
    status = Status(vat)
    if gave.credits:
        return _(
            "Entgelt ist der Wert der Gegenleistung abzüglich der zugegebenen Credits; beziffert ist es hier nicht."
        )
    if status is Status.REGULAR:
        made = taxed(status, consideration)
        return _(
            "Entgelt %(gross)s brutto, darin %(percent)d %% Umsatzsteuer: %(tax)s (netto %(net)s).",
            gross=money(made.gross), percent=made.percent, tax=money(made.tax), net=money(made.net),
        )  # fmt: skip
    if status is Status.SMALL:
        return _(
            "Entgelt %(gross)s. Kleinunternehmer nach § 19 UStG: keine Umsatzsteuer.",
            gross=money(consideration),
        )
    paragraph = "21" if status is Status.EXEMPT_21 else "22"
    return _(
        "Entgelt %(gross)s. Steuerfrei nach § 4 Nr. %(number)s UStG: keine Umsatzsteuer.",
        gross=money(consideration), number=paragraph,
    )  # fmt: skip
