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
from app.hosting.services.domain import our_names
from app.kit.config import settings
from app.kit.db import db

_GONE = (State.DRAFT.value, State.DELETING.value, State.DELETED.value)


def caddy_text(maps: Mapping[UUID, str], *, own_only: bool = False) -> str:
    """The Caddyfile for all servers: play names (unless `own_only`) and verified own domains. `maps`: where the web map
    of a server answers, host:port. Raises ValueError for what is none."""
    wanted = {server_id: upstream(address) for server_id, address in maps.items()}
    rows = db.session.execute(
        select(Server.id, Server.name)
        .where(Server.state.not_in(_GONE))
        .order_by(Server.created_at, Server.id)
    ).all()
    domain, own, ours = settings().play_domain, own_domains(), our_names(settings())
    taken: set[str] = set()
    sites = []
    for server_id, name in rows:
        names = [] if own_only else host_names(server_id, name, domain, taken)
        names += [one for one in own.get(server_id, ()) if not _is_ours(one, ours)]
        sites.append(Site(tuple(names), wanted.get(server_id, "")))
    return caddyfile(sites, settings().public_url)


def _is_ours(name: str, ours: list[str]) -> bool:
    """The operator's own names may have changed since a domain was verified."""
    try:
        return normal_name(name) != name or any(is_below(name, one) for one in ours)
    except NoDomain:
        return True
