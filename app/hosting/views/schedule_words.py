"""The times of plans in words, and the runs that come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, get_day_names
from flask_babel import get_locale, get_timezone
from flask_babel import gettext as _

from app.hosting.rules.schedule import EVERY_DAY, as_weekly, moved, next_runs, read
from app.kit import clock, formats

_WORKDAYS = frozenset(range(5))
_WEEKEND = frozenset((5, 6))


def times_words(cron: str) -> str:
    """Jeden Tag um 04:00; Mo, Mi um 18:30; what says more than that stays cron text."""
    found = as_weekly(cron)
    if found is None:
        pattern = read(cron)
        if pattern.hourly and len(pattern.minutes) == 1 and cron.endswith("* * * *"):
            return _("Jede Stunde zur Minute %(minute)d", minute=pattern.minutes[0])
        return cron
    days, at = found
    clock_time = at.strftime("%H:%M")
    if days == EVERY_DAY:
        return _("Jeden Tag um %(time)s", time=clock_time)
    if days == _WORKDAYS:
        return _("Montag bis Freitag um %(time)s", time=clock_time)
    if days == _WEEKEND:
        return _("Samstag und Sonntag um %(time)s", time=clock_time)
    names = get_day_names("wide" if len(days) == 1 else "abbreviated", locale=get_locale())
    return _("%(days)s um %(time)s", days=", ".join(names[day] for day in sorted(days)), time=clock_time)


@dataclass(frozen=True)
class Coming:
    """A run that comes: in the plan's zone, what it is for the viewer where that differs, and what a clock change does."""

    at: datetime
    text: str
    here: str
    note: str


def coming(cron: str, zone: str, count: int = 5) -> list[Coming]:
    """The next runs in words."""
    pattern, there = read(cron), ZoneInfo(zone)
    notes = {
        "": "",
        "gap": _("Die Uhr wird vorgestellt: läuft gleich danach."),
        "twice": _("Die Uhr wird zurückgestellt: läuft nur beim ersten Mal."),
    }
    here = get_timezone()
    found = []
    for moment in next_runs(pattern, there, clock.now(), count):
        same = here is None or moment.astimezone(here).utcoffset() == moment.astimezone(there).utcoffset()
        found.append(
            Coming(
                moment, moment_text(moment, there),
                "" if same else moment_text(moment, here), notes[moved(pattern, there, moment)],
            )
        )  # fmt: skip
    return found


def moment_text(moment: datetime, zone: object) -> str:
    """So., 22. Nov. 2026, 04:00 in a zone."""
    pattern = "EEE, d MMM y, HH:mm" if formats.language() == "en" else "EEE, d. MMM y, HH:mm"
    return format_datetime(moment, pattern, tzinfo=zone, locale=get_locale())  # type: ignore[arg-type]
