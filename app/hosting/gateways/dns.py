"""DNS, asked about one name at a time: bounded in time, in tries and in what is kept of an answer.

dnspython does the packets: UDP, TCP where an answer did not fit, other servers where one fails. Names are asked as they
are: no search domains.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import dns.exception
import dns.nameserver
import dns.rdatatype
import dns.resolver

from app.hosting.rules.domain import PROOF_PREFIX, SRV_PREFIX, Seen

TIMEOUT = 3.0
"""Seconds for one question to one server."""
LIFETIME = 7.0
"""For one question with all its tries."""
BUDGET = 25.0
"""For everything about one name; what is left then counts as not answered."""
LONGEST_CHAIN = 8
MOST_VALUES, LONGEST_VALUE = 12, 260
T = TypeVar("T")


class Silent(Exception):
    """No usable answer: nobody spoke in time, or all servers failed."""


class Dns:
    """Resolvers by address; none is those of the system."""

    def __init__(
        self, servers: Sequence[tuple[str, int]] = (), *, timeout: float = TIMEOUT, lifetime: float = LIFETIME
    ) -> None:
        self._servers, self._timeout, self._lifetime = tuple(servers), timeout, lifetime

    def look(self, name: str, target: str) -> Seen:
        """Everything about a name, and where `target`, the server's own name, lies. Raises nothing."""
        asked = _Asked(self._resolver(), time.monotonic() + BUDGET)
        chain = asked.ask("CNAME", lambda: asked.chain(name))
        end = chain[-1] if chain else name
        a = asked.ask("A", lambda: asked.texts(end, "A"))
        aaaa = asked.ask("AAAA", lambda: asked.texts(end, "AAAA"))
        srv = asked.ask("SRV", lambda: asked.services(SRV_PREFIX + name))
        txt = asked.ask("TXT", lambda: asked.strings(PROOF_PREFIX + name))
        here_a = asked.ask("HERE", lambda: asked.texts(target, "A"))
        here_aaaa = asked.ask("HERE", lambda: asked.texts(target, "AAAA"))
        return Seen(chain, a, aaaa, txt, srv, here_a, here_aaaa, frozenset(asked.silent))

    def _resolver(self) -> dns.resolver.Resolver:
        resolver = _system() if not self._servers else dns.resolver.Resolver(configure=False)
        if self._servers:
            resolver.nameservers = [dns.nameserver.Do53Nameserver(host, port) for host, port in self._servers]
        resolver.timeout, resolver.lifetime = self._timeout, self._lifetime
        resolver.search, resolver.domain, resolver.cache = [], dns.name.root, None
        return resolver


def _system() -> dns.resolver.Resolver:
    try:
        return dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration:
        return dns.resolver.Resolver(configure=False)


class _Asked:
    """One round of questions with one deadline; remembers the kinds nobody answered."""

    def __init__(self, resolver: dns.resolver.Resolver, deadline: float) -> None:
        self._resolver, self._deadline = resolver, deadline
        self.silent: set[str] = set()

    def ask(self, kind: str, question: Callable[[], tuple[T, ...]]) -> tuple[T, ...]:
        try:
            return question()
        except Silent:
            self.silent.add(kind)
            return ()

    def chain(self, name: str) -> tuple[str, ...]:
        """Where aliases lead, one after the other; a ring and a chain without end are cut."""
        found: list[str] = []
        while len(found) < LONGEST_CHAIN:
            following = [
                _host(record.target) for record in self._records(found[-1] if found else name, "CNAME")
            ]
            if not following or following[0] == name or following[0] in found:
                break
            found.append(following[0])
        return tuple(found)

    def texts(self, name: str, kind: str) -> tuple[str, ...]:
        return tuple(sorted({record.to_text().lower() for record in self._records(name, kind)}))[:MOST_VALUES]

    def strings(self, name: str) -> tuple[str, ...]:
        values = (
            b"".join(record.strings).decode("utf-8", "replace") for record in self._records(name, "TXT")
        )
        return tuple(sorted(value[:LONGEST_VALUE] for value in values))[:MOST_VALUES]

    def services(self, name: str) -> tuple[tuple[str, int], ...]:
        found = sorted(
            (record.priority, _host(record.target), record.port) for record in self._records(name, "SRV")
        )
        return tuple((target, port) for _, target, port in found)[:MOST_VALUES]

    def _records(self, name: str, kind: str) -> list[Any]:
        """None where there are none, also where there is no such name. Raises Silent."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise Silent
        try:
            answer = self._resolver.resolve(
                f"{name}.", kind, raise_on_no_answer=False, search=False, lifetime=min(left, self._resolver.lifetime)
            )  # fmt: skip
        except dns.resolver.NXDOMAIN:
            return []
        except (dns.exception.DNSException, OSError) as fault:
            raise Silent from fault
        # An alias that the server followed by itself is no record of this name.
        wanted = dns.rdatatype.from_text(kind)
        if answer.rrset is None or answer.rrset.rdtype != wanted:
            return []
        return list(answer.rrset)


def _host(name: Any) -> str:
    return str(name.to_text(omit_final_dot=True)).lower()[:LONGEST_VALUE]
