"""Is every sentence translated? `python -m app.workshop.translations [--update]` names those that are not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from app.kit.config import ROOT

# What Babel knows, and our names for it.
KEYWORDS = DEFAULT_KEYWORDS | {"lazy_gettext": None, "lazy_ngettext": (1, 2), "_l": None, "_n": (1, 2)}
# As the application sets up its templates.
JINJA = {"trim_blocks": "true", "lstrip_blocks": "true", "extensions": "jinja2.ext.do", "silent": "false"}
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
        if not message.id:
            continue
        where = ", ".join(f"{file}:{line}" for file, line in message.locations[:1])
        translated = known.get(message.id, message.context)
        texts = translated.string if translated else ""
        if not texts or (isinstance(texts, tuple) and not all(texts)):
            yield f"{where}: not translated: {message.id!r}"
        elif translated and translated.fuzzy:
            yield f"{where}: marked fuzzy: {message.id!r}"
        elif translated and (errors := list(translated.check(known))):
            yield f"{where}: {errors[0]}: {message.id!r}"


def update(locale: str, root: Path = ROOT) -> None:
    """Bring the catalogue up to date: new sentences come in empty, those no longer used go, translations stay."""
    path = root / "app" / "translations" / locale / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    catalog = Catalog(locale=locale)
    if path.exists():
        with open(path, "rb") as file:
            catalog = read_po(file, locale=locale)
    catalog.update(sentences(root), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    with open(path, "wb") as file:
        write_po(file, catalog, sort_output=True, no_location=True, omit_header=False, width=110)


def main() -> int:
    """Name what is missing in English; exit code 1 when there is something. `--update` renews the catalogue first."""
    if "--update" in sys.argv[1:]:
        update("en")
    found = list(missing("en"))
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
