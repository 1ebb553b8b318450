"""Flying Squid, installed once for a whole test run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.hosting.catalog import templates
from app.hosting.gateways.process import ProcessConfig, npm
from app.hosting.gateways.runtime import Quiet
from tests.hosting.gateways.rigs import open_folder


def installed_squid(folder: Path) -> Path:
    """A `ProcessConfig.cache` below a folder, with Flying Squid in it (about 500 MB)."""
    cache = folder / "cache"
    npm.install(ProcessConfig(root=folder / "root", cache=cache), templates()["flying-squid"], Quiet())
    return cache


@pytest.fixture(scope="session")
def squid_cache() -> Iterator[Path]:
    """The same for a test run; it goes again."""
    with open_folder() as folder:
        yield installed_squid(folder)
