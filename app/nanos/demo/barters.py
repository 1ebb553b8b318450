"""Sample exchanges: one in each state worth looking at, made by the services a few days ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.kit import clock
from app.kit.authz import Actor
from app.kit.ids import new_id
from app.kit.money import NANOS
from app.messaging.api import say
from app.nanos.queries.barter import count_views, get_barter
from app.nanos.queries.offer import tradable
from app.nanos.rules.barter import Act
from app.nanos.rules.terms import Grant, Item, Part, Terms
from app.nanos.rules.vat import Status
from app.nanos.services.barter import act, offer
from app.nanos.services.trader import Statement, state_trader, trader_of

Lines = dict[str, str]


@dataclass(frozen=True)
class Traders:
    """Who exchanges: the demo's own organisation, and two providers; and what they say (in the samples' file)."""

    home: Actor
    school: Actor
    academy: Actor
    lines: Lines
    details: dict[str, list[str]]


def seed_barters(who: Traders) -> None:
    """Write them, unless there are some."""
    if sum(count_views(who.home).values()):
        return
    statuses = (Status.REGULAR, Status.EXEMPT_22, Status.EXEMPT_21)
    for actor, name, status in zip((who.home, who.school, who.academy), who.details, statuses, strict=True):
        if trader_of(actor) is None:
            title, address, tax_number = who.details[name]
            state_trader(actor, Statement(title, address, tax_number, status.value))
    with clock.freeze(clock.now() - timedelta(days=5)):
        _offered(who)
        _countered(who)
        _delivered(who)
        _disputed(who)
        _completed(who)


def _nano(actor: Actor, number: int) -> Item:
    assert actor.organisation_id is not None  # the demo's people belong to one
    return [item for item in tradable(actor.organisation_id) if not item.open][number]


def _terms(give: Item | int, get: Item, value: int = 90, days: int | None = 365) -> Terms:
    ours = Part((), give, value * NANOS) if isinstance(give, int) else Part((give,), 0, value * NANOS)
    return Terms(ours, Part((get,), 0, value * NANOS, Grant(days=days, seats=20)))


def _do(actor: Actor, barter_id: UUID, what: Act, *, terms: Terms | None = None, text: str = "") -> None:
    clock.advance(hours=3)
    deal = get_barter(actor, barter_id).deal
    act(actor, barter_id, deal.version, what, revision=deal.latest, terms=terms, text=text)


def _begin(actor: Actor, terms: Terms) -> UUID:
    clock.advance(hours=1)
    return offer(actor, terms.partner.items[0].nano_id, terms, once=str(new_id()))


def _talk(barter_id: UUID, *lines: tuple[Actor, str]) -> None:
    for number, (actor, text) in enumerate(lines):
        clock.advance(minutes=7)
        say(
            actor,
            get_barter(actor, barter_id).room_id,
            text,
            client_id=f"sample-{number}-{barter_id.hex}"[:40],
        )


def _offered(who: Traders) -> None:
    """Waits for the provider."""
    _begin(who.home, _terms(25, _nano(who.academy, 0)))


def _countered(who: Traders) -> None:
    """Waits for us: more credits, a shorter term."""
    wanted = _nano(who.school, 0)
    made = _begin(who.home, _terms(10, wanted))
    _talk(made, (who.home, who.lines["ask"]), (who.school, who.lines["answer"]))
    _do(who.school, made, Act.COUNTER, terms=_terms(20, wanted, 110, 180))


def _delivered(who: Traders) -> None:
    """Waits for us: look at it and confirm."""
    made = _begin(who.home, _terms(15, _nano(who.academy, 1)))
    _do(who.academy, made, Act.ACCEPT)
    _do(who.academy, made, Act.DELIVER)


def _disputed(who: Traders) -> None:
    """Two providers; one has called a moderator."""
    made = _begin(who.school, _terms(_nano(who.school, 0), _nano(who.academy, 0)))
    _do(who.academy, made, Act.ACCEPT)
    _do(who.school, made, Act.DELIVER)
    _do(who.academy, made, Act.DELIVER)
    _talk(made, (who.school, who.lines["trouble"]))
    _do(who.school, made, Act.DISPUTE, text=who.lines["complaint"])


def _completed(who: Traders) -> None:
    """Two providers, nano for nano, with receipts."""
    made = _begin(who.academy, _terms(_nano(who.academy, 1), _nano(who.school, 0), 140, None))
    _do(who.school, made, Act.ACCEPT)
    for actor in (who.academy, who.school):
        _do(actor, made, Act.DELIVER)
    for actor in (who.academy, who.school):
        _do(actor, made, Act.CONFIRM)
