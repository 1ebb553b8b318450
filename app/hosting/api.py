"""The door of hosting for API v1, reports and other products. Frozen values in and out; every call starts with the actor."""

from __future__ import annotations

from app.hosting.catalog import templates
from app.hosting.errors import NoCredit, NoFreePort
from app.hosting.policies import P
from app.hosting.queries.names import server_names
from app.hosting.queries.rest import count_servers
from app.hosting.queries.run import RunRow, runs
from app.hosting.queries.sample import WINDOWS, Played, Point, Series, latest, played, series
from app.hosting.queries.server import (
    GROUPS,
    SORTS,
    ServerDetail,
    ServerFilter,
    ServerRow,
    find_server,
    list_servers,
    may_see,
)
from app.hosting.rules.offer import Button, Meter
from app.hosting.rules.server import Desired, Reason, State
from app.hosting.rules.template import Template
from app.hosting.services.halt import halt_host
from app.hosting.services.place import check_archive, isolation
from app.hosting.services.proxy import caddy_text
from app.hosting.services.server import (
    change_server,
    create_server,
    delete_server,
    deploy,
    kill_server,
    restart_server,
    send_command,
    start_server,
    stop_server,
)

__all__ = [
    "GROUPS",
    "SORTS",
    "WINDOWS",
    "Button",
    "Desired",
    "Meter",
    "NoCredit",
    "NoFreePort",
    "P",
    "Played",
    "Point",
    "Reason",
    "RunRow",
    "Series",
    "ServerDetail",
    "ServerFilter",
    "ServerRow",
    "State",
    "Template",
    "caddy_text",
    "change_server",
    "check_archive",
    "count_servers",
    "create_server",
    "delete_server",
    "deploy",
    "find_server",
    "halt_host",
    "isolation",
    "kill_server",
    "latest",
    "list_servers",
    "may_see",
    "played",
    "restart_server",
    "runs",
    "send_command",
    "series",
    "server_names",
    "start_server",
    "stop_server",
    "templates",
]
