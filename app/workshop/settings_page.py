"""Writes docs/settings.md from the settings themselves: `python -m app.workshop.settings_page`."""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import SecretStr

from app.kit.config import ROOT, Settings

HEAD = """# Settings

Everything is set by environment variables; a value that does not fit stops the start and names the setting.
This page is written by `python -m app.workshop.settings_page`; a test keeps it true.

| Variable | Default | Meaning |
|---|---|---|
"""
TAIL = """
Beside these, the process runner and gunicorn read:

| Variable | Default | Meaning |
|---|---|---|
| `HOST` | `127.0.0.1` | Address that web and live listen on; `0.0.0.0` is every one. |
| `PORT` | `8000` | Port of the pages. |
| `LIVE_PORT` | `PORT` + 1 | Port of the WebSockets. |
| `WEB_WORKERS` | `2` | Processes for pages (four threads each). |
| `LIVE_WORKERS` | `1` | Processes for WebSockets. |
| `LIVE_THREADS` | `400` | WebSockets a process holds on SQLite; on PostgreSQL gevent holds 20,000. |
| `INFRA_WORKERS` | `2` | Workers that install, start and stop game servers (`make run`). |
| `PROMETHEUS_MULTIPROC_DIR` | `var/metrics` | Folder in which all processes of a host share their metrics; empty it at boot. |
"""


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, Path):
        value = value.relative_to(ROOT)
    if isinstance(value, bool):
        return "`1`" if value else "`0`"
    return f"`{value}`" if value != "" else "*empty*"


def page() -> str:
    """The page's text."""
    rows = []
    for name, field in Settings.model_fields.items():
        text = (field.description or "").replace("|", r"\|")
        rows.append(f"| `KONTOR_{name.upper()}` | {_shown(field.default)} | {text} |\n")
    return HEAD + "".join(rows) + TAIL


if __name__ == "__main__":
    (ROOT / "docs" / "settings.md").write_text(page(), encoding="utf-8")
    sys.stdout.write("docs/settings.md written\n")
