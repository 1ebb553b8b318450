"""What production is told to run is what `make run` runs, and the pages about operation are complete."""

import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from app.kit.config import Settings
from app.kit.runner import read_procfile
from app.workshop.pages import metrics, operations_page

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))


def test_every_process_of_the_procfile_has_a_unit_with_the_same_command() -> None:
    started = {}
    for unit in UNITS:
        text = unit.read_text()
        name = re.search(r"KONTOR_PROCESS=(\S+)", text)
        command = re.search(r"ExecStart=/opt/kontor/\.venv/bin/python (.+)", text)
        assert name, unit.name
        assert command, unit.name
        started[name[1]] = command[1].split()
    wanted = {name: args[1:] for name, args in read_procfile((ROOT / "Procfile").read_text(), {}).items()}
    wanted.pop("redis")  # production has a Redis of its own
    assert started == wanted


def directives(unit: Path) -> dict[str, str]:
    """What a unit says, the last word of each directive."""
    lines = (line.partition("=") for line in unit.read_text().splitlines() if "=" in line and line[0] != "#")
    return {name.strip(): value.strip() for name, _, value in lines}


def test_games_live_on_when_the_unit_that_started_them_ends() -> None:
    """They are processes of this unit: neither a restart, nor a game without memory, nor a count may end the others."""
    infra = directives(ROOT / "deploy/systemd/kontor-infra@.service")
    assert infra["KillMode"] == "process"
    assert infra["OOMPolicy"] == "continue"
    assert infra["TasksMax"] == "infinity"
    assert not {"MemoryMax", "RuntimeMaxSec", "ExecStop", "ExecStopPost"} & infra.keys()


def test_only_the_unit_with_games_leaves_processes_behind() -> None:
    assert [unit.name for unit in UNITS if "KillMode" in directives(unit)] == ["kontor-infra@.service"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_the_unit(unit: Path, tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("no systemd here")
    here = tmp_path / unit.name
    python = tmp_path / "python"  # a path that is there, and without spaces
    python.symlink_to(sys.executable)
    here.write_text(unit.read_text().replace("/opt/kontor/.venv/bin/python", str(python)))
    said = subprocess.run(
        [program, "verify", "--man=no", "--recursive-errors=no", here], capture_output=True, text=True
    )
    assert (said.returncode, said.stderr) == (0, "")


def test_the_example_environment_names_real_settings() -> None:
    names = re.findall(
        r"^KONTOR_(\w+)=", (ROOT / "deploy/systemd/kontor.env.example").read_text(), re.MULTILINE
    )
    assert set(map(str.lower, names)) <= set(Settings.model_fields)


def test_the_list_of_metrics_is_what_the_code_makes() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert len(metrics()) > 10
    assert page == operations_page(page), "python -m app.workshop.pages writes it"


@pytest.mark.parametrize(
    "page", ["README.md", "docs/operations.md", "docs/adding-a-feature.md", "CHANGELOG.md"]
)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text()
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text):
        assert (ROOT / page).parent.joinpath(target).exists(), target


def test_the_readme_names_every_target_of_the_makefile() -> None:
    targets = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    readme = (ROOT / "README.md").read_text()
    assert [t for t in targets if f"make {t}" not in readme] == []


def test_the_backup_command_of_the_page_copies_a_database_in_use(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    [command] = re.findall(r"^\.venv/bin/python -c .*VACUUM INTO.*$", page, re.MULTILINE)
    (tmp_path / "var").mkdir()
    with closing(sqlite3.connect(tmp_path / "var" / "kontor.db")) as link:
        link.execute("PRAGMA journal_mode=WAL")
        link.execute("CREATE TABLE mark (id INT)")
        link.execute("INSERT INTO mark VALUES (42)")
        link.commit()
        link.execute("BEGIN IMMEDIATE")  # somebody is writing
        mine = command.replace(".venv/bin/python", shlex.quote(sys.executable)).replace(
            "/backup/", f"{tmp_path}/"
        )
        subprocess.run(["bash", "-c", mine], cwd=tmp_path, check=True)
    with closing(sqlite3.connect(tmp_path / "kontor.db")) as copy:
        assert copy.execute("SELECT id FROM mark").fetchall() == [(42,)]
