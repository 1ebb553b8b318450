"""Flying Squid, installed once for a whole test run."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.hosting.catalog import templates
from app.hosting.gateways.process import ProcessConfig, npm
from app.hosting.gateways.runtime import Quiet


@pytest.fixture(scope="session")
def squid_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A `ProcessConfig.cache` in which Flying Squid is installed (about 500 MB, so it goes again)."""
    folder = tmp_path_factory.mktemp("games")
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(parent.stat().st_mode | 0o011)  # the games' own users have to pass
    cache = folder / "cache"
    npm.install(
        ProcessConfig(root=folder / f"root-{os.getpid()}", cache=cache), templates()["flying-squid"], Quiet()
    )
    yield cache
    shutil.rmtree(folder, ignore_errors=True)
