"""Replacing a Caddyfile: checked by Caddy itself where it is installed, then put in place in one step."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

SECONDS = 60


class Refused(Exception):
    """Caddy does not take the file; the text is what it said."""


def valid(path: Path) -> bool | None:
    """Whether Caddy takes this file; None where there is no Caddy. Raises Refused."""
    program = shutil.which("caddy")
    if program is None:
        return None
    with tempfile.TemporaryDirectory(prefix="kontor-caddy-") as folder:  # what Caddy keeps while it looks
        env = {**os.environ, "HOME": folder, "XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder}
        try:
            done = subprocess.run(
                [program, "validate", "--adapter", "caddyfile", "--config", str(path)],
                env=env, capture_output=True, text=True, timeout=SECONDS,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise Refused(f"no answer within {SECONDS} s") from None
    if done.returncode != 0:
        raise Refused(done.stderr.strip()[-2000:])
    return True


def replace(path: Path, text: str) -> bool:
    """Put the text in the file's place once it is valid. False where nothing could check it. Raises Refused."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent, text=True)
    new = Path(name)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.chmod(0o644)
        checked = valid(new)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    return checked is True
