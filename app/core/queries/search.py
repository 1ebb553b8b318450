"""Search: providers of the modules, asked one after the other, each within a small limit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog
from flask_babel import lazy_gettext

from app.core.rules.search import clean, rank
from app.kit.authz import Actor
from app.kit.db import db
from app.kit.nav import nav

log = structlog.get_logger(__name__)
PER_PROVIDER = 8

JUMP, COMMAND, HIT = "jump", "command", "hit"
GROUPS = {JUMP: lazy_gettext("Springen"), COMMAND: lazy_gettext("Befehl"), HIT: lazy_gettext("Treffer")}


@dataclass(frozen=True)
class Hit:
    """One line of the palette. `url` is opened by GET: a command leads to the page that asks or does it."""

    label: str
    url: str
    icon: str = "arrow-right"
    group: str = HIT
    hint: str = ""


Provider = Callable[[Actor, str, int], Iterable[Hit]]
_providers: dict[str, Provider] = {}


def search_provider(name: str, provider: Provider) -> None:
    """Register `provider(actor, text, limit)`; done in `register`. It returns only what the actor may open, best first,
    in at most two queries. An empty text asks for what is worth offering before anything is typed.
    """
    _providers[name] = provider


def best(hits: Iterable[Hit], text: str, limit: int) -> list[Hit]:
    """Those that fit, best first; for providers that hold their candidates in memory."""
    ranked = [(rank(f"{hit.label} {hit.hint}", text), number, hit) for number, hit in enumerate(hits)]
    return [hit for _, _, hit in sorted((r, n, h) for r, n, h in ranked if r is not None)[:limit]]


def search(actor: Actor, text: str) -> list[tuple[str, list[Hit]]]:
    """Hits by group, in the order of GROUPS, empty groups left out. A broken provider costs its own hits only."""
    found: dict[str, list[Hit]] = {group: [] for group in GROUPS}
    wanted = clean(text)
    for name, provider in _providers.items():
        try:
            for hit in list(provider(actor, wanted, PER_PROVIDER))[:PER_PROVIDER]:
                found[hit.group].append(hit)
        except Exception:
            log.warning("search_provider_failed", provider=name, exc_info=True)
            db.session.rollback()
    return [(group, hits) for group, hits in found.items() if hits]


def pages(actor: Actor, text: str, limit: int) -> list[Hit]:
    """The provider of pages: what the navigation shows this person."""
    offered = [
        Hit(page.label, page.url, page.icon or module.icon or "arrow-right", JUMP, module.label)
        for module in nav.modules()
        for page in module.pages
    ]
    offered += [Hit(line.label, line.url, line.icon or "arrow-right", JUMP) for line in nav.account_lines()]
    return best(offered, text, limit)
