"""Templates are data: what ships is sound, and what is wrong is named with its file and field."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hosting.catalog import BrokenTemplate, read_template, read_templates, templates
from app.hosting.rules.heap import heap_mb
from app.hosting.rules.setting import Setting, Words
from app.hosting.rules.template import Patterns, Template, facts
from tests.hosting.gateways.rigs import CATALOG

SHIPPED = list(templates().values())


def test_the_five_templates_ship_and_the_one_that_runs_everywhere_comes_first() -> None:
    assert list(templates()) == ["flying-squid", "vanilla-1-21", "paper-1-20", "fabric-mods", "skyblock"]
    assert templates()["flying-squid"].runtimes[0] == "process"


@pytest.mark.parametrize("template", SHIPPED, ids=lambda template: template.slug)
def test_every_size_on_offer_leaves_room_beside_the_heap(template: Template) -> None:
    for size in template.memory.choices_mb:
        assert heap_mb(size) < 0.8 * size
        for runtime in template.runtimes:
            values = template.environment(
                runtime,
                {},
                facts(
                    memory_mb=size, port=25600, rcon_port=15600, rcon_secret_file="/s", install="/i", node="n"
                ),
            )
            assert not any("{heap_mb}" in value for value in values.values())
            if "MEMORY" in values:
                assert values["MEMORY"] == f"{heap_mb(size)}M"


@pytest.mark.parametrize("template", SHIPPED, ids=lambda template: template.slug)
def test_shipped_templates_speak_both_languages_and_use_rcon_from_a_file(template: Template) -> None:
    assert template.description.text("de") != template.description.text("en")
    assert template.check_settings({setting.key: setting.default for setting in template.settings}) == {}
    plans = [plan for plan in (template.process, template.docker) if plan]
    for plan in plans:
        assert "{rcon_secret_file}" in plan.environment.values()


@given(st.integers(min_value=4, max_value=1_000_000))
def test_the_heap_is_below_four_fifths_of_the_limit(limit: int) -> None:
    assert 0 < heap_mb(limit) < 0.8 * limit
    assert heap_mb(limit) <= heap_mb(limit + 1)


GOOD = (CATALOG / "edge.toml").read_text()


@pytest.mark.parametrize(
    ("find", "replace", "field"),
    [
        ('slug = "edge"', 'slug = "Edge!"', "slug"),
        ('slug = "edge"', 'slug = "other"', "slug"),
        ('icon = "bug"', "", "icon"),
        ("choices_mb = [128, 256]", "choices_mb = [256, 128]", "memory"),
        ("default_mb = 128", "default_mb = 200", "memory"),
        ('runtimes = ["process", "docker"]', 'runtimes = ["cloud"]', "runtimes.0"),
        ('GAME_PORT = "{port}"', 'GAME_PORT = "{prot}"', "placeholder"),
        ("grace_seconds = 5", "grace_seconds = 0", "stop.grace_seconds"),
        ('reader = "paper"', 'reader = "guess"', "tps.reader"),
        ('command = "tps"', "", "tps"),
        ('type = "boolean"', 'type = "wish"', "settings.1.type"),
        ('env = "MOTD"', 'env = "MOTD"\nproperty = "motd"', "settings.0"),
        ('key = "deaf"', 'key = "motd"', "key twice"),
        ("[stop]", "[[stop]]", "stop"),
        ("rcon = true", "rcon = maybe", "edge.toml"),
        ('"{install}/game.py"]', '"{install}/game.py"]\nfiles = ["gone.js"]', "gone.js"),
    ],
)
def test_a_broken_file_names_itself_and_the_field(
    tmp_path: Path, find: str, replace: str, field: str
) -> None:
    assert find in GOOD
    path = tmp_path / "edge.toml"
    path.write_text(GOOD.replace(find, replace, 1))
    with pytest.raises(BrokenTemplate) as caught:
        read_template(path)
    assert "edge.toml" in str(caught.value)
    assert field in str(caught.value)


def test_a_pattern_that_cannot_work_is_refused() -> None:
    with pytest.raises(ValueError, match="not a regular expression"):
        Patterns(join="(")
    with pytest.raises(ValueError, match="player"):
        Patterns(leave="left")


def test_one_broken_file_stops_them_all(tmp_path: Path) -> None:
    (tmp_path / "edge.toml").write_text(GOOD)
    (tmp_path / "bad.toml").write_text("slug = ")
    with pytest.raises(BrokenTemplate, match=r"bad\.toml"):
        read_templates(tmp_path)


def number(**more: object) -> Setting:
    return Setting(
        key="slots",
        label=Words(de="a", en="b"),
        type="integer",
        default=5,
        minimum=1,
        maximum=10,
        env="X",
        **more,
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "fault"), [(1, None), (10, None), (0, "range"), (11, "range"), ("5", "type"), (True, "type")]
)
def test_numbers_have_bounds(value: object, fault: str | None) -> None:
    assert number().fault(value) == fault


def test_settings_of_a_template_are_checked_by_key() -> None:
    template = templates()["flying-squid"]
    assert template.check_settings({"slots": 0, "motd": "a\nb", "version": "9.9", "what": 1, "online_mode": "yes"}) == {
        "slots": "range", "motd": "characters", "version": "choice", "what": "unknown", "online_mode": "type",
    }  # fmt: skip
    assert template.check_settings({"motd": "x" * 61}) == {"motd": "length"}


def test_defaults_fill_what_was_not_set() -> None:
    template = templates()["flying-squid"]
    known = facts(memory_mb=512, port=1, rcon_port=2, rcon_secret_file="/s", install="/i", node="n")
    values = template.environment("process", {"slots": 3}, known)
    assert (values["MAX_PLAYERS"], values["VIEW_DISTANCE"], values["ONLINE_MODE"]) == ("3", "4", "false")
