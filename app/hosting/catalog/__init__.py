"""Game templates, one TOML file each. Read and checked once at start; a broken file stops the start and says where."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from app.hosting.rules.template import Template

FOLDER = Path(__file__).resolve().parent


class BrokenTemplate(Exception):
    """A template file cannot be used; the text names the file and the field."""


def template_files(slug: str) -> Path:
    """The folder with the files a template installs (`process.files`)."""
    return FOLDER / slug


def read_template(path: Path) -> Template:
    """One template from its file. The file's name is its slug."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BrokenTemplate(f"{path.name}: {error}") from error
    try:
        template = Template.model_validate(raw)
    except ValidationError as error:
        faults = "; ".join(f"{_field(fault['loc'])}: {fault['msg']}" for fault in error.errors())
        raise BrokenTemplate(f"{path.name}: {faults}") from error
    if template.slug != path.stem:
        raise BrokenTemplate(f"{path.name}: slug: must be {path.stem!r} like the file")
    for name in template.process.files if template.process else ():
        if not (path.parent / template.slug / name).is_file():
            raise BrokenTemplate(f"{path.name}: process.files: {template.slug}/{name} is not there")
    return template


def _field(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "template"


def read_templates(folder: Path) -> Mapping[str, Template]:
    """All templates of a folder by slug, in the order they are listed."""
    found = [read_template(path) for path in sorted(folder.glob("*.toml"))]
    found.sort(key=lambda template: (template.position, template.slug))
    return MappingProxyType({template.slug: template for template in found})


@cache
def templates() -> Mapping[str, Template]:
    """The templates that ship with Kontor."""
    return read_templates(FOLDER)
