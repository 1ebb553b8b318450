"""Begins a noun: one file in every layer, entries in the module's lists, pages, a job and a test that passes.

What it writes works as it stands and is meant to be changed. docs/adding-a-feature.md walks through it.
"""

from __future__ import annotations

import ast
import keyword
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from string import Template

SKELETON = Path(__file__).parent / "skeleton"
NOT_FOR_NOUNS = ("core", "kit", "live", "api", "workshop")

FILES = {
    "model": "app/$module/models/$noun.py",
    "rules": "app/$module/rules/$noun.py",
    "queries": "app/$module/queries/$noun.py",
    "services": "app/$module/services/$noun.py",
    "views": "app/$module/views/$noun.py",
    "jobs": "jobs/$module/$noun.py",
    "index.html": "templates/$module/$noun/index.html",
    "_state.html": "templates/$module/$noun/_state.html",
    "new.html": "templates/$module/$noun/new.html",
    "show.html": "templates/$module/$noun/show.html",
    "test": "tests/$module/test_$noun.py",
}
# What a skeleton appended to a list of the module needs there: (file, imports).
LISTS = {
    "policies": ("from enum import StrEnum", "from app.kit.authz import grant"),
    "events": (
        "from dataclasses import dataclass",
        "from typing import ClassVar",
        "from app.core.api import Fact",
    ),
    "tasks": ("from app.kit.jobref import job",),
}
REGISTER_IMPORTS = ("from flask_babel import lazy_gettext", "from app.kit.ui import nav")


class Refused(Exception):
    """The names do not fit, or something is in the way; nothing was written."""


def write(root: Path, module: str, noun: str) -> list[Path]:
    """Write the noun into the module. Returns the files made and changed."""
    words = _names(root, module, noun)
    made = {
        root / _fill(path, words): _fill((SKELETON / f"{name}.txt").read_text(), words)
        for name, path in FILES.items()
    }
    taken = [path for path in made if path.exists()]
    if taken:
        raise Refused(f"{taken[0].relative_to(root)} exists already")
    changed = dict(_lists(root, words))
    changed.update(_door(root, module, [*made, *changed]))
    for path, text in {**made, **changed}.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for folder in {path.parent for path in made if path.suffix == ".py"}:
        if not (folder / "__init__.py").exists():
            (folder / "__init__.py").write_text(f'"""{folder.name.capitalize()} of {module}."""\n')
    _tidy([path for path in (*made, *changed) if path.suffix == ".py"])
    return [*made, *changed]


def _tidy(paths: list[Path]) -> None:
    """Imports in order and lines in shape, where ruff is installed (it comes with requirements-dev.txt)."""
    if find_spec("ruff"):
        ruff = [sys.executable, "-m", "ruff"]
        subprocess.run([*ruff, "check", "-q", "--fix", "--select", "I", *map(str, paths)])
        subprocess.run([*ruff, "format", "-q", *map(str, paths)])


def _names(root: Path, module: str, noun: str) -> dict[str, str]:
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", noun) or keyword.iskeyword(noun):
        raise Refused(f"{noun!r}: a noun is lower case, with _ between words")
    if module in NOT_FOR_NOUNS or not (root / "app" / module / "__init__.py").is_file():
        raise Refused(f"there is no module app/{module} that takes nouns")
    plural = (
        noun[:-1] + "ies"
        if re.search(r"[^aeiou]y$", noun)
        else noun + ("es" if re.search(r"(s|x|ch|sh)$", noun) else "s")
    )
    return {
        "module": module,
        "noun": noun,
        "nouns": plural,
        "slugs": plural.replace("_", "-"),
        "words": noun.replace("_", " "),
        "Noun": "".join(part.capitalize() for part in noun.split("_")),
        "Nouns": plural.replace("_", " ").capitalize(),
    }


def _fill(text: str, words: dict[str, str]) -> str:
    return Template(text).substitute(words)


def _lists(root: Path, words: dict[str, str]) -> Iterator[tuple[Path, str]]:
    """The module's own files with the noun's entries: policies, events, tasks, tables, and register()."""
    home = root / "app" / words["module"]
    for name, imports in LISTS.items():
        path = home / f"{name}.py"
        text = (
            path.read_text()
            if path.exists()
            else f'"""{name.capitalize()} of {words["module"]}."""\n\nfrom __future__ import annotations\n'
        )
        addition = _fill((SKELETON / f"{name}.txt").read_text(), words)
        yield path, with_imports(text, *imports).rstrip("\n") + "\n" + addition
    path = home / "__init__.py"
    yield path, _registered(path, _fill((SKELETON / "register.txt").read_text(), words))


def _door(root: Path, module: str, files: list[Path]) -> Iterator[tuple[Path, str]]:
    """The import rules, where the noun brings the module its first file of a layer: it stands behind the door as well."""
    rules = root / ".importlinter"
    home = root / "app" / module
    layers = {
        path.relative_to(home).parts[0].removesuffix(".py") for path in files if path.is_relative_to(home)
    }
    head, mark, tail = rules.read_text().partition(f"[importlinter:contract:door-{module}]")
    known, end, rest = tail.partition("allowed_importers =")
    lines = [
        f"    app.{module}.{layer}\n" for layer in sorted(layers - {"__init__", "api", "errors", "events"})
    ]
    new = [line for line in lines if line not in known]
    if mark and new:
        yield rules, head + mark + known + "".join(new) + end + rest


def with_imports(text: str, *lines: str) -> str:
    """The source with these imports, after its other imports; those it has are left alone."""
    tree = ast.parse(text)
    have = {
        (node.module, alias.name)
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    wanted = [line for line in lines if (line.split()[1], line.split()[3]) not in have]
    if not wanted:
        return text
    ends = [n.end_lineno or 0 for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
    head = tree.body[0].end_lineno if tree.body and isinstance(tree.body[0], ast.Expr) else 0
    position = max(ends, default=head or 0)
    rows = text.splitlines()
    return "\n".join([*rows[:position], *([""] if not ends else []), *wanted, *rows[position:]]) + "\n"


def _registered(path: Path, addition: str) -> str:
    """The module's __init__.py with `addition` at the end of register()."""
    text = path.read_text()
    found = [n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef) and n.name == "register"]
    if not found:
        raise Refused(f"{path.name} of the module has no register()")
    end = found[0].end_lineno or 0
    rows = text.splitlines()
    text = "\n".join([*rows[:end], "", *addition.rstrip("\n").splitlines(), *rows[end:]]) + "\n"
    local = {
        alias.name for node in ast.walk(found[0]) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    return with_imports(text, *(line for line in REGISTER_IMPORTS if line.split()[3] not in local))
