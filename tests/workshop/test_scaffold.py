"""`flask kontor scaffold` writes a noun that works, in every layer, and refuses what would break something."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.workshop.scaffold import Refused, with_imports, write

ROOT = Path(__file__).resolve().parents[2]
RULES = "tests/architecture/test_house_rules.py"
LAYERS = ("models", "rules", "queries", "services", "views")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the checkout without what is installed."""
    place = tmp_path / "a copy"
    place.mkdir()
    ignore = shutil.ignore_patterns("node_modules", "__pycache__", "*.pyc", ".lock")
    for name in ("app", "jobs", "templates", "static", "tests", "migrations"):
        shutil.copytree(ROOT / name, place / name, ignore=ignore)
    for name in (
        "wsgi.py",
        "pyproject.toml",
        ".importlinter",
        "assets.toml",
        "package-lock.json",
        "requirements.txt",
    ):
        shutil.copy(ROOT / name, place / name)
    return place


def run(house: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_", "KONTOR_"))}
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=house, env=env, capture_output=True, text=True
    )


@pytest.mark.slow
def test_new_nouns_pass_their_tests_and_every_rule_of_the_house(house: Path) -> None:
    nouns = {"hosting": "map_marker", "messaging": "story"}
    made: list[Path] = []
    for module, noun in nouns.items():
        made += write(house, module, noun)
        assert all((house / f"app/{module}/{layer}/{noun}.py").is_file() for layer in LAYERS)
    assert all(
        len(path.read_text().splitlines()) < 130 for path in made if path.stem.endswith(tuple(nouns.values()))
    )
    own = [f"tests/{module}/test_{noun}.py" for module, noun in nouns.items()]
    tests = run(house, "pytest", "-q", "-p", "no:cacheprovider", *own, "tests/architecture")
    assert tests.returncode == 0, tests.stdout[-4000:]
    lint = run(house, "ruff", "check", *(str(path) for path in made if path.suffix == ".py"))
    assert lint.returncode == 0, lint.stdout
    floors = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=house, capture_output=True, text=True,
    )  # fmt: skip
    assert floors.returncode == 0, floors.stdout[-4000:]


def test_nothing_is_written_over(house: Path) -> None:
    before = (house / "app/hosting/policies.py").read_text()
    with pytest.raises(Refused, match="exists already"):
        write(house, "hosting", "server")
    assert (house / "app/hosting/policies.py").read_text() == before


@pytest.mark.parametrize(
    ("module", "noun"), [("nothing", "plan"), ("kit", "plan"), ("hosting", "Plan"), ("hosting", "class")]
)
def test_names_that_do_not_fit_are_refused(house: Path, module: str, noun: str) -> None:
    with pytest.raises(Refused):
        write(house, module, noun)


def test_imports_are_added_once() -> None:
    text = '"""Doc."""\n\nfrom enum import StrEnum\n\nX = 1\n'
    more = with_imports(text, "from enum import StrEnum", "from app.kit.authz import grant")
    assert more == with_imports(more, "from app.kit.authz import grant")
    assert [n.module for n in ast.parse(more).body if isinstance(n, ast.ImportFrom)] == [
        "enum",
        "app.kit.authz",
    ]
