"""Is every sentence translated? `python -m app.workshop.translations [--update]` names those that are not."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from app.kit.config import ROOT

# What Babel knows, and our names for it.
KEYWORDS = DEFAULT_KEYWORDS | {
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "_l": None,
    "_n": (1, 2),
    "N_": None,
    "lazy_pgettext": ((1, "c"), 2),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w*\}")
# As the application sets up its templates.
JINJA = {"trim_blocks": "true", "lstrip_blocks": "true", "extensions": "jinja2.ext.do", "silent": "false"}
HEADER = "# English for Kontor. The German sentences are the source; `make translations` brings in new ones."
# Dates of the file would change with every run and say nothing git does not say.
BORN = datetime(2026, 11, 21, tzinfo=UTC)
METHODS = {
    "app": [("**.py", "python")],
    "jobs": [("**.py", "python")],
    "templates": [("**.html", "jinja2"), ("**.txt", "jinja2")],
}


def sentences(root: Path = ROOT) -> Catalog:
    """Every sentence of the source, German."""
    found = Catalog(locale="de")
    for folder, methods in METHODS.items():
        if not (root / folder).is_dir():
            continue
        options = {pattern: dict(JINJA) for pattern, method in methods if method == "jinja2"}
        for name, line, message, comments, context in extract_from_dir(
            str(root / folder),
            methods,
            options,
            KEYWORDS,
            comment_tags=("Translators:",),
            strip_comment_tags=True,
            directory_filter=lambda _: True,  # Babel leaves out _ui and _layout by itself
        ):
            place = [(f"{folder}/{name}", line)]
            found.add(message, locations=place, auto_comments=comments, context=context)
    return found


def missing(locale: str, root: Path = ROOT) -> Iterator[str]:
    """What `locale` does not say: sentences without a translation, a doubtful one, or with other placeholders."""
    path = root / "app" / "translations" / locale / "LC_MESSAGES" / "messages.po"
    known = Catalog(locale=locale)
    if path.exists():
        with open(path, "rb") as file:
            known = read_po(file, locale=locale)
    for message in sentences(root):
        translated = known.get(message.id, message.context)
        if message.id and (fault := _fault(message, translated)):
            where = ", ".join(f"{file}:{line}" for file, line in message.locations[:1])
            yield f"{where}: {fault}: {message.id!r}"


def _fault(message: Message, translated: Message | None) -> str:
    """What is wrong with the translation of one sentence; empty when it is right."""
    german, english = _forms(message), _forms(translated, said=True) if translated else ()
    if not english or not all(english):
        return "not translated"
    if translated and translated.fuzzy:
        return "marked fuzzy"
    if len(german) != len(english):
        return "not as many plural forms"
    for number, (source, target) in enumerate(zip(german, english, strict=True)):
        # "One new voucher": the singular need not repeat its number.
        free = {"%(num)s", "%(num)d"} if len(german) > 1 and number == 0 else set()
        if set(PLACEHOLDER.findall(source)) - free != set(PLACEHOLDER.findall(target)) - free:
            return "other placeholders"
    return ""


def _forms(message: Message, said: bool = False) -> tuple[str, ...]:
    """The sentence, or its singular and plural; those of the translation when `said`."""
    found = message.string if said else message.id
    return tuple(found) if isinstance(found, tuple | list) else (found or "",)


def update(locale: str, root: Path = ROOT) -> None:
    """Bring the catalogue up to date: new sentences come in empty, those no longer used go, translations stay."""
    path = root / "app" / "translations" / locale / "LC_MESSAGES" / "messages.po"
    catalog = Catalog(locale=locale)
    if path.exists():
        with open(path, "rb") as file:
            catalog = read_po(file, locale=locale)
    catalog.update(sentences(root), no_fuzzy_matching=True, update_header_comment=False)
    catalog.obsolete.clear()
    save(catalog, path)


def save(catalog: Catalog, path: Path) -> None:
    """Write the catalogue in the order of the source files, without line numbers: few lines change at a time."""
    catalog.header_comment, catalog.fuzzy = HEADER, False
    catalog.project, catalog.version = "Kontor", "1"
    catalog.creation_date = catalog.revision_date = BORN
    catalog.msgid_bugs_address, catalog.last_translator, catalog.language_team = "", "Kontor", "English"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        write_po(file, catalog, sort_by_file=True, include_lineno=False, width=110)


def main() -> int:
    """Name what is missing in English; exit code 1 when there is something. `--update` renews the catalogue first."""
    if "--update" in sys.argv[1:]:
        update("en")
    found = list(missing("en"))
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
