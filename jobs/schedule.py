"""The one list of periodic work. Rows in core_schedule hold when each is due next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from zoneinfo import ZoneInfo

from flask import Flask

from app.core import tasks as core
from app.kit.jobref import JobRef


@dataclass(frozen=True)
class Every:
    """Every so many seconds, counted from the epoch: after a pause the missed slots are one slot."""

    seconds: int

    def after(self, moment: datetime, zone: ZoneInfo) -> datetime:
        stamp = int(moment.timestamp()) // self.seconds * self.seconds + self.seconds
        return datetime.fromtimestamp(stamp, tz=moment.tzinfo)


@dataclass(frozen=True)
class Daily:
    """Once a local day at this wall time; an hour that a clock change skips runs when it would have been over."""

    hour: int
    minute: int = 0

    def after(self, moment: datetime, zone: ZoneInfo) -> datetime:
        local = moment.astimezone(zone)
        for days in (0, 1):
            day = (local + timedelta(days=days)).date()
            slot = datetime(day.year, day.month, day.day, self.hour, self.minute, tzinfo=zone)
            if slot.timestamp() > moment.timestamp():
                return slot.astimezone(moment.tzinfo)
        raise AssertionError("tomorrow is always ahead")


@dataclass(frozen=True)
class Periodic:
    """A job and when it is due."""

    name: str
    ref: JobRef
    when: Every | Daily


GROUND = [
    Periodic("core.tidy", core.tidy, Daily(3, 40)),
    Periodic("core.tidy_mail", core.tidy_mail, Daily(3, 45)),
    Periodic("core.tidy_files", core.tidy_files, Daily(3, 50)),
    Periodic("core.tidy_search", core.tidy_search, Daily(3, 55)),
]


def periodic_jobs(app: Flask) -> list[Periodic]:
    """The periodic work of the ground and of the products that are switched on.

    A module lists its own as `SCHEDULE` in its tasks: (name, job reference, seconds) or (name, reference, "HH:MM").
    """
    found = list(GROUND)
    for module in (
        "accounts",
        "billing",
        "messaging",
        "privacy",
        *app.extensions["kontor-settings"].enabled_modules,
    ):
        try:
            tasks = import_module(f"app.{module}.tasks")
        except ModuleNotFoundError:
            continue
        for name, ref, when in getattr(tasks, "SCHEDULE", ()):
            found.append(Periodic(name, ref, Every(when) if isinstance(when, int) else _daily(when)))
    return found


def _daily(text: str) -> Daily:
    hour, _, minute = text.partition(":")
    return Daily(int(hour), int(minute))
