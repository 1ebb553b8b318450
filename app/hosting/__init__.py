"""Pay-per-play game servers: from a template to a running game, charged by the second, with everything live.

Promises: what a page says about a server is what the runtime says, at most a minute old; a server is never started twice
and never charged twice; a world is only deleted by its owner.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from flask import Flask

from app.kit.config import ROOT


def register(app: Flask) -> None:
    """Plug hosting into the application."""
    from app.hosting import models, subscribers  # noqa: F401
    from app.hosting.catalog import templates
    from app.hosting.catalog.plugins import suggestions
    from app.hosting.describe import describe
    from app.hosting.notices import register_kinds
    from app.hosting.policies import grant_all
    from app.hosting.queries.exposed import expose
    from app.hosting.queries.seat import register_grants
    from app.hosting.scopes import register_scopes
    from app.hosting.services.backup_door import ServerBackups
    from app.hosting.services.personal import contribute
    from app.hosting.services.place import standard_runtimes, use_runtimes
    from app.hosting.services.plugin_backup import use_backups
    from app.hosting.services.seat_ties import tie_seats
    from app.hosting.views import hosting, init_views

    templates()  # a broken template stops the start and says where
    suggestions()
    grant_all()
    register_grants()
    tie_seats()
    describe()
    register_kinds()
    contribute()
    expose()
    register_scopes()
    use_backups(app, ServerBackups())
    use_runtimes(app, standard_runtimes(app.extensions["kontor-settings"]))
    for page in iter_modules([str(ROOT / "app/hosting/views")]):
        import_module(f"app.hosting.views.{page.name}")
    app.register_blueprint(hosting)
    init_views(app)
