"""Nothing people read bypasses the catalogue: no letters in templates outside of `_()`, no German in code without it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from app.kit.config import ROOT

TEMPLATES = sorted(p for kind in ("*.html", "*.txt") for p in (ROOT / "templates").rglob(kind))
CODE = sorted(p for folder in ("app", "jobs") for p in (ROOT / folder).rglob("*.py"))

SAYING = {
    "_",
    "_l",
    "_n",
    "gettext",
    "ngettext",
    "pgettext",
    "npgettext",
    "lazy_gettext",
    "lazy_ngettext",
    "lazy_pgettext",
    "N_",
}
LABELS = {
    "label",
    "title",
    "text",
    "note",
    "message",
    "submit",
    "placeholder",
    "area",
    "heading",
}
RAISED = {"Invalid", "Conflict", "NotFound", "NotAllowed", "Unavailable", "TooMany", "flash"}
VALIDATORS = {"DataRequired", "InputRequired", "Email"}
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.S)
TAG = re.compile(r"<[^>]*>", re.S)
READ_ALOUD = re.compile(r"\b(?:aria-label|title|placeholder|alt|aria-description)=\"([^\"]*)\"")
LETTERS = re.compile(r"[^\W\d_]{2,}")
ENTITY = re.compile(r"&#?\w+;")
UMLAUT = re.compile(r"[äöüÄÖÜß]")
GERMAN = re.compile(
    r"\b(?:der|die|das|den|dem|ein|eine|einen|nicht|ist|sind|und|oder|mit|von|auf|bitte|kein|keine|noch|schon|bis|wird|wurde)\b"
)
WORD = re.compile(r"^[A-ZÄÖÜ][a-zäöüß]+(?:[ .,:…].*)?$", re.S)

# What looks like words and is not ours to translate.
NAMES = {
    "Kontor",
    "Minecraft",
    "OpenAPI",
    "JSON",
    "CSV",
    "PDF",
    "Esc",
    "Deutsch",
    "English",
    "Subject:",
    "light dark",
}
# Names in the showroom of components, and what stands in a request or a log as it is.
SAMPLES = {
    "Paper 1.20", "Mia Beispiel", "Mia", "Ole", "Bauwelt Nord", "There are 1 of a max of 20 players online: Mia",
    "Authorization: Bearer", "Authorization: Bearer ",
}  # fmt: skip
# Code that knows German for another reason than to show it.
KNOWN = {
    "app/accounts/rules/slug.py": "letters spelt out in addresses",
    "app/core/rules/german.py": "words without meaning that the search leaves out",
    "app/hosting/rules/doors.py": "letters spelt out in host names",
    "app/nanos/rules/outcome.py": "letters spelt out, for comparing words",
    "app/nanos/rules/detect.py": "letters of words in capitals",
    "app/kit/chart_scale.py": "months of the axis, in both languages",
    "app/hosting/rules/caddy.py": "a proxy knows nobody's language: both stand together",
    "app/hosting/gateways/router/texts.py": "players at the door have no language yet: both stand together",
}


def bare(source: str) -> Iterator[str]:
    """What a template says without asking the catalogue."""
    text = JINJA.sub("\0", source)
    for tag in TAG.findall(text):
        for said in READ_ALOUD.findall(tag):
            if LETTERS.search(said) and said not in NAMES:
                yield said
    # What is left of a block inside a tag, and a lone word in small letters (a class, an id), is markup.
    rest = re.sub(r"[\w-]+=\"[^\"]*\"?", "", ENTITY.sub("", TAG.sub("\0", text)))
    for said in (part.strip() for part in rest.split("\0")):
        if LETTERS.search(said) and not re.fullmatch(r"[a-z-]+", said) and said not in NAMES | SAMPLES:
            yield said
    yield from _constants(Environment(extensions=["jinja2.ext.do", "jinja2.ext.i18n"]).parse(source))


def _constants(node: nodes.Node) -> Iterator[str]:
    """Words handed to a macro or filter as they are."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in SAYING:
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        said = node.value
        if (UMLAUT.search(said) or WORD.match(said)) and said not in NAMES | SAMPLES:
            yield said
    for child in node.iter_child_nodes():
        yield from _constants(child)


def unsaid(code: str) -> Iterator[tuple[int, str]]:
    """Line and text of words in code that do not ask the catalogue."""
    tree = ast.parse(code)
    quiet = {id(part) for node in ast.walk(tree) for part in _quiet(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in quiet:
            if UMLAUT.search(node.value) or len(GERMAN.findall(node.value)) > 1:
                yield node.lineno, node.value
        elif isinstance(node, ast.Call):
            for part in _shown(node):
                if isinstance(part, ast.JoinedStr) or (
                    isinstance(part, ast.Constant)
                    and isinstance(part.value, str)
                    and LETTERS.search(part.value)
                ):
                    yield part.lineno, ast.unparse(part)


def _shown(node: ast.Call) -> Iterator[ast.AST]:
    """The arguments of a call that people will read."""
    called = _called(node)
    if called in RAISED:
        for said in [*node.args[:1], *(one.value for one in node.keywords if one.arg == "fields")]:
            yield from [said, *getattr(said, "values", [])]
    if (called.endswith("Field") and called != "Field") or called in VALIDATORS:
        yield from node.args[:1]
    for one in node.keywords:
        if one.arg in LABELS and isinstance(one.value, ast.Constant) and WORD.match(str(one.value.value)):
            yield one.value


def _called(node: ast.Call) -> str:
    return getattr(node.func, "id", None) or getattr(node.func, "attr", "")


def _quiet(node: ast.AST) -> Iterator[ast.AST]:
    """The parts below that need no translation here: said through the catalogue, or for developers."""
    if isinstance(node, ast.Call) and _called(node) in SAYING:
        yield from ast.walk(node)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):  # docstrings
        yield node.value


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_templates_say_everything_through_the_catalogue() -> None:
    found = {name(path): list(bare(path.read_text("utf-8"))) for path in TEMPLATES}
    assert found and {path: said for path, said in found.items() if said} == {}


def test_code_says_everything_through_the_catalogue() -> None:
    found = {name(path): list(unsaid(path.read_text("utf-8"))) for path in CODE if name(path) not in KNOWN}
    assert found and {path: said for path, said in found.items() if said} == {}


@pytest.mark.parametrize(
    "source",
    [
        "<p>Hallo</p>",
        '<button aria-label="Schließen">{{ icon("x") }}</button>',
        '{{ ui.button("Speichern") }}',
        '{{ ui.button("Noch einmal versuchen", kind="quiet") }}',
        '{% call ui.card("Läufe") %}{% endcall %}',
    ],
)
def test_the_rule_for_templates_catches_what_it_is_for(source: str) -> None:
    assert list(bare(source))


@pytest.mark.parametrize(
    "source",
    [
        'flash("Gespeichert.")',
        'raise Conflict("Schon da.")',
        'raise Invalid(fields={"name": "Fehlt."})',
        'raise NotFound(f"{name} fehlt")',
        'label = "Größe"',
        'text = "Das ist noch nicht da"',
    ],
)
def test_the_rule_for_code_catches_what_it_is_for(source: str) -> None:
    assert list(unsaid(source))


def test_the_rules_leave_good_lines_alone() -> None:
    good = '<p class="a b">{{ _("Hallo") }} · {{ ui.button(_("Speichern"), kind="quiet", icon="save") }} &nbsp;</p>'
    assert list(bare(good)) == []
    assert (
        list(unsaid('"""Größe."""\nflash(_("Gespeichert."))\nraise Conflict(gettext("Das ist schon da."))'))
        == []
    )
