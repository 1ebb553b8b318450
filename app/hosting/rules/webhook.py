"""Messages to Discord: which address is one, what goes into one message, when it may be sent, what an answer means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

# --- the address ---------------------------------------------------------------------------------------------


class Fault(StrEnum):
    """What is wrong with a pasted address."""

    EMPTY = "empty"
    FOREIGN = "foreign"
    INCOMPLETE = "incomplete"
    EXTRA = "extra"


class NoAddress(ValueError):
    """This is not the address of a Discord webhook. The text is not kept: it may hold a secret."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


_HOST = r"(?i:https://(?:(?:ptb|canary)\.)?discord(?:app)?\.com)"
_WEBHOOK = re.compile(
    _HOST + r"/api(?:/v[0-9]{1,2})?/webhooks/([0-9]{15,21})/([A-Za-z0-9_-]{60,120})(.*)", re.S
)
_DISCORD = re.compile(_HOST + r"(?:[/?#]|\Z)")
_SECRET = re.compile(r"([0-9]{15,21})/([A-Za-z0-9_-]{60,120})")


@dataclass(frozen=True)
class Address:
    """A webhook at Discord. Only id and token are kept of what somebody pasted: where it is sent to is not theirs to say."""

    id: str
    token: str = field(repr=False)

    @property
    def secret(self) -> str:
        """What is sealed and stored."""
        return f"{self.id}/{self.token}"

    @property
    def hint(self) -> str:
        """The last four characters, to tell webhooks apart."""
        return self.token[-4:]

    @classmethod
    def of_secret(cls, secret: str) -> Self:
        """What `secret` gave. Raises NoAddress."""
        found = _SECRET.fullmatch(secret)
        if found is None:
            raise NoAddress(Fault.INCOMPLETE)
        return cls(*found.groups())


def parse_address(text: str) -> Address:
    """The webhook of a pasted address. Raises NoAddress with what is wrong.

    Nothing but https, Discord's own hosts and the path of a webhook: no port, user, query, fragment or further path.
    """
    text = text.strip()
    if not text:
        raise NoAddress(Fault.EMPTY)
    found = _WEBHOOK.fullmatch(text)
    if found is None:
        raise NoAddress(Fault.INCOMPLETE if _DISCORD.match(text) else Fault.FOREIGN)
    if found[3]:
        raise NoAddress(Fault.EXTRA)
    return Address(found[1], found[2])


# --- what is told --------------------------------------------------------------------------------------------


class Topic(StrEnum):
    """What a webhook can tell; each is a box to tick. A new one needs its event below and its words in
    services/webhook_text.py."""

    STARTED = "started"
    STOPPED = "stopped"
    CRASHED = "crashed"
    PLAYERS = "players"
    BACKUP = "backup"
    LOW = "low"


TOPIC_OF: dict[str, Topic] = {
    "hosting.server.ready": Topic.STARTED,
    "hosting.server.stopped": Topic.STOPPED,
    "hosting.server.crashed": Topic.CRASHED,
    "hosting.server.player_joined": Topic.PLAYERS,
    "hosting.server.player_left": Topic.PLAYERS,
    "hosting.backup.failed": Topic.BACKUP,
    "hosting.backup.test_failed": Topic.BACKUP,
    "billing.wallet.low": Topic.LOW,
}
"""Event name -> topic. Events about no server are told by one webhook of each address in the organisation."""

USUAL = (Topic.STARTED, Topic.STOPPED, Topic.CRASHED, Topic.BACKUP, Topic.LOW)
"""Ticked in an empty form."""

KEPT = ("reason", "exit_code", "restart_in", "online", "runway_minutes")
"""What of an event's data a message needs; nothing else is stored with it."""


@dataclass(frozen=True)
class Told:
    """What one message says about one topic: how often, and how it was the last time."""

    topic: Topic
    count: int
    seq: int
    at: str
    joined: int = 0
    left: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)


def told(name: str, seq: int, at: datetime, data: Mapping[str, Any]) -> Told:
    """One event as part of a message. KeyError for an event that is no topic."""
    topic = TOPIC_OF[name]
    people = int(data.get("count", 1)) if topic is Topic.PLAYERS else 0
    joins = name.endswith("joined")
    facts = {key: data[key] for key in KEPT if data.get(key) is not None}
    return Told(topic, 1, seq, at.isoformat(), people if joins else 0, 0 if joins else people, facts)


def add(content: Mapping[str, Any], new: Told) -> dict[str, Any]:
    """A message's content with one more event in it; events may come in any order. Stays small whatever happens."""
    old = content.get(new.topic.value)
    late = old is not None and old["seq"] > new.seq
    newest: Mapping[str, Any] = old if late and old else _plain(new)
    merged = dict(newest)
    if old is not None:
        merged |= {key: old[key] + getattr(new, key) for key in ("count", "joined", "left")}
    return {**content, new.topic.value: merged}


def _plain(one: Told) -> dict[str, Any]:
    return {
        "count": one.count, "seq": one.seq, "at": one.at, "joined": one.joined, "left": one.left,
        "facts": dict(one.facts),
    }  # fmt: skip


