"""Rules of the house that import-linter cannot see. Each says what to do instead."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from flask import Flask

from app.kit.config import ROOT
from app.kit.db import db
from app.kit.jobref import REGISTRY
from jobs.runtime import PLACES

PYTHON_LINES, FUNCTION_LINES, TEMPLATE_LINES, BODY_LINES = 300, 40, 100, 15
# A longer file needs a reason, written here.
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}
LONG_TEMPLATES: dict[str, str] = {}


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_python_files_stay_small() -> None:
    long = {
        name_of(p): n
        for p in python_files("app", "jobs")
        if (n := len(p.read_text().splitlines())) > PYTHON_LINES
    }
    assert {k: v for k, v in long.items() if k not in LONG_FILES} == {}


def test_functions_fit_on_a_screen() -> None:
    long = {}
    for path in python_files("app", "jobs"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = node.body[0]
                documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
                start = (first.end_lineno or 0) if documented else node.lineno
                lines = (node.end_lineno or 0) - start
                if lines > FUNCTION_LINES and node.name not in ("register", "create_app"):
                    long[f"{name_of(path)}:{node.name}"] = lines
    assert {k: v for k, v in long.items() if k not in LONG_FUNCTIONS} == {}


def test_templates_stay_small() -> None:
    long = {
        name_of(p): n
        for p in sorted((ROOT / "templates").rglob("*.*"))
        if (n := len(p.read_text().splitlines())) > TEMPLATE_LINES
    }
    assert {k: v for k, v in long.items() if k not in LONG_TEMPLATES} == {}


def test_job_bodies_are_a_few_lines() -> None:
    long = {}
    for path in python_files("jobs"):
        if path.parent.name == "jobs":  # the runtime itself: worker, clock, watch
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno > BODY_LINES + 5:
                long[f"{name_of(path)}:{node.name}"] = (node.end_lineno or 0) - node.lineno
    assert long == {}


def test_only_the_clock_tells_the_time() -> None:
    wrong = re.compile(r"datetime\.(now|utcnow|today)\(|date\.today\(|func\.now\(|CURRENT_TIMESTAMP")
    found = [
        f"{name_of(path)}:{number}"
        for path in python_files("app", "jobs")
        if name_of(path) != "app/kit/clock.py"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if wrong.search(line.split("#")[0])
    ]
    assert found == [], "use app.kit.clock.now()"


def test_only_services_and_the_kit_open_transactions() -> None:
    found = [
        name_of(path)
        for path in python_files("app", "jobs")
        if re.search(r"\btransaction\(\)|session\.commit\(\)", path.read_text())
        and not re.search(r"/(services|kit)/|jobs/(clock|watch|runtime)\.py|/demo\.py", name_of(path))
    ]
    assert found == [], "writing belongs into a service"


def test_every_job_reference_has_a_body_with_the_arguments_its_callers_give(app: Flask) -> None:
    assert REGISTRY, "no job is declared"
    for path, ref in REGISTRY.items():
        module, _, name = path.rpartition(".")
        body = getattr(import_module(module), name)
        assert callable(body), path
        assert inspect.getdoc(body), f"{path} says what it does"
        assert 0 < ref.timeout <= 6 * 3600
        assert ref.queue in {"default", *PLACES["infra"]}, path


def test_tables_are_named_after_their_module(app: Flask) -> None:
    owners = {mapper.local_table.name: mapper.class_.__module__ for mapper in db.Model.registry.mappers}
    wrong = {table: module for table, module in owners.items() if table.split("_")[0] != module.split(".")[1]}
    assert wrong == {}


def test_foreign_keys_point_to_the_own_module_or_the_ground(app: Flask) -> None:
    wrong = []
    for table in db.metadata.sorted_tables:
        for key in table.foreign_keys:
            target = key.target_fullname.split("_")[0]
            if target not in {table.name.split("_")[0], "core", "accounts"}:
                wrong.append(f"{table.name} -> {key.target_fullname}")
    assert wrong == []


def test_the_repository_speaks_of_the_product_alone() -> None:
    this = Path(__file__)
    banned = re.compile(r"(?<![\w.-])/(work|root)/|registry\.npmjs\.org/.+\.tgz|\bhelper-\d\b")
    found = []
    for folder in (
        "app",
        "jobs",
        "templates",
        "static",
        "docs",
        "deploy",
        "tests",
        "benchmarks",
        "migrations",
        ".ci",
    ):
        for path in (ROOT / folder).rglob("*"):
            if (
                not path.is_file()
                or path == this
                or path.suffix in {".pyc", ".mo", ".png"}
                or "node_modules" in path.parts
            ):
                continue
            if banned.search(path.read_text(errors="ignore")):
                found.append(name_of(path))
    assert found == []


@pytest.mark.parametrize("folder", ["static", "templates", "app"])
def test_third_party_files_are_fetched_not_kept(folder: str) -> None:
    kept = [
        name_of(p) for p in (ROOT / folder).rglob("*") if re.search(r"\.min\.(js|css)$|\.woff2?$", p.name)
    ]
    assert kept == []
