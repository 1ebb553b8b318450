"""What is counted, in words."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.kit.formats import number
from app.nanos.queries.trend import Cube
from app.nanos.rules.insight import Counted
from app.nanos.rules.secrecy import ALL
from app.nanos.rules.trend import Side
from app.nanos.wording import choices

_WORDS = {
    Counted.found: _l("In Listen gezeigt"),
    Counted.viewed: _l("Angesehen"),
    Counted.viewers: _l("Verschiedene Menschen (je Tag)"),
    Counted.own: _l("Von Ihnen selbst angesehen"),
    Counted.played: _l("Begonnen"),
    Counted.players: _l("Verschiedene Lernende (je Tag)"),
    Counted.completed: _l("Abgeschlossen"),
    Counted.exported: _l("Mitgenommen"),
    Counted.exchanged: _l("Getauscht"),
    Counted.rated: _l("Bewertet"),
}


def counted_word(kind: str) -> str:
    """The name of a number."""
    return str(_WORDS[Counted(kind)])


def side_word(side: Side) -> str:
    """Of the market."""
    return {Side.demand: _("Nachfrage"), Side.supply: _("Angebot")}[side]


def quarter_word(quarter: str) -> str:
    """Such as 3. Quartal 2026."""
    return _("%(number)s. Quartal %(year)s", number=quarter[5:], year=quarter[:4])


@dataclass(frozen=True)
class Table:
    """A cube in words: columns, and lines of a word and cells; the last column and line are sums."""

    columns: list[str]
    lines: list[tuple[str, list[str]]]


def table_of(cube: Cube) -> Table:
    """What is not told is a dash."""
    regions = [*choices("regions"), (ALL, _("Alle Regionen"))]
    subjects = [*choices("subjects"), (ALL, _("Alle Themen"))]
    return Table(
        [word for _slug, word in regions],
        [
            (word, [number(cube.of(subject, region)) for region, _word in regions])
            for subject, word in subjects
        ],
    )