def contents(content: Mapping[str, Any]) -> list[Told]:
    """What a message says, oldest first. A topic of another release is left out."""
    known = {topic.value for topic in Topic}
    found = [
        Told(Topic(key), one["count"], one["seq"], one["at"], one["joined"], one["left"], one["facts"])
        for key, one in content.items()
        if key in known
    ]
    return sorted(found, key=lambda one: one.seq)


# --- when it is sent -----------------------------------------------------------------------------------------

GATHER = {Topic.PLAYERS: timedelta(seconds=30)}
GATHER_USUALLY = timedelta(seconds=3)
"""How long a message waits for more after its first event: a restart is one message, an evening's arrivals are few."""

BURST, STEP = 5, timedelta(seconds=30)
"""A webhook tells at most five times in a row, then every 30 s: what happens meanwhile goes into one message."""


def due(topic: Topic, now: datetime, before: datetime | None = None) -> datetime:
    """When a message is to be sent that learns of `topic` now; `before` is when it was due without it."""
    wanted = now + GATHER.get(topic, GATHER_USUALLY)
    return wanted if before is None else min(before, wanted)


def earliest(spent_until: datetime | None, now: datetime) -> datetime:
    """When the next message may go, by our own measure; in the past when at once."""
    return now if spent_until is None else spent_until - (BURST - 1) * STEP


def spend(spent_until: datetime | None, now: datetime) -> datetime:
    """What is spent after a message now."""
    return max(spent_until or now, now) + STEP


RETRY = (5, 30, 120, 600, 1800)
"""Seconds before attempt 2, 3, …; after the last one it is given up."""


def retry_in(attempts: int) -> int | None:
    """Seconds until the next attempt after `attempts` failed ones; None: give up."""
    return RETRY[attempts - 1] if attempts <= len(RETRY) else None


def outage_pause(streak: int) -> float:
    """Seconds in which nobody knocks after the `streak`th silence in a row: each one costs a worker its time."""
    return float(min(15 * 2 ** min(streak - 1, 8), 300))


# --- what came of it -----------------------------------------------------------------------------------------


class Outcome(StrEnum):
    """What came of one attempt to post."""

    SENT = "sent"
    LIMITED = "limited"  # Discord asks for a pause
    GONE = "gone"  # the webhook or its channel was deleted
    REFUSED = "refused"  # the token does not fit any more
    FORUM = "forum"  # the channel takes threads only
    REJECTED = "rejected"  # Discord does not take this message
    TROUBLE = "trouble"  # Discord has trouble, or something that is not Discord answered
    UNREACHABLE = "unreachable"  # nothing was sent
    SILENT = "silent"  # sent, and no answer


SWITCHES_OFF = frozenset({Outcome.GONE, Outcome.REFUSED, Outcome.FORUM})
WORTH_RETRYING = frozenset({Outcome.TROUBLE, Outcome.UNREACHABLE, Outcome.SILENT})

SILENCE = frozenset({Outcome.UNREACHABLE, Outcome.SILENT})

LONGEST_PAUSE = 3600.0
UNKNOWN_WEBHOOK, UNKNOWN_CHANNEL, THREADS_ONLY = 10015, 10003, 220001


@dataclass(frozen=True)
class Answer:
    """One attempt's result. `pause` in seconds: how long this webhook, or everything (`everywhere`), must be left alone."""

    outcome: Outcome
    status: int | None = None
    code: int | None = None
    pause: float = 0.0
    everywhere: bool = False


def read_answer(status: int, headers: Mapping[str, str], body: Any) -> Answer:
    """What Discord says. `headers` by lower-case name; `body` is parsed JSON, None where it was none.

    A page of something in between (a filter, an error page) has no JSON with a code and switches nothing off.
    """
    known = body if isinstance(body, dict) else {}
    code = known.get("code") if isinstance(known.get("code"), int) else None
    if status == 429:
        pause = max(_seconds(known.get("retry_after")), _seconds(headers.get("retry-after")), 1.0)
        wide = known.get("global") is True or "x-ratelimit-global" in headers or not known
        return Answer(Outcome.LIMITED, status, code, min(pause, LONGEST_PAUSE), wide)
    spent = headers.get("x-ratelimit-remaining") == "0"
    pause = min(_seconds(headers.get("x-ratelimit-reset-after")), LONGEST_PAUSE) if spent else 0.0
    return Answer(_outcome(status, code), status, code, pause)


def _outcome(status: int, code: int | None) -> Outcome:
    if status in (200, 204):
        return Outcome.SENT
    if status == 404 and code in (UNKNOWN_WEBHOOK, UNKNOWN_CHANNEL):
        return Outcome.GONE
    if status == 401 or (status == 403 and code is not None):
        return Outcome.REFUSED
    if status == 400:
        return Outcome.FORUM if code == THREADS_ONLY else Outcome.REJECTED
    return Outcome.REJECTED if status == 413 else Outcome.TROUBLE


def _seconds(value: object) -> float:
    """A number of seconds out of JSON or a header; 0 for nonsense."""
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return 0.0
    return found if 0.0 <= found < float("inf") else 0.0
