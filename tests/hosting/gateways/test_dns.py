"""Asking DNS: every kind of answer, over real UDP and TCP."""

from __future__ import annotations

import time

import pytest

from app.hosting.gateways import dns as gateway
from app.hosting.gateways.dns import Dns
from app.hosting.rules.domain import Seen
from app.kit.config import Settings, resolver_addresses
from tests.services.dns import FakeDns
from tests.services.dns import fake_dns as fake_dns

pytestmark = pytest.mark.slow

NAME, HERE = "mc.example.org", "0a.play.example.net"


def look(fake: FakeDns, name: str = NAME) -> Seen:
    return Dns(fake.servers, timeout=0.3, lifetime=0.7).look(name, HERE)


def test_nothing_is_there(fake_dns: FakeDns) -> None:
    assert look(fake_dns) == Seen()
    kinds = [(name, kind) for _, name, kind in fake_dns.asked]
    assert kinds == [
        (NAME, "CNAME"), (NAME, "A"), (NAME, "AAAA"), (f"_minecraft._tcp.{NAME}", "SRV"),
        (f"_kontor.{NAME}", "TXT"), (HERE, "A"), (HERE, "AAAA"),
    ]  # fmt: skip


def test_every_kind_of_record(fake_dns: FakeDns) -> None:
    fake_dns.put(NAME, "A", "192.0.2.7", "192.0.2.8")
    fake_dns.put(NAME, "AAAA", "2001:db8::7")
    fake_dns.put(f"_kontor.{NAME}", "TXT", '"kontor=abc"', '"two " "parts"')
    fake_dns.put(f"_minecraft._tcp.{NAME}", "SRV", "10 5 25566 B.example.net.", "0 5 25565 a.example.net.")
    fake_dns.put(HERE, "A", "192.0.2.7")
    assert look(fake_dns) == Seen(
        a=("192.0.2.7", "192.0.2.8"), aaaa=("2001:db8::7",), txt=("kontor=abc", "two parts"),
        srv=(("a.example.net", 25565), ("b.example.net", 25566)), here_a=("192.0.2.7",),
    )  # fmt: skip


def test_aliases_are_followed_and_cut(fake_dns: FakeDns) -> None:
    fake_dns.put(NAME, "CNAME", "one.example.org.")
    fake_dns.put("one.example.org", "CNAME", f"{HERE}.")
    fake_dns.put(HERE, "A", "192.0.2.7")
    seen = look(fake_dns)
    assert (seen.cname, seen.a, seen.silent) == (("one.example.org", HERE), ("192.0.2.7",), frozenset())
    fake_dns.put("one.example.org", "CNAME", f"{NAME}.")
    assert look(fake_dns).cname == ("one.example.org",), "a ring"
    for number in range(20):
        fake_dns.put(f"n{number}.example.org", "CNAME", f"n{number + 1}.example.org.")
    assert len(look(fake_dns, "n0.example.org").cname) == gateway.LONGEST_CHAIN


@pytest.mark.parametrize("how", ["servfail", "refused", "silent", "garbage"])
def test_no_answer_is_not_no_record(fake_dns: FakeDns, how: str) -> None:
    fake_dns.put(NAME, "CNAME", f"{HERE}.")
    fake_dns.failing[f"_kontor.{NAME}"] = how
    seen = look(fake_dns)
    assert seen.cname == (HERE,)
    assert seen.silent == {"TXT"}


def test_what_does_not_fit_is_asked_again_over_tcp(fake_dns: FakeDns) -> None:
    fake_dns.failing["*"] = "truncated"
    fake_dns.put(f"_kontor.{NAME}", "TXT", *(f'"{number:03d}{"x" * 240}"' for number in range(9)))
    seen = look(fake_dns)
    assert len(seen.txt) == 9
    assert ("udp", f"_kontor.{NAME}", "TXT") in fake_dns.asked
    assert ("tcp", f"_kontor.{NAME}", "TXT") in fake_dns.asked


def test_silence_has_an_end(fake_dns: FakeDns, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_dns.failing["*"] = "silent"
    monkeypatch.setattr(gateway, "BUDGET", 1.0)
    began = time.monotonic()
    assert look(fake_dns).silent == {"CNAME", "A", "AAAA", "SRV", "TXT", "HERE"}
    assert time.monotonic() - began < 3


def test_little_is_kept_of_much(fake_dns: FakeDns) -> None:
    fake_dns.put(NAME, "A", *(f"192.0.2.{number}" for number in range(1, 100)))
    fake_dns.put(f"_kontor.{NAME}", "TXT", " ".join(['"' + "y" * 250 + '"'] * 6))
    seen = look(fake_dns)
    assert len(seen.a) == gateway.MOST_VALUES
    assert len(seen.txt[0]) == gateway.LONGEST_VALUE


def test_a_port_where_nobody_listens(fake_dns: FakeDns) -> None:
    seen = Dns([("127.0.0.1", 9)], timeout=0.2, lifetime=0.4).look(NAME, HERE)
    assert seen.silent == {"CNAME", "A", "AAAA", "SRV", "TXT", "HERE"}


def test_resolvers_are_addresses() -> None:
    assert resolver_addresses("") == []
    assert resolver_addresses("192.0.2.1, 192.0.2.2:5353,2001:db8::1 ,[2001:db8::2]:54,[2001:db8::3]") == [
        ("192.0.2.1", 53), ("192.0.2.2", 5353), ("2001:db8::1", 53), ("2001:db8::2", 54), ("2001:db8::3", 53),
    ]  # fmt: skip
    for wrong in ("dns.example.org", "192.0.2.1:x", "192.0.2.1:70000", "::1]:53"):
        with pytest.raises(ValueError):
            Settings(dns_servers=wrong)
