"""Colours that are read together keep their contrast, in both themes; an operator's accent does too."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.kit.config import ROOT
from app.kit.contrast import contrast, hex_colour, themed_accent

TOKEN = re.compile(r"--([a-z0-9-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)")
PLAIN = re.compile(r"--(console-[a-z]+):\s*(#[0-9a-f]{6})")

TEXT_PAIRS = [
    *(
        (ink, ground)
        for ink in ("ink", "muted")
        for ground in ("bg", "surface", "raised", "sunken", "neutral-soft")
    ),
    *(("accent", ground) for ground in ("bg", "surface", "raised", "accent-soft")),
    *(
        (tone, ground)
        for tone in ("ok", "warn", "bad")
        for ground in ("bg", "surface", "raised", f"{tone}-soft")
    ),
    *(("ink", f"{tone}-soft") for tone in ("accent", "ok", "warn", "bad")),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("on-bad", "bad"),
    ("accent-strong", "surface"),
    *((f"series-{i}", "surface") for i in (1, 2, 3, 4)),
]
EDGE_PAIRS = [
    ("edge", "surface"),
    ("edge", "bg"),
    ("edge", "raised"),
    ("edge", "sunken"),
    ("accent", "accent-soft"),
]


def tokens(css: str, column: int) -> dict[str, str]:
    return {found[0]: found[1 + column] for found in TOKEN.findall(css)}


CSS = (ROOT / "static/css/tokens.css").read_text("utf-8")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("pair", TEXT_PAIRS, ids="/".join)
def test_text_is_readable(theme: str, pair: tuple[str, str]) -> None:
    colours = tokens(CSS, theme == "dark")
    assert contrast(colours[pair[0]], colours[pair[1]]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("pair", EDGE_PAIRS, ids="/".join)
def test_edges_of_controls_are_visible(theme: str, pair: tuple[str, str]) -> None:
    colours = tokens(CSS, theme == "dark")
    assert contrast(colours[pair[0]], colours[pair[1]]) >= 3


def test_the_console_is_readable() -> None:
    colours = dict(PLAIN.findall(CSS))
    ground = colours.pop("console-bg")
    assert len(colours) >= 5
    for name, colour in colours.items():
        assert contrast(colour, ground) >= 4.5, name


def test_known_contrasts() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("text", ["", "red", "#fff", "#ffff00", "#77777", "#777777", "#12345g", "url(x)"])
def test_an_accent_that_cannot_be_read_is_refused(text: str) -> None:
    assert hex_colour(text) is None


@given(st.from_regex(r"\A#[0-9a-f]{6}\Z"))
@example("#757500")
@example("#a90000")
def test_an_accepted_accent_is_readable_in_both_themes(colour: str) -> None:
    if hex_colour(colour) is None:
        return
    css = themed_accent(colour)
    for column, surfaces in ((0, ("#ffffff",)), (1, ("#181d24", "#101419", "#1f2630"))):
        made = tokens(css, column)
        for surface in surfaces:
            assert contrast(made["accent"], surface) >= 4.5
        assert contrast(made["accent"], made["accent-soft"]) >= 4.5
        assert contrast(made["on-accent"], made["accent"]) >= 4.5
        assert contrast(made["on-accent"], made["accent-strong"]) >= 4.5
