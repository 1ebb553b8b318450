"""Bringing an installation to the newest state, and filling it with the demo organisation."""

from __future__ import annotations

import json
import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from flask_migrate import upgrade

from app.kit.config import settings


def modules(app: Flask) -> list[str]:
    """The modules of this installation, lowest first."""
    ground = [m for m in ("core", "accounts", "billing", "messaging", "privacy") if find_spec(f"app.{m}")]
    return ground + list(app.extensions["kontor-settings"].enabled_modules)


def migrate() -> None:
    """Run the migrations that are missing."""
    upgrade()


def seed_demo() -> list[dict[str, Any]]:
    """Have every module put its sample data in; doing it twice changes nothing. Returns who can sign in."""
    people: list[dict[str, Any]] = []
    for name in modules(current_app._get_current_object()):  # type: ignore[attr-defined]
        if find_spec(f"app.{name}.demo") is None:
            continue
        told = import_module(f"app.{name}.demo").seed()
        people += told or []
    if people:
        _write_down(settings().var_dir / "demo.json", people)
    return people


def _write_down(path: Path, people: list[dict[str, Any]]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(people, file, ensure_ascii=False, indent=1)
