"""What lies in the var folder is for Kontor's user only: game servers run under other users of the same machine."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from sqlalchemy import text

from app.kit import embedded_redis
from app.kit.db import db
from tests.conftest import make_app


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("before", [None, 0o644])
def test_the_database_is_for_our_user_only(tmp_path: Path, before: int | None) -> None:
    file = tmp_path / "kontor.db"
    if before is not None:  # made by an earlier version
        file.touch(before)
    old = os.umask(0o022)
    try:
        app = make_app(tmp_path)
        with app.app_context(), db.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            files = sorted(tmp_path.glob("kontor.db*"))
            assert len(files) == 3, files  # with its log and the log's index
            assert [mode(one) for one in files] == [0o600] * 3
    finally:
        os.umask(old)


def test_the_embedded_redis_keeps_its_files_to_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KONTOR_VAR_DIR", str(tmp_path))
    monkeypatch.delenv("KONTOR_REDIS_URL", raising=False)
    started: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _program, arguments: started.append(arguments))
    embedded_redis.main()
    assert mode(tmp_path / "redis") == 0o700
    assert started[0][started[0].index("--unixsocketperm") + 1] == "700"
