"""How long a sign-in lasts, and how a browser is described without keeping its whole name."""

from __future__ import annotations

from datetime import datetime, timedelta

SHORT = timedelta(hours=12)  # without "stay signed in": after the last visit
LASTING = timedelta(days=30)  # with it: after the last visit
LONGEST = timedelta(days=90)  # from the sign-in, whatever happens
TOUCH_AFTER = timedelta(minutes=1)
FRESH = timedelta(minutes=15)  # a sign-in young enough to stand in for a password

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python", "Python"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_of(user_agent: str) -> str:
    """ "Firefox, Linux" from a user agent; empty when nothing is recognised."""
    low = user_agent.lower()
    browser = next((name for mark, name in _BROWSERS if mark.lower() in low), "")
    system = next((name for mark, name in _SYSTEMS if mark.lower() in low), "")
    return ", ".join(part for part in (browser, system) if part)


def expiry(created_at: datetime, now: datetime, *, lasting: bool) -> datetime:
    """When a session seen `now` ends if it is not seen again."""
    return min(now + (LASTING if lasting else SHORT), created_at + LONGEST)


def needs_touch(seen_at: datetime, now: datetime) -> bool:
    """Whether the last visit is old enough to be written anew: at most once a minute."""
    return now - seen_at >= TOUCH_AFTER


def is_fresh(created_at: datetime, now: datetime) -> bool:
    """Whether the sign-in is young enough to change what guards the account."""
    return now - created_at <= FRESH
