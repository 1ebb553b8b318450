"""A strict Modrinth of one test alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.hosting.gateways.modrinth.fake import FakeModrinth
from app.hosting.gateways.modrinth.fake_http import running_modrinth


@pytest.fixture
def modrinth() -> Iterator[FakeModrinth]:
    with running_modrinth() as fake:
        yield fake
