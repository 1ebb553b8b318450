"""The event log of an organisation as people read it: sentences, names, what changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from flask_babel import gettext

from app.core.describe import areas, changes, described, directory, look, sentence, subject_names, subject_of
from app.core.events import Recorded
from app.core.queries.event import Filter, history
from app.kit.ids import parse_id
from app.kit.paging import Page

MOST_ROWS = 50_000  # of one CSV


@dataclass(frozen=True)
class Line:
    """One event, readable."""

    id: UUID
    at: datetime
    name: str
    text: str
    icon: str
    tone: str
    who: str
    actor_id: UUID | None
    by_token: bool
    subject_label: str
    subject_name: str
    subject_id: UUID | None
    subject_url: str | None
    changes: list[tuple[str, str, str]]
    request_id: str | None


@dataclass(frozen=True)
class Wanted:
    """The filter as it stands in the address."""

    kind: str = ""
    person: str = ""
    since: str = ""
    until: str = ""
    subject: str = ""

    def parsed(self, zone: str) -> Filter:
        """Dates are whole days of the reader's zone; what cannot be read does not filter."""
        return Filter(
            name=self.kind if self.kind in {key for key, _ in kinds()} else "",
            actor_id=parse_id(self.person),
            subject_id=parse_id(self.subject),
            since=_midnight(self.since, zone),
            until=_midnight(self.until, zone, days=1),
        )


def kinds() -> list[tuple[str, str]]:
    """(value, label): each area as a whole, then its single kinds of event."""
    by_area: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name, known in described().items():
        label = " ".join(str(known.text).replace("%%", "%").split())
        by_area[name.partition(".")[0]].append((name, label))
    names = dict(areas())
    found: list[tuple[str, str]] = []
    for prefix in sorted(by_area, key=lambda p: str(names.get(p, p)).casefold()):
        title = names.get(prefix, prefix)
        found.append((f"{prefix}.", gettext("%(area)s: alles", area=title)))
        found += [
            (name, f"{title}: {_plain(label)}") for name, label in sorted(by_area[prefix], key=lambda p: p[1])
        ]
    return found


def log_of(
    organisation_id: UUID, wanted: Filter, *, cursor: str | None = None, limit: int = 50
) -> Page[Line]:
    """A page of the log, newest first. The caller has checked the permission."""
    page = history(organisation_id, wanted, cursor=cursor, limit=limit)
    return Page(list(_readable(page.rows)), page.next_cursor)


def whole_log(organisation_id: UUID, wanted: Filter) -> Iterator[Line]:
    """Everything the filter finds, up to 50,000 rows, read in pages while it is sent."""
    cursor, count = None, 0
    while count < MOST_ROWS:
        page = log_of(organisation_id, wanted, cursor=cursor, limit=1000)
        yield from page.rows
        count += len(page.rows)
        cursor = page.next_cursor
        if cursor is None:
            return


def _readable(rows: Iterable[Recorded]) -> Iterator[Line]:
    rows = list(rows)
    people = directory().names({row.actor_id for row in rows if row.actor_id})
    subjects = subject_names(
        (row.subject_type, row.subject_id) for row in rows if row.subject_type and row.subject_id
    )
    for row in rows:
        subject, drawn = subject_of(row.subject_type), look(row)
        name = subjects.get((row.subject_type or "", row.subject_id or row.id), "")
        yield Line(
            id=row.id,
            at=row.at,
            name=row.name,
            text=sentence(row),
            icon=drawn.icon,
            tone=drawn.tone,
            who=people.get(row.actor_id) or gettext("gelöschtes Konto")
            if row.actor_id
            else gettext("Kontor"),
            actor_id=row.actor_id,
            by_token=row.token_id is not None,
            subject_label=str(subject.label) if subject else (row.subject_type or ""),
            subject_name=name,
            subject_id=row.subject_id,
            subject_url=subject.url(row.subject_id)
            if subject and subject.url and name and row.subject_id
            else None,
            changes=changes(row),
            request_id=row.request_id,
        )


def _midnight(text: str, zone: str, days: int = 0) -> datetime | None:
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone))


def _plain(label: str) -> str:
    """A sentence without its placeholders: "Guthaben um %(amount)s erhöht" -> "Guthaben um … erhöht"."""
    parts = label.split("%(")
    return parts[0] + "".join("…" + part.partition(")s")[2] for part in parts[1:])
