"""Pages of nanos. One blueprint; each file holds the routes of one noun."""

from __future__ import annotations

from flask import Blueprint, Flask

from app.kit.authz import ask_first
from app.nanos.queries.moderation import count_waiting

nanos = Blueprint("nanos", __name__, url_prefix="/nanos")


def init_views(app: Flask) -> None:
    """Navigation and template helpers."""
    from app.nanos.views.apart import keep_apart
    from app.nanos.views.barter_helpers import TradeHelpers
    from app.nanos.views.helpers import Helpers
    from app.nanos.views.navigation import register_navigation

    ask_first(keep_apart)
    app.jinja_env.globals["nanos"] = Helpers()
    app.jinja_env.globals["trade"] = TradeHelpers()
    register_navigation(count_waiting)
