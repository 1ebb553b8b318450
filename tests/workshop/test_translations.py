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
    (tmp_path / "templates" / "_ui").mkdir()
    (tmp_path / "templates" / "_ui" / "c.html").write_text('{{ _("Baustein") }}')
    (tmp_path / "app" / "tasks.py").write_text('job("x", title=N_("Arbeit"))')
    return tmp_path


def fill(house: Path, **words: str) -> None:
    path = house / "app/translations/en/LC_MESSAGES/messages.po"
    text = path.read_text()
    for german, english in words.items():
        text = text.replace(f'msgid "{german}"\nmsgstr ""', f'msgid "{german}"\nmsgstr "{english}"')
    path.write_text(text)


def test_sentences_come_from_code_and_templates(house: Path) -> None:
    found = {m.id if isinstance(m.id, str) else m.id[0] for m in sentences(house) if m.id}
    assert found == {"Guten Tag, %(name)s", "%(num)s Server", "Kosten", "Ende", "Baustein", "Arbeit"}


def test_what_is_missing_or_wrong_is_named_with_its_place(house: Path) -> None:
    assert len(list(missing("en", house))) == 6
    update("en", house)
    fill(house, Kosten="Costs", Ende="End")
    left = list(missing("en", house))
    assert len(left) == 4
    assert any(line.startswith("app/a.py:1: not translated") for line in left)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('msgstr "Hello"', "other placeholders"),
        ('msgstr "Hello, %(nmae)s"', "other placeholders"),
        ('msgstr ""', "not translated"),
    ],
)
def test_a_lost_or_misspelt_placeholder_is_named(house: Path, wrong: str, said: str) -> None:
    update("en", house)
    path = house / "app/translations/en/LC_MESSAGES/messages.po"
    source = 'msgid "Guten Tag, %(name)s"\n'
    path.write_text(path.read_text().replace(f'{source}msgstr ""', f"{source}{wrong}"))
    assert [line for line in missing("en", house) if "Guten Tag" in line and said in line]


def test_a_doubtful_translation_counts_as_missing(house: Path) -> None:
    update("en", house)
    fill(house, Kosten="Costs")
    path = house / "app/translations/en/LC_MESSAGES/messages.po"
    path.write_text(path.read_text().replace('msgid "Kosten"', '#, fuzzy\nmsgid "Kosten"'))
    assert any("marked fuzzy: 'Kosten'" in line for line in missing("en", house))


def test_renewing_twice_changes_nothing(house: Path) -> None:
    update("en", house)
    path = house / "app/translations/en/LC_MESSAGES/messages.po"
    first = path.read_bytes()
    update("en", house)
    assert path.read_bytes() == first


@pytest.mark.slow
def test_every_sentence_of_kontor_is_said_in_english() -> None:
    assert list(missing("en")) == [], "`make translations`, then fill in app/translations/en"


def test_renewing_keeps_translations_and_forgets_what_is_gone(house: Path) -> None:
    update("en", house)
    fill(house, Kosten="Costs", Ende="End")
    (house / "templates" / "b.html").write_text('{{ _("Kosten") }}')
    update("en", house)
    text = (house / "app/translations/en/LC_MESSAGES/messages.po").read_text()
    assert 'msgstr "Costs"' in text
    assert "Ende" not in text
