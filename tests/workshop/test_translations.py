"""The tool that finds sentences without a translation."""

from pathlib import Path

import pytest

from app.workshop.translations import missing, sentences, update


@pytest.fixture
def house(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "app" / "a.py").write_text(
        '_("Guten Tag, %(name)s")\nngettext("%(num)s Server", "%(num)s Server ", 2)\n'
    )
    (tmp_path / "templates" / "b.html").write_text('{% do x %}{{ _("Kosten") }}{% trans %}Ende{% endtrans %}')
    return tmp_path


def fill(house: Path, **words: str) -> None:
    path = house / "app/translations/en/LC_MESSAGES/messages.po"
    text = path.read_text()
    for german, english in words.items():
        text = text.replace(f'msgid "{german}"\nmsgstr ""', f'msgid "{german}"\nmsgstr "{english}"')
    path.write_text(text)


def test_sentences_come_from_code_and_templates(house: Path) -> None:
    found = {m.id if isinstance(m.id, str) else m.id[0] for m in sentences(house) if m.id}
    assert found == {"Guten Tag, %(name)s", "%(num)s Server", "Kosten", "Ende"}


def test_what_is_missing_or_wrong_is_named_with_its_place(house: Path) -> None:
    assert len(list(missing("en", house))) == 4
    update("en", house)
    fill(house, Kosten="Costs", Ende="End")
    left = list(missing("en", house))
    assert len(left) == 2
    assert any(line.startswith("app/a.py:1: not translated") for line in left)


def test_renewing_keeps_translations_and_forgets_what_is_gone(house: Path) -> None:
    update("en", house)
    fill(house, Kosten="Costs", Ende="End")
    (house / "templates" / "b.html").write_text('{{ _("Kosten") }}')
    update("en", house)
    text = (house / "app/translations/en/LC_MESSAGES/messages.po").read_text()
    assert 'msgstr "Costs"' in text
    assert "Ende" not in text
