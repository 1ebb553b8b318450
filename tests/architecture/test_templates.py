"""Templates and scripts: no inline code, only htmx 4, German words through gettext, small files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.kit.config import ROOT

TEMPLATES = sorted(p for p in (ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static").rglob("*.js"))
MAILS = {p for p in TEMPLATES if "mail" in p.stem or "mail" in p.parent.name}

INLINE = {
    "style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.S),
    "style element": re.compile(r"<style\b"),
    "event attribute": re.compile(r"<[a-z][^>]*\son[a-z]+\s*=", re.S),
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)", re.S),
    "script address": re.compile(r"javascript:"),
}
# Spellings of htmx 2 that version 4 ignores without a word, and whatever needs eval.
DEAD = {
    "hx-disabled-elt": re.compile(r"hx-disabled-elt"),
    "hx-ext": re.compile(r"\bhx-ext\b"),
    "ws-connect": re.compile(r"(?<!hx-ws:)\bws-connect\b"),
    "ws-send": re.compile(r"(?<!hx-ws:)\bws-send\b"),
    "sse-connect": re.compile(r"\bsse-(connect|swap)\b"),
    "hx-vars": re.compile(r"\bhx-(vars|params|request|history|inherit|disinherit)\b\s*="),
    "camel-case event": re.compile(r"\bhtmx:[a-z]+[A-Z]"),
    "hx-on": re.compile(r"\bhx-on[:=\-]"),
    "js: value": re.compile(r"=\"js:"),
    "trigger filter": re.compile(r"hx-trigger=\"[^\"]*\["),
}
EVAL = re.compile(
    r"\beval\(|new Function\(|setTimeout\(\s*[\"']|\.innerHTML\s*=|insertAdjacentHTML|document\.write"
)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def faults(text: str, rules: dict[str, re.Pattern[str]]) -> list[str]:
    text = re.sub(r"\{#.*?#\}", "", text, flags=re.S)
    return [what for what, pattern in rules.items() if pattern.search(text)]


def test_no_inline_code() -> None:
    found = {name(path): faults(path.read_text("utf-8"), INLINE) for path in TEMPLATES}
    for mail in map(name, MAILS):  # mail programs know no style sheets
        found[mail] = [what for what in found[mail] if what != "style attribute"]
    assert found and {path: what for path, what in found.items() if what} == {}


def test_only_the_spelling_of_htmx_4() -> None:
    found = {name(path): faults(path.read_text("utf-8"), DEAD) for path in TEMPLATES}
    assert {path: what for path, what in found.items() if what} == {}


def test_templates_stay_small() -> None:
    lines = {name(path): len(path.read_text("utf-8").splitlines()) for path in TEMPLATES}
    assert {path: count for path, count in lines.items() if count > 130} == {}


def test_scripts_need_no_eval_and_write_no_markup() -> None:
    assert SCRIPTS and [name(path) for path in SCRIPTS if EVAL.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        (INLINE, '<p class="x" style="color:red">'),
        (INLINE, "<a\n onclick='x()'>"),
        (INLINE, "<script>1</script>"),
        (INLINE, '<script nonce="a">1</script>'),
        (DEAD, '<form hx-disabled-elt="find button">'),
        (DEAD, '<div hx-ext="ws" ws-connect="/x">'),
        (DEAD, "<input hx-trigger=\"keyup[key=='Enter']\">"),
        (DEAD, '<b hx-on::after-swap="x">'),
        (DEAD, "htmx:afterSwap"),
    ],
)
def test_the_rules_catch_what_they_are_for(rules: dict[str, re.Pattern[str]], text: str) -> None:
    assert faults(text, rules) != []


def test_the_rules_leave_good_markup_alone() -> None:
    good = '<form hx-post="/x" hx-disable="find button" hx-swap="none"><script src="/a.js"></script><div hx-ws:connect="/live">'
    assert faults(good, INLINE) + faults(good, DEAD) == []
