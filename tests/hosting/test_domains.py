"""Own domains with a real database and real DNS packets: proven, routed, lost, never taken from anybody."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.hosting.gateways.dns import Dns
from app.hosting.models import Domain
from app.hosting.queries.domain import domains_of, find_domain, own_domains
from app.hosting.services import domain as services
from app.hosting.services import domain_look
from app.hosting.services.domain import add_domain, delete_domain, look_now
from app.hosting.services.proxy import caddy_text
from app.hosting.services.server import change_server, create_server, delete_server
from app.kit import clock
from app.kit.config import settings
from app.kit.db import db
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from app.messaging.models import Notice
from jobs.watch import Watch
from tests.hosting.conftest import Host
from tests.hosting.test_doors import look as watch_looks
from tests.hosting.test_doors import routes
from tests.services.dns import FakeDns
from tests.services.dns import fake_dns as fake_dns

pytestmark = pytest.mark.slow

NAME = "mc.example.org"
HOUR = 3600


@pytest.fixture
def names(db_host: Host, db_app: Flask, fake_dns: FakeDns, frozen: datetime) -> Iterator[Host]:
    """A host whose domains are looked up in the fake DNS, on each database."""
    services.use_resolver(db_app, Dns(fake_dns.servers, timeout=0.3, lifetime=0.7))
    yield db_host
    services.use_resolver(db_app, None)


def row(domain_id: UUID) -> Domain:
    db.session.rollback()
    return db.session.get_one(Domain, domain_id, populate_existing=True)


def here(server_id: UUID) -> str:
    return f"{server_id.hex}.{settings().play_domain}"


def daily(host: Host) -> None:
    """A day goes by; what is due is looked at."""
    clock.advance(days=1)
    domain_look.order_due()
    host.run_jobs()


def verified(host: Host, fake: FakeDns, name: str = NAME, server: str = "Bauwelt") -> tuple[UUID, UUID]:
    server_id = host.create(server, deploy=True)
    host.run_jobs()
    fake.put(name, "CNAME", f"{here(server_id)}.")
    domain_id = add_domain(host.owner, server_id, name=name)
    host.run_jobs()
    assert row(domain_id).state == "verified"
    return server_id, domain_id


def test_one_alias_is_enough(names: Host, fake_dns: FakeDns) -> None:
    server_id = names.create()
    domain_id = add_domain(names.owner, server_id, name=" MC.Example.org. ")
    names.run_jobs()
    assert (row(domain_id).name, row(domain_id).state, row(domain_id).verdict) == (NAME, "pending", "missing")
    assert own_domains() == {}
    fake_dns.put(NAME, "CNAME", f"{here(server_id)}.")
    look_now(names.owner, server_id, domain_id)
    assert row(domain_id).checking_since is not None
    names.run_jobs()
    found = row(domain_id)
    assert (found.state, found.verdict, found.checking_since) == ("verified", "good", None)
    assert own_domains() == {server_id: [NAME]}
    happened = [name for name in names.events(server_id) if name.startswith("hosting.domain.")]
    assert happened == ["hosting.domain.added", "hosting.domain.verified"]


def test_addresses_need_the_proof(names: Host, fake_dns: FakeDns) -> None:
    server_id = names.create()
    fake_dns.put(here(server_id), "A", "192.0.2.7")
    fake_dns.put("example.org", "A", "192.0.2.7")
    domain_id = add_domain(names.owner, server_id, name="example.org")
    names.run_jobs()
    assert row(domain_id).verdict == "unproven", "it points here, but whose is it?"
    fake_dns.put("_kontor.example.org", "TXT", f'"kontor={row(domain_id).token}"')
    look_now(names.owner, server_id, domain_id)
    names.run_jobs()
    assert row(domain_id).state == "verified"


def test_an_alias_to_the_nicer_name_proves_nothing(names: Host, fake_dns: FakeDns) -> None:
    server_id = names.create("Bauwelt")
    fake_dns.put(NAME, "CNAME", f"bauwelt.{settings().play_domain}.")
    domain_id = add_domain(names.owner, server_id, name=NAME)
    names.run_jobs()
    assert row(domain_id).verdict == "unproven", "another server may be called so tomorrow"


@pytest.mark.parametrize("how", ["servfail", "silent", "garbage"])
def test_a_dns_that_is_down_costs_nobody_a_domain(
    names: Host, db_app: Flask, fake_dns: FakeDns, how: str
) -> None:
    _, domain_id = verified(names, fake_dns)
    fake_dns.failing["*"] = how
    services.use_resolver(db_app, Dns(fake_dns.servers, timeout=0.05, lifetime=0.1))
    for _ in range(4):
        daily(names)
    found = row(domain_id)
    assert (found.state, found.failures, found.verdict) == ("verified", 0, "unclear")


def test_three_days_elsewhere_seven_days_of_grace(
    names: Host, fake_dns: FakeDns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "LOOKS", 1000)  # limits go by the real clock
    server_id, domain_id = verified(names, fake_dns)
    fake_dns.put(NAME, "CNAME", "other.example.")
    story = []
    for _ in range(11):
        look_now(names.owner, server_id, domain_id)  # clicks are no failures
        names.run_jobs()
        daily(names)
        story.append((row(domain_id).state, NAME in own_domains().get(server_id, [])))
    assert story[:2] == [("verified", True)] * 2
    assert story[2:9] == [("elsewhere", True)] * 7
    assert story[9:] == [("lapsed", False)] * 2
    kinds = [name for name in names.events(server_id) if name.startswith("hosting.domain.")]
    assert kinds[2:] == ["hosting.domain.elsewhere"] * 2 + ["hosting.domain.lapsed"]
    fake_dns.put(NAME, "CNAME", f"{here(server_id)}.")
    daily(names)
    assert row(domain_id).state == "verified"


def test_a_name_that_is_gone_counts_too(names: Host, fake_dns: FakeDns) -> None:
    _, domain_id = verified(names, fake_dns)
    fake_dns.put(NAME, "CNAME")
    for _ in range(3):
        daily(names)
    assert (row(domain_id).state, row(domain_id).verdict) == ("elsewhere", "missing")


def test_a_daily_look_that_runs_twice_counts_once(names: Host, fake_dns: FakeDns) -> None:
    _, domain_id = verified(names, fake_dns)
    fake_dns.put(NAME, "CNAME", "other.example.")
    daily(names)
    assert domain_look.look(domain_id) == domain_look.look(domain_id) == "elsewhere"
    assert row(domain_id).failures == 1
    assert domain_look.order_due() == 0


def test_the_first_who_proves_it_has_it(names: Host, fake_dns: FakeDns) -> None:
    first_server, first = verified(names, fake_dns)
    other = names.stranger
    names.organisation_id = other.organisation_id  # type: ignore[assignment]
    names.fund()
    second_server = create_server(other, name="Fremd", template=names.template)
    second = add_domain(other, second_server, name=NAME)
    fake_dns.put(f"_kontor.{NAME}", "TXT", f'"kontor={row(second).token}"')
    fake_dns.put(f"_minecraft._tcp.{NAME}", "SRV", f"0 5 {settings().router_port} {here(second_server)}.")
    names.run_jobs()
    assert (row(second).state, row(second).verdict) == ("pending", "taken")
    assert own_domains() == {first_server: [NAME]}
    delete_domain(names.owner, first_server, first)
    look_now(other, second_server, second)
    names.run_jobs()
    assert own_domains() == {second_server: [NAME]}


def test_a_pointing_foreign_name_cannot_be_taken(names: Host, fake_dns: FakeDns) -> None:
    server_id = names.create()
    fake_dns.put(NAME, "CNAME", f"{here(server_id)}.")
    other = names.stranger
    names.organisation_id = other.organisation_id  # type: ignore[assignment]
    names.fund()
    thief_server = create_server(other, name="Dieb", template=names.template)
    thief = add_domain(other, thief_server, name=NAME)
    fake_dns.put(here(thief_server), "A", "192.0.2.7")
    fake_dns.put(here(server_id), "A", "192.0.2.7")
    names.run_jobs()
    assert (row(thief).state, row(thief).verdict) == ("pending", "unproven")
    assert own_domains() == {}


@pytest.mark.postgres
def test_two_prove_it_at_once(pg_app: Flask, pg_host: Host, fake_dns: FakeDns, frozen: datetime) -> None:
    """Both looks are past DNS before either writes: one has the name, the other is told."""
    barrier = threading.Barrier(2, timeout=10)

    class Together(Dns):
        def look(self, name: str, target: str) -> Any:
            seen = super().look(name, target)
            barrier.wait()
            return seen

    other = pg_host.stranger
    pg_host.organisation_id, kept = other.organisation_id, pg_host.organisation_id  # type: ignore[assignment]
    pg_host.fund()
    pg_host.organisation_id = kept
    servers = [pg_host.create(), create_server(other, name="Fremd", template=pg_host.template)]
    actors = [pg_host.owner, other]
    ids = [add_domain(a, s, name=NAME) for a, s in zip(actors, servers, strict=True)]
    fake_dns.put(f"_kontor.{NAME}", "TXT", *(f'"kontor={row(one).token}"' for one in ids))
    fake_dns.put(NAME, "A", "192.0.2.7")
    for server_id in servers:
        fake_dns.put(here(server_id), "A", "192.0.2.7")
    db.session.rollback()
    services.use_resolver(pg_app, Together(fake_dns.servers))
    found: list[str] = []

    def run(domain_id: UUID) -> None:
        with pg_app.app_context():
            found.append(domain_look.look(domain_id))
            db.session.remove()

    threads = [threading.Thread(target=run, args=(one,)) for one in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    services.use_resolver(pg_app, None)
    assert sorted(found) == ["good", "taken"]
    assert sorted(row(one).state for one in ids) == ["pending", "verified"]
    assert len(own_domains()) == 1


def test_a_row_that_goes_while_dns_is_asked_stays_gone(
    names: Host, fake_dns: FakeDns, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = names.create()
    fake_dns.put(NAME, "CNAME", f"{here(server_id)}.")
    domain_id = add_domain(names.owner, server_id, name=NAME)
    real = Dns.look

    def slow(self: Dns, name: str, target: str) -> Any:
        delete_domain(names.owner, server_id, domain_id)
        return real(self, name, target)

    monkeypatch.setattr(Dns, "look", slow)
    assert domain_look.look(domain_id) == ""
    assert db.session.scalars(select(Domain)).all() == []
    assert domain_look.look(domain_id) == ""


def test_who_may_and_how_many(names: Host, fake_dns: FakeDns) -> None:
    server_id = names.create()
    with pytest.raises(NotAllowed):
        add_domain(names.member, server_id, name=NAME)
    with pytest.raises(NotFound):
        add_domain(names.stranger, server_id, name=NAME)
    for number in range(5):
        last = add_domain(names.admin, server_id, name=f"n{number}.example.org")
    with pytest.raises(Conflict):
        add_domain(names.owner, server_id, name=NAME)
    with pytest.raises(Invalid) as twice:
        add_domain(names.owner, server_id, name="N1.example.org.")
    assert "schon eingetragen" in twice.value.fields["name"]
    with pytest.raises(Invalid):
        add_domain(names.owner, server_id, name=f"x.{settings().play_domain}")
    assert len(domains_of(names.member, server_id, "Bauwelt")) == 5
    assert domains_of(names.stranger, server_id, "Bauwelt") == []
    for act in (look_now, delete_domain):
        with pytest.raises(NotAllowed):
            act(names.member, server_id, last)
        with pytest.raises(NotFound):
            act(names.stranger, server_id, last)
        with pytest.raises(NotFound):
            act(names.owner, last, last)
    with pytest.raises(NotFound):
        find_domain(names.stranger, last, server_id)


def test_looks_on_demand_are_limited(names: Host, fake_dns: FakeDns) -> None:
    server_id = names.create()
    domain_id = add_domain(names.owner, server_id, name=NAME)
    for _ in range(services.LOOKS):
        look_now(names.owner, server_id, domain_id)
    with pytest.raises(TooMany):
        look_now(names.owner, server_id, domain_id)


def test_the_names_go_with_the_server(names: Host, fake_dns: FakeDns) -> None:
    server_id, _ = verified(names, fake_dns)
    delete_server(names.owner, server_id)
    names.run_jobs()
    assert own_domains() == {}
    db.session.rollback()
    assert db.session.scalars(select(Domain)).all() == []


def test_a_renamed_server_keeps_its_domain(names: Host, fake_dns: FakeDns) -> None:
    server_id, domain_id = verified(names, fake_dns)
    change_server(names.owner, server_id, name="Ganz anders")
    daily(names)
    assert row(domain_id).state == "verified"


def test_the_router_knows_it_as_long_as_it_leads_here(
    app: Flask, watch: Watch, host: Host, redis: Any, fake_dns: FakeDns
) -> None:
    services.use_resolver(app, Dns(fake_dns.servers, timeout=0.3, lifetime=0.7))
    server_id, domain_id = verified(host, fake_dns)
    watch_looks(watch)
    found = routes(redis)
    assert found[NAME] == found[here(server_id)]
    assert len(found) == 3
    fake_dns.put(NAME, "CNAME", "other.example.")
    for day in range(10):
        daily(host)
        watch_looks(watch)
        assert (NAME in routes(redis)) == (day < 9)
    fake_dns.put(NAME, "CNAME", f"{here(server_id)}.")
    daily(host)
    watch_looks(watch)
    assert NAME in routes(redis)
    delete_domain(host.owner, server_id, domain_id)
    watch_looks(watch)
    assert set(routes(redis)) == set(found) - {NAME}
    services.use_resolver(app, None)


def test_an_own_domain_never_covers_a_play_name(watch: Watch, host: Host, redis: Any) -> None:
    """The operator may have moved the platform under a name that was somebody's own."""
    server_id, other = host.running(), host.running("Andere")
    domain_id = add_domain(host.owner, other, name="x.example.org")
    found = row(domain_id)
    found.name, found.state = f"{server_id.hex}.{settings().play_domain}", "verified"
    db.session.commit()
    watch_looks(watch)
    raw = redis.hget("kontor:routes", found.name)
    assert json.loads(raw)["server"] == str(server_id)
    assert "x.example.org" not in caddy_text({})


