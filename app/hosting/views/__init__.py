"""Pages of hosting. One blueprint; each file holds the routes of one noun."""

from __future__ import annotations

from flask import Blueprint, Flask
from flask_babel import lazy_gettext

from app.hosting.policies import P
from app.kit.ui import nav

hosting = Blueprint("hosting", __name__, url_prefix="/hosting")


def init_views(app: Flask) -> None:
    """Navigation, template helpers and live fragments."""
    from app.hosting.views.helpers import Helpers
    from app.hosting.views.live import register_fragments

    app.jinja_env.globals["hosting"] = Helpers()
    register_fragments()
    nav.module("hosting", label=lazy_gettext("Server"), icon="server", order=50)
    nav.add(
        module="hosting", label=lazy_gettext("Übersicht"), icon="layout-grid", endpoint="hosting.servers",
        permission=P.server_list, order=10, match="hosting.",
    )  # fmt: skip
    nav.add(
        module="hosting", label=lazy_gettext("Kosten"), icon="chart-no-axes-column", endpoint="hosting.costs",
        permission=P.costs_read, order=20,
    )  # fmt: skip
