"""The API as a whole: its description for machines and for people. The operations live in the modules."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask


def register(app: Flask, modules: Iterable[str]) -> None:
    """Plug the description in; after the modules, whose operations it describes."""
    from app.api.once import Kept
    from app.api.views import bp
    from app.kit.rest import init_rest, use_once_store

    use_once_store(Kept())
    init_rest(app, modules)
    app.register_blueprint(bp)
