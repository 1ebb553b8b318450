"""Closing what Chromium may never close."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from playwright.sync_api import Browser, BrowserContext

PATIENCE = 20.0


def put_away(opened: Browser | BrowserContext) -> None:
    """Close it; after `PATIENCE` seconds leave it, as the test is over: once in thousands of times Chromium does not answer, and
    Playwright waits for it without an end."""
    inside: Any = opened  # what Playwright offers takes no time-out
    with suppress(TimeoutError):
        inside._sync(asyncio.wait_for(inside._impl_obj.close(reason=None), PATIENCE))
