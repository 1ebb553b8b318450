"""The figures of a transparency report as tables of words, for page, CSV and paper alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from app.kit.formats import number
from app.nanos.rules.measure import OnProvider
from app.nanos.subjects import subject_labels
from app.nanos.wording_moderation import GROUNDS, ON_PROVIDER, category_word, kind_word, measure_word


@dataclass(frozen=True)
class Section:
    """A heading, what it means, and rows of (what, how many as a number or None, shown)."""

    title: str
    text: str
    rows: list[tuple[str, float | int | None, str]]


def _row(what: str, value: float | int | None) -> tuple[str, float | int | None, str]:
    return what, value, "–" if value is None else number(value)


def _table(found: dict[str, int], word: Any) -> list[tuple[str, float | int | None, str]]:
    ordered = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return [_row(str(word(key)), count) for key, count in ordered]


def sections(read: dict[str, Any]) -> list[Section]:
    """What Art. 15 (1) asks for, in its order."""
    return [
        *_what_came(read["notices"], read["median_hours"]),
        *_what_was_done(read),
        *_what_was_checked(read),
    ]


def _what_came(notices: dict[str, Any], hours: float | None) -> list[Section]:
    return [
        Section(
            _("Meldungen"), _("Meldungen nach Art. 16, von allen und von vertrauenswürdigen Hinweisgebern."),
            [
                _row(_("Meldungen"), notices["total"]), _row(_("von vertrauenswürdigen Hinweisgebern"), notices["trusted"]),
                _row(_("Stunden bis zur Entscheidung (Median)"), hours),
                *_table(notices["by_category"], category_word),
            ],
        ),
        *_by_thing(_("Gemeldete Inhalte"), _("Jede genannte Adresse zählt."), notices.get("by_thing")),
    ]  # fmt: skip


def _by_thing(title: str, text: str, found: dict[str, int] | None) -> list[Section]:
    """By kind of thing. Reports from before this was counted have no such section."""
    if found is None:
        return []
    return [Section(title, text, _table(found, lambda key: subject_labels().get(key, key)))]


def _what_was_done(read: dict[str, Any]) -> list[Section]:
    return [
        Section(_("Entscheidungen nach Maßnahme"), _("Was mit dem Inhalt geschah."), _table(read["decisions"], measure_word)),
        *_by_thing(_("Entscheidungen nach Art des Inhalts"), "", read.get("decisions_by_thing")),
        Section(
            _("Entscheidungen nach Anlass"), _("Wodurch der Inhalt vor Augen kam."),
            _table(read["decisions_by_origin"], kind_word),
        ),
        Section(
            _("Maßnahmen gegen Anbieter"), _("Verwarnungen und befristete Sperren (Art. 23)."),
            _table(read["providers"], lambda key: ON_PROVIDER[OnProvider(key)]),
        ),
        Section(
            _("Begründungen nach Grund"), _("Worauf sich Beschränkungen stützten."),
            _table(read["statements_by_ground"], lambda key: GROUNDS.get(key, key)),
        ),
        Section(_("Begründungen nach Kategorie"), "", _table(read["statements_by_category"], category_word)),
    ]  # fmt: skip


def _what_was_checked(read: dict[str, Any]) -> list[Section]:
    automatic, appeals, samples = read["automatic"], read["appeals"], read["samples"]
    return [
        Section(
            _("Automatische Mittel"),
            _("Ein Programm weist auf Stellen hin und ordnet die Warteschlange. "
                "Es entscheidet nichts: Jede Entscheidung trifft ein Mensch."),
            [
                _row(_("Entscheidungen über Inhalte mit automatischem Hinweis"), automatic["detected"]),
                _row(_("Automatische Funde in öffentlichen Inhalten"), automatic["opened"]),
                _row(_("Automatisch getroffene Entscheidungen"), automatic["decided"]),
            ],
        ),
        Section(
            _("Beschwerden"), _("Beschwerden nach Art. 20. Über sie entscheidet jemand anderes als beim ersten Mal."),
            [
                _row(_("eingegangen"), appeals["made"]), _row(_("Entscheidung bestätigt"), appeals["upheld"]),
                _row(_("Entscheidung aufgehoben"), appeals["reversed"]),
                _row(_("Stunden bis zur Entscheidung (Median)"), appeals["median_hours"]),
            ],
        ),
        Section(
            _("Stichproben"), _("Zufällig ausgewählte Nanos, die jemand nachgesehen hat."),
            [_row(_("angesehen"), samples["checked"]), _row(_("davon mit Mangel"), samples["defects"])],
        ),
    ]  # fmt: skip
