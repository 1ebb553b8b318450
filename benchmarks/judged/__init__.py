"""A judged set for the German search: units that are looked for among thousands of others, and what should be found.

`units.txt` and `queries.txt` are written by hand; the others are made here: plausible learning units about other topics of
work that share words and parts of words with the judged ones (Prüfung, Sicherheit, Plan), so that finding is not trivial.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_OID, UUID, uuid5

from app.core.api import Document

HERE = Path(__file__).parent
KIND = "judged.unit"
CLASSES = ("exact", "inflection", "umlaut", "typo", "compound")

# What the other units are about: the first part of a compound and the second. None of them is what a judged query means.
FRONTS = " ".join(
    (
        "Lager Kunden Projekt Rechnungs Vertriebs Produktions Termin Personal Material Werkzeug Fahrzeug Gebäude",
        "Software Server Netzwerk Marken Produkt Budget Kosten Umsatz Steuer Liefer Transport Touren Zoll Export",
        "Import Vertrags Urlaubs Gehalts Lohn Renten Messe Event Hotel Küchen Service Buchungs Garten Forst Holz",
        "Metall Kunststoff Textil Leder Glas Keramik Papier Druck Foto Video Audio Web Daten Cloud Mobil Funk Licht",
        "Klima Wasser Luft Boden Straßen Brücken Tunnel Schienen Hafen Flug Schiffs Motor Getriebe Reifen",
        "Karosserie Lack Farb Fliesen Dach Fenster Tür Möbel Polster Back Fleisch Milch Obst Gemüse Getränke Wein",
        "Kaffee Tee Sport Tanz Musik Theater Museums Bibliotheks Archiv Sprach Schreib Lese Rechen Schul",
    )
).split()
BACKS = " ".join(
    (
        "planung verwaltung steuerung beratung entwicklung kontrolle sicherheit prüfung pflege wartung technik kunde analyse",
        "strategie bewertung ordnung leitung buchhaltung abwicklung dokumentation organisation gestaltung bearbeitung aufnahme",
        "montage reparatur reinigung lagerung bestellung auswahl schulung übung einweisung unterweisung messung berechnung",
        "optimierung auslastung disposition kalkulation statistik software anlage ausrüstung versorgung verordnung führung",
    )
).split()
FORMS = (
    "Grundlagen der {}", "{} für den Einstieg", "{} im Alltag", "{}: zehn häufige Fehler", "{} Schritt für Schritt",
    "Einführung in die {}", "{} mit digitalen Werkzeugen", "{} in kleinen Betrieben", "Trends in der {}", "{} kompakt",
    "Praxiswissen {}", "{} verstehen und anwenden", "Checkliste {}", "{} auffrischen", "{} im Team",
)  # fmt: skip
SENTENCES = (
    "Mit Beispielen aus der Praxis und einem kurzen Test.", "Für Fachkräfte und alle, die neu beginnen.",
    "Am Ende können Sie die wichtigsten Schritte selbst ausführen.", "Mit Checkliste zum Ausdrucken.",
    "Sie lernen Begriffe, Abläufe und Zuständigkeiten kennen.", "Ein Fall aus einem Betrieb der Region führt durch die Einheit.",
    "Drei Aufgaben vertiefen das Gelernte.", "Mit Hinweisen für die Zusammenarbeit zwischen Abteilungen.",
    "Auch für Auszubildende im zweiten Lehrjahr geeignet.", "Ergänzt durch eine Vorlage und ein Glossar.",
    "Worauf es bei Kosten, Qualität und Terminen ankommt.", "Kurz, verständlich und ohne Vorkenntnisse.",
)  # fmt: skip
SUBJECTS = ("Technik", "Büro", "Gesundheit", "Handwerk", "Handel", "Logistik", "Gastgewerbe", "IT")
LEVELS = ("Einstieg", "Aufbau", "Experte")
SYLLABLES = " ".join(
    (
        "bra nol tek run mi lo sar ven dor gal hus ker lim mon nar pol quin ros sel tam ulf vor wen xan yor zel bin cor dal eb",
        "fin gor hal iv jan kor lun mer net or",
    )
).split()
BEGAN = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Query:
    """A judged query: everything in `wanted` should be among the first five. `half`: tuned, held, fresh, last."""

    kind: str
    text: str
    wanted: frozenset[UUID]
    half: str


def key_of(name: str) -> UUID:
    return uuid5(NAMESPACE_OID, name)


def lines(name: str) -> Iterator[list[str]]:
    for line in (HERE / name).read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield [part.strip() for part in line.split("|")]


def queries() -> list[Query]:
    """All judged queries; in each class of the first file every second one was held back."""
    seen: dict[str, int] = {}
    found = []
    for kind, text, wanted in lines("queries.txt"):
        seen[kind] = seen.get(kind, 0) + 1
        found.append(Query(kind, text, wanted_keys(wanted), ("held", "tuned")[seen[kind] % 2]))
    return found + [
        Query(kind, text, wanted_keys(wanted), half)
        for half, name in (("fresh", "fresh"), ("last", "last"), ("dev", "dev"), ("unseen", "held"))
        for kind, text, wanted in lines(f"{name}.txt")
    ]


def wanted_keys(names: str) -> frozenset[UUID]:
    return frozenset(key_of(name.strip()) for name in names.split(","))


def judged() -> list[Document]:
    """The units that are looked for."""
    return [
        Document(
            KIND,
            key_of(name),
            title,
            tuple(word.strip() for word in keywords.split(",")),
            text,
            facets=fields(n),
            at=BEGAN,
        )
        for n, (name, title, keywords, text) in enumerate([*lines("units.txt"), *lines("units_held.txt")])
    ]


def fields(n: int) -> dict[str, str | float | tuple[str, ...]]:
    """Fields as a learning unit has them; the number decides."""
    return {
        "subject": SUBJECTS[n % 8], "level": LEVELS[n % 3], "language": "de" if n % 10 else "en",
        "type": ("Video", "PDF", "H5P", "Folien")[n % 4], "region": f"38{n % 60:02d}", "minutes": float(1 + n % 20),
    }  # fmt: skip


def others(count: int) -> Iterator[Document]:
    """Plausible units about something else; the same number gives the same units.

    Each names somebody invented, so that the words of the index become more with its documents, as real ones do.
    """
    dice = random.Random(2026)
    for n in range(count):
        name = "".join(dice.choices(SYLLABLES, k=3)).capitalize()
        topics = [dice.choice(FRONTS) + dice.choice(BACKS) for _ in range(3)]
        yield Document(
            KIND,
            key_of(f"other {n}"),
            dice.choice(FORMS).format(topics[0]),
            (topics[1], dice.choice(BACKS).capitalize(), dice.choice(SUBJECTS)),
            " ".join(dice.sample(SENTENCES, 2)),
            f"Nach {name}. {topics[2]} und {dice.choice(BACKS).capitalize()}: "
            + " ".join(dice.sample(SENTENCES, 3)),
            facets=fields(n),
            at=BEGAN + timedelta(minutes=n),
            rating=dice.randrange(10, 51) / 10,
        )


def scores(found: Sequence[Sequence[UUID]], asked: Sequence[Query]) -> dict[str, tuple[int, float, float]]:
    """By class and for `all`: number of queries, Recall@5, MRR (first right hit among the first ten)."""
    gained: dict[str, list[tuple[float, float]]] = {}
    for keys, query in zip(found, asked, strict=True):
        recall = len(query.wanted & set(keys[:5])) / len(query.wanted)
        first = next((1 / n for n, key in enumerate(keys[:10], 1) if key in query.wanted), 0.0)
        for name in (query.kind, "all"):
            gained.setdefault(name, []).append((recall, first))
    return {
        name: (len(rows), sum(r for r, _ in rows) / len(rows), sum(m for _, m in rows) / len(rows))
        for name, rows in gained.items()
    }
