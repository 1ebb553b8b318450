"""The contracts of `.importlinter`: they hold, each of them bites, and nothing new stands outside of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from app.kit.config import ROOT

CONTRACTS = ConfigParser()
CONTRACTS.read(ROOT / ".importlinter")
MODULES = ("core", "accounts", "billing", "messaging", "privacy", "hosting", "nanos")
OPEN = {"api", "events", "errors"}  # and the package itself: register
# What nobody may write, and the contract that must say so.
BREACHES = {
    "floors": [
        ("app/kit/money.py", "import app.core.api"),
        ("app/billing/api.py", "import app.messaging.api"),
        ("app/hosting/api.py", "import jobs.runtime"),
        ("app/nanos/notices.py", "import app.hosting.api"),
    ],
    "rules-are-pure": [("app/billing/rules/pricing.py", "import sqlalchemy")],
    "interior": [("app/hosting/models/server.py", "import app.hosting.services.life")],
    "interior-of-core": [("app/core/queries/job.py", "import app.core.services.job")],
    "door-core": [("app/hosting/queries/server.py", "import app.core.models")],
    "door-accounts": [("app/hosting/views/server.py", "import app.accounts.queries")],
    "door-billing": [("app/hosting/services/life.py", "import app.billing.services")],
    "door-messaging": [("app/hosting/notices.py", "import app.messaging.kinds")],
    "door-privacy": [("app/hosting/demo.py", "import app.privacy.policies")],
    "door-hosting": [("app/api/views.py", "import app.hosting.rules.server")],
    "door-nanos": [("app/api/views.py", "import app.nanos.rules.nano")],
}


def contract(name: str, key: str) -> set[str]:
    """The modules a contract names under `key`."""
    lines = CONTRACTS[f"importlinter:contract:{name}"][key].splitlines()
    return {word.strip("() ") for line in lines for word in line.split("#")[0].split("|") if word.strip()}


def lint(root: Path) -> dict[str, str]:
    """Contract id -> KEPT or BROKEN, for the code below `root`."""
    code = "from importlinter.cli import lint_imports_command as run; run()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--no-cache"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    names = {CONTRACTS[one].get("name", ""): one.rsplit(":", 1)[-1] for one in CONTRACTS.sections()}
    answers = {}
    for line in done.stdout.splitlines():
        name, _, verdict = line.strip().rpartition(" ")
        if verdict in {"KEPT", "BROKEN"} and name in names:
            answers[names[name]] = verdict
    assert answers, done.stdout + done.stderr
    return answers


def children(package: str) -> set[str]:
    """Modules and packages right below a package of `app`."""
    folder = ROOT / package.replace(".", "/")
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    return files | {path.parent.name for path in folder.glob("*/__init__.py")}


def copy(root: Path, breaches: list[tuple[str, str]]) -> Path:
    """The code in another place, with breaches."""
    for folder in ("app", "jobs"):
        shutil.copytree(
            ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", "translations")
        )
    shutil.copy(ROOT / ".importlinter", root)
    for file, line in breaches:
        with open(root / file, "a") as code:
            code.write(f"\n{line}\n")
    return root


@pytest.mark.slow
def test_every_contract_is_kept() -> None:
    assert lint(ROOT) == dict.fromkeys(BREACHES, "KEPT")


@pytest.mark.slow
def test_every_contract_bites(tmp_path: Path) -> None:
    """One breach of each, in a copy; a contract that still says KEPT would hold nothing."""
    breaches = [breach for several in BREACHES.values() for breach in several]
    assert lint(copy(tmp_path, breaches)) == dict.fromkeys(BREACHES, "BROKEN")


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(BREACHES["floors"])))
def test_each_kind_of_breach_between_floors_is_seen(tmp_path: Path, number: int) -> None:
    assert lint(copy(tmp_path, [BREACHES["floors"][number]]))["floors"] == "BROKEN"


def test_every_package_has_its_floor() -> None:
    named = {name.removeprefix("app.") for name in contract("floors", "layers")} - {"jobs"}
    assert children("app") == named


@pytest.mark.parametrize("module", MODULES)
def test_the_door_of_a_module_covers_all_that_is_behind_it(module: str) -> None:
    protected = {
        name.removeprefix(f"app.{module}.") for name in contract(f"door-{module}", "protected_modules")
    }
    assert protected == children(f"app.{module}") - OPEN
