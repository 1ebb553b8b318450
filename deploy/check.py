"""What `make check` runs: every check, whatever the others say; the output of those that fail."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable


def _fresh_database(*commands: list[str]) -> list[list[str]]:
    return [[PYTHON, "-m", "flask", "--app", "wsgi", *command] for command in commands]


CHECKS: dict[str, list[list[str]]] = {
    "ruff": [[PYTHON, "-m", "ruff", "check", "."]],
    "format": [[PYTHON, "-m", "ruff", "format", "--check", "."]],
    "mypy": [[PYTHON, "-m", "mypy"]],
    "imports": [
        [PYTHON, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    ],
    "translations": [[PYTHON, "-m", "app.workshop.translations"]],
    "migrations": _fresh_database(["db", "upgrade"], ["db", "check"]),
}


def run(name: str, var: str) -> tuple[bool, str]:
    """Run one check; returns whether all is well, and what it printed."""
    env = {
        **os.environ,
        "KONTOR_VAR_DIR": var,
        "KONTOR_DATABASE_URL": "",
        "KONTOR_DEMO": "0",
        "KONTOR_MODULES": "hosting,nanos",
        "PYTHONPATH": str(ROOT),
    }
    printed = ""
    for command in CHECKS[name]:
        done = subprocess.run(
            command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        printed += done.stdout
        if done.returncode != 0:
            return False, printed
    return True, printed


def main() -> int:
    """Run those named, or all."""
    failed = []
    for name in sys.argv[1:] or list(CHECKS):
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="kontor-check-") as var:
            well, printed = run(name, var)
        print(f"{'ok  ' if well else 'FAIL'}  {name:<14}{time.monotonic() - began:6.1f} s", flush=True)
        if not well:
            failed.append(name)
            print(printed, flush=True)
    if failed:
        print(f"make check: {', '.join(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
