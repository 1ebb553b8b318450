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
    from app.core.describe import describe_own
    from app.core.policies import register_policies
    from app.core.queries.search import pages, search_provider
    from app.core.services.job import enqueue
    from app.core.services.personal import contribute
    from app.core.views import blueprints, register_pages
    from app.core.views.licences import register_licences
    from app.core.views.styleguide import register_styleguide
    from app.kit.jobref import use_sink
    from app.kit.links import public_link

    use_sink(enqueue)
    app.extensions.setdefault("kontor-carrier", rq_carrier)
    app.jinja_env.globals["public_link"] = public_link
    register_policies()
    describe_own()
    contribute()
    search_provider("pages", pages)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    register_pages()
    register_styleguide(app)
    register_licences(app)
