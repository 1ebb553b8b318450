"""Every setting is written down, once, with its default."""

import re

from app.kit.config import ROOT, Settings
from app.workshop.pages import settings_page

PAGE = ROOT / "docs" / "settings.md"
LINE = re.compile(r"^\| `KONTOR_(\w+)` \| (.*?) \| (.*) \|$", re.MULTILINE)


def documented() -> dict[str, tuple[str, str]]:
    return {
        name.lower(): (default, text)
        for name, default, text in LINE.findall(PAGE.read_text(encoding="utf-8"))
    }


def test_the_page_lists_exactly_the_settings_there_are() -> None:
    names = [name.lower() for name, _default, _text in LINE.findall(PAGE.read_text(encoding="utf-8"))]
    assert sorted(names) == sorted(Settings.model_fields)


def test_the_page_says_what_the_code_says() -> None:
    assert all(field.description for field in Settings.model_fields.values())
    assert PAGE.read_text(encoding="utf-8") == settings_page(), "python -m app.workshop.pages writes it"
