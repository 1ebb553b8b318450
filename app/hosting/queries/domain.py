"""Own domains as pages show them, and as the router and the proxy get them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.hosting.models import Domain
from app.hosting.policies import P
from app.hosting.queries.server import may_see
from app.hosting.rules.domain import Goal, Seen
from app.hosting.rules.domain_life import KEPT, ROUTED, State
from app.hosting.rules.doors import host_names
from app.kit import clock
from app.kit.authz import Actor, may
from app.kit.config import settings
from app.kit.db import db
from app.kit.errors import NotFound

LOOK_TAKES = timedelta(minutes=2)
_ROUTED = [state.value for state in ROUTED]


@dataclass(frozen=True)
class DomainView:
    """One domain of a server. `verdict`: of the last look, see rules/domain.py, or `taken`; None before the first."""

    id: UUID
    server_id: UUID
    name: str
    state: State
    verdict: str | None
    goal: Goal
    seen: Seen | None
    checking: bool
    checked_at: datetime | None
    elsewhere_since: datetime | None

    @property
    def until(self) -> datetime | None:
        """When it loses its route, unless its records are put right."""
        return self.elsewhere_since + KEPT if self.elsewhere_since and self.state is State.ELSEWHERE else None


def domains_of(actor: Actor, server_id: UUID, server_name: str) -> list[DomainView]:
    """Those of one server of the actor's organisation, oldest first."""
    if not may(actor, P.domain_read):
        return []
    rows = db.session.scalars(
        select(Domain)
        .where(Domain.server_id == server_id, Domain.organisation_id == actor.organisation_id)
        .order_by(Domain.id)
    )
    return [view_of(row, server_name) for row in rows]


def find_domain(actor: Actor, domain_id: UUID, server_id: UUID) -> Domain:
    """One of the actor's organisation and of this server. Raises NotFound."""
    row = db.session.get(Domain, domain_id, populate_existing=True) if may(actor, P.domain_read) else None
    if row is None or row.organisation_id != actor.organisation_id or row.server_id != server_id:
        raise NotFound
    if not actor.reaches(server_id):
        raise NotFound
    return row


def view_of(row: Domain, server_name: str) -> DomainView:
    """As a page shows it; whoever calls has checked the actor."""
    return DomainView(
        row.id, row.server_id, row.name, State(row.state), row.verdict, goal_of(row, server_name),
        seen_from(row.seen), _is_checking(row), row.checked_at, row.elsewhere_since,
    )  # fmt: skip


def _is_checking(row: Domain) -> bool:
    """Whether a look is under way; one that never came back is not waited for for ever."""
    return row.checking_since is not None and clock.now() < row.checking_since + LOOK_TAKES


def watched_domain(domain_id: UUID) -> Domain:
    """For live fragments, whose viewers were authorised. Raises NotFound."""
    row = db.session.get(Domain, domain_id, populate_existing=True)
    if row is None:
        raise NotFound
    return row


def may_see_domain(actor: Actor, domain_id: UUID) -> bool:
    """Whether the actor may follow this domain."""
    row = db.session.get(Domain, domain_id)
    return row is not None and may(actor, P.domain_read) and may_see(actor, row.server_id)


def goal_of(row: Domain, server_name: str) -> Goal:
    """What the domain has to lead to."""
    names = host_names(row.server_id, server_name, settings().play_domain, set())
    return Goal(row.name, row.token, names[-1], frozenset(names), settings().router_port)


def own_domains() -> dict[UUID, list[str]]:
    """The names that have a route, by server."""
    found: defaultdict[UUID, list[str]] = defaultdict(list)
    for server_id, name in db.session.execute(
        select(Domain.server_id, Domain.name).where(Domain.state.in_(_ROUTED)).order_by(Domain.id)
    ):
        found[server_id].append(name)
    return dict(found)


def seen_from(kept: Mapping[str, Any] | None) -> Seen | None:
    """What a look found, out of its row."""
    if kept is None:
        return None
    lists = {key: tuple(kept.get(key, ())) for key in ("cname", "a", "aaaa", "txt", "here_a", "here_aaaa")}
    srv = tuple((str(target), int(port)) for target, port in kept.get("srv", ()))
    return Seen(**lists, srv=srv, silent=frozenset(kept.get("silent", ())))


def kept_of(seen: Seen) -> dict[str, Any]:
    """The same for the row."""
    found = {key: list(getattr(seen, key)) for key in ("cname", "a", "aaaa", "txt", "here_a", "here_aaaa")}
    return {**found, "srv": [list(one) for one in seen.srv], "silent": sorted(seen.silent)}
