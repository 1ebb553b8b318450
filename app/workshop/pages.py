"""Writes what the code knows into the docs: settings and metrics. `python -m app.workshop.pages`"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from pydantic import SecretStr

from app.kit.config import ROOT, Settings

HEAD = """# Settings

Everything is set by environment variables; a value that does not fit stops the start and names the setting.
This page is written by `python -m app.workshop.pages`; a test keeps it true.

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
| `WEB_STALL_SECONDS` | `60` | A client that neither sends nor takes anything for so long is cut off. |
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


def settings_page() -> str:
    """The text of docs/settings.md."""
    rows = []
    for name, field in Settings.model_fields.items():
        text = (field.description or "").replace("|", r"\|")
        rows.append(f"| `KONTOR_{name.upper()}` | {_shown(field.default)} | {text} |\n")
    return HEAD + "".join(rows) + TAIL


MAKERS = ("counter", "gauge", "histogram", "GaugeMetricFamily", "CounterMetricFamily")
BEGIN, END = "<!-- metrics -->", "<!-- end of metrics -->"


def metrics() -> list[tuple[str, str, str]]:
    """Every metric of the platform: name, labels, meaning."""
    found = []
    for folder in ("app", "jobs"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if '"kontor_' not in text:
                continue
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Call) and (made := _metric(node)):
                    found.append(made)
    return sorted(set(found))


def _metric(call: ast.Call) -> tuple[str, str, str] | None:
    maker = getattr(call.func, "attr", getattr(call.func, "id", ""))
    texts = [a.value if isinstance(a, ast.Constant) and isinstance(a.value, str) else "" for a in call.args]
    if maker not in MAKERS or len(texts) < 2 or not texts[0].startswith("kontor_"):
        return None
    labels = next(
        (k.value for k in call.keywords if k.arg == "labels"), call.args[2] if len(call.args) > 2 else None
    )
    names = (
        [e.value for e in labels.elts if isinstance(e, ast.Constant)]
        if isinstance(labels, ast.Tuple | ast.List)
        else []
    )
    return texts[0], ", ".join(f"`{name!s}`" for name in names), texts[1].rstrip(".")


def operations_page(text: str) -> str:
    """docs/operations.md with the list of metrics as it is now."""
    rows = "".join(f"| `{name}` | {labels} | {meaning} |\n" for name, labels, meaning in metrics())
    head, rest = text.split(BEGIN)
    table = f"\n| Metric | Labels | Meaning |\n|---|---|---|\n{rows}"
    return head + BEGIN + table + END + rest.split(END)[1]


def main() -> None:
    """Write both."""
    (ROOT / "docs" / "settings.md").write_text(settings_page(), encoding="utf-8")
    operations = ROOT / "docs" / "operations.md"
    operations.write_text(operations_page(operations.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write("docs/settings.md and the metrics in docs/operations.md are written\n")


if __name__ == "__main__":
    main()
