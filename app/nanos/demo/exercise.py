"""An H5P exercise for the sample nanos: a content type of our own, as it would be exported from anywhere else."""

from __future__ import annotations

import io
import json
import tomllib
import zipfile
from pathlib import Path

from app.kit.config import ROOT

NAME = "Kontor.Quiz"
CONTENT = Path(__file__).with_name("exercise.toml")


def exercise(title: str) -> bytes:
    """An H5P package with everything it needs to play."""
    version = {"majorVersion": 1, "minorVersion": 0}
    library = {
        "title": "Quiz", "machineName": NAME, **version, "patchVersion": 0, "runnable": 1, "author": "Kontor",
        "license": "MIT", "preloadedJs": [{"path": "quiz.js"}], "preloadedCss": [{"path": "quiz.css"}],
        "coreApi": {"majorVersion": 1, "minorVersion": 19},
    }  # fmt: skip
    about = {
        "title": title, "language": "de", "mainLibrary": NAME, "embedTypes": ["iframe"], "license": "U",
        "preloadedDependencies": [{"machineName": NAME, **version}],
    }  # fmt: skip
    content = tomllib.loads(CONTENT.read_text("utf-8"))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as box:
        box.writestr("h5p.json", json.dumps(about, ensure_ascii=False))
        box.writestr("content/content.json", json.dumps(content, ensure_ascii=False))
        box.writestr(f"{NAME}-1.0/library.json", json.dumps(library, ensure_ascii=False))
        for name in ("quiz.js", "quiz.css"):
            box.writestr(f"{NAME}-1.0/{name}", (ROOT / "static/nanos/exercise" / name).read_bytes())
    return made.getvalue()
