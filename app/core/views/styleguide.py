"""/_ui: every component on one page, in each theme and language. For makers; closed on a live installation."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from flask import Flask, g, render_template, request
from flask_babel import get_timezone, gettext
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    EmailField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Email, Length

from app.kit import charts, clock
from app.kit.authz import current_actor, open_to_all
from app.kit.config import settings
from app.kit.errors import NotFound
from app.kit.formats import day_text, language, money, number
from app.kit.forms import Form, MoneyField
from app.kit.money import NANOS
from app.kit.paging import Page
from app.kit.ui import THEMES

SECTIONS = ("controls", "data", "charts", "forms", "feedback", "live")


class SampleForm(Form):
    """One field of each kind."""

    name = StringField(
        _l("Name des Servers"), [DataRequired(_l("Gib dem Server einen Namen.")), Length(max=40)]
    )
    email = EmailField(
        _l("E-Mail-Adresse"),
        [DataRequired(_l("Gib eine E-Mail-Adresse an, zum Beispiel name@beispiel.de.")), Email()],
    )
    password = PasswordField(_l("Passwort"), [DataRequired(_l("Gib ein Passwort ein."))])
    amount = MoneyField(_l("Betrag"))
    template = RadioField(
        _l("Vorlage"),
        choices=[("paper", "Paper 1.20"), ("fabric", "Fabric"), ("sky", "SkyBlock")],
        default="paper",
    )
    memory = SelectField(
        _l("Arbeitsspeicher"), choices=[("2", "2 GB"), ("4", "4 GB"), ("8", "8 GB")], default="4"
    )
    text = TextAreaField(_l("Nachricht"))
    agree = BooleanField(_l("Bei Leerlauf schlafen legen"))


def sample_lines() -> list[charts.Series]:
    """Six hours of invented load with a gap."""
    start = clock.now() - timedelta(hours=6)
    ram: list[tuple[datetime, float | None]] = []
    cpu: list[tuple[datetime, float | None]] = []
    for i in range(180):
        at = start + timedelta(minutes=2 * i)
        ram.append((at, 55 + 14 * math.sin(i / 19) + 4 * math.sin(i / 5)))
        cpu.append((at, None if 70 <= i < 84 else max(2.0, 32 + 26 * math.sin(i / 11 + 2))))
    return [charts.Series("RAM", ram, fill=True), charts.Series("CPU", cpu)]


def sample_charts() -> dict[str, object]:
    """Each kind of chart in both widths, with its table."""
    zone, lang = get_timezone() or "Europe/Berlin", language()
    days = [(clock.now() - timedelta(days=13 - i)).date() for i in range(14)]
    awake = [0.35 + 0.3 * math.sin(i / 2) ** 2 for i in range(14)]
    asleep = [0.02 + 0.01 * (i % 3) for i in range(14)]
    rows = [("Bauwelt Nord", 7.42), ("SkyBlock Klasse 9b", 3.1), ("Testserver", 0.45)]

    def euro(value: float) -> str:
        return money(round(value * NANOS))

    drawn: dict[str, object] = {}
    for size, width in (("wide", charts.WIDE), ("narrow", charts.NARROW)):
        drawn[f"line_{size}"] = charts.line_chart(
            sample_lines(),
            title=gettext("Auslastung der letzten 6 Stunden"),
            zone=zone,
            width=width,
            language=lang,
            high=100,
        )
        drawn[f"days_{size}"] = charts.stacked_days(
            days,
            [(gettext("Aktiv"), awake), (gettext("Schlaf"), asleep)],
            title=gettext("Kosten je Tag"),
            width=width,
            language=lang,
            tick=euro,
        )
        drawn[f"bars_{size}"] = charts.bars(rows, title=gettext("Kosten je Server"), width=width, value=euro)
    drawn["spark"] = charts.sparkline(
        [3, 4, 2, 5, 6, None, 4, 5, 7], title=gettext("Spieler der letzten Woche")
    )
    drawn["days_rows"] = [
        (day_text(day), euro(a), euro(s)) for day, a, s in zip(days, awake, asleep, strict=True)
    ]
    drawn["line_rows"] = [("12:00", number(62), number(41)), ("13:00", number(58), "–")]
    return drawn


@open_to_all("the style guide shows invented data; closed unless developing, demonstrating or operating")
def styleguide() -> str:
    """The page. `?theme=light|dark` and `?lang=de|en` choose, `?section=` shows one part."""
    actor = current_actor()
    if not (settings().debug or settings().demo or actor.is_operator):
        raise NotFound
    if request.args.get("lang") in ("de", "en"):
        g.locale = request.args["lang"]
    section = request.args.get("section", "controls")
    broken = SampleForm(formdata=None, prefix="bad-", meta={"csrf": False})
    broken.validate()
    return render_template(
        "core/styleguide/index.html",
        sections=SECTIONS,
        section=section if section in SECTIONS else "controls",
        themes=THEMES,
        sample=SampleForm(formdata=None, meta={"csrf": False}),
        broken=broken,
        charts=sample_charts() if section == "charts" else {},
        rows=[
            {
                "name": "Bauwelt Nord",
                "state": (gettext("Läuft"), "ok"),
                "cost": 7_420_000_000,
                "at": clock.now() - timedelta(hours=3),
            },
            {
                "name": "SkyBlock Klasse 9b",
                "state": (gettext("Schläft"), "neutral"),
                "cost": 3_100_000_000,
                "at": None,
            },
            {
                "name": "Testserver mit einem wirklich langen Namen",
                "state": (gettext("Abgestürzt"), "bad"),
                "cost": 450_000_000,
                "at": clock.now() - timedelta(days=2),
            },
        ],
        page=Page([], "abc"),
        now=clock.now(),
        ago=lambda **parts: clock.now() - timedelta(**parts),
    )


def register_styleguide(app: Flask) -> None:
    """Plug the page in."""
    app.add_url_rule("/_ui", "core.styleguide", styleguide)
