"""Numbers, money and times as people read them: the Jinja filters. Missing values are an en dash, never 0."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, timedelta

from babel.dates import format_timedelta
from flask import Flask, g
from flask_babel import format_date, format_datetime, get_locale, gettext, ngettext
from markupsafe import Markup, escape

from app.kit import clock
from app.kit.money import CENT, NANOS, Money

NONE = "–"
_NBSP = "\u00a0"
_MINUS = "\u2212"
_GERMAN = str.maketrans(",.", ".,")
_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "CHF": "CHF"}


def language() -> str:
    """de or en: the language of what is being rendered."""
    space = g.get("_flask_babel")  # asked for every number of a page: look where flask-babel keeps it
    locale = getattr(space, "babel_locale", None) or get_locale()
    return str(getattr(locale, "language", "de") or "de")


def _amount(english: str, currency: str, negative: bool) -> str:
    """An amount whose digits are given as 1,234.50."""
    sign = _SIGNS.get(currency, currency)
    minus = _MINUS if negative else ""
    return (
        f"{minus}{sign}{english}"
        if language() == "en"
        else f"{minus}{english.translate(_GERMAN)}{_NBSP}{sign}"
    )


def _as_money(value: Money | int) -> Money:
    return value if isinstance(value, Money) else Money(value)


def money(value: Money | int | None) -> str:
    """1.234,50 €: rounded once to cents. Takes Money or nano-euros."""
    if value is None:
        return NONE
    amount = _as_money(value)
    cents = amount.cents()
    return _amount(f"{abs(cents) // 100:,}.{abs(cents) % 100:02d}", amount.currency, cents < 0)


def money_exact(value: Money | int | None, *, aligned: bool = False) -> str:
    """Every digit down to the nano-euro, trailing zeros behind the cents left out; all nine with `aligned`, for columns."""
    if value is None:
        return NONE
    amount = _as_money(value)
    whole, rest = divmod(abs(amount.nanos), NANOS)
    fraction = f"{rest:09d}"
    fraction = fraction if aligned else fraction[:2] + fraction[2:].rstrip("0")
    return _amount(f"{whole:,}.{fraction}", amount.currency, amount.nanos < 0)


def money_rate(value: Money | int | None) -> str:
    """A price: two decimals where they say it all, else up to four (0,0125 €)."""
    if value is None:
        return NONE
    amount = _as_money(value)
    if amount.nanos % CENT == 0 or abs(amount.nanos) >= NANOS:
        return money(amount)
    tenth = NANOS // 10_000
    units = (abs(amount.nanos) + tenth // 2) // tenth
    text = f"{units // 10_000}.{units % 10_000:04d}".rstrip("0")
    decimals = len(text.split(".")[1])
    return _amount(text + "0" * max(0, 2 - decimals), amount.currency, amount.nanos < 0)


def euro_axis(largest: float) -> Callable[[float], str]:
    """How a chart's axis writes euros: cents, or as many digits as its largest value needs to tell ticks apart."""
    digits = 2 if largest >= 0.08 or largest <= 0 else min(9, 2 - math.floor(math.log10(largest)))

    def write(value: float) -> str:
        units = round(abs(value) * 10**digits)
        text = f"{units // 10**digits:,}.{units % 10**digits:0{digits}d}"
        return _amount(text, "EUR", value < 0 < units)

    return write


def number(value: float | int | None, digits: int = 0) -> str:
    """1.234 or, with digits, 1.234,5."""
    if value is None:
        return NONE
    text = f"{abs(value):,.{digits}f}"
    text = text if language() == "en" else text.translate(_GERMAN)
    return (_MINUS if value < 0 and text.strip("0.,") else "") + text


def percent(value: float | None, digits: int = 0) -> str:
    """A share (0.42) as 42 %."""
    return NONE if value is None else f"{number(value * 100, digits)}{'' if language() == 'en' else _NBSP}%"


