"""Machinery with tables: events, jobs, files, settings, search.

Promises: what happened is written in the transaction that made it happen; work that was asked for is done at least
once, and a job body that is idempotent does it once.
"""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Plug the machinery into the application."""
    from app.core import models, tasks  # noqa: F401
    from app.core.carrier import rq_carrier
    from app.core.policies import register_policies
    from app.core.services.job import enqueue
    from app.core.views.files import files
    from app.core.views.health import health
    from app.core.views.mail import mail
    from app.kit.jobref import use_sink
    from app.kit.links import public_link

    use_sink(enqueue)
    app.extensions.setdefault("kontor-carrier", rq_carrier)
    register_policies()
    app.jinja_env.globals["public_link"] = public_link
    for blueprint in (health, files, mail):
        app.register_blueprint(blueprint)
