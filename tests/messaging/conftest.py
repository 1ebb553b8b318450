"""Kinds of notices that only tests send."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.messaging import kinds
from app.messaging.api import notice_kind


@pytest.fixture(autouse=True)
def trial_kinds() -> Iterator[None]:
    """trial.low: in the app and by mail; trial.quiet: in the app; trial.safety: mail that cannot be switched off."""
    notice_kind("trial.low", label="Knapp", text="Noch %(amount)s übrig.", by_mail=True, area="Probe")
    notice_kind("trial.quiet", label="Leise", text="Leise.", area="Probe")
    notice_kind("trial.safety", label="Sicherheit", text="Sicherheit.", forced_mail=True, area="Probe")
    yield
    for name in [name for name in kinds._kinds if name.startswith("trial.")]:
        del kinds._kinds[name]