def filesize(value: float | int | None) -> str:
    """Bytes in the largest fitting unit, 1024 to the next: 1,5 GB."""
    if value is None:
        return NONE
    size = float(value)
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if abs(size) < 1024 or unit == "TB":
            break
        size /= 1024
    digits = 0 if unit == "B" or size >= 100 or size == int(size) else 1
    return f"{number(size, digits)}{_NBSP}{unit}"


def duration(value: timedelta | float | int | None) -> str:
    """The two largest parts of a span of seconds: 1 h 20 min."""
    if value is None:
        return NONE
    seconds = int(value.total_seconds() if isinstance(value, timedelta) else value)
    minutes, rest = divmod(max(0, seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        text = ngettext("%(num)d Tag", "%(num)d Tage", days)
        return f"{text} {hours}{_NBSP}h" if hours else text
    if hours:
        return f"{hours}{_NBSP}h {minutes}{_NBSP}min" if minutes else f"{hours}{_NBSP}h"
    if minutes:
        return f"{minutes}{_NBSP}min {rest}{_NBSP}s" if rest and minutes < 10 else f"{minutes}{_NBSP}min"
    return f"{rest}{_NBSP}s"


def datetime_text(value: datetime | None) -> str:
    """21. Nov. 2026, 13:00 Uhr, in the viewer's zone."""
    if value is None:
        return NONE
    return str(format_datetime(value, "d MMM y, HH:mm" if language() == "en" else "d. MMM y, HH:mm 'Uhr'"))


def date_text(value: date | datetime | None) -> str:
    """21. Nov. 2026; a date is taken as it is, a moment in the viewer's zone."""
    if value is None:
        return NONE
    pattern = "d MMM y" if language() == "en" else "d. MMM y"
    if isinstance(value, datetime):
        return str(format_datetime(value, pattern))
    return str(format_date(value, pattern))


def day_text(value: date | datetime) -> str:
    """21.11.: a day whose year is plain from where it stands; a moment in the viewer's zone."""
    pattern = "d MMM" if language() == "en" else "dd.MM."
    write = format_datetime if isinstance(value, datetime) else format_date
    return str(write(value, pattern))


def clock_text(value: datetime | None, seconds: bool = False) -> str:
    """13:00, in the viewer's zone."""
    return NONE if value is None else str(format_datetime(value, "HH:mm:ss" if seconds else "HH:mm"))


def ago(value: datetime | None) -> Markup:
    """A time element saying "vor 3 Stunden"; the browser keeps it fresh, the exact time is its title."""
    if value is None:
        return escape(NONE)
    delta = value - clock.now()
    near = abs(delta.total_seconds()) < 45
    text = gettext("gerade eben") if near else format_timedelta(delta, add_direction=True, locale=language())
    return Markup('<time datetime="{}" title="{}" data-ago>{}</time>').format(
        value.isoformat(timespec="seconds"), datetime_text(value), text
    )


def when(value: datetime | None) -> Markup:
    """A time element with date and time."""
    if value is None:
        return escape(NONE)
    return Markup('<time datetime="{}">{}</time>').format(
        value.isoformat(timespec="seconds"), datetime_text(value)
    )


def initials(name: str) -> str:
    """At most two capital letters of a name: first and last word."""
    words = [word for word in name.replace("@", " ").split() if word[:1].isalnum()]
    picked = [words[0], words[-1]] if len(words) > 1 else words[:1]
    return str(escape("".join(word[0] for word in picked).upper() or "?"))


def init_formats(app: Flask) -> None:
    """Make the filters known to templates."""
    app.jinja_env.filters.update(
        money=money,
        money_exact=money_exact,
        money_rate=money_rate,
        number=number,
        percent=percent,
        filesize=filesize,
        duration=duration,
        datetime=datetime_text,
        date=date_text,
        clock=clock_text,
        ago=ago,
        when=when,
        initials=initials,
    )