def test_managers_hear_of_it_before_and_after(names: Host, fake_dns: FakeDns, db_people: Any) -> None:
    alice = db_people.alice.actor
    names.organisation_id, names.owner = alice.organisation_id, alice
    names.fund()
    verified(names, fake_dns)
    fake_dns.put(NAME, "CNAME", "other.example.")
    for _ in range(11):
        daily(names)
    db.session.rollback()
    told = db.session.scalars(
        select(Notice)
        .where(Notice.kind.like("hosting.domain%"), Notice.person_id == alice.person_id)
        .order_by(Notice.id)
    ).all()
    assert [one.kind for one in told] == ["hosting.domain_elsewhere"] * 2 + ["hosting.domain_lapsed"]
    assert NAME not in json.dumps([one.data for one in told]), "ids only"
    assert {one.person_id for one in db.session.scalars(select(Notice).where(Notice.kind.like("hosting.domain%")))} == {
        db_people.alice.id, db_people.dora.id,
    }  # fmt: skip


def test_the_clock_orders_new_ones_hourly(names: Host, fake_dns: FakeDns) -> None:
    server_id = names.create()
    domain_id = add_domain(names.owner, server_id, name=NAME)
    names.run_jobs()
    assert row(domain_id).next_look_at == clock.now() + timedelta(hours=1)
    assert domain_look.order_due() == 0
    clock.advance(HOUR)
    assert domain_look.order_due() == 1
    names.run_jobs()
    clock.advance(days=3)
    domain_look.order_due()
    names.run_jobs()
    assert row(domain_id).next_look_at == clock.now() + timedelta(days=1)
