"""Every setting is written down, once, with its default."""

import re
from pathlib import Path

from pydantic import SecretStr

from app.kit.config import ROOT, Settings

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
    for name, field in Settings.model_fields.items():
        default, text = documented()[name]
        assert field.description, f"{name} has no description"
        assert text == field.description.replace("|", r"\|"), name
        value = field.default
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        if isinstance(value, Path):
            value = value.relative_to(ROOT)
        shown = (
            {"": "*empty*", True: "`1`", False: "`0`"}.get(value, f"`{value}`")
            if isinstance(value, bool | str)
            else f"`{value}`"
        )
        assert default == shown, name
