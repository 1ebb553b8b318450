"""Flying Squid, installed once for a whole test run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.hosting.catalog import templates
from app.hosting.gateways.process import ProcessConfig, npm
from app.hosting.gateways.runtime import Quiet
from tests.hosting.gateways.rigs import open_folder


@pytest.fixture(scope="session")
def squid_cache() -> Iterator[Path]:
    """A `ProcessConfig.cache` in which Flying Squid is installed (about 500 MB, so it goes again)."""
    with open_folder() as folder:
        cache = folder / "cache"
        npm.install(ProcessConfig(root=folder / "root", cache=cache), templates()["flying-squid"], Quiet())
        yield cache
