"""What a web proxy in front needs to know of the names of game servers."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from app.hosting.models import Server
from app.hosting.queries.domain import own_domains
from app.hosting.rules.caddy import Site, caddyfile, upstream
from app.hosting.rules.doors import host_names
from app.hosting.rules.host_name import NoDomain, is_below, normal_name
from app.hosting.rules.server import State
from app.hosting.rules.web_map import map_name
from app.hosting.services.domain import our_names
from app.kit.config import settings
from app.kit.db import db

_GONE = (State.DRAFT.value, State.DELETING.value, State.DELETED.value)


def caddy_text(maps: Mapping[UUID, str], *, own_only: bool = False) -> str:
    """The Caddyfile for all servers: play names (unless `own_only`), verified own domains, and for a server with a web
    map the name of it. `maps`: where a map answers that the platform does not know of, host:port. ValueError for what is
    none."""
    wanted = {server_id: upstream(address) for server_id, address in maps.items()}
    rows = db.session.execute(
        select(Server.id, Server.name, Server.map_port)
        .where(Server.state.not_in(_GONE))
        .order_by(Server.created_at, Server.id)
    ).all()
    domain, own, ours = settings().play_domain, own_domains(), our_names(settings())
    taken: set[str] = set()
    sites = []
    for server_id, name, map_port in rows:
        play = host_names(server_id, name, domain, taken)
        names = [] if own_only else play.copy()
        if map_port is not None:
            wanted.setdefault(server_id, _local(map_port))
        if server_id in wanted:
            names.insert(0, map_name(play[0]))
        names += [one for one in own.get(server_id, ()) if not _is_ours(one, ours)]
        sites.append(Site(tuple(names), wanted.get(server_id, "")))
    return caddyfile(sites, settings().public_url)


def _local(port: int) -> str:
    """Where the proxy of this host reaches a map."""
    host = settings().map_host
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - everywhere is also here
    return upstream(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")


def _is_ours(name: str, ours: list[str]) -> bool:
    """The operator's own names may have changed since a domain was verified."""
    try:
        return normal_name(name) != name or any(is_below(name, one) for one in ours)
    except NoDomain:
        return True
