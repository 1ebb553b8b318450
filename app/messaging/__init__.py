"""Notices, in the app, live and by mail, as each person wants them; and chat for every product.

Promises: what happened twice is told once; a notice reads in its reader's language; nobody gets mail they switched off,
except about their own account's safety; notices are gone after a year. A message that was taken is kept, once, under
the next number of its room; everybody reads a room in the order of its numbers; strangers do not learn that it is there.
"""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Plug messaging into the application."""
    from app.core.api import contributor
    from app.messaging import models, subscribers, tasks  # noqa: F401
    from app.messaging.describe import describe
    from app.messaging.own_kinds import register_own_kinds
    from app.messaging.policies import register_grants
    from app.messaging.scopes import register_scopes
    from app.messaging.services import chat_personal
    from app.messaging.services.personal import RETENTION, erase_notices, export_notices
    from app.messaging.views import (
        api,  # noqa: F401
        chat_block,  # noqa: F401
        chat_file,  # noqa: F401
        chat_message,  # noqa: F401
        messaging,
        register_pages,
    )
    from app.messaging.views.chat import chat, register_chat

    register_grants()
    app.register_blueprint(messaging)
    app.register_blueprint(chat)
    register_pages(app)
    register_chat(app)
    register_scopes()
    register_own_kinds()
    describe()
    contributor("messaging", export=export_notices, erase=erase_notices, retention=RETENTION)
    contributor(
        "chat", export=chat_personal.export_chat, erase=chat_personal.erase_chat, retention=chat_personal.RETENTION,
        activities=chat_personal.ACTIVITIES,
    )  # fmt: skip
