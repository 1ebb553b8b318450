"""Notices: in the app, live, and by mail, as each person wants them.

Promises: what happened twice is told once; a notice reads in its reader's language; nobody gets mail they switched off,
except about their own account's safety; notices are gone after a year.
"""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Plug messaging into the application."""
    from app.core.api import contributor
    from app.messaging import models, subscribers, tasks  # noqa: F401
    from app.messaging.own_kinds import register_own_kinds
    from app.messaging.services.personal import RETENTION, erase_notices, export_notices
    from app.messaging.views import messaging, register_pages

    app.register_blueprint(messaging)
    register_pages(app)
    register_own_kinds()
    contributor("messaging", export=export_notices, erase=erase_notices, retention=RETENTION)
