"""A person's data in their own hands: take it along, have it erased, see what is kept how long and what for.

Promises: an export holds what every module knows about the person; an erasure waits two weeks and can be called off
until then; what must stay (bookings, the event log) keeps ids only.
"""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Plug privacy into the application."""
    from app.core.api import contributor
    from app.privacy import models, tasks  # noqa: F401
    from app.privacy.describe import describe
    from app.privacy.policies import register_policies
    from app.privacy.services.own import RETENTION, erase_own, export_own
    from app.privacy.views import privacy, register_pages

    register_policies()
    describe()
    app.register_blueprint(privacy)
    register_pages()
    contributor("privacy", export=export_own, erase=erase_own, retention=RETENTION, order=800)
