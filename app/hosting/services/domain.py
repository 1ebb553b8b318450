"""Own domains of servers: entered, looked at on demand, removed by who manages a server."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask, current_app
from flask_babel import gettext as _
from sqlalchemy import delete, select

from app.core.api import record
from app.hosting import tasks
from app.hosting.domain_events import DomainAdded, DomainRemoved
from app.hosting.gateways.dns import Dns
from app.hosting.models import Domain, Server
from app.hosting.policies import P
from app.hosting.rules import domain as rules
from app.hosting.rules.domain_life import State
from app.hosting.rules.host_name import LONGEST, Fault, NoDomain, normal_name
from app.hosting.rules.server import State as ServerState
from app.kit import clock, limits, live
from app.kit.authz import Actor, require
from app.kit.config import Settings, settings
from app.kit.db import lock, require_transaction, transaction
from app.kit.errors import Conflict, Invalid, NotFound, TooMany
from app.kit.ids import new_id

SUBJECT = "hosting.server"
LIVE, ASPECT = "hosting-domain", "records"
EXTENSION = "kontor-dns"
LOOKS, LOOKS_SECONDS = 6, 60
"""Of one domain on demand; an organisation has five times as many."""


def resolver() -> Dns:
    """The way to DNS."""
    found = current_app.extensions.get(EXTENSION)
    return found if found is not None else Dns(settings().resolvers)


def use_resolver(app: Flask, dns: Dns | None) -> None:
    """Another one, for tests."""
    app.extensions[EXTENSION] = dns


def our_names(values: Settings) -> list[str]:
    """Names of the platform, which nobody may enter."""
    hosts = (urlsplit(one).hostname or "" for one in (values.public_url, values.live_url))
    return [name.lower() for name in (values.play_domain, values.game_host, *hosts) if "." in name]


def add_domain(actor: Actor, server_id: UUID, *, name: str) -> UUID:
    """Enter a name and look at it at once. Invalid at `name`, NotFound for others' servers, Conflict when there are enough."""
    require(actor, P.domain_write)
    try:
        normal = normal_name(name, our_names(settings()))
    except NoDomain as wrong:
        raise Invalid(fields={"name": fault_text(wrong.fault)}) from None
    with transaction() as session:
        server = lock(Server, server_id)
        gone = (ServerState.DELETING.value, ServerState.DELETED.value)
        if server.organisation_id != actor.organisation_id or server.state in gone:
            raise NotFound
        if not actor.reaches(server_id):
            raise NotFound
        known = session.scalars(select(Domain.name).where(Domain.server_id == server_id)).all()
        if normal in known:
            raise Invalid(fields={"name": _("Diese Domain ist bei diesem Server schon eingetragen.")})
        if len(known) >= rules.MOST:
            raise Conflict(_("Mehr als %(n)d eigene Domains je Server gehen nicht.", n=rules.MOST))
        now = clock.now()
        row = Domain(
            id=new_id(), organisation_id=server.organisation_id, server_id=server_id, name=normal,
            token=secrets.token_urlsafe(24), state=State.PENDING.value, created_at=now, next_look_at=now,
        )  # fmt: skip
        session.add(row)
        session.flush()
        record(DomainAdded(row.id), actor=actor, subject=(SUBJECT, server_id))
        order_look(row)
        return row.id


def look_now(actor: Actor, server_id: UUID, domain_id: UUID) -> None:
    """Ask DNS now, in the background. Raises TooMany."""
    with transaction():
        row = _own(actor, server_id, domain_id)
        for key, most in ((f"domain:{row.id}", LOOKS), (f"domains:{row.organisation_id}", 5 * LOOKS)):
            allowance = limits.take(key, most, LOOKS_SECONDS)
            if not allowance.allowed:
                raise TooMany(
                    _("Gerade erst geprüft. Versuch es in %(n)d s noch einmal.", n=allowance.retry_after),
                    allowance.retry_after,
                )
        order_look(row)


def delete_domain(actor: Actor, server_id: UUID, domain_id: UUID) -> None:
    """Remove it; its route goes with the watch's next look."""
    with transaction() as session:
        row = _own(actor, server_id, domain_id)
        session.delete(row)
        record(DomainRemoved(domain_id), actor=actor, subject=(SUBJECT, server_id))


def forget_domains(server_id: UUID) -> None:
    """The server goes: its names are free."""
    with transaction() as session:
        session.execute(delete(Domain).where(Domain.server_id == server_id))


def order_look(row: Domain) -> None:
    """Somebody waits for it, or it is due. Joins the caller's transaction."""
    require_transaction()
    row.checking_since = clock.now()
    tasks.look_at_domain.later(
        organisation_id=row.organisation_id, subject=(SUBJECT, row.server_id), dedupe=f"domain:{row.id}",
        domain_id=str(row.id),
    )  # fmt: skip
    live.changed(LIVE, row.id, ASPECT)


def _own(actor: Actor, server_id: UUID, domain_id: UUID) -> Domain:
    require(actor, P.domain_write)
    row = lock(Domain, domain_id)
    if row.organisation_id != actor.organisation_id or row.server_id != server_id:
        raise NotFound
    if not actor.reaches(server_id):
        raise NotFound
    return row


def fault_text(fault: Fault) -> str:
    """What is wrong with a name, and what to do about it."""
    return {
        Fault.EMPTY: _("Gib die Domain ein, zum Beispiel mc.deine-domain.de."),
        Fault.ADDRESS: _("Das ist eine IP-Adresse. Gib einen Namen ein, zum Beispiel mc.deine-domain.de."),
        Fault.SINGLE: _("Da fehlt die Endung, zum Beispiel .de."),
        Fault.WILDCARD: _("Platzhalter mit * gehen nicht. Trage jeden Namen einzeln ein."),
        Fault.LONG: _(
            "Der Name ist zu lang: höchstens 63 Zeichen zwischen zwei Punkten, %(n)d im Ganzen.",
            n=LONGEST,
        ),
        Fault.SYNTAX: _(
            "Das ist kein Name im Internet. Ohne https://, Port und Leerzeichen: mc.deine-domain.de."
        ),
        Fault.OURS: _("Diese Adresse gehört zur Plattform. Trage eine Domain ein, die dir gehört."),
        Fault.NOWHERE: _("Diese Endung gibt es im öffentlichen Internet nicht."),
    }[fault]
