"""A small storm over the chat: what `python -m benchmarks chat --chaos` does to a hundred thousand messages."""

from __future__ import annotations

import pytest

from benchmarks.chat_chaos import storm
from benchmarks.site import running_site

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


def test_nothing_is_lost_doubled_or_out_of_order_while_things_die() -> None:
    with running_site("postgres") as site:
        faults, row = storm(site, total=800, rate=80.0, people=20, hall=6, seed=7)
    assert faults == []
    assert row[0] == 800
