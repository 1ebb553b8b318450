"""What Kontor is made of: the fetched front-end parts and Python packages with their licences."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from flask import Flask, render_template
from flask_babel import lazy_gettext as _l

from app.kit import assets
from app.kit.authz import open_to_all
from app.kit.config import ROOT
from app.kit.nav import nav
from app.kit.ui import vendor_dir


@dataclass(frozen=True)
class Part:
    """A package, its version, the licence's name, and its text where the licence asks to pass it on."""

    name: str
    version: str
    licence: str
    text: str = ""


def fetched_parts(vendor: Path) -> list[Part]:
    """The front-end packages that browsers are given."""
    entries = {entry["package"]: entry for entry in assets.read_manifest(vendor).values()}
    return [
        Part(
            name,
            entry["version"],
            entry["licence"],
            (vendor / entry["licence_path"]).read_text("utf-8", "replace"),
        )
        for name, entry in sorted(entries.items())
        if (vendor / entry["licence_path"]).is_file()
    ]


@lru_cache(maxsize=1)
def python_parts() -> tuple[Part, ...]:
    """The packages named in requirements.txt, as installed; those that are not installed are left out."""
    found = []
    for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines():
        name = line.partition("#")[0].partition("==")[0].partition("[")[0].strip()
        if not name:
            continue
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue
        found.append(Part(about["Name"], about["Version"], _licence_name(about)))
    return tuple(sorted(found, key=lambda part: part.name.lower()))


def _licence_name(about: metadata.PackageMetadata) -> str:
    """The licence expression, else the classifier, else the first line of the free text."""
    if "License-Expression" in about:
        return about["License-Expression"]
    classified = [
        c.rpartition(" :: ")[2] for c in about.get_all("Classifier") or [] if c.startswith("License ::")
    ]
    if classified:
        return ", ".join(classified)
    return about["License"].splitlines()[0][:60] if "License" in about else "–"


@open_to_all("licences ask to be shown to everybody who gets the software")
def licences() -> str:
    """The page."""
    return render_template("core/licences.html", fetched=fetched_parts(vendor_dir()), python=python_parts())


def register_licences(app: Flask) -> None:
    """Plug the page in; its link stands at the foot of every page."""
    app.add_url_rule("/lizenzen", "core.licences", licences)
    nav.foot(label=_l("Lizenzen"), endpoint="core.licences", order=90)
