"""A running web process for browser tests: the real application on SQLite, in a thread of the test process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import make_server

from app.accounts.services.session import open_session
from app.factory import create_app
from app.kit import assets
from app.kit.config import ROOT, Settings
from app.kit.db import db, transaction
from tests.browser.furnish import furnish
from tests.people import People, Someone, make_people
from tests.services.processes import free_port


@dataclass
class Site:
    """The address, the application, its people, and ids that tests put in (`made["server"]`)."""

    url: str
    app: Flask
    people: People
    made: dict[str, Any] = field(default_factory=dict)

    def person(self, name: str) -> Someone:
        """By name; `furnish` has let in some more."""
        found: Someone = self.made[name] if name in self.made else getattr(self.people, name)
        return found

    def token(self, person: Someone) -> str:
        """A fresh session of this person, as its cookie's value."""
        with self.app.app_context(), transaction():
            return open_session(person.id, method="password", organisation_id=person.organisation_id)


def share_assets(var: Path) -> None:
    """Let a test's var folder use the fetched files of this checkout."""
    assets.sync(ROOT / "var", dev=True)
    (var / "static").mkdir(parents=True, exist_ok=True)
    (var / "static" / "vendor").symlink_to(assets.vendor_dir(ROOT / "var"))


@contextmanager
def running_site(var: Path, *, furnished: bool = False, **settings: Any) -> Iterator[Site]:
    """Serve until the block ends."""
    share_assets(var)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    values: dict[str, Any] = {
        "var_dir": var,
        "public_url": url,
        "demo": True,
        "modules": "hosting,nanos",
        **settings,
    }
    app = create_app(Settings(**values), TESTING=True)
    app.extensions["kontor-carrier"] = lambda job_id, queue, timeout: None
    with app.app_context():
        db.create_all()
        people = make_people(app)
        made = furnish(app, people) if furnished else {}
    server = make_server("127.0.0.1", port, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Site(url, app, people, made)
    finally:
        server.shutdown()
